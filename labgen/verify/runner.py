"""Runs playbooks on a running lab: act, collect, rebuild the exchanges, judge."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labgen.collect.session import Session
from labgen.devices import readers
from labgen.devices.base import Probe
from labgen.devices.observed import Observed
from labgen.dhcp import reconstruct
from labgen.dhcp.model import Kind, Message
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.lab.deadline import patience
from labgen.lab.provider import Lab
from labgen.verify import hardware, redundancy
from labgen.verify.acting import STARTS, Actor, Tell, grace
from labgen.verify.assembly import Assembly, Texts
from labgen.verify.conclusions import Conclusions, results
from labgen.verify.convergence import agree, disputed, elect, wait_until_configured
from labgen.verify.evidence import KeptRemark, KeptTiming, RunEvidence, StepEvidence
from labgen.verify.facts import Facts
from labgen.verify.node_logs import Span
from labgen.verify.observation import ObserveOnly
from labgen.verify.playbook import Playbook, Step
from labgen.verify.playbook_spec import ActionSpec
from labgen.verify.polling import poll, polled_nodes
from labgen.verify.provenance import gather
from labgen.verify.reach_targets import targets
from labgen.verify.recording import Recording, Waited, Watch
from labgen.verify.remark import NotDone
from labgen.verify.run_clock import RunClock
from labgen.verify.store import Store, kept
from labgen.verify.timing import TimedPhase, Timing
from labgen.verify.verdict import CheckResult, Verdict

REACH = "reach."
"""Checks that need clients to ask around."""

WORTH_TELLING = 5
"""Seconds left from which on it is said how long it will take."""

EXCHANGES = frozenset({"acquire", "bind", "renew", "rebind", "release", "reboot", "inform"})
"""Actions that make a client speak."""


@dataclass
class Run:
    """State of one verification. `plan` has the MAC addresses the nodes really have; `tell` hears one line per thing
    that happens. With `observing` nothing is done to anybody.
    """

    lab: Lab
    plan: LabPlan
    session: Session
    store: Store
    tell: Tell
    owed: tuple[str, ...] = ()
    observing: ObserveOnly | None = None
    results: list[CheckResult] = field(default_factory=list)
    steps: list[StepEvidence] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    began: float = 0.0
    run_clock: RunClock = field(default_factory=RunClock)

    def __post_init__(self) -> None:
        self._readers = {node.name: readers.of(node) for node in self.plan.nodes}
        self.recording = Recording(self.lab, self.store, self.plan)
        self.assembly = Assembly(self.plan, self.owed)
        self.watch = Watch(self._look)
        self.actor = Actor(self.lab, self.plan, self.session, lambda: reconstruct(self._seen()), self.tell)

    def _seen(self) -> tuple[Message, ...]:
        """The captured messages, and, from nodes without a capture, what their logs told in steps before."""
        return (*self.recording.look().messages, *self.assembly.logbook.messages)

    def _look(self, nodes: Collection[str]) -> tuple[Message, ...]:
        """The messages that some nodes saw up to now; those without a capture are asked for their logs."""
        seen = self.recording.look(nodes)
        silent = [node for node in nodes if node not in seen.nodes]
        if not silent:
            return seen.messages
        observed = poll(self.plan, self.session, silent)
        logbook = self.assembly.logbook
        earlier = (m for m in logbook.messages if m.node in silent)
        span = Span(self.began, self.run_clock.now())
        return (*seen.messages, *earlier, *logbook.glance(observed, seen.nodes, seen.messages, span))

    def playbook(self, book: Playbook, left: int = 0) -> None:
        """Run its steps; whatever happens, the faults it made are taken back. `left` are the seconds that it and those after it
        usually take.
        """
        remaining = f" (about {left} s left)" if left >= WORTH_TELLING else ""
        try:
            for step in book.steps:
                self.tell(f"{book.spec.name}: {step.spec.title or step.spec.name}{remaining}")
                remaining = ""
                self._step(book, step)
        finally:
            self.actor.undo()

    def _step(self, book: Playbook, step: Step) -> None:
        started = time.monotonic()
        facts = self._facts(book, step)
        self.spent(TimedPhase.STEP, started, playbook=book.spec.name, step=step.spec.name)
        judging = time.monotonic()
        self.results += results(book, step, facts)
        self.spent(TimedPhase.JUDGE, judging, playbook=book.spec.name, step=step.spec.name)

    def spent(
        self, phase: TimedPhase, since: float, *, name: str = "", playbook: str = "", step: str = ""
    ) -> None:
        """Note what took the time since a moment of the monotonic clock."""
        self.timings.append(Timing(phase, time.monotonic() - since, name, playbook, step))

    def _facts(self, book: Playbook, step: Step) -> Facts:
        self.session.begin_step()
        self.run_clock.set()
        since = self.began = self.run_clock.now() - (self.observing.back if self.observing else 0.0)
        if self.observing:
            time.sleep(self.observing.seconds or 0.0)
        remarks, acted = self._act(book, step, since)
        partners = redundancy.partners(self.plan)
        if partners and not self.observing:
            agree(self.plan, self.session, partners)
        texts, failed, unreachable = self._collect()
        if not self.observing and (segments := disputed(self.plan, self._observed(texts))):
            elect(self.plan, self.session, segments)
            texts, failed, unreachable = self._collect()
        unreachable |= {name: remark.why for name, remark in remarks.items() if remark.lost}
        if not self.observing and any(planned.check.name.startswith(REACH) for planned in step.planned):
            self._reach(texts, failed)
        at = self.run_clock.now()
        captured = self.recording.look(claims=True)
        moved, torn = self.run_clock.read()
        evidence = StepEvidence(
            playbook=book.spec.name,
            step=step.spec.name,
            since=since,
            acted=acted,
            at=at,
            files=kept(texts),
            frames=captured.frames,
            failed=failed,
            unreachable=unreachable,
            remarks={name: KeptRemark.of(remark) for name, remark in remarks.items()},
            roles=dict(self.actor.roles),
            lost=self.lab.status().lost_frames,
            moved=moved,
            torn=torn,
            looked=self.observing is not None,
        )
        self.steps.append(evidence)
        return self.assembly.facts(evidence, texts, captured)

    def _act(self, book: Playbook, step: Step, since: float) -> tuple[dict[str, NotDone], float]:
        """Remarks, and from when on exchanges count: since an action that makes one was begun, or another was done."""
        remarks: dict[str, NotDone] = {}
        acted = since
        for spec in step.spec.do:
            started, moment = time.monotonic(), self.run_clock.now()
            if spec.kinds:
                remarks |= self._wait(spec, acted, remarks)
            else:
                remarks |= self.actor.do(spec)
                acted = moment if spec.action in EXCHANGES else self.run_clock.now()
            self.spent(
                TimedPhase.ACTION, started, name=spec.name, playbook=book.spec.name, step=step.spec.name
            )
        return remarks, acted

    def _wait(self, spec: ActionSpec, since: float, before: Mapping[str, NotDone]) -> dict[str, NotDone]:
        """Wait for an exchange of every client; where it is late, a little longer only to say so. A client that could not be
        bound `before` has nothing to renew or release, and is not waited for.
        """
        macs = {node.name: node.client_mac for node in self.actor.nodes(spec.on)}
        idle = (
            set() if Kind.ACQUIRE in spec.kinds else {name for name in macs if _never_bound(before.get(name))}
        )
        asked = {name: mac for name, mac in macs.items() if name not in idle}
        kinds, wanted, granted = spec.kinds, spec.outcome, spec.timeout * patience()
        waited = self.watch.wait(asked, kinds, wanted, since, granted, self.actor.stalled.why_stop)
        missing = {name: mac for name, mac in asked.items() if name not in waited.seconds}
        late = {
            name: mac for name, mac in missing.items() if name not in waited.beyond and not waited.gave_up
        }
        after = self.watch.wait(late, kinds, wanted, since, grace(granted)).seconds if late else {}
        if waited.granted:
            wait_until_configured(self.plan, self.session, waited.granted)
        remarks: dict[str, NotDone] = {}
        kind = " or ".join(each.value for each in kinds)
        for name in (*missing, *sorted(idle)):
            beyond = granted + after[name] if name in after else None
            why = (
                _missed(name, waited, granted)
                if name in missing
                else f"after {before[name].what} was not done"
            )
            remarks[name] = NotDone(spec.name, f"no {kind} ({wanted}) {why}", beyond)
            self.tell(f"  {name}: {remarks[name]}")
        return remarks

    def _reach(self, texts: Texts, failed: dict[str, str]) -> None:
        """Have clients ask whom they reach, now that their leases are known; the answers join what was collected."""
        clients = [node.name for node in self.plan.role(Role.CLIENT) if self._readers[node.name].reach]
        observed = self._observed({name: texts.get(name, {}) for name in clients})
        held = {name: address for name in clients if (address := observed.held(name))}
        wanted: dict[str, list[Probe]] = {}
        for name in held:
            asks, (answering, silent) = self._readers[name].reach, targets(self.plan, name, held)
            if asks is not None and (answering or silent):
                wanted[name] = [asks(answering, silent)]
        outputs = self.session.collect(wanted)
        failed |= {f"{o.node}/{o.probe.name}": o.error for o in outputs if o.error}
        for name, own in self.store.keep(outputs).items():
            texts.setdefault(name, {}).update(own)

    def _observed(self, texts: Texts) -> Observed:
        """The facts in raw outputs."""
        return Observed.total(
            self._readers[name].observe(self.plan.node(name), own) for name, own in texts.items()
        )

    def _collect(self) -> tuple[Texts, dict[str, str], dict[str, str]]:
        """Raw outputs; probes that failed, as `node/probe`, and nodes that answered nothing, each with the reason."""
        outputs = self.session.collect(
            {
                node.name: [p for p in self._readers[node.name].probes(node) if not p.early]
                for node in polled_nodes(self.plan)
            }
        )
        raw = self.store.keep(outputs)
        failed = {f"{o.node}/{o.probe.name}": o.error for o in outputs if o.error}
        return raw, failed, {o.node: o.error for o in outputs if o.error and not raw.get(o.node)}


def _never_bound(before: NotDone | None) -> bool:
    return before is not None and before.what in STARTS and before.late is None


def _missed(name: str, waited: Waited, granted: float) -> str:
    if name in waited.beyond:
        return "before it went on to rebinding"
    return f"while {waited.gave_up}" if waited.gave_up else f"within {granted:g} s"


def verify(
    lab: Lab,
    books: Sequence[Playbook],
    folder: Path,
    provider: str,
    tell: Tell,
    timings: Iterable[Timing] = (),
    observing: ObserveOnly | None = None,
) -> Verdict:
    """Run playbooks in order, or, with `observing`, only look. The run's folder is written as it goes; the verdict is returned,
    not written.
    """
    began = time.monotonic()
    source = gather(lab, provider, lab.status().vrf_backend, time.time())
    with Session(lab, looks=observing is not None) as session:
        store = Store(folder)
        found = hardware.as_found(lab.plan, session, store, tell)
        run_clock = RunClock() if observing else RunClock.of(lab)
        owed = tuple(lab.taps())
        run = Run(
            lab, found, session, store, tell, owed, observing, timings=list(timings), run_clock=run_clock
        )
        run.spent(TimedPhase.CONNECT, began)
        for number, book in enumerate(books):
            run.playbook(book, sum(later.spec.seconds for later in books[number:]))
    evidence = RunEvidence(
        provider=provider,
        plan=found,
        playbooks=tuple(book.spec for book in books),
        steps=tuple(run.steps),
        captures=run.owed,
        timings=tuple(KeptTiming.of(timing) for timing in run.timings),
        provenance=source.of(folder),
    )
    evidence.write(folder)
    return Conclusions(
        found, books, provider, folder, run.results, run.assembly, run.timings, evidence.provenance
    ).verdict()
