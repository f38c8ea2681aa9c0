"""Turns facts into results, and results into a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from labgen.dhcp.model import Finding, Kind
from labgen.ground.labplan import LabPlan
from labgen.verify import coverage, expectation, groups, root_cause
from labgen.verify.assembly import Assembly
from labgen.verify.check import Planned
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Outcome, blocked, skipped
from labgen.verify.playbook import Playbook, Step
from labgen.verify.playbook_spec import OF_OTHERS
from labgen.verify.provenance import Provenance
from labgen.verify.timing import Timing
from labgen.verify.verdict import CheckResult, Verdict


def planned(plan: LabPlan, books: Sequence[Playbook]) -> int:
    """The number of checks that will run, those of the scenario's expectations included: known before anything does."""
    counted = len(plan.expect.leases) + len(plan.expect.no_lease)
    return sum(book.planned for book in books) + len(expectation.plan_checks(plan, books)) + counted


def judge(planned: Planned, facts: Facts) -> Judgement:
    """One judgement. Where nobody did anything, a check without a witness is left out, and says what it misses."""
    found = _judge(planned, facts)
    if not facts.looked:
        return found
    s = planned.subject
    reached = not {s.client, s.switch, s.server} & set(facts.unreachable)
    if found.outcome is Outcome.BLOCKED or (found.outcome is Outcome.ERROR and reached):
        return skipped(found.expected, f"no witness: {found.observed}")
    return _absent(planned, facts, found) if found.outcome is Outcome.FAIL else found


def _absent(planned: Planned, facts: Facts, found: Judgement) -> Judgement:
    """No failure where something is missing because the client did not ask for a lease meanwhile."""
    s = planned.subject
    if planned.check.sightings and s.client and facts.exchange(s.client, Kind.ACQUIRE) is None:
        return skipped(
            found.expected, f"no witness: {s.client} did not ask for a lease while it was looked at"
        )
    return found


def _judge(planned: Planned, facts: Facts) -> Judgement:
    """One judgement; an error where a node the check is about could not be reached, blocked where it leans on captures that
    are not whole.
    """
    s = planned.subject
    for node in (s.client, s.switch, s.server):
        if node in facts.unreachable:
            return Judgement(Outcome.ERROR, planned.title, f"{node} could not be reached: {facts.unreachable[node]}",
                             "see `labgen status` and `labgen logs " + node + "`")  # fmt: skip
    judgement = planned.check.judge(s, facts)
    if planned.check.sightings and judgement.outcome in (Outcome.PASS, Outcome.FAIL):
        return _leaning(planned, facts, judgement)
    return judgement


def _leaning(planned: Planned, facts: Facts, judgement: Judgement) -> Judgement:
    """A judgement about what was seen on the wire, where somebody saw it."""
    s = planned.subject
    dark = {node: why for node, why in facts.blind.items() if node in facts.involved(s)}
    if dark:
        return blocked(judgement.expected, "; ".join(dark.values()), "run it again; see evidence.captures")
    unwatched = [node for node in (s.client, s.server) if node and not facts.watched(node)]
    if judgement.outcome is Outcome.FAIL and unwatched:
        why = f"nobody watched {' and '.join(unwatched)}: no capture, and no log of DHCP"
        return blocked(judgement.expected, why, "capture there, or turn on its DHCP debugs")
    return judgement


def results(book: Playbook, step: Step, facts: Facts) -> tuple[CheckResult, ...]:
    """Every planned check of a step, judged."""
    names = (book.spec.name, step.spec.name)
    return tuple(
        CheckResult(p.check.name, p.subject, p.check.title, *names, p.check.reference, judge(p, facts))
        for p in step.planned
    )


def _unprovoked(result: CheckResult) -> CheckResult:
    """No witness where something could not be judged because nobody made anything happen."""
    j = result.judgement
    if j.outcome is not Outcome.BLOCKED:
        return result
    return replace(result, judgement=skipped(j.expected, f"no witness: {j.observed}"))


@dataclass(frozen=True, slots=True)
class Conclusions:
    """The conclusions of a whole run, before they become a verdict."""

    plan: LabPlan
    books: Sequence[Playbook]
    provider: str
    folder: Path
    results: Sequence[CheckResult]
    assembly: Assembly
    timings: Sequence[Timing] = field(default=())
    provenance: Provenance | None = None

    def _provoked(self) -> frozenset[Finding]:
        """Findings that a step's own fault brings about."""
        own = {
            (book.spec.name, step.spec.name): step.spec.findings for book in self.books for step in book.steps
        }
        known = self.assembly.findings.items()
        return frozenset(finding for finding, place in known if self._named(finding, own.get(place, ())))

    def _named(self, finding: Finding, codes: Sequence[str]) -> bool:
        """True if a step expects a finding: of anybody, or of clients beside the focus."""
        theirs = f"{finding.code}{OF_OTHERS}" in codes and finding.client != groups.focus_mac(self.plan)
        return finding.code in codes or theirs

    def verdict(self) -> Verdict:
        """The verdict: results as the expectations make them, with all that a report shows."""
        plan, known = self.plan, self.assembly
        findings = tuple(known.findings)
        exchanges = tuple(sorted(known.exchanges.values(), key=lambda e: e.started or 0.0))
        checks = expectation.expected_results(
            plan, self.books, self.results, findings, exchanges, self._provoked()
        )
        if not any(step.spec.do for book in self.books for step in book.steps):
            checks = tuple(map(_unprovoked, checks))
        missed = coverage.left_out(plan, checks)
        return Verdict(
            lab=plan.name,
            scenario=plan.name,
            provider=self.provider,
            devices={node.name: node.device for node in plan.nodes},
            planned=planned(plan, self.books),
            checks=checks,
            diagnosis=root_cause.diagnose(checks, known.complaints, missed, plan, known.moved),
            not_covered=coverage.not_covered(plan, self.books, checks, known.moved, exchanges),
            left_out=missed,
            bindings=known.bindings,
            exchanges=exchanges,
            findings=findings,
            timings=tuple(self.timings),
            folder=str(self.folder),
            provenance=self.provenance,
            provoked=self._provoked(),
            macs={
                port.mac: node.name for node in plan.nodes for port in node.interfaces if port.kind != "svi"
            },
        )
