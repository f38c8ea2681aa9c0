"""VLANs of switches on which netlab makes none: what labgen writes is read back, and what is missing or otherwise is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices_specs import CAMPUS, FABRIC, planned
from test_devices_golden import GOLDEN, compare

from labgen.devices import registry
from labgen.devices.readback import switches
from labgen.devices.sonic import ports
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.plan.build import build
from labgen.spec.load import load

OWN = sorted(
    name
    for name, device in registry.everything().items()
    if device.facts.fabric.vlan and not device.facts.fabric.netlab_vlan
)


def campus(switch: str, folder: Path, underlay: str = "ospf") -> LabPlan:
    return planned(CAMPUS.replace("UNDERLAY", underlay), folder, {"switch": switch})


def written(plan: LabPlan, name: str) -> tuple[NodePlan, str]:
    node = plan.node(name)
    return node, switches.text(plan, node)


def test_labgen_writes_the_vlans_of_two() -> None:
    assert OWN == ["iosxr", "sonic"]


@pytest.mark.parametrize("switch", OWN)
def test_vlans_are_the_golden_ones_and_are_read_back(switch: str, tmp_path: Path) -> None:
    plan = campus(switch, tmp_path)
    for name in ("core-1", "core-2", "access"):
        node, text = written(plan, name)
        assert switches.differences(plan, node, text) == []
    compare(GOLDEN / f"vlans-switch-{switch}.txt", written(plan, "core-1")[1] + written(plan, "access")[1])


@pytest.mark.parametrize(("switch", "underlay"), [("iosxr", "ebgp"), ("iosxr", "isis"), ("sonic", "ebgp")])
def test_routing_protocols_are_told_of_routed_vlans(switch: str, underlay: str, tmp_path: Path) -> None:
    plan = campus(switch, tmp_path, underlay)
    node, text = written(plan, "core-1")
    told = {"ebgp": "network 10.1.10.0/24", "isis": " interface BVI10\n  passive\n"}[underlay]
    assert told in text
    assert "10.1.20.0/24" not in text.replace("10.1.20.1/24", ""), "what is in a VRF is nobody else's"
    assert switches.differences(plan, node, text) == []
    found = switches.differences(plan, node, text.replace(told, "none"))
    assert len(found) == 1
    assert found[0].startswith("no routing protocol is told of ")


def test_a_static_underlay_has_none_to_tell(tmp_path: Path) -> None:
    for switch in OWN:
        _, text = written(campus(switch, tmp_path, "static"), "core-1")
        assert "router" not in text.replace("router vrrp", "")
        assert "ip ospf" not in text


@pytest.mark.parametrize(
    ("switch", "name", "old", "new", "told"),
    [
        ("iosxr", "access", "   interface GigabitEthernet0/0/0/2\n   !\n", "", "VLAN 10 without tags on ['Gig"),
        ("iosxr", "access", "Ethernet0/0/0/2\n l2transport", "Ethernet0/0/0/2\n shutdown", "VLAN 10 without tags"),
        ("iosxr", "access", "/0/1.10 l2transport\n encapsulation dot1q 10", "/0/1.10 l2transport", "VLAN 10 with"),
        ("iosxr", "core-1", "bridge-domain VLAN20", "bridge-domain VLAN21", ""),
        ("iosxr", "core-1", "   routed interface BVI10\n", "", "VLAN 10 is routed by nothing, planned BVI10"),
        ("iosxr", "core-1", " ipv4 address 10.1.10.3", " ipv4 address 10.1.10.5", "BVI10 has no address 10.1.10.3/24"),
        ("iosxr", "core-1", "interface BVI20\n vrf red", "interface BVI20\n vrf blue", "BVI20 is in VRF blue, planned red"),
        ("iosxr", "core-1", "  interface BVI10\n   passive", "  interface BVI11\n   passive", "VRF default is told of BVI10"),
        ("iosxr", "core-1", "    address 10.1.10.254", "    address 10.1.10.253", "virtual addresses ['10.1.10.253 of"),
        ("sonic", "access", "config vlan member add -u 10 Ethernet8", "config vlan member add 10 Ethernet8", "VLAN 10 with tags"),
        ("sonic", "access", "config vlan member add 20 Ethernet0\n", "", "VLAN 20 with tags on [], planned ['Ethernet0']"),
        ("sonic", "access", "config vlan add 20\n", "config vlan add 21\n", "VLAN 20 is not made"),
        ("sonic", "core-1", "vrf bind Vlan20 Vrfred", "vrf bind Vlan20 Vrfblue", "Vlan20 is in VRF default, planned Vrfred"),
        ("sonic", "core-1", "config interface ip add Vlan10 10.1.10.3/24\n", "", "VLAN 10 is routed by nothing, planned Vlan10"),
        ("sonic", "core-1", "'interface Vlan10'", "'interface Vlan11'", "VRF default is told of Vlan10"),
        ("sonic", "core-1", "Vlan10 10 10.1.10.254/24", "Vlan10 10 10.1.10.253/24", "virtual addresses ['10.1.10.253 of"),
        ("sonic", "core-1", "--server-vrf default", "--server-vrf Vrfred", "planned [('10.0.0.2', 'default')]"),
    ],
)  # fmt: skip
def test_a_line_that_says_otherwise_is_found(
    switch: str, name: str, old: str, new: str, told: str, tmp_path: Path
) -> None:
    plan = campus(switch, tmp_path)
    node, text = written(plan, name)
    assert old in text
    found = switches.differences(plan, node, text.replace(old, new))
    assert any(told in each for each in found) if told else found == []


def test_a_bridge_domain_without_its_bvi_and_tags_is_no_vlan(tmp_path: Path) -> None:
    plan = campus("iosxr", tmp_path)
    node, text = written(plan, "core-1")
    head, _, rest = text.partition("l2vpn\n")
    assert switches.differences(plan, node, head + rest[rest.index("router ospf") :]) == [
        "VLAN 10 is not made",
        "VLAN 20 is not made",
    ]


def test_an_evpn_leaf_of_sonic_has_tunnels_gateways_and_the_servers_vrf(tmp_path: Path) -> None:
    """Commands of sonic-utilities, in the order in which they are taken: a VNI after its VLAN, a VRF's after both."""
    plan = planned(FABRIC, tmp_path, {"switch": "sonic"})
    node, text = written(plan, "l1")
    assert switches.differences(plan, node, text) == []
    compare(GOLDEN / "evpn-switch-sonic.txt", text)
    lines = text.splitlines()
    order = [
        "config vrf add Vrfred",
        f"config vxlan add vtep {node.loopback.ip if node.loopback else ''}",
        "config vlan add 10",
        f"config vxlan map add vtep 10 {node.vlans[0].vni}",
        "config interface vrf bind Vlan10 Vrfred",
        "config interface ip add Vlan10 172.16.0.1/24",
        "config vlan static-anycast-gateway enable 10",
        f"config vxlan map add vtep 3900 {node.vrfs[0].transit_vni}",
        f"config vrf add_vrf_vni_map Vrfred {node.vrfs[0].transit_vni}",
    ]
    assert [lines.index(each) for each in order] == sorted(lines.index(each) for each in order)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("config vlan static-anycast-gateway enable 10\n", "", "Vlan10 shares no address, planned"),
        ("config vxlan map add vtep 10 ", "config vxlan map add vtep 10 7", "VLAN 10 has VNI 7"),
        ("--server-vrf Vrfservices", "--server-vrf default", "planned [('172.16.1.2', 'Vrfservices')]"),
    ],
)
def test_another_tunnel_or_gateway_is_found(old: str, new: str, told: str, tmp_path: Path) -> None:
    plan = planned(FABRIC, tmp_path, {"switch": "sonic"})
    node, text = written(plan, "l1")
    assert old in text
    found = switches.differences(plan, node, text.replace(old, new))
    assert any(told in each for each in found), found


