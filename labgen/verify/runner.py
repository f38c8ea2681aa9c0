"""Runs playbooks on a running lab: act, collect, rebuild the exchanges, judge."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labgen.collect.session import Session
from labgen.devices import readers
from labgen.devices.observed import Observed, Raw
from labgen.dhcp import reconstruct
from labgen.dhcp.findings import find
from labgen.dhcp.model import Binding, Exchange, Finding, Message
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.lab.provider import Lab
from labgen.verify import expectation, hardware
from labgen.verify.acting import Actor, Tell, grace
from labgen.verify.asking import ask
from labgen.verify.check import Planned
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Outcome, blocked
from labgen.verify.logbook import Logbook, Span
from labgen.verify.playbook import Playbook, Step
from labgen.verify.playbook_spec import ActionSpec
from labgen.verify.recording import Recording, Watch, context
from labgen.verify.remark import Remark
from labgen.verify.settling import settle
from labgen.verify.store import Store
from labgen.verify.timing import Phase, Timing
from labgen.verify.verdict import CheckResult, Verdict

EXCHANGES = frozenset({"acquire", "bind", "renew", "rebind", "release", "reboot", "inform"})
"""Actions that make a client speak."""

_NOTHING: dict[str, Raw] = {}


@dataclass
class Run:
    """State of one verification. `plan` has the MAC addresses the nodes really have; `tell` hears one line per thing
    that happens.
    """

    lab: Lab
    plan: LabPlan
    session: Session
    store: Store
    tell: Tell
    results: list[CheckResult] = field(default_factory=list)
    exchanges: dict[tuple[object, ...], Exchange] = field(default_factory=dict)
    findings: dict[Finding, None] = field(default_factory=dict)
    bindings: tuple[Binding, ...] = ()
    timings: list[Timing] = field(default_factory=list)
    began: float = 0.0

    def __post_init__(self) -> None:
        self._readers = {node.name: readers.get(node.device) for node in self.plan.nodes}
        self.recording = Recording(self.lab, self.store, self.plan)
        self.logbook = Logbook()
        self.watch = Watch(self._look)
        self.actor = Actor(self.lab, self.plan, self.session, lambda: reconstruct(self._seen()), self.tell)

    def _seen(self) -> tuple[Message, ...]:
        """What was captured, and, from nodes without a capture, what their logs told in steps before."""
        return (*self.recording.messages(), *self.logbook.messages)

    def _look(self, nodes: Collection[str]) -> tuple[Message, ...]:
        """What some nodes saw up to now; those without a capture are asked for their logs."""
        seen = self.recording.messages(nodes)
        captured = self.recording.captured
        silent = [node for node in nodes if node not in captured]
        if not silent:
            return seen
        told = ask(self.plan, self.session, silent)
        earlier = (m for m in self.logbook.messages if m.node in silent)
        return (*seen, *earlier, *self.logbook.glance(told, captured, seen, Span(self.began, time.time())))

    def playbook(self, book: Playbook) -> None:
        """Run its steps; whatever happens, the faults it made are taken back."""
        try:
            for step in book.steps:
                self._step(book, step)
        finally:
            self.actor.undo()

    def _step(self, book: Playbook, step: Step) -> None:
        self.tell(f"{book.spec.name}: {step.spec.title or step.spec.name}")
        started = time.monotonic()
        facts = self._facts(book, step)
        self._spent(Phase.STEP, started, playbook=book.spec.name, step=step.spec.name)
        for planned in step.planned:
            self.results.append(_result(book, step, planned, judge(planned, facts)))

    def _spent(
        self, phase: Phase, since: float, *, name: str = "", playbook: str = "", step: str = ""
    ) -> None:
        """Note what took the time since a moment of the monotonic clock."""
        self.timings.append(Timing(phase, time.monotonic() - since, name, playbook, step))

    def _facts(self, book: Playbook, step: Step) -> Facts:
        self.session.begin_step()
        since = self.began = time.time()
        remarks, acted = self._act(book, step, since)
        observed, unreachable = self._collect()
        at = time.time()
        captured = self.recording.messages()
        self.logbook.add(observed, self.recording.captured, captured, Span(since, at))
        everything = (*captured, *self.logbook.messages)
        known = reconstruct(everything)
        fresh = frozenset(self.logbook.fresh)
        current = tuple(e for e in known if (e.ended or 0.0) >= since or not fresh.isdisjoint(e.messages))
        history = tuple(e for e in known if e not in current)
        findings = self._findings(known, history, observed)
        self._keep(current, findings, observed)
        return Facts(
            plan=self.plan,
            observed=observed,
            messages=tuple(m for m in everything if m.time is None or m.time >= since or m in fresh),
            exchanges=current,
            findings=findings,
            unreachable=unreachable,
            captured=self.recording.captured,
            remarks=remarks,
            history=history,
            roles=dict(self.actor.roles),
            since=since,
            acted=acted,
            at=at,
        )

    def _act(self, book: Playbook, step: Step, since: float) -> tuple[dict[str, Remark], float]:
        """Remarks, and from when on exchanges count: since an action that makes one was begun, or another was done."""
        remarks: dict[str, Remark] = {}
        acted = since
        for spec in step.spec.do:
            started, moment = time.monotonic(), time.time()
            if spec.wait:
                remarks |= self._wait(spec, acted)
            else:
                remarks |= self.actor.do(spec)
                acted = moment if spec.action in EXCHANGES else time.time()
            self._spent(Phase.ACTION, started, name=spec.name, playbook=book.spec.name, step=step.spec.name)
        return remarks, acted

    def _findings(
        self, known: Sequence[Exchange], history: Sequence[Exchange], observed: Observed
    ) -> tuple[Finding, ...]:
        """What is odd about this step: found with all that was before it in mind, less what was odd already."""
        about = context(self.plan, observed.bindings)
        old = set(find(history, about))
        return tuple(finding for finding in find(known, about) if finding not in old)

    def _keep(self, exchanges: Iterable[Exchange], findings: Iterable[Finding], observed: Observed) -> None:
        """What a report shows: an exchange that went on in a later step counts once, as it ended."""
        for exchange in exchanges:
            self.exchanges[exchange.client, exchange.kind, exchange.xid, exchange.started] = exchange
        self.findings |= dict.fromkeys(findings)
        self.bindings = observed.bindings

    def _wait(self, spec: ActionSpec, since: float) -> dict[str, Remark]:
        """Wait for an exchange of every client; where it is late, a little longer only to say so."""
        assert spec.wait is not None
        macs = {node.name: _mac(node) for node in self.actor.nodes(spec.on)}
        kind, wanted = spec.wait, spec.outcome
        waited = self.watch.wait(macs, kind, wanted, since, spec.timeout)
        missing = {name: mac for name, mac in macs.items() if name not in waited.seconds}
        late = {name: mac for name, mac in missing.items() if name not in waited.beyond}
        after = self.watch.wait(late, kind, wanted, since, grace(spec.timeout)).seconds if late else {}
        if waited.granted:
            settle(self.plan, self.session, waited.granted)
        remarks: dict[str, Remark] = {}
        for name in missing:
            beyond = spec.timeout + after[name] if name in after else None
            why = "before it went on to rebinding" if name in waited.beyond else f"within {spec.timeout} s"
            remarks[name] = Remark(spec.name, f"no {kind.value} ({wanted}) {why}", beyond)
            self.tell(f"  {name}: {remarks[name]}")
        return remarks

    def _collect(self) -> tuple[Observed, dict[str, str]]:
        outputs = self.session.collect(
            {
                node.name: [p for p in self._readers[node.name].probes(node) if not p.early]
                for node in self.plan.nodes
            }
        )
        raw = self.store.keep(outputs)
        unreachable = {o.node: o.error for o in outputs if o.error and not raw.get(o.node)}
        parts = [self._observe(node.name, raw.get(node.name, _NOTHING)) for node in self.plan.nodes]
        return Observed.total(parts), unreachable

    def _observe(self, node: str, texts: Mapping[str, Raw]) -> Observed:
        return self._readers[node].observe(self.plan.node(node), texts)


def _mac(client: NodePlan) -> str:
    assert client.client is not None
    return client.interface(client.client.linux).mac


def judge(planned: Planned, facts: Facts) -> Judgement:
    """One judgement; an error where a node the check is about could not be reached."""
    s = planned.subject
    for node in (s.client, s.switch, s.server):
        if node in facts.unreachable:
            return Judgement(Outcome.ERROR, planned.title, f"{node} could not be reached: {facts.unreachable[node]}",
                             "see `labgen status` and `labgen logs " + node + "`")  # fmt: skip
    judgement = planned.check.judge(s, facts)
    if judgement.outcome is Outcome.FAIL and planned.check.sightings:
        unwatched = [node for node in (s.client, s.server) if node and not facts.watched(node)]
        if unwatched:
            why = f"nobody watched {' and '.join(unwatched)}: no capture, and no log of DHCP"
            return blocked(judgement.expected, why, "capture there, or turn on its DHCP debugs")
    return judgement


def _result(book: Playbook, step: Step, planned: Planned, judgement: Judgement) -> CheckResult:
    check = planned.check
    names = (book.spec.name, step.spec.name)
    return CheckResult(check.name, planned.subject, check.title, *names, check.reference, judgement)


def planned(plan: LabPlan, books: Sequence[Playbook]) -> int:
    """How many checks will run, those of the scenario's expectations included: known before anything does."""
    return sum(book.planned for book in books) + len(expectation.plan_checks(plan, books))


def verify(
    lab: Lab,
    books: Sequence[Playbook],
    folder: Path,
    provider: str,
    tell: Tell,
    timings: Iterable[Timing] = (),
) -> Verdict:
    """Run playbooks in order. The run's folder is written as it goes; the verdict is returned, not written."""
    plan = lab.plan
    total = planned(plan, books)
    with Session(lab) as session:
        store = Store(folder)
        found = hardware.as_found(plan, session, store, tell)
        run = Run(lab, found, session, store, tell, timings=list(timings))
        for book in books:
            run.playbook(book)
    findings = tuple(run.findings)
    exchanges = tuple(sorted(run.exchanges.values(), key=lambda e: e.started or 0.0))
    return Verdict(
        lab=plan.name,
        scenario=plan.name,
        provider=provider,
        devices={node.name: node.device for node in plan.nodes},
        planned=total,
        checks=expectation.settle(plan, books, run.results, findings, exchanges),
        bindings=run.bindings,
        exchanges=exchanges,
        findings=findings,
        timings=tuple(run.timings),
        folder=str(folder),
        macs={port.mac: node.name for node in found.nodes for port in node.interfaces if port.kind != "svi"},
    )
