"""Clients and servers on two switches of a segment: their bond, the switches' parts of it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_specs import plan, refusal

from labgen.devices import registry
from labgen.ground.labplan import LabPlan, LagPlan

FABRIC = """\
name: bonds
devices: {switch: frr}
switches: [spine, leaf1, leaf2, leaf3]
links: [spine-leaf1, spine-leaf2, spine-leaf3]
overlay: {control: evpn, asn: 65000, multihoming: true}
segments:
  office:
    prefix: 10.1.1.0/24
    gateway: anycast
    attach: {leaf1: [pc1, pc2], leaf2: [pc1, pc3], leaf3: [pc3]}
    relay: {servers: [srv1]}
servers: {srv1: spine}
"""
CAMPUS = """\
name: campus
switches: [core, access1, access2]
links: [core-access1, core-access2]
segments:
  office:
    prefix: 10.1.1.0/24
    gateway: {address: 10.1.1.254, nodes: [core]}
    bridge: [access1, access2]
    attach: {access1: [pc1], access2: [pc1]}
    relay: {servers: [srv1]}
servers: {srv1: core}
"""


def parts(built: LabPlan, node: str) -> dict[str, LagPlan]:
    """The bonds that a node is part of, by the node at the other end."""
    ports = (port for port in built.node(node).interfaces if port.kind == "access" and port.lag)
    return {port.neighbors[0].node: port.lag for port in ports if port.lag}


def test_a_client_under_two_switches_asks_on_a_bond_over_a_port_to_each(tmp_path: Path) -> None:
    client = plan(FABRIC, tmp_path).node("pc1")
    assert client.client is not None
    assert client.client.linux == "bond1"
    bond = client.interface("bond1")
    assert (bond.kind, bond.segment, bond.dhcp, bond.index) == ("lan", "office", True, 0)
    assert [n.node for n in bond.neighbors] == ["leaf1", "leaf2"]
    assert bond.lag is not None
    assert bond.lag.members == ("eth1", "eth2")
    assert client.client_mac == client.interface("eth1").mac
    assert [(p.linux, p.segment, p.address) for p in client.interfaces if p.kind == "member"] == [
        ("eth1", None, None),
        ("eth2", None, None),
    ]


def test_frames_are_captured_on_the_bond_and_not_on_its_members(tmp_path: Path) -> None:
    built = plan(FABRIC, tmp_path)
    carrying = {
        name: [p.linux for p in built.node(name).interfaces if p.carries] for name in ("pc1", "pc2", "leaf1")
    }
    assert carrying == {"pc1": ["bond1"], "pc2": ["eth1"], "leaf1": ["eth1", "eth2", "eth3"]}


def test_a_client_under_one_switch_has_no_bond(tmp_path: Path) -> None:
    client = plan(FABRIC, tmp_path).node("pc2")
    assert [(port.linux, port.lag) for port in client.interfaces] == [("eth1", None)]


def test_each_client_is_one_client_of_its_segment_and_one_node(tmp_path: Path) -> None:
    built = plan(FABRIC, tmp_path)
    assert built.segment("office").clients == ("pc1", "pc2", "pc3")
    assert [node.name for node in built.nodes] == [
        "srv1",
        "spine",
        "leaf1",
        "leaf2",
        "leaf3",
        "pc1",
        "pc2",
        "pc3",
    ]


def test_both_leaves_have_the_bond_by_one_number_and_others_none(tmp_path: Path) -> None:
    built = plan(FABRIC, tmp_path)
    assert {name: {far: lag.number for far, lag in parts(built, name).items()} for name in built.by_name} == {
        **{name: {} for name in built.by_name},
        "leaf1": {"pc1": 1},
        "leaf2": {"pc1": 1, "pc3": 2},
        "leaf3": {"pc3": 2},
    }


def test_frr_has_no_ethernet_segment_and_eos_one_that_both_leaves_share(tmp_path: Path) -> None:
    assert {lag.esi for lag in parts(plan(FABRIC, tmp_path), "leaf2").values()} == {""}
    built = plan(FABRIC.replace("switch: frr", "switch: eos"), tmp_path)
    first, second = parts(built, "leaf1")["pc1"], parts(built, "leaf2")["pc1"]
    assert first == second
    assert (first.name, first.esi, first.system_mac) == (
        "Port-Channel1",
        "00:02:e5:00:00:00:01:00:00:00",
        "02:e5:00:00:00:01",
    )
    assert parts(built, "leaf3")["pc3"].esi == "00:02:e5:00:00:00:02:00:00:00"


def test_a_bond_to_an_eos_leaf_and_an_frr_leaf_is_no_ethernet_segment(tmp_path: Path) -> None:
    mixed = FABRIC.replace("switch: frr}", "switch: eos}\nnodes: {leaf2: {device: frr}}")
    assert "`eos` shares no bond with a switch that has no Ethernet segment" in refusal(mixed, tmp_path)


def test_a_server_under_two_switches_has_one_address_on_a_bond(tmp_path: Path) -> None:
    text = FABRIC.replace("attach: {leaf1: [pc1, pc2]", "attach: {leaf1: [srv1, pc1, pc2]")
    text = text.replace("leaf2: [pc1, pc3]", "leaf2: [srv1, pc1, pc3]").replace(
        "servers: {srv1: spine}", "servers: {srv1: }"
    )
    text = text.replace("    relay: {servers: [srv1]}\n", "")
    server = plan(text, tmp_path).node("srv1")
    assert [(p.linux, p.kind, p.address is not None) for p in server.interfaces] == [
        ("eth1", "member", False),
        ("eth2", "member", False),
        ("bond1", "lan", True),
    ]


def test_a_bond_to_two_bridges_of_a_campus_takes_no_overlay(tmp_path: Path) -> None:
    built = plan(CAMPUS, tmp_path)
    assert [n.node for n in built.node("pc1").interface("bond1").neighbors] == ["access1", "access2"]
    assert parts(built, "access1")["pc1"].esi == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            ", multihoming: true",
            "",
            "`pc1` hangs on `leaf1` and `leaf2` at once, which is a bond",
        ),
        ("control: evpn, asn: 65000", "control: static", "multihoming is a part of EVPN"),
        (
            "    gateway: anycast",
            "    gateway: anycast\n    stretch: false",
            "segment `office` does not reach from one to the other",
        ),
        (
            "switch: frr",
            "switch: nxos",
            "`nxos` has no bonds to several switches that labgen could configure",
        ),
        (
            "switch: frr",
            "switch: eos, client: iosv",
            "`iosv` has no bond of its own that labgen could configure",
        ),
        ("leaf1: [pc1, pc2]", "leaf1: [pc1, pc1, pc2]", "node `pc1` is used twice"),
    ],
)
def test_bonds_that_cannot_be_are_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    found = refusal(FABRIC.replace(old, new, 1), tmp_path)
    assert said in found


def test_a_vendors_switches_without_overlay_have_no_bond_labgen_could_configure(tmp_path: Path) -> None:
    found = refusal(
        CAMPUS.replace("name: campus", "name: campus\ndevices: {switch: vjunos-switch}"), tmp_path
    )
    assert (
        "`vjunos-switch` has no bonds to several switches without EVPN (MLAG) that labgen could configure"
        in found
    )
    assert "use one of: arubacx, cumulus_nvue, dellos10, eos, frr, frr-dhcrelay, frr-dnsmasq" in found
    found = refusal(MLAG.replace("switch: eos", "switch: nxos"), tmp_path)
    assert "`nxos` has no bonds to several switches without EVPN (MLAG)" in found
    assert "says netlab 26.10: no lag module for it" in found


MLAG = """
name: racks
devices: {switch: eos}
switches: [core, tor1, tor2]
links: [core-tor1, core-tor2, tor1-tor2]
segments:
  hosts: {vlan: 20, gateway: {address: 10.4.2.1, nodes: [core]}, prefix: 10.4.2.0/24, bridge: [tor1, tor2],
    attach: {tor1: [h1, h2], tor2: [h1, h3]}, relay: {servers: [dhcp]}}
