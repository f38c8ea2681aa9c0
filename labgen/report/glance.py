"""First questions of a network engineer to a report, answered in a line each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labgen.dhcp.model import Direction, MessageRole, Severity
from labgen.ground.labplan import LabPlan
from labgen.ground.paths import from_here
from labgen.ground.vocabulary import Role
from labgen.report import places
from labgen.report.checks import sections, step_title
from labgen.report.findings import FindingGroup
from labgen.report.parties import ROLES, Parties
from labgen.report.places import EvidencePlace
from labgen.report.story import Story
from labgen.report.tally import tally
from labgen.verify.expectation import PLAYBOOK
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import Conclusion, Verdict

_MANY = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and its answer; `href` leads to where it is told at length, `places` to the proof."""

    question: str
    answer: str
    href: str = ""
    command: str = ""
    places: tuple[EvidencePlace, ...] = ()


def answers(
    verdict: Verdict,
    plan: LabPlan,
    who: Parties,
    story: Story | None,
    findings: Iterable[FindingGroup],
    since: str,
) -> tuple[Answer, ...]:
    """The questions in the order they are asked."""
    findings = tuple(findings)
    worst = next((g for g in findings if g.severity is Severity.ERROR and not g.expected), None)
    runs = "../index.html" if Path(verdict.folder).parent.name == "runs" else ""
    return (
        Answer("What was tested?", _tested(verdict, plan), "#checks"),
        Answer("Against which versions?", _versions(verdict), "#provenance"),
        _broke(verdict, worst),
        Answer("Since when?", since or "first run of these playbooks in this lab folder", runs),
        Answer("Who relayed?", _relayed(verdict, plan, who), "#exchanges"),
        Answer("Which lease was lost?", _lost(story), "#story"),
        Answer("For how long?", _outage(story), "#story"),
        _change(verdict, findings, worst),
        _proof(verdict),
        _again(verdict, plan),
    )


def _tested(verdict: Verdict, plan: LabPlan) -> str:
    steps = ", ".join(step_title(*key) for key in sections(verdict) if key[0] != PLAYBOOK)
    counts = ", ".join(
        f"{len(plan.role(role))} {ROLES[role]}" for role in (Role.CLIENT, Role.SWITCH, Role.SERVER)
    )
    return f"{steps or 'nothing'}: {verdict.planned} checks on {counts}"


def _versions(verdict: Verdict) -> str:
    source = verdict.provenance
    if source is None:
        return "not recorded"
    shown = [f"{name} {version}" for name, version in source.daemons.items()]
    return ", ".join([f"labgen {source.labgen}", *shown, source.kernel])


def _broke(verdict: Verdict, worst: FindingGroup | None) -> Answer:
    """The cause; where nobody named it, the worst finding says more than a count."""
    if verdict.conclusion is Conclusion.PASS:
        return Answer("What broke?", f"nothing that was tested: {tally(verdict)} passed", "#checks")
    cause = verdict.diagnosis
    if cause is not None:
        words = "; and also: ".join(each.cause for each in cause.every)
        return Answer("What broke?", words, "#not-passed", places=places.of_proofs(cause.evidence))
    if worst is not None:
        said = worst.remarks[0]
        words = (
            f"{worst.code}: {' '.join(said.clients)}: {said.message}"
            if said.clients
            else f"{worst.code}: {said.message}"
        )
        return Answer("What broke?", words, "#findings", places=places.of_evidence(said.evidence))
    return Answer("What broke?", tally(verdict), "#not-passed")


def _relayed(verdict: Verdict, plan: LabPlan, who: Parties) -> str:
    relays: dict[str, dict[str, None]] = {}
    for exchange in verdict.exchanges:
        sent = (m for m in exchange.messages if m.role is MessageRole.RELAY and m.direction is Direction.TX)
        found = {m.node: None for m in sent if not m.type.is_reply}
        relays.setdefault(who.of(exchange), {}).update(found)
    by_client = {client: " ".join(sorted(nodes)) for client, nodes in relays.items() if nodes}
    if not by_client:
        return "no relay was seen to forward anything"
    if len(set(by_client.values())) == 1:
        return f"{next(iter(by_client.values()))}, for every client"
    return _listed(f"{client}: {nodes}" for client, nodes in by_client.items())


def _lost(story: Story | None) -> str:
    if story is None:
        return "not recorded"
    lost = (
        f"{track.client} lost {gap.lost}" + (f", then got {gap.next}" if gap.next else "")
        for track in story.tracks
        for gap in track.gaps
    )
    return _listed(lost) or "none"


def _outage(story: Story | None) -> str:
    if story is None:
        return "not recorded"
    out = (f"{track.client} {track.outage:.1f} s" for track in story.tracks if track.gaps)
    return _listed(out) or "no client was without its lease"


def _change(verdict: Verdict, findings: Iterable[FindingGroup], worst: FindingGroup | None) -> Answer:
    if verdict.conclusion is Conclusion.PASS:
        warned = dict.fromkeys(g.code for g in findings if g.severity is Severity.WARNING and not g.expected)
        worth = f"; worth reading: {_listed(warned)}" if warned else ""
        return Answer("What do I change?", f"nothing for what was tested{worth}", "#findings")
    cause = verdict.diagnosis
    if cause is not None and cause.next:
        return Answer("What do I change?", cause.next, "#not-passed")
    if worst is not None and worst.page is not None:
        return Answer("What do I change?", worst.page.change, "#findings")
    hints = (c.judgement.hint for c in verdict.checks if c.judgement.outcome is not Outcome.PASS)
    return Answer("What do I change?", next(filter(None, hints), "see what did not pass"), "#not-passed")


def _proof(verdict: Verdict) -> Answer:
    source = verdict.provenance
    digest = (
        f"evidence sha256 {source.evidence[:16]}…" if source and source.evidence else "no evidence was kept"
    )
    return Answer("Prove it.", digest, "#evidence")


def _again(verdict: Verdict, plan: LabPlan) -> Answer:
    folder = Path(verdict.folder)
    lab = folder.parent.parent if folder.parent.name == "runs" else Path("labs") / plan.name
    lab = from_here(lab)
    books = " ".join(
        f"--playbook {name}"
        for name in dict.fromkeys(book for book, _ in sections(verdict) if book != PLAYBOOK)
    )
    return Answer(
        "Again, after my change?",
        "with the lab up; then compare with labgen diff",
        command=f"labgen verify {lab} {books}".strip(),
    )


def _listed(texts: Iterable[str]) -> str:
    """A few of them, and how many more."""
    known = list(texts)
    more = f", and {len(known) - _MANY} more" if len(known) > _MANY else ""
    return "; ".join(known[:_MANY]) + more
