"""Whose a frame is: a switch answers to the MAC addresses of its gateways too, and to nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec.load import load
from labgen.verify.captures import tap

CAMPUS = """\
name: campus
switches: [core1, core2, access]
links: [core1-core2, access-core1, access-core2]
segments:
  users:
    vlan: 10
    prefix: 192.0.2.0/24
    gateway: {address: 192.0.2.254, protocol: vrrp, nodes: [core1, core2]}
    attach: {core1: [], core2: [], access: [pc]}
    bridge: [access]
    relay: {servers: [srv]}
servers: {srv: core1}
"""


@pytest.fixture(scope="module")
def fabric() -> LabPlan:
    return build(load("evpn-relay-v2"))


def test_a_switch_with_an_anycast_gateway_answers_to_its_mac(fabric: LabPlan) -> None:
    assert fabric.anycast_mac
    own = {node.name for node in fabric.nodes if any(port.anycast for port in node.interfaces)}
    assert own
    heard = {
        node.name for node in fabric.nodes if fabric.anycast_mac in tap(node, "eth1", fabric.anycast_mac).macs
    }
    assert heard == own


def test_a_router_of_a_virtual_router_answers_to_its_mac_and_a_bridge_does_not(tmp_path: Path) -> None:
    (tmp_path / "campus.yml").write_text(CAMPUS)
    plan = build(load(str(tmp_path / "campus.yml")))
    (group,) = {port.vrrp.group for node in plan.nodes for port in node.interfaces if port.vrrp}
    mac = f"00:00:5e:00:01:{group:02x}"
    assert {node.name for node in plan.nodes if mac in tap(node, "eth1").macs} == {"core1", "core2"}
