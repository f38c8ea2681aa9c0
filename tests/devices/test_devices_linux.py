"""The data plane of a Linux node is derived once: the embedded lab and containers make the same devices."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labgen.devices.linux import dataplane
from labgen.devices.linux.container import network
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.lab.embedded.blueprint import Blueprint, Keys
from labgen.lab.embedded.compile import compile_plan
from labgen.plan.build import build
from labgen.spec.load import load

SCENARIOS = [
    "evpn-redundant-server",
    "vxlan-relay",
    "anycast-giaddr-fixed",
    "evpn-symmetric-irb",
    "overlapping-vrfs",
]


def planned(scenario: str) -> LabPlan:
    return build(load(scenario))


def blueprint(plan: LabPlan, folder: Path) -> Blueprint:
    return compile_plan(plan, folder, lambda plan, node: (), Keys("", "", b"", ""))


def test_every_vlan_and_every_transit_has_a_bridge_and_a_tunnel_in_its_vrf() -> None:
    plan = planned("evpn-symmetric-irb")
    for switch in plan.role(Role.SWITCH):
        vlans = [
            (f"vlan{vlan.id}", f"vxlan{vlan.id}", vlan.vni, vlan.vrf) for vlan in switch.vlans if vlan.vni
        ]
        transits = [
            (f"brvni{vrf.transit_vni}", f"vxvni{vrf.transit_vni}", vrf.transit_vni, vrf.name)
            for vrf in switch.vrfs
            if vrf.transit_vni
        ]
        made = dataplane.tunnels(plan, switch)
        assert [(each.bridge, each.name, each.vni, each.vrf) for each in made] == vlans + transits
        assert not any(each.learning for each in made)
        vrfs = {bridge.name: bridge.vrf for bridge in dataplane.bridges(switch)}
        assert all(vrfs[each.bridge] == each.vrf for each in made)
    assert any(vrf.transit_vni for switch in plan.role(Role.SWITCH) for vrf in switch.vrfs)


def test_an_anycast_gateway_has_the_mac_address_the_switches_share() -> None:
    plan = planned("anycast-giaddr-fixed")
    assert plan.anycast_mac is not None
    found = [each for node in plan.nodes for each in dataplane.gateways(plan, node)]
    assert len(found) > 1
    assert {(each.mac, str(each.address)) for each in found} == {(plan.anycast_mac, str(found[0].address))}


def test_static_flooding_learns_what_is_behind_its_tunnels() -> None:
    plan = planned("vxlan-relay")
    ends = {node.name: str(node.loopback.ip) for node in plan.nodes if node.loopback}
    for node in plan.nodes:
        for tunnel in dataplane.tunnels(plan, node):
            assert tunnel.learning
            assert tunnel.local == ends[node.name]
            assert tunnel.local not in {str(remote) for remote in tunnel.flood}
            assert {str(remote) for remote in tunnel.flood} <= set(ends.values())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_embedded_lab_and_containers_make_the_same_devices(scenario: str, tmp_path: Path) -> None:
    plan = planned(scenario)
    made = blueprint(plan, tmp_path)
    for node in plan.nodes:
        script = set(re.findall(r"^ip link add (\S+) ", network(plan, node), re.MULTILINE))
        devices = [*((b.node, b.name) for b in made.bridges), *((v.node, v.name) for v in made.vxlans)]
        devices += ((a.node, a.name) for a in made.anycasts)
        netlink = {name for owner, name in devices if owner == node.name}
        assert script == netlink | {vrf.name for vrf in node.vrfs}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_kernel_name_is_too_long(scenario: str) -> None:
    plan = planned(scenario)
    for node in plan.nodes:
        names = [each.name for each in dataplane.bridges(node)]
        names += [each.name for each in dataplane.tunnels(plan, node)]
        assert all(len(name) <= 15 for name in (*names, *dataplane.capture_ports(node)))
