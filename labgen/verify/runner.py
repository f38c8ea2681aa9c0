"""Runs playbooks on a running lab: act, collect, rebuild the exchanges, judge."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labgen.collect.session import Session
from labgen.devices import registry
from labgen.devices.base import Action
from labgen.devices.observed import Observed, Raw
from labgen.dhcp import Message, Tap, read_capture, reconstruct
from labgen.dhcp.context import Context
from labgen.dhcp.findings import find
from labgen.dhcp.model import Binding, Exchange, Finding
from labgen.dhcp.model import Role as MessageRole
from labgen.lab.provider import Lab
from labgen.plan.model import LabPlan, NodePlan, Role
from labgen.verify.check import Planned
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Outcome
from labgen.verify.playbook import ActionSpec, Playbook, Step, nodes
from labgen.verify.store import Store
from labgen.verify.verdict import CheckResult, Verdict

GRACE = 10.0
Tell = Callable[[str], None]


@dataclass
class Run:
    """State of one verification. `tell` hears one line per thing that happens."""

    lab: Lab
    session: Session
    store: Store
    tell: Tell
    results: list[CheckResult] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    bindings: tuple[Binding, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def plan(self) -> LabPlan:
        return self.lab.plan

    def playbook(self, book: Playbook) -> None:
        for step in book.steps:
            self.tell(f"{book.spec.name}: {step.spec.title or step.spec.name}")
            started = time.monotonic()
            facts = self._facts(step)
            self.timings[f"{book.spec.name}.{step.spec.name}"] = time.monotonic() - started
            for planned in step.planned:
                self.results.append(_result(book, step, planned, judge(planned, facts)))

    def _facts(self, step: Step) -> Facts:
        since = time.time()
        remarks: dict[str, str] = {}
        for action in step.spec.do:
            remarks |= self._act(action)
        observed, unreachable = self._collect()
        messages = tuple(m for m in self._messages() if m.time is None or m.time >= since)
        exchanges = reconstruct(messages)
        findings = find(exchanges, context(self.plan, observed.bindings))
        self.exchanges += exchanges
        self.findings += findings
        self.bindings = observed.bindings
        return Facts(self.plan, observed, messages, tuple(exchanges), tuple(findings), unreachable, remarks)

    def _act(self, spec: ActionSpec) -> dict[str, str]:
        """Do it; on a node that is late, wait a little longer only to say so."""
        started = time.monotonic()
        wanted: dict[str, Action] = {}
        remarks: dict[str, str] = {}
        for node in nodes(spec.on, self.plan):
            action = registry.get(node.device).actions(self.plan, node).get(spec.action)
            if action is None:
                remarks[node.name] = f"{node.device} has no action `{spec.action}`"
            else:
                wanted[node.name] = action
        done = self.session.act(wanted, spec.timeout)
        late = {
            d.node: Action((), wanted[d.node].watch, wanted[d.node].done)
            for d in done
            if d.error.startswith("not done")
        }
        after = {d.node: d for d in self.session.act(late, GRACE)} if late else {}
        for d in done:
            if d.error:
                would = after.get(d.node)
                more = (
                    f"; would have passed after {spec.timeout + would.seconds:.1f} s"
                    if would and not would.error
                    else ""
                )
                remarks[d.node] = f"{spec.action}: {d.error}{more}"
                self.tell(f"  {d.node}: {remarks[d.node]}")
        self.timings[f"action.{spec.action}"] = time.monotonic() - started
        return remarks

    def _collect(self) -> tuple[Observed, dict[str, str]]:
        devices = {node.name: registry.get(node.device) for node in self.plan.nodes}
        outputs = self.session.collect(
            {node.name: devices[node.name].probes(self.plan, node) for node in self.plan.nodes}
        )
        raw = self.store.keep(outputs)
        unreachable = {o.node: o.error for o in outputs if o.error and not raw.get(o.node)}
        parts = [
            devices[node.name].observe(self.plan, node, raw.get(node.name, _NOTHING))
            for node in self.plan.nodes
        ]
        return Observed.total(parts), unreachable

    def _messages(self) -> list[Message]:
        files = self.lab.save_captures(self.store.captures)
        found: list[Message] = []
        for file in files:
            node, _, interface = file.stem.partition("-")
            own, name = tap(self.plan.node(node), interface), str(file.relative_to(self.store.folder))
            found += (m for m in read_capture(file, own, name=name) if not _overheard(m, own))
        return sorted(found, key=lambda m: m.time or 0.0)


_NOTHING: dict[str, Raw] = {}


def _overheard(message: Message, own: Tap) -> bool:
    """Another client's broadcast: a bystander on the segment is no witness."""
    return own.role is MessageRole.CLIENT and message.mac not in own.macs


