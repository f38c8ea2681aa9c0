"""A client that moves to another switch: the fabric follows its MAC, and the lease lives on."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.dhcp.model import Kind
from labgen.ground.labplan import LabPlan
from labgen.verify import groups
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks.reboot import old_address
from labgen.verify.checks.renewal import extended
from labgen.verify.checks.witnesses import agreement
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Proof, Witness, failed, passed

check = Catalogue()


def _focus(plan: LabPlan) -> Iterator[Subject]:
    node = groups.focus(plan)
    if node is not None and groups.other_switch(plan):
        yield Subject(client=node.name)


def _switches(plan: LabPlan) -> Iterator[Subject]:
    """The focus, as each switch of its segment sees it; only EVPN tells."""
    evpn = plan.overlay is not None and plan.overlay.control == "evpn"
    for subject in _focus(plan) if evpn else ():
        own = plan.node(subject.client).client
        assert own is not None
        yield from (
            Subject(client=subject.client, switch=switch) for switch in plan.segment(own.segment).switches
        )


@check("move.mac", "{switch} knows where {client} has gone", _switches, "RFC 7432 section 15")
def mac(subject: Subject, facts: Facts) -> Judgement:
    target = groups.other_switch(facts.plan)
    assert target is not None
    vtep = facts.plan.node(target).loopback
    address = facts.mac(subject.client)
    here = subject.switch == target
    expected = f"{address} " + ("local" if here else f"behind {target} ({vtep.ip if vtep else '?'})")
    own = [m for m in facts.observed.macs if m.node == subject.switch]
    match = next((m for m in own if m.mac == address), None)
    proofs = {Proof(Witness.CONTROL_PLANE, m.node, m.file) for m in own}
    if match is None:
        hint = f"no frame of the client was learned, or its route was lost: {facts.asking(target, 'show evpn mac vni all')}"
        return failed(expected, f"{address} unknown", hint, proofs)
    observed = f"{address} {'local' if match.vtep is None else f'behind {match.vtep}'}"
    right = match.vtep is None if here else vtep is not None and match.vtep == str(vtep.ip)
    if not right:
        hint = "the MAC mobility sequence number must grow with every move, and the old switch must give its entry up"
        return failed(expected, observed, hint, proofs)
    return passed(expected, observed, proofs)


@check(
    "move.address",
    "{client} reboots behind the other switch and keeps its address",
    _focus,
    "RFC 2131 section 4.3.2",
)
def address(subject: Subject, facts: Facts) -> Judgement:
    return old_address(subject, facts)


@check("move.renewal", "{client} renews behind the other switch", _focus, "RFC 2131 section 4.4.5")
def renewal(subject: Subject, facts: Facts) -> Judgement:
    return extended(subject, facts, Kind.RENEW)


@check(
    "move.witnesses",
    "client, server and wire agree on the lease of {client} behind the other switch",
    _focus,
    "RFC 2131 section 4.4.5",
)
def witnesses(subject: Subject, facts: Facts) -> Judgement:
    return agreement(subject, facts, Kind.RENEW)
