"""Ports, VRFs, tunnels and routing of switches, as they are read back: what is somewhere else, or built otherwise, is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import readback_losses
from devices_shapes import SHAPES, built, texts

from labgen.devices.readback import switches
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role


@pytest.mark.slow
@pytest.mark.parametrize(
    ("switch", "old", "new", "says"),
    [
        ("eos", "   vrf red\n", "", "is in VRF default, planned red"),
        ("eos", "   ip address 172.16.0.2/24\n", "", "Ethernet2 has no address 172.16.0.2"),
        ("iol", "ip dhcp compatibility suboption link-selection standard\n", "", "the vendor's own sub-options"),
        ("frr", "    vrf: red\n", "", "is in VRF default, planned red"),
        ("cumulus_nvue", "            swp1: {}\n", "", "answers of servers are not taken at swp1"),
        ("eos", "vrf instance red\n", "vrf instance other\n", "VRF red is not made"),
        ("eos", "ip routing\n", "", "does not route"),
        ("iol", "vrf definition red\n", "vrf definition other\n", "VRF red is not made"),
        ("iol", " no shutdown\n", "", "is not turned on"),
        ("sonic", "config vrf add Vrfred\n", "", "nothing relays on Ethernet4"),
        ("sonic", "config vlan member add -u 1001 Ethernet4\n", "", "does not take the place of Ethernet4"),
        ("sonic", "has_sonic_dhcpv4_relay True", "has_sonic_dhcpv4_relay False", "relaying is turned off"),
    ],
)  # fmt: skip
def test_a_port_that_is_somewhere_else_is_found(
    switch: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    found: list[str] = []
    for plan in readback_losses.plans(switch, tmp_path):
        node = plan.node("sw")
        text = switches.text(plan, node)
        assert switches.differences(plan, node, text) == []
        if old in text:
            found += switches.differences(plan, node, text.replace(old, new))
    assert any(says in each for each in found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("switch", "old", "new", "says"),
    [
        ("eos", "vxlan vlan 10 vni 100010", "vxlan vlan 10 vni 100011", "VLAN 10 has VNI 100011"),
        ("eos", "vxlan vrf red vni 200000", "vxlan vrf red vni 200001", "VRF red has transit VNI 200001"),
        ("eos", "route-target import evpn 65000:1\n", "route-target import evpn 65000:9\n", "VRF red has imported route targets"),
        ("eos", "      redistribute connected\n", "", "bgp is not told the routes of connected in VRF red"),
        ("eos", "   ip virtual-router address 172.16.0.1/24\n", "", "shares no address, planned 172.16.0.1/24"),
        ("eos", "ip route vrf services", "ip route vrf red", "no static route to 10.78.0.0/24"),
        ("iol", "member evpn-instance 10 vni 100010", "member evpn-instance 10 vni 100020", "VLAN 10 has VNI none, planned 100010"),
        ("iol", "  advertise l2vpn evpn\n", "", "VRF red has exported route targets none"),
        ("iol", " mac-address 0200.cafe.00ff\n", "", "shares no address, planned 172.16.0.1/24"),
        ("iol", "dead-interval 4", "dead-interval 40", "does not speak as its neighbor"),
        ("iol", "fhrp version vrrp v3\n", "", "has virtual addresses []"),
        ("sonic", "config vrf add_vrf_vni_map Vrfred 200000", "config vrf add_vrf_vni_map Vrfred 200001", "VRF red has transit VNI none"),
        ("sonic", "'route-target import 65000:1'", "'route-target import 65000:9'", "VRF red has imported route targets"),
        ("sonic", "config interface vrf bind Vlan10 Vrfred\n", "", "is in VRF default, planned Vrfred"),
        ("nxos", "  fabric forwarding mode anycast-gateway\n", "", "shares its address with nobody"),
        ("arubacx", "interface loopback 101\n", "interface loopback 102\n", "has no address 10.2.0.67/32 in VRF services"),
    ],
)  # fmt: skip
def test_a_fabric_that_is_built_otherwise_is_found(
    switch: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    found: list[str] = []
    for plan in readback_losses.fabrics(switch, tmp_path):
        for node in (each for each in plan.role(Role.SWITCH) if each.device == switch):
            text = switches.text(plan, node)
            assert switches.differences(plan, node, text) == []
            found += switches.differences(plan, node, text.replace(old, new))
    assert any(says in each for each in found), found[:10]


@pytest.mark.parametrize("switch", ["eos", "csr", "iosv"])
def test_ebgp_sessions_are_over_links_and_tell_of_a_server_behind_a_static_route(
    switch: str, tmp_path: Path
) -> None:
    plan = built("eBGP between switches", tmp_path, switch=switch)
    assert isinstance(plan, LabPlan)
    text = texts(plan, plan.node("l2"))
    assert "router bgp 4200000002" in text
    assert re.search(r"neighbor 10\.1\.0\.10 remote-as 65000", text)
    assert "redistribute static" in text
    assert re.search(r"ip route 10\.0\.0\.1(/32| 255\.255\.255\.255) 10\.1\.0\.1\b", text)
    assert not re.search(r"evpn|ospf", text)


@pytest.mark.parametrize("switch", ["cat8000v", "vjunos-switch"])
def test_evpn_over_ebgp_is_refused_where_it_cannot_be_configured(switch: str, tmp_path: Path) -> None:
    reasons = built(
        "switches: [sw1, sw2]\nlinks: [sw1-sw2]\nunderlay: ebgp\noverlay: {control: evpn}\nsegments:\n"
        "  a: {attach: {sw1: [a1], sw2: [a2]}, relay: {servers: [s1], options: [circuit-id]}}\nservers: {s1: sw1}",
        tmp_path,
        switch=switch,
    )
    assert isinstance(reasons, list)
    assert "carries EVPN over no session of eBGP that labgen could configure, says " in reasons[0]


def test_bgp_over_links_without_addresses_is_refused_but_on_frr(tmp_path: Path) -> None:
    shape = SHAPES["eBGP between switches"].replace("ebgp,", "ebgp, unnumbered: true,")
    reasons = built(shape, tmp_path, switch="eos")
    assert isinstance(reasons, list)
    assert "speaks no BGP over links without addresses" in reasons[0]
    assert isinstance(built(shape, tmp_path, switch="frr"), LabPlan)
