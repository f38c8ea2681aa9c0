"""Assembles the facts that checks look at from the evidence of steps, in order: of a run that goes on, or a stored one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from labgen.devices import readers, reading
from labgen.devices.observed import Observed, Raw
from labgen.dhcp import reconstruct
from labgen.dhcp.findings import find
from labgen.dhcp.model import Binding, Evidence, Exchange, Finding, Kind, Message
from labgen.dhcp.remarks import Remark
from labgen.ground.labplan import LabPlan
from labgen.verify import attempts
from labgen.verify.captures import SUFFIX, Captured, owner
from labgen.verify.echoes import Echoes
from labgen.verify.evidence import StepEvidence
from labgen.verify.facts import Facts
from labgen.verify.node_logs import Logbook, Span
from labgen.verify.reach_targets import targets
from labgen.verify.recording import context

Texts = dict[str, dict[str, Raw]]
_NOTHING: dict[str, Raw] = {}


@dataclass
class Assembly:
    """The evidence that is known so far. `plan` has the MAC addresses the nodes really have; `owed` are capture files that must be there.
    `findings` are kept with the playbook and step they first showed in. The wall clock is `moved` seconds ahead of the evidence's. What
    nodes said before the run `began` is about something else."""

    plan: LabPlan
    owed: tuple[str, ...] = ()
    exchanges: dict[tuple[object, ...], Exchange] = field(default_factory=dict)
    findings: dict[Finding, tuple[str, str]] = field(default_factory=dict)
    bindings: tuple[Binding, ...] = ()
    complaints: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    reported: set[Remark] = field(default_factory=set)
    logbook: Logbook = field(default_factory=Logbook)
    moved: float = 0.0
    began: float = float("inf")

    def facts(self, step: StepEvidence, texts: Texts, captured: Captured) -> Facts:
        """The facts of the next step: `texts` are its raw outputs by node and probe, `captured` all captures up to its end."""
        observed = self._observed(texts)
        self.moved = step.moved
        self.logbook.add(observed, captured.nodes, captured.messages, Span(step.since, step.at, step.looked))
        everything = (*captured.messages, *self.logbook.messages)
        whole = reconstruct(everything)
        known = tuple(part for e in whole for part in attempts.parted(e, step.since))
        fresh = frozenset(self.logbook.fresh)
        current = (
            _looked_at(known, step) if step.looked else tuple(e for e in known if _goes_on(e, step, fresh))
        )
        history = tuple(e for e in known if e not in current)
        self.began = min(self.began, step.since + min(0.0, step.moved))
        earlier = tuple(e for e in whole if e in history)
        over = tuple(e for e in whole if not attempts.in_flight(e, step.at))
        findings = self._findings(over, earlier, observed, restarted=not step.looked)
        self._keep(current, findings, observed, step)
        return Facts(
            plan=self.plan,
            observed=observed,
            messages=tuple(m for m in everything if m.time is None or m.time >= step.since or m in fresh),
            exchanges=current,
            findings=findings,
            unreachable=dict(step.unreachable),
            captured=captured.nodes,
            blind=blind(captured, step, self.owed, self.plan),
            unread=dict(step.failed),
            answered={node: tuple(raw.file for raw in own.values()) for node, own in texts.items()},
            frames=dict(captured.frames),
            remarks={name: kept.remark() for name, kept in step.remarks.items()},
            claims=tuple(each for each in captured.claims if each.time >= step.since),
            echoes=self._echoes(observed, captured, step),
            history=history,
            roles=dict(step.roles),
            since=step.since,
            acted=step.acted,
            at=step.at,
            moved=step.moved,
            looked=step.looked,
            read={raw.file: raw.at for own in texts.values() for raw in own.values() if raw.at},
        )

    def _observed(self, texts: Texts) -> Observed:
        return Observed.total(
            readers.of(node).observe(node, texts.get(node.name, _NOTHING)) for node in self.plan.nodes
        )

    def _echoes(self, observed: Observed, captured: Captured, step: StepEvidence) -> Echoes:
        """Questions of clients that stayed without answer, and who answered that should not, where captures may tell how far it got."""
        clients = dict.fromkeys(each.node for each in observed.reached)
        held = {name: address for name in clients if (address := observed.held(name))}
        apart = {name: targets(self.plan, name, held)[1] for name in held}
        odd = [
            each for each in observed.reached if each.answered == (each.target in apart.get(each.node, ()))
        ]
        return Echoes(captured.files, tuple((each.node, each.target) for each in odd), held, step.since)

    def _findings(
        self,
        known: Sequence[Exchange],
        history: Sequence[Exchange],
        observed: Observed,
        *,
        restarted: bool = True,
    ) -> tuple[Finding, ...]:
        """The findings of this step: found with all that was before it in mind, less those that were there already."""
        about = replace(context(self.plan, observed.bindings), restarted=restarted)
        old = set(find(history, about))
        fresh = tuple(
            remark
            for remark in observed.remarks
            if remark not in self.reported and not _before(remark.text, self.began)
        )
        self.reported |= set(fresh)
        return tuple(finding for finding in find(known, replace(about, remarks=fresh)) if finding not in old)

    def _keep(
        self,
        exchanges: Iterable[Exchange],
        findings: Iterable[Finding],
        observed: Observed,
        step: StepEvidence,
    ) -> None:
        """Keep what a report shows: an exchange that went on in a later step counts once, as it ended."""
        for exchange in exchanges:
            self.exchanges[exchange.client, exchange.kind, exchange.xid, exchange.started] = exchange
        self.findings = dict.fromkeys(findings, (step.playbook, step.step)) | self.findings
        self.bindings = observed.bindings
        stopped = {daemon.node for daemon in observed.daemons if not daemon.running}
        for line in observed.complaints:
            last_words = line.node in stopped and not _went_on(observed, line)
            if last_words or not _before(line.text, step.since):
                self.complaints[line.node] = (*self.complaints.get(line.node, ()), line)


def _before(line: str | None, moment: float) -> bool:
    """True if a log says that a line is from before a moment: then it is about something else."""
    written = reading.said_at(line or "")
    return written is not None and written < moment - 1


def _went_on(observed: Observed, line: Evidence) -> bool:
    """True if a daemon went on to serve after what it complained of."""
    return any(m.file == line.file and (m.line or 0) > (line.line or 0) for m in observed.messages)


def _looked_at(known: Sequence[Exchange], step: StepEvidence) -> tuple[Exchange, ...]:
    """The exchanges since a moment, of each client from the last time on that it asked for a lease afresh."""
    recent = [e for e in known if e.ended is None or e.ended >= step.since]
    begun: dict[str | None, float] = {}
    for e in recent:
        if e.kind is Kind.ACQUIRE:
            begun[e.client.mac] = max(begun.get(e.client.mac, 0.0), e.started or 0.0)
    return tuple(e for e in recent if (e.started or 0.0) >= begun.get(e.client.mac, 0.0))


def _goes_on(exchange: Exchange, step: StepEvidence, fresh: frozenset[Message]) -> bool:
    return (exchange.ended or 0.0) >= step.since or not fresh.isdisjoint(exchange.messages)


def blind(captured: Captured, step: StepEvidence, owed: Iterable[str], plan: LabPlan) -> dict[str, str]:
    """The reasons why captures are incomplete, by node: nothing can be concluded from what they do not show."""
    reason = f"captures lost {step.lost} frames: the machine was too slow" if step.lost else ""
    if step.torn:
        reason = (
            f"the clock was set meanwhile (by {step.moved:+.1f} s in all), and times in captures followed it"
        )
    if reason:
        return {node.name: reason for node in plan.nodes if node.name in captured.nodes}
    faults = {name: f"captures/{name} is missing" for name in owed if name not in captured.frames}
    faults |= {name: f"captures/{name}: {problem}" for name, problem in captured.problems.items()}
    found: dict[str, str] = {}
    for name, fault in faults.items():
        place = owner(name.removesuffix(SUFFIX), plan)
        if place is not None:
            found[place[0]] = f"{found[place[0]]}; {fault}" if place[0] in found else fault
    return found
