"""Servers that answer a client whose lease is young with what is left of it: a habit of programs that nobody told otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from verify_labs import written

from labgen.adopt.intent.load import load
from labgen.adopt.intent.plan import plan
from labgen.devices.observed import Observed
from labgen.ground.labplan import LabPlan
from labgen.verify import redundancy
from labgen.verify.facts import Facts
from labgen.verify.lease_times import lease_time

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


def least_of(planned: LabPlan) -> int:
    (node,) = (each for each in planned.nodes if each.server)
    assert node.server is not None
    return redundancy.left(planned, node.name, node.server.scopes[0])


@pytest.mark.parametrize(("device", "least"), [("isc-dhcpd-plain", 450), ("dnsmasq", 600)])
def test_a_lease_may_be_shorter_by_what_the_program_keeps(device: str, least: int, tmp_path: Path) -> None:
    (tmp_path / "intent.yml").write_text(FOREIGN.replace("DEVICE", device))
    assert least_of(plan(load(tmp_path / "intent.yml").intent, {})) == least


def test_a_server_that_labgen_configures_grants_the_whole_lease() -> None:
    """Its `dhcp-cache-threshold` is 0."""
    assert least_of(written(OURS)) == 600


@pytest.mark.parametrize("server", ["isc-dhcpd-plain", "kea"])
def test_a_server_that_is_told_to_answer_with_what_is_left_may_do_so(server: str) -> None:
    assert least_of(written(OURS.replace("10m", "10m, cache: 20%").replace("isc-dhcpd-plain", server))) == 480


PAIR = """\
name: pair
devices: {server: DEVICE}
switches: [r1, r2]
links: [r1-r2]
segments: {users: {attach: {r1: [pc]}, relay: {servers: [srv1, srv2]}, pool: {mode: MODE, lease: 8h}}}
servers: {srv1: r1, srv2: r2}
"""
MCLT, WHOLE = 3600, 8 * 3600


@pytest.mark.parametrize(
    ("device", "mode", "right"),
    [("isc-dhcpd", "failover", {MCLT, 7200, WHOLE}), ("kea", "hot-standby", {WHOLE})],
)
def test_of_a_pair_only_one_that_waits_for_its_partner_grants_less_and_no_less_than_the_lead_time(
    device: str, mode: str, right: set[int]
) -> None:
    """Partners with another lease time passed: of ISC's any lease below the lead time (MCLT) was taken, and of Kea's, which has none."""
    planned = written(PAIR.replace("DEVICE", device).replace("MODE", mode))
    facts = Facts(planned, Observed())
    scope = redundancy.scope(planned, "srv2", "users")
    assert scope is not None
    granted = {
        seconds
        for seconds in (60, 600, MCLT - 1, MCLT, 7200, WHOLE, WHOLE + 1)
        if not list(lease_time(facts, "pc", scope, seconds, "srv2"))
    }
    assert granted == right
    assert next(lease_time(facts, "pc", scope, 600, "srv2")).startswith("lease 600 s instead of 28800 s")
