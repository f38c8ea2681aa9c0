"""The contents of the HTML report, ready to be laid out: every decision is taken here, none in the template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from markupsafe import Markup

from labgen.ground.labplan import LabPlan, PlanWarning
from labgen.ground.vocabulary import Role as NodeRole
from labgen.render import graph
from labgen.report import places, timings
from labgen.report.checks import StepGroup, steps
from labgen.report.drawings import MOST_DRAWN, Drawing, drawings
from labgen.report.findings import FindingGroup, groups
from labgen.report.glance import Answer, answers
from labgen.report.history import Summary, since, summary
from labgen.report.leases import Lease, leases
from labgen.report.nodes import NodeLine, nodes
from labgen.report.parties import ROLES, parties
from labgen.report.places import EvidencePlace
from labgen.report.story import story
from labgen.report.tally import tally
from labgen.report.timeline import StoryView, view
from labgen.report.unpassed import RootCause, UnpassedRow, cause, unpassed
from labgen.verify.evidence import RunEvidence
from labgen.verify.judgement import Outcome, Witness
from labgen.verify.verdict import Conclusion, Verdict

NAMED = 12
"""Nodes of a kind that the head of the page names, each."""

# Nodes of a role side by side, up to which the topology leaves room for a table beside it.
_ABREAST = 4


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A lease with the place where each witness shows it, None for a witness that does not."""

    lease: Lease
    witnesses: tuple[tuple[str, EvidencePlace | None], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time; `left` and `width` in percent of the whole run."""

    name: str
    seconds: float
    left: float
    width: float
    nested: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The report from top to bottom; `line` is what a list of runs has of it."""

    scenario: str
    summary: str
    conclusion: str
    tally: str
    facts: tuple[tuple[str, str], ...]
    total: int
    counts: tuple[tuple[str, int], ...]
    answers: tuple[Answer, ...]
    cause: RootCause | None
    unpassed: tuple[UnpassedRow, ...]
    not_covered: tuple[str, ...]
    story: StoryView | None
    clients: tuple[str, ...]
    steps: tuple[StepGroup, ...]
    topology: Markup
    crowded: bool
    nodes: tuple[NodeLine, ...]
    warnings: tuple[PlanWarning, ...]
    exchanges: tuple[Drawing, ...]
    undrawn: int
    findings: tuple[FindingGroup, ...]
    leases: tuple[Witnessed, ...]
    bars: tuple[Bar, ...]
    provenance: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, tuple[EvidencePlace, ...]], ...]
    listed: bool
    line: Summary


def page(
    verdict: Verdict,
    plan: LabPlan,
    files: Sequence[str] = (),
    run: RunEvidence | None = None,
    earlier: Sequence[Summary] = (),
) -> Page:
    """The page of a verdict. `files` are paths below the run's folder, to be linked; `run` says when its steps were; `earlier` are
    runs of the same lab.
    """
    who = parties(verdict, plan)
    judged = steps(verdict)
    outcomes = Counter(result.judgement.outcome for result in verdict.checks)
    outline = story(verdict, plan, run, who)
    found = groups(verdict, plan, who)
    line = summary(verdict, outline.outage if outline else 0.0)
    return Page(
        scenario=verdict.scenario,
        summary=plan.summary,
        conclusion=verdict.conclusion.value,
        tally=tally(verdict),
        facts=tuple(_facts(verdict, plan)),
        total=len(verdict.checks),
        counts=tuple((outcome.value, outcomes[outcome]) for outcome in Outcome if outcomes[outcome]),
        answers=answers(verdict, plan, who, outline, found, since(line, earlier)),
        cause=cause(verdict),
        unpassed=unpassed(verdict),
        not_covered=verdict.not_covered,
        story=view(outline) if outline else None,
        clients=tuple(node.name for node in plan.role(NodeRole.CLIENT)),
        steps=judged,
        topology=Markup(graph.svg(plan)),
        crowded=any(len(plan.role(role)) > _ABREAST for role in NodeRole),
        nodes=nodes(plan, verdict.macs),
        warnings=plan.warnings,
        exchanges=tuple(
            drawings(verdict.exchanges, who.book, who.of, calm=verdict.conclusion is Conclusion.PASS)
        ),
        undrawn=max(0, len(verdict.exchanges) - MOST_DRAWN),
        findings=found,
        leases=tuple(_witnessed(lease) for lease in leases(verdict, who, run.collected if run else None)),
        bars=tuple(_bars(timings.spans(verdict.timings))),
        provenance=verdict.provenance.lines if verdict.provenance else (),
        files=_by_node(files),
        listed=PurePosixPath(verdict.folder).parent.name == "runs",
        line=line,
    )


def _facts(verdict: Verdict, plan: LabPlan) -> Iterator[tuple[str, str]]:
    """Facts of the run for the head of the page, each with its name."""
    yield "provider", verdict.provider
    yield "nodes", str(len(plan.nodes))
    for role, word in ROLES.items():
        names: dict[str, list[str]] = {}
        for node in plan.role(role):
            names.setdefault(verdict.devices.get(node.name, node.device), []).append(node.name)
        if names:
            yield word, "; ".join(f"{device} ({_members(nodes)})" for device, nodes in names.items())
    spent = timings.spans(verdict.timings)
    if spent:
        yield "time", f"{spent[-1].end:.1f} s"
    if verdict.folder:
        yield "run", PurePosixPath(verdict.folder).name


def _members(nodes: Sequence[str]) -> str:
    """Names of nodes, or how many they are: the first screen is for what came of them."""
    return " ".join(nodes) if len(nodes) <= NAMED else f"{len(nodes)}: {nodes[0]} to {nodes[-1]}"


def _witnessed(lease: Lease) -> Witnessed:
    found = []
    for witness in (Witness.CLIENT, Witness.SERVER, Witness.WIRE):
        evidence = lease.witnesses.get(witness)
        found.append(
            (witness.value, replace(places.of_evidence([evidence])[0], text="") if evidence else None)
        )
    return Witnessed(lease, tuple(found))


def _bars(spans: Sequence[timings.TimingSpan]) -> Iterator[Bar]:
    whole = spans[-1].end if spans else 0.0
    for span in spans:
        yield _bar(span, whole, nested=False)
        yield from (_bar(part, whole, nested=True) for part in span.parts)


def _bar(span: timings.TimingSpan, whole: float, *, nested: bool) -> Bar:
    scale = 100 / whole if whole > 0 else 0.0
    return Bar(span.name, span.seconds, round(span.start * scale, 2), round(span.seconds * scale, 2), nested)


def _by_node(files: Iterable[str]) -> tuple[tuple[str, tuple[EvidencePlace, ...]], ...]:
    """Captures first, then what each node said."""
    found: dict[str, list[EvidencePlace]] = {}
    for file in sorted(files):
        path = PurePosixPath(file)
        title = "captures" if path.parts[0] == "captures" else path.parent.name
        found.setdefault(title, []).append(EvidencePlace(path.name, href=places.link(file)))
    return tuple((title, tuple(same)) for title, same in found.items())
