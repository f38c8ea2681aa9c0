"""The state of a running lab at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labgen.dhcp.context import AddressBook
from labgen.dhcp.hops import hops
from labgen.dhcp.jsonform import Json
from labgen.dhcp.ladder import ladder, title
from labgen.dhcp.model import GRANTED, Binding, Exchange, ExchangeOutcome, MessageRole, MessageType
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.lab.provider import LabStatus
from labgen.report.sequence import ladder_svg

LIT_SECONDS = 3.0
MOST_LISTED = 30


@dataclass(frozen=True, slots=True)
class Clock:
    """A client's lease: `t1`, `t2` and `expires` in seconds since the epoch. Without an address it has none."""

    client: str
    address: str = ""
    server_id: str = ""
    t1: float = 0.0
    t2: float = 0.0
    expires: float = 0.0

    def state(self, now: float) -> str:
        """`bound`, `renewing`, `rebinding` (RFC 2131 section 4.4.5), or `no lease`."""
        if not self.address or now >= self.expires:
            return "no lease"
        return "bound" if now < self.t1 else "renewing" if now < self.t2 else "rebinding"


@dataclass(frozen=True, slots=True)
class Seen:
    """An exchange: `key` is the same as long as it goes on."""

    key: str
    title: str
    outcome: str
    started: float
    ended: float
    svg: str


@dataclass(frozen=True, slots=True)
class LabSnapshot:
    """`lit` are pairs of nodes between which a message went a moment ago, `down` nodes with the daemons that do not run there."""

    now: float
    lab: str
    clocks: tuple[Clock, ...]
    exchanges: tuple[Seen, ...]
    bindings: tuple[Binding, ...]
    lit: tuple[tuple[str, str], ...]
    down: tuple[tuple[str, str], ...]
    log_lines: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "now": self.now,
            "lab": self.lab,
            "clocks": [
                {
                    "client": clock.client,
                    "address": clock.address,
                    "server_id": clock.server_id,
                    "t1": clock.t1,
                    "t2": clock.t2,
                    "expires": clock.expires,
                }
                for clock in self.clocks
            ],
            "exchanges": [
                {"key": e.key, "title": e.title, "outcome": e.outcome, "started": e.started, "svg": e.svg}
                for e in self.exchanges
            ],
            "bindings": [
                {
                    "server": b.node,
                    "address": b.address,
                    "client": b.mac or b.client_id or "",
                    "state": b.state,
                    "expires": b.expires,
                }
                for b in self.bindings
            ],
            "lit": [list(pair) for pair in self.lit],
            "down": dict(self.down),
            "log_lines": list(self.log_lines),
        }


def snapshot(
    plan: LabPlan,
    status: LabStatus,
    exchanges: Sequence[Exchange],
    bindings: Iterable[Binding],
    book: AddressBook,
    now: float,
    log_lines: Sequence[str] = (),
) -> LabSnapshot:
    """Put together what is known. `exchanges` in order of their beginning; `now` in seconds since the epoch."""
    held = tuple(b for b in bindings if b.role is MessageRole.SERVER)
    newest = sorted(exchanges, key=lambda e: e.ended or 0.0, reverse=True)[:MOST_LISTED]
    return LabSnapshot(
        now=now,
        lab=plan.name,
        clocks=tuple(clock(plan, node, exchanges) for node in plan.role(Role.CLIENT)),
        exchanges=tuple(_seen(exchange, book, drawn=at < 3) for at, exchange in enumerate(newest)),
        bindings=held,
        lit=tuple(dict.fromkeys(_lit(plan, newest, book, now))),
        down=tuple(_down(status)),
        log_lines=tuple(log_lines),
    )


def clock(plan: LabPlan, node: NodePlan, exchanges: Iterable[Exchange]) -> Clock:
    """The lease of a client, as the wire granted it last and nobody took it back."""
    assert node.client is not None
    mac = node.client_mac
    found = Clock(node.name)
    for exchange in sorted(exchanges, key=lambda e: e.ended or 0.0):
        if exchange.client.mac != mac:
            continue
        if exchange.outcome in (ExchangeOutcome.RELEASED, ExchangeOutcome.NAK):
            found = Clock(node.name)
        acks = [m.time for m in exchange.seen(MessageType.ACK) if m.time is not None]
        if exchange.outcome in GRANTED and exchange.lease_seconds and acks:
            t1, t2 = _timers(plan, node.client.segment, exchange.lease_seconds)
            found = Clock(
                node.name, exchange.address or "", exchange.server_id or "",
                acks[0] + t1, acks[0] + t2, acks[0] + exchange.lease_seconds,
            )  # fmt: skip
    return found


def _timers(plan: LabPlan, segment: str, lease: int) -> tuple[float, float]:
    for node in plan.role(Role.SERVER):
        for scope in node.server.scopes if node.server else ():
            if (scope.segment, scope.lease) == (segment, lease):
                return float(scope.renew), float(scope.rebind)
    return lease * 0.5, lease * 0.875


def _seen(exchange: Exchange, book: AddressBook, *, drawn: bool) -> Seen:
    started, ended = exchange.started or 0.0, exchange.ended or 0.0
    key = f"{exchange.client}-{exchange.kind.value}-{exchange.xid}-{started:.3f}"
    svg = ladder_svg(ladder(exchange, book), style=False, tooltips=False) if drawn else ""
    return Seen(key, title(exchange), exchange.outcome.value, started, ended, svg)


def _lit(
    plan: LabPlan, exchanges: Iterable[Exchange], book: AddressBook, now: float
) -> Iterable[tuple[str, str]]:
    """Links of the plan on the way of a message: shortest ways, as the drawing has no others."""
    for exchange in exchanges:
        if (exchange.ended or 0.0) < now - LIT_SECONDS:
            continue
        for hop in hops(exchange, book):
            if (hop.time or 0.0) >= now - LIT_SECONDS and {hop.sender.name, hop.receiver.name} <= set(
                plan.by_name
            ):
                yield from _shortest_path(plan, hop.sender.name, hop.receiver.name)


def _shortest_path(plan: LabPlan, start: str, end: str) -> list[tuple[str, str]]:
    neighbors: dict[str, list[str]] = {}
    for link in plan.links:
        names = [point.node for point in link.endpoints]
        for name in names:
            neighbors.setdefault(name, []).extend(other for other in names if other != name)
    before: dict[str, str] = {start: start}
    queue = [start]
    for name in queue:
        for other in neighbors.get(name, ()):
            if other not in before:
                before[other] = name
                queue.append(other)
    path, at = [], end
    while at in before and at != start:
        path.append((before[at], at))
        at = before[at]
    return path


def _down(status: LabStatus) -> Iterable[tuple[str, str]]:
    for node in status.nodes:
        ended = [daemon.name for daemon in node.daemons if daemon.state == "exited" and daemon.exit_code != 0]
        ended += [f"{daemon.name} (SIGSTOP)" for daemon in node.daemons if daemon.state == "frozen"]
        if ended:
            yield node.name, ", ".join(ended)
