"""AS numbers that several switches have: iBGP where they are linked, and what they do not learn where they are not."""

from __future__ import annotations

from pathlib import Path

from plan_specs import config, plan, refusal

from labgen.lab.embedded import compile as compiling

PAIR = """\
name: leaf-pair
switches: [spine, leaf-a, leaf-b]
links: [spine-leaf-a, spine-leaf-b, leaf-a-leaf-b]
underlay: {protocol: ebgp, asn: {spine: 65100, leaf-a: 65101, leaf-b: 65101}}
overlay: {control: evpn}
vrfs: {tenant: {transit_vni: 5000}}
segments:
  users:
    vrf: tenant
    gateway: anycast
    attach: {leaf-a: [pc1], leaf-b: [pc2]}
    relay: {servers: [srv1], server_vrf: tenant, source: loopback, options: [link-selection]}
  services: {vrf: tenant, attach: {leaf-b: [srv1]}}
servers: {srv1: {}}
"""
APART = PAIR.replace(", leaf-a-leaf-b]", "]")
UNSTRETCHED = APART.replace("leaf-a: [pc1], leaf-b: [pc2]", "leaf-a: [pc1, pc2]")


def test_linked_switches_of_one_system_speak_ibgp(tmp_path: Path) -> None:
    built = plan(PAIR, tmp_path)
    bgp = built.node("leaf-a").bgp
    assert bgp is not None
    assert {peer.name: peer.asn for peer in bgp.neighbors} == {"spine": 65100, "leaf-b": 65101}
    lines = [line.strip() for line in config(built, "leaf-a", "frr.conf").splitlines()]
    inside, outside = ("10.1.0.10", "10.1.0.1")
    assert f"neighbor {inside} remote-as 65101" in lines
    assert f"neighbor {inside} next-hop-self" in lines
    assert f"neighbor {outside} next-hop-self" not in lines


def test_a_lab_waits_for_routes_within_a_system_over_its_link_alone(tmp_path: Path) -> None:
    linked, far = plan(PAIR, tmp_path), plan(UNSTRETCHED.replace("leaf-b: [srv1]", "spine: [srv1]"), tmp_path)
    theirs = {name: str(built.node("leaf-b").loopback) for name, built in (("linked", linked), ("far", far))}
    waited = {
        name: {reach.prefix for reach in compiling._reach(built, built.node("leaf-a"))}
        for name, built in (("linked", linked), ("far", far))
    }
    assert theirs["linked"] in waited["linked"]
    assert theirs["far"] not in waited["far"]


def test_a_segment_over_switches_that_refuse_each_others_routes_is_refused(tmp_path: Path) -> None:
    said = refusal(APART, tmp_path)
    assert "segment `users` is stretched over `leaf-a` and `leaf-b`, which are both AS 65101" in said
    assert (
        "add the link `leaf-a-leaf-b`, over which they speak iBGP, or give one of them another AS number"
        in said
    )


def test_a_server_behind_a_switch_whose_routes_are_refused_is_refused(tmp_path: Path) -> None:
    said = refusal(UNSTRETCHED, tmp_path)
    assert "server `srv1` hangs on `leaf-b`: `leaf-a` and `leaf-b`, which are both AS 65101" in said
    assert "segment `users` is stretched" not in said


def test_ibgp_over_a_chain_is_refused_for_it_passes_no_route_on(tmp_path: Path) -> None:
    chain = PAIR.replace("spine: 65100", "spine: 65101").replace(", leaf-a-leaf-b]", "]")
    said = refusal(chain, tmp_path)
    assert "`leaf-a` and `leaf-b` are, which have no link: iBGP passes no route on" in said


def test_partners_that_refuse_each_others_routes_are_refused(tmp_path: Path) -> None:
    pair = """\
name: tier-0
switches: [tor, up-a, up-b]
links: [tor-up-a, tor-up-b]
underlay: {protocol: ebgp, asn: {tor: 65100, up-a: 64600, up-b: 64600}}
segments:
  users: {attach: {tor: [pc1]}, relay: {servers: [d1, d2]}, pool: {mode: hot-standby}}
servers: {d1: up-a, d2: up-b}
"""
    said = refusal(pair, tmp_path)
    assert "`d1` and `d2` are to keep one lease database, and hang on `up-a` and `up-b`" in said
    for reachable in (
        pair.replace("up-b: 64600", "up-b: 64601"),
        pair.replace("mode: hot-standby", "mode: split"),
    ):
        assert plan(reachable, tmp_path).segment("users").servers == ("d1", "d2")


def test_what_netlab_makes_of_a_pair_is_told_and_of_others_not(tmp_path: Path) -> None:
    assert [each.code for each in plan(PAIR, tmp_path).warnings if each.code == "netlab-ibgp"] == [
        "netlab-ibgp"
    ]
    alone = PAIR.replace("leaf-b: 65101", "leaf-b: 65102")
    assert "netlab-ibgp" not in {each.code for each in plan(alone, tmp_path).warnings}
