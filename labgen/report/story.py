"""A run as one time line: its steps, what was done, each client's leases with T1 and T2, and how long it was without one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from labgen.dhcp.ladder import duration
from labgen.dhcp.model import GRANTED, Exchange, ExchangeOutcome, Kind, MessageRole, MessageType
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.report.checks import step_title
from labgen.report.parties import Parties
from labgen.verify.evidence import RunEvidence
from labgen.verify.playbook_spec import ActionSpec
from labgen.verify.timing import TimedPhase
from labgen.verify.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Band:
    """A step, in seconds from the beginning of the first."""

    title: str
    words: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Act:
    """Something done, or waited for, in a step."""

    words: str
    start: float
    end: float
    fault: bool


@dataclass(frozen=True, slots=True)
class LeaseBar:
    """An address that a client held without a break; `expires` is when its last grant ends. `timers` are T1 and T2 of each grant."""

    address: str
    server: str
    start: float
    end: float
    timers: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class ExchangeMark:
    """An exchange at the time of its last message; `at` is its place among the exchanges of the verdict."""

    index: int
    kind: str
    outcome: str
    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without a lease that the client did not ask for."""

    start: float
    end: float
    lost: str
    next: str

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Track:
    """A client's part."""

    client: str
    leases: tuple[LeaseBar, ...]
    marks: tuple[ExchangeMark, ...]
    gaps: tuple[Gap, ...]

    @property
    def outage(self) -> float:
        """Seconds without a lease."""
        return sum(gap.seconds for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class Story:
    """`seconds` from the first step's begin to the last one's end; `began` in seconds since the epoch."""

    began: float
    seconds: float
    bands: tuple[Band, ...]
    acts: tuple[Act, ...]
    tracks: tuple[Track, ...]

    @property
    def outage(self) -> float:
        """The longest that a client was without a lease, in seconds."""
        return max((track.outage for track in self.tracks), default=0.0)


def story(verdict: Verdict, plan: LabPlan, run: RunEvidence | None, who: Parties) -> Story | None:
    """The story of a run; None where nobody wrote down when its steps were."""
    if run is None or not run.steps:
        return None
    began, ended = run.steps[0].since, max(step.at for step in run.steps)
    exchanges = who.by_client(verdict.exchanges)
    tracks = tuple(
        _track(client, plan, exchanges.get(client.name, ()), began, ended)
        for client in plan.role(Role.CLIENT)
    )
    return Story(began, ended - began, tuple(_bands(run, began)), tuple(_acts(run, began)), tracks)


# --- steps and actions ---


def _bands(run: RunEvidence, began: float) -> Iterator[Band]:
    titles = {(book.name, step.name): step.title for book in run.playbooks for step in book.steps}
    for step in run.steps:
        title = step_title(step.playbook, step.step)
        yield Band(title, titles.get((step.playbook, step.step), ""), step.since - began, step.at - began)


def _acts(run: RunEvidence, began: float) -> Iterator[Act]:
    """Actions follow each other from the beginning of their step on."""
    specs = {(book.name, step.name): step.do for book in run.playbooks for step in book.steps}
    for step in run.steps:
        moment = step.since - began
        spent = [
            timing.seconds
            for timing in run.timings
            if timing.phase is TimedPhase.ACTION
            and (timing.playbook, timing.step) == (step.playbook, step.step)
        ]
        for spec, seconds in zip(specs.get((step.playbook, step.step), ()), spent, strict=False):
            yield Act(_words(spec, step.roles), moment, moment + seconds, _breaks(spec))
            moment += seconds


def _words(spec: ActionSpec, roles: Mapping[str, tuple[str, ...]]) -> str:
    """`stop-relay on sw1`, `wait for renew of clients`."""
    where = " ".join(roles.get(spec.on, (spec.on,))) or spec.on
    return f"{spec.name} {'of' if spec.kinds else 'on'} {where}"


def _breaks(spec: ActionSpec) -> bool:
    return (
        spec.action.startswith(("stop", "kill", "cut", "link-down", "block", "move"))
        and spec.action != "move-back"
    )


# --- clients ---


def _track(
    client: NodePlan, plan: LabPlan, own: Sequence[tuple[int, Exchange]], began: float, ended: float
) -> Track:
    timers = _timers(client, plan)
    marks = tuple(
        ExchangeMark(
            n,
            e.kind.value,
            e.outcome.value,
            min(max(0.0, (e.ended or began) - began), ended - began),
            _in_words(e),
        )
        for n, e in own
    )
    exchanges = [exchange for _, exchange in own]
    bars = tuple(_bars(exchanges, timers, began, ended))
    return Track(client.name, bars, marks, tuple(_gaps(bars, exchanges, began, ended)))


def _timers(client: NodePlan, plan: LabPlan) -> Mapping[float, tuple[float, float]]:
    """T1 and T2 by lease time, as the servers of a client's segment are configured; all in seconds."""
    segment = client.client.segment if client.client else ""
    scopes = (s for n in plan.role(Role.SERVER) if n.server for s in n.server.scopes if s.segment == segment)
    return {float(scope.lease): (float(scope.renew), float(scope.rebind)) for scope in scopes}


def _in_words(exchange: Exchange) -> str:
    address = f" {exchange.address}" if exchange.address else ""
    lease = "" if exchange.lease_seconds is None else f", lease {duration(exchange.lease_seconds)}"
    return f"{exchange.kind.value}: {exchange.outcome.value}{address}{lease}"


@dataclass(frozen=True, slots=True)
class _Grant:
    """An ACK that the client used, in seconds since the epoch."""

    at: float
    address: str
    server: str
    seconds: float


def _grants(exchanges: Iterable[Exchange]) -> Iterator[_Grant]:
    for exchange in exchanges:
        acks = [m.time for m in exchange.seen(MessageType.ACK) if m.time is not None]
        seen = [m.time for m in exchange.seen(MessageType.ACK, role=MessageRole.CLIENT) if m.time is not None]
        times = seen or acks
        if exchange.outcome in GRANTED and exchange.address and exchange.lease_seconds and times:
            yield _Grant(times[0], exchange.address, exchange.server_id or "", float(exchange.lease_seconds))


def _endings(exchanges: Iterable[Exchange]) -> list[tuple[float, str]]:
    """Times at which a client gave an address up, or was told to: its RELEASE, its DECLINE, a NAK."""
    return [
        (e.ended, e.address or "")
        for e in exchanges
        if e.ended is not None
        and (e.outcome in (ExchangeOutcome.RELEASED, ExchangeOutcome.NAK) or e.kind is Kind.DECLINE)
    ]


def _bars(
    exchanges: Sequence[Exchange], timers: Mapping[float, tuple[float, float]], began: float, ended: float
) -> Iterator[LeaseBar]:
    grants = sorted(_grants(exchanges), key=lambda grant: grant.at)
    endings = _endings(exchanges)
    held: list[_Grant] = []
    for at, grant in enumerate(grants):
        held.append(grant)
        following = grants[at + 1] if at + 1 < len(grants) else None
        over = grant.at + grant.seconds
        given_up = [
            moment
            for moment, address in endings
            if grant.at < moment < over and address in ("", grant.address)
        ]
        over = min([over, *given_up])
        if following and following.address == grant.address and following.at <= over:
            continue
        last = min(over, following.at) if following else over
        yield _bar(held, timers, min(last, ended), began)
        held = []


def _bar(
    held: Sequence[_Grant], timers: Mapping[float, tuple[float, float]], end: float, began: float
) -> LeaseBar:
    """Without other configuration T1 is half the lease and T2 seven eighths of it (RFC 2131 section 4.4.5)."""
    found = [
        (name, grant.at + seconds - began)
        for grant in held
        for name, seconds in zip(
            ("T1", "T2"),
            timers.get(grant.seconds, (grant.seconds * 0.5, grant.seconds * 0.875)),
            strict=True,
        )
        if grant.at + seconds < end
    ]
    return LeaseBar(
        held[-1].address, held[-1].server, max(0.0, held[0].at - began), max(0.0, end - began), tuple(found)
    )


def _gaps(
    bars: Sequence[LeaseBar], exchanges: Sequence[Exchange], began: float, ended: float
) -> Iterator[Gap]:
    """Between an address and the next, or the end; not where the client gave the address back itself."""
    released = [e.ended - began for e in exchanges if e.kind is Kind.RELEASE and e.ended is not None]
    for at, bar in enumerate(bars):
        following = bars[at + 1] if at + 1 < len(bars) else None
        until = following.start if following else ended - began
        if until - bar.end > 0.05 and not any(bar.start <= moment <= bar.end + 0.05 for moment in released):
            yield Gap(bar.end, until, bar.address, following.address if following else "")