servers: {dhcp: core}
"""


def test_two_switches_of_a_kind_with_a_link_are_an_mlag_pair(tmp_path: Path) -> None:
    built = plan(MLAG, tmp_path)
    first, second = built.node("tor1").mlag, built.node("tor2").mlag
    assert first is not None
    assert second is not None
    assert (first.domain, first.peer, first.ports) == (1, "tor2", ("Ethernet2",))
    assert (second.peer, second.ports) == ("tor1", ("Ethernet2",))
    assert first.address.ip == second.peer_address != first.peer_address == second.address.ip
    assert built.node("core").mlag is None
    lag = parts(built, "tor1")["h1"]
    assert (lag.mlag, lag.lacp, lag.esi, lag.name) == (True, True, "", "Port-Channel1")
    bond = built.node("h1").interface("bond1").lag
    assert bond is not None
    assert bond.lacp
    trunks = {tuple(end.node for end in link.endpoints): link.vlans for link in built.links if link.vlans}
    assert trunks == {("core", "tor1"): (20,), ("tor1", "tor2"): (20,)}  # the peer link goes before a loop


def test_frr_uses_one_member_at_a_time_and_the_links_stay_as_they_were(tmp_path: Path) -> None:
    built = plan(MLAG.replace("switch: eos", "switch: frr"), tmp_path)
    assert built.node("tor1").mlag is None
    assert not parts(built, "tor1")["h1"].lacp
    trunks = [tuple(end.node for end in link.endpoints) for link in built.links if link.vlans]
    assert trunks == [("core", "tor1"), ("core", "tor2")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (", tor1-tor2]", "]", "shares a bond without EVPN (MLAG) with one other switch of its device"),
        (
            "servers: {dhcp: core}",
            "servers: {dhcp: core}\nnodes: {tor2: {device: arubacx}}",
            "shares a bond without EVPN (MLAG) with one other switch of its device",
        ),
        ("vlan: 20", "vlan: 4094", "`eos` keeps VLAN 4094 for its peer link (MLAG)"),
    ],
)
def test_a_pair_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in MLAG
    assert said in refusal(MLAG.replace(old, new, 1), tmp_path)


def test_eos_has_a_peer_link_and_the_bonds_of_the_pair(tmp_path: Path) -> None:
    built = plan(MLAG, tmp_path)
    (file,) = registry.get("eos").artifacts(built, built.node("tor2"))
    said = {block.splitlines()[0]: block.splitlines()[1:] for block in file.text.split("\n!\n")}
    assert said["interface Port-Channel1"] == ["   switchport access vlan 20", "   mlag 1"]
    assert said["interface Ethernet2"] == [
        "   description tor2 -> tor1",
        "   channel-group 1000 mode active",
    ]
    assert said["mlag configuration"] == [
        "   domain-id pair1",
        "   local-interface Vlan4094",
        "   peer-address 169.254.127.0",
        "   peer-link Port-Channel1000",
    ]
    assert "   ip address 169.254.127.1/31" in said["interface Vlan4094"]
    assert "ethernet-segment" not in file.text
    (core,) = registry.get("eos").artifacts(built, built.node("core"))
    assert "mlag" not in core.text
    alone = plan(MLAG.replace("tor2: [h1, h3]", "tor2: [h3]"), tmp_path)
    (file,) = registry.get("eos").artifacts(alone, alone.node("tor2"))
    assert "mlag" not in file.text


def test_the_refusal_of_two_places_says_how_a_bond_is_written(tmp_path: Path) -> None:
    assert "write `multihoming: true` under `overlay`" in refusal(
        FABRIC.replace(", multihoming: true", ""), tmp_path
    )


def test_frr_tells_that_members_take_turns_and_eos_and_a_campus_do_not(tmp_path: Path) -> None:
    def told(text: str) -> list[str]:
        return [each.code for each in plan(text, tmp_path).warnings if each.code == "bond-takes-turns"]

    assert told(FABRIC) == ["bond-takes-turns"]
    assert told(FABRIC.replace("switch: frr", "switch: eos")) == []
    assert told(CAMPUS) == []
