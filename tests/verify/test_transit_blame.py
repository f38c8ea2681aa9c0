"""Whose fault a missing router MAC is, and a broadcast that no relay heard."""

from __future__ import annotations

from dataclasses import replace

import pytest
from verify_facts import RX, Tale, concluded
from verify_labs import flagship, written

from labgen.devices.observed import RouterMac
from labgen.dhcp.model import MessageRole, MessageType
from labgen.ground.labplan import LabPlan
from labgen.verify.judgement import Judgement, Outcome

FABRIC = """\
name: fabric
switches: [l1, l2, bl, s1]
links: [l1-s1, l2-s1, bl-s1]
overlay: {data: vxlan, control: evpn, asn: 65000, route_reflectors: [s1]}
vrfs: {red: {transit_vni: 50001}}
segments:
  one: {vrf: red, attach: {l1: [r1]}, relay: {servers: [d], server_vrf: red}}
  two: {vrf: red, attach: {l2: [r2]}, relay: {servers: [d], server_vrf: red}}
  srv: {vrf: red, attach: {bl: [d]}}
servers: {d: {}}
"""
LEAVES = ("l1", "l2", "bl")


def told(plan: LabPlan, missing: set[tuple[str, str]]) -> tuple[RouterMac, ...]:
    """Every leaf's router MAC of every other, but for those that are `missing`: at the first, of the second."""
    found = []
    for at in LEAVES:
        for of in LEAVES:
            node = plan.node(of)
            if at != of and (at, of) not in missing and node.loopback:
                mac = next(vrf.router_mac for vrf in node.vrfs if vrf.name == "red") or ""
                found.append(RouterMac(at, 50001, str(node.loopback.ip), mac, f"raw/{at}/router-macs.txt"))
    return tuple(found)


def judged(at: str, missing: set[tuple[str, str]]) -> Judgement:
    plan = written(FABRIC)
    facts = Tale(plan).facts()
    observed = replace(facts.observed, router_macs=told(plan, missing))
    return concluded("control-plane.router-mac", f"{at}:red", replace(facts, observed=observed))


APART = {("l1", "l2"), ("bl", "l2"), ("l2", "l1"), ("l2", "bl")}
"""l2 neither gives nor takes: its route targets are others."""


@pytest.mark.parametrize("at", LEAVES)
def test_a_leaf_that_neither_gives_nor_takes_is_blamed_everywhere(at: str) -> None:
    found = judged(at, APART)
    assert (found.outcome, found.at) == (Outcome.FAIL, ("l2",))


def test_one_that_others_know_is_missing_where_it_is_missing() -> None:
    found = judged("bl", {("bl", "l1")})
    assert (found.outcome, found.at) == (Outcome.FAIL, ("bl",))
    assert judged("l2", {("bl", "l1")}).outcome is Outcome.PASS


def heard(port: str | None) -> Judgement:
    """A broadcast of cl_a that no relay's own interface heard: seen at a port of its switch, or nowhere."""
    tale = Tale(flagship()).began().fresh()
    tale.broadcast(MessageType.DISCOVER, "cl_a", relays=[])
    if port:
        tale._add(MessageType.DISCOVER, "sw1", MessageRole.TRANSIT, RX, interface=port, mac=tale.mac("cl_a"))
    return concluded("relay.forwards", "cl_a:sw1", tale.facts())


def test_a_broadcast_that_its_switch_kept_is_blamed_on_that_switch() -> None:
    found = heard("eth9")
    assert (found.outcome, found.at) == (Outcome.FAIL, ("sw1",))
    assert "is the port in the VLAN" in found.hint


def test_a_broadcast_that_left_and_never_came_in_is_between_the_two() -> None:
    found = heard(None)
    assert (found.outcome, found.at) == (Outcome.FAIL, ("cl_a", "sw1"))
    assert "both ends of the cable" in found.hint