def test_a_vrf_of_sonic_begins_with_vrf_and_is_no_longer_than_an_interface() -> None:
    assert [ports.vrf(name) for name in ("", "default", "red", "Vrfred")] == [
        "",
        "default",
        "Vrfred",
        "Vrfred",
    ]
    first, second = ports.vrf("customers-north"), ports.vrf("customers-north2")
    assert first != second
    assert {len(first), len(second)} == {15}


def test_sonic_is_a_tenant_s_switch_under_the_name_it_sends(tmp_path: Path) -> None:
    """Kea's classes match sub-option 151 as dhcp4relay sends it, a zero octet and SONiC's name of the VRF."""
    plan = planned(OVERLAPPING, tmp_path, {"switch": "sonic"})
    (config,) = [file for file in registry.files(plan)["s1"] if file.path.endswith("kea-dhcp4.conf")]
    assert f"0x00{b'Vrfred'.hex()}" in config.text
    assert f"0x00{b'red'.hex()}" not in config.text


OVERLAPPING = """
name: overlapping
switches: [sw1]
vrfs: {red: {}, blue: {}}
segments:
  a: {vrf: red, prefix: 10.5.0.0/24, attach: {sw1: [a1]}, pool: {range: 10.5.0.10-10.5.0.20},
    relay: {servers: [s1], source: loopback, options: [link-selection, server-id-override, vss]}}
  b: {vrf: blue, prefix: 10.5.0.0/24, attach: {sw1: [b1]}, pool: {range: 10.5.0.30-10.5.0.40},
    relay: {servers: [s1], source: loopback, options: [link-selection, server-id-override, vss]}}
servers: {s1: sw1}
"""


@pytest.mark.parametrize(
    ("switch", "old", "new", "told"),
    [
        ("iosxr", "vrrp, nodes: [core-1, core-2]", "anycast, nodes: [core-1, core-2]", "knows no anycast gateway, says Cisco's NCS 540"),
        ("sonic", "underlay: UNDERLAY", "underlay: isis", "runs no isis underlay"),
    ],
)  # fmt: skip
def test_what_the_device_cannot_is_refused(
    switch: str, old: str, new: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=told):
        planned(CAMPUS.replace(old, new).replace("UNDERLAY", "ospf"), tmp_path, {"switch": switch})


def test_sonic_has_no_vxlan_without_evpn() -> None:
    with pytest.raises(SpecError, match="knows no VXLAN without EVPN, says sonic-utilities"):
        build(load("vxlan-relay", {"switch": "sonic"}))
