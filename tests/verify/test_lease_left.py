"""Servers that answer a client whose lease is young with what is left of it: a habit of programs that nobody told otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from verify_labs import written

from labgen.adopt.intent.load import load
from labgen.adopt.intent.plan import plan
from labgen.verify import redundancy

FOREIGN = """\
name: theirs
nodes:
  pc: {role: client, device: dhclient, access: none}
  sw: {role: switch, device: frr-dhcrelay, access: none, interfaces: {eth1: 10.1.1.1/24}}
  srv: {role: server, device: DEVICE, access: none, interfaces: {eth1: 10.9.0.2/30}}
segments:
  users:
    prefix: 10.1.1.0/24
    clients: {pc: eth1}
    relays: {sw: {interface: eth1, servers: srv}}
    pools: {srv: {ranges: 10.1.1.100-10.1.1.150, lease: 10m}}
"""
OURS = """\
name: ours
devices: {server: isc-dhcpd-plain}
switches: [sw]
segments: {users: {attach: {sw: [pc]}, relay: {servers: [srv]}, pool: {lease: 10m}}}
servers: {srv: sw}
"""


@pytest.mark.parametrize(("device", "least"), [("isc-dhcpd-plain", 450), ("dnsmasq", 600)])
def test_a_lease_may_be_shorter_by_what_the_program_keeps(device: str, least: int, tmp_path: Path) -> None:
    (tmp_path / "intent.yml").write_text(FOREIGN.replace("DEVICE", device))
    assert redundancy.left(plan(load(tmp_path / "intent.yml").intent, {}), "srv", 600) == least


def test_a_server_that_labgen_configures_grants_the_whole_lease() -> None:
    """Its `dhcp-cache-threshold` is 0."""
    assert redundancy.left(written(OURS), "srv", 600) == 600
