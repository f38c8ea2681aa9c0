"""Checks that servers that keep one lease database work together."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.labplan import LabPlan
from labgen.verify import redundancy
from labgen.verify.check import Catalogue, Subject
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, passed

check = Catalogue()


def partners(plan: LabPlan) -> Iterator[Subject]:
    """Servers of labgen's own that have a partner: of others nobody knows where they tell about it."""
    for name in dict.fromkeys(name for pair in redundancy.partners(plan) for name in pair):
        node = plan.node(name)
        if node.foreign is None and node.program is None:
            yield Subject(server=name)


@check(
    "server.partners",
    "{server} and its partner work together",
    partners,
)
def work_together(subject: Subject, facts: Facts) -> Judgement:
    """Two that have lost each other may hold the same leases for a while; the next failure finds one of them alone."""
    pair = next(each for each in redundancy.partners(facts.plan) if subject.server in each)
    (other,) = (name for name in pair if name != subject.server)
    expected = f"a pair with {other}, both in service"
    told = [each for each in facts.observed.pairs if each.node == subject.server]
    if not told:
        return blocked(expected, f"{subject.server} tells no state of the pair")
    found = told[-1]
    proofs = [Proof(Witness.SERVER, found.node, found.file, line=found.line)]
    if found.whole:
        return passed(expected, found.state, proofs)
    hint = f"can it reach {other}? `labgen logs {subject.server}`, `labgen exec {subject.server} -- ip route get ADDRESS`"
    return failed(expected, f"its state is {found.state}", hint, proofs, [subject.server])