def judge(planned: Planned, facts: Facts) -> Judgement:
    """One judgement; an error where a node the check is about could not be reached."""
    s = planned.subject
    for node in (s.client, s.switch, s.server):
        if node in facts.unreachable:
            return Judgement(Outcome.ERROR, planned.title, f"{node} could not be reached: {facts.unreachable[node]}",
                             "see `labgen status` and `labgen logs " + node + "`")  # fmt: skip
    return planned.check.judge(s, facts)


def _result(book: Playbook, step: Step, planned: Planned, judgement: Judgement) -> CheckResult:
    return CheckResult(
        planned.id, planned.title, book.spec.name, step.spec.name, planned.check.reference, judgement
    )


def tap(node: NodePlan, interface: str) -> Tap:
    """Whose traffic a capture of the lab holds."""
    roles = {Role.SERVER: MessageRole.SERVER, Role.CLIENT: MessageRole.CLIENT}
    role = roles.get(node.role, MessageRole.RELAY if node.relays else MessageRole.TRANSIT)
    addresses = {str(port.address.ip) for port in node.interfaces if port.address and not port.dhcp}
    addresses |= {str(port.anycast.ip) for port in node.interfaces if port.anycast}
    addresses |= {str(node.loopback.ip)} if node.loopback else set()
    try:
        vrf: str | None = node.interface(interface).vrf
    except KeyError:
        vrf = None
    macs = frozenset(port.mac for port in node.interfaces)
    return Tap(node.name, role, macs, frozenset(addresses), interface, vrf)


def context(plan: LabPlan, bindings: Iterable[Binding]) -> Context:
    """What the plan knows beside the messages."""
    addresses: dict[str, str] = {}
    for node in plan.nodes:
        addresses |= {
            str(port.address.ip): node.name for port in node.interfaces if port.address and not port.dhcp
        }
        if node.loopback:
            addresses[str(node.loopback.ip)] = node.name
    servers = {address for address, name in addresses.items() if plan.node(name).role is Role.SERVER}
    servers |= {str(relay.link_address) for node in plan.nodes for relay in node.relays}
    return Context(
        addresses=addresses,
        roles={node.name: tap(node, "").role for node in plan.nodes},
        subnets=tuple(str(segment.prefix) for segment in plan.segments if segment.servers),
        servers=frozenset(servers),
        bindings=tuple(b for b in bindings if b.role is MessageRole.SERVER),
    )


def verify(
    lab: Lab,
    books: Sequence[Playbook],
    folder: Path,
    provider: str,
    tell: Tell,
    timings: dict[str, float] | None = None,
) -> Verdict:
    """Run playbooks in order. The run's folder is written as it goes; the verdict is returned, not written."""
    plan = lab.plan
    with Session(lab) as session:
        run = Run(lab, session, Store(folder), tell, timings=dict(timings or {}))
        for book in books:
            run.playbook(book)
    return Verdict(
        lab=plan.name,
        scenario=plan.name,
        provider=provider,
        devices={node.name: node.device for node in plan.nodes},
        planned=sum(book.planned for book in books),
        checks=tuple(run.results),
        bindings=run.bindings,
        exchanges=tuple(run.exchanges),
        findings=tuple(run.findings),
        timings=run.timings,
        folder=str(folder),
    )
