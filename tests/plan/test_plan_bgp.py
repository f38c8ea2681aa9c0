"""EVPN by iBGP over an eBGP underlay: two kinds of sessions, two AS numbers, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_specs import config, plan, refusal

FABRIC = """\
name: apart
devices: {switch: frr}
underlay: {protocol: ebgp, asn: {spine1: 64512, spine2: 64513, leaf1: 64514, leaf2: 64515}}
switches: [spine1, spine2, leaf1, leaf2]
links: [spine1-leaf1, spine1-leaf2, spine2-leaf1, spine2-leaf2]
overlay: {control: evpn, asn: 65000, peering: ibgp, route_reflectors: [spine1, spine2]}
segments:
  office: {prefix: 10.1.1.0/24, gateway: anycast, attach: {leaf1: [pc1], leaf2: [pc2]}, relay: {servers: [srv1]}}
servers: {srv1: spine1}
"""
SHARED = FABRIC.replace("spine2: 64513", "spine2: 64512")


def test_a_leaf_speaks_ebgp_over_its_links_and_ibgp_with_the_reflectors(tmp_path: Path) -> None:
    bgp = plan(FABRIC, tmp_path).node("leaf1").bgp
    assert bgp is not None
    assert (bgp.asn, bgp.link_asn, bgp.apart) == (65000, 64514, True)
    assert [(p.name, p.asn, p.local_asn) for p in bgp.underlay_peers] == [
        ("spine1", 64512, 64514),
        ("spine2", 64513, 64514),
    ]
    assert [(p.name, p.asn, p.local_asn, str(p.address)) for p in bgp.evpn_peers] == [
        ("spine1", 65000, None, "10.0.0.3"),
        ("spine2", 65000, None, "10.0.0.4"),
    ]


def test_a_reflector_reflects_to_leaves_and_not_to_the_other(tmp_path: Path) -> None:
    bgp = plan(FABRIC, tmp_path).node("spine1").bgp
    assert bgp is not None
    assert {p.name: p.rr_client for p in bgp.evpn_peers} == {"spine2": False, "leaf1": True, "leaf2": True}


def test_reflectors_of_one_as_number_have_no_session_as_they_refuse_the_others_loopback(
    tmp_path: Path,
) -> None:
    bgp = plan(SHARED, tmp_path).node("spine1").bgp
    assert bgp is not None
    assert [p.name for p in bgp.evpn_peers] == ["leaf1", "leaf2"]


def test_evpn_in_the_sessions_of_the_underlay_has_one_number_and_every_session(tmp_path: Path) -> None:
    text = FABRIC.replace("asn: 65000, peering: ibgp, route_reflectors: [spine1, spine2]", "peering: ebgp")
    bgp = plan(text, tmp_path).node("leaf1").bgp
    assert bgp is not None
    assert (bgp.asn, bgp.link_asn, bgp.apart) == (64514, 64514, False)
    assert bgp.evpn_peers == bgp.underlay_peers == bgp.neighbors


def test_evpn_over_ospf_has_no_session_of_the_underlay(tmp_path: Path) -> None:
    text = FABRIC.replace(FABRIC.splitlines()[2], "underlay: ospf")
    bgp = plan(text, tmp_path).node("leaf1").bgp
    assert bgp is not None
    assert (bgp.asn, bgp.apart, bgp.underlay_peers) == (65000, False, ())
    assert bgp.evpn_peers == bgp.neighbors


def test_frr_speaks_with_the_number_of_the_underlay_over_links_and_carries_each_family_once(
    tmp_path: Path,
) -> None:
    text = config(plan(FABRIC, tmp_path), "leaf1", "frr.conf")
    lines = [line.strip() for line in text.splitlines()]
    link = lines[lines.index("neighbor 10.0.0.3 remote-as 65000") - 9 :]
    assert "router bgp 65000" in lines
    assert sum(line.endswith("local-as 64514 no-prepend replace-as") for line in lines) == 2
    assert "neighbor 10.0.0.3 update-source lo" in link
    unicast = lines[lines.index("address-family ipv4 unicast") : lines.index("address-family l2vpn evpn")]
    evpn = lines[lines.index("address-family l2vpn evpn") :]
    assert [line for line in unicast if "activate" in line] == [
        f"neighbor {address} activate" for address in ("10.255.0.5", "10.255.0.13")
    ]
    assert [line for line in evpn if "activate" in line] == [
        f"neighbor {address} activate" for address in ("10.0.0.3", "10.0.0.4")
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("asn: 65000, peering: ibgp", "peering: ibgp", "needs an AS number of its own"),
        ("asn: 65000, peering: ibgp", "asn: 65000", "or add `peering: ibgp` for sessions between loopbacks"),
        ("asn: 65000, peering: ibgp, ", "", "or add `peering: ibgp` and `asn: 65000`"),
        ("asn: 65000", "asn: 64514", "EVPN has AS 64514, which `leaf1` has in the underlay"),
        (
            "leaf1: 64514",
            "leaf1: 64512",
            "`spine1` and `leaf1` are both AS 64512, and EVPN's AS number is another",
        ),
        ("switch: frr", "switch: nxos", "`nxos` has no EVPN by iBGP over an eBGP underlay"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refusal(FABRIC.replace(old, new, 1), tmp_path)


MULTIHOP = FABRIC.replace(FABRIC.splitlines()[2], "underlay: ospf").replace(
    "asn: 65000, peering: ibgp", "peering: ebgp"
)


def test_evpn_by_ebgp_over_ospf_has_a_number_per_switch_and_sessions_with_the_spines(tmp_path: Path) -> None:
    bgp = plan(MULTIHOP, tmp_path).node("leaf1").bgp
    assert bgp is not None
    assert (bgp.asn, bgp.multihop, bgp.underlay, bgp.underlay_peers) == (4200000005, True, False, ())
    assert [(p.name, p.asn, str(p.address), p.rr_client) for p in bgp.evpn_peers] == [
        ("spine1", 4200000003, "10.0.0.3", False),
        ("spine2", 4200000004, "10.0.0.4", False),
    ]


def test_frr_keeps_next_hops_in_sessions_of_ebgp_between_loopbacks_alone(tmp_path: Path) -> None:
    text = config(plan(MULTIHOP, tmp_path), "spine1", "frr.conf")
    assert text.count(" ebgp-multihop 255\n") == text.count(" attribute-unchanged next-hop\n") == 3
    assert "route-reflector-client" not in text
    by_ibgp = config(plan(FABRIC, tmp_path), "spine1", "frr.conf")
    assert "ebgp-multihop" not in by_ibgp
    assert "attribute-unchanged" not in by_ibgp


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("peering: ebgp", "asn: 65000, peering: ebgp", "each switch with an AS number of its own"),
        (
            "\nservers:",
            "\nnodes: {leaf1: {asn: 65001}, leaf2: {asn: 65001}}\nservers:",
            "`leaf1` and `leaf2` are both AS 65001",
        ),
        ("switch: frr", "switch: nxos", "`nxos` has no EVPN by eBGP between loopbacks"),
    ],
)
def test_evpn_by_ebgp_between_loopbacks_that_cannot_be_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in refusal(MULTIHOP.replace(old, new, 1), tmp_path)
