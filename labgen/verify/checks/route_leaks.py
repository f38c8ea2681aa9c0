"""Checks of route leaks that are meant: the ports between two VRFs of a switch, which nobody else has a wire to."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.labplan import LabPlan
from labgen.ground.planned_leaks import LeakEnd
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks.owners import tells_addresses
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, passed

check = Catalogue()


def leaking_switches(plan: LabPlan) -> Iterator[Subject]:
    """Every switch that leaks, and tells the addresses of its ports."""
    yield from (Subject(switch=node.name) for node in plan.nodes if node.leaks and tells_addresses(node))


@check(
    "control-plane.leak",
    "{switch} has the ports over which its VRFs exchange routes, and they are up",
    leaking_switches,
    "RFC 4364",
)
def leak(subject: Subject, facts: Facts) -> Judgement:
    name = subject.switch
    ends = [end for each in facts.plan.node(name).leaks for end in each.ends]
    expected = ", ".join(f"{end.linux} in VRF {end.vrf}" for end in ends) + ", up"
    addresses = [each for each in facts.observed.addresses if each.node == name]
    if not addresses:
        return blocked(expected, f"{name} told none of its addresses")
    proofs = {Proof(Witness.CONTROL_PLANE, name, each.file) for each in addresses}
    faults = [fault for end in ends if (fault := _fault(facts, name, end))]
    if faults:
        pairs = ", ".join(" and ".join(sorted(each.vrfs)) for each in facts.plan.node(name).leaks)
        hint = (
            f"{name} passes nothing from one VRF to the other ({pairs}); where another switch does, it is the last: "
            f"`labgen exec {name} -- sh -c 'ip link; ip route show vrf {ends[0].vrf}'`"
        )
        return failed(expected, "; ".join(faults), hint, proofs, [name])
    return passed(expected, f"{len(ends)} ports, up", proofs)


def _fault(facts: Facts, switch: str, end: LeakEnd) -> str:
    """The fault of one port; empty where there is none."""
    own = [each for each in facts.observed.addresses if each.node == switch and each.interface == end.linux]
    if not own:
        return f"{end.linux} in VRF {end.vrf} is missing, or has no address"
    if (moved := next((each for each in own if each.vrf != end.vrf), None)) is not None:
        return f"{end.linux} in VRF {moved.vrf} instead of {end.vrf}"
    if not any(each.address == str(end.address) for each in own):
        return f"{end.linux} has {own[0].address} instead of {end.address}"
    return "" if any(each.up for each in own) else f"{end.linux} in VRF {end.vrf}, down"
