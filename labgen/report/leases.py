"""Leases as a report shows them: one row per client and address, with the witnesses that know of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from labgen.dhcp.ladder import duration
from labgen.dhcp.model import Binding, Evidence, Exchange, Kind, MessageRole, MessageType
from labgen.report.parties import Parties
from labgen.verify.judgement import Witness
from labgen.verify.verdict import Verdict

_ACTIVE = frozenset({"active", "bound", "leased", "assigned"})
_OFFERED = "offered"
"""What a log says of an address taken from the pool; the server's table says what became of it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """`servers` hold a binding for it. `state` is empty for one in force. `witnesses` say where each saw it."""

    client: str
    address: str
    servers: tuple[str, ...]
    server_id: str
    length: str
    state: str
    witnesses: Mapping[Witness, Evidence]


def leases(verdict: Verdict, who: Parties, at: float | None = None) -> tuple[Lease, ...]:
    """All leases that a client or a server shows, by client. `at` is when they were collected, in seconds since the epoch."""
    found: dict[tuple[str, str], list[Binding]] = {}
    for binding in verdict.bindings:
        name = (
            binding.node
            if binding.role is MessageRole.CLIENT
            else who.client(binding.mac or binding.client_id)
        )
        found.setdefault((name, binding.address), []).append(binding)
    exchanges = who.by_client(verdict.exchanges)
    return tuple(
        _lease(client, address, bindings, [exchange for _, exchange in exchanges.get(client, ())], at)
        for (client, address), bindings in sorted(found.items())
    )


def _lease(
    client: str, address: str, bindings: list[Binding], exchanges: Sequence[Exchange], at: float | None
) -> Lease:
    held = [b for b in bindings if b.role is MessageRole.SERVER]
    own = next((b for b in bindings if b.role is MessageRole.CLIENT), None)
    witnesses = {Witness.CLIENT: own.evidence()} if own else {}
    if held:
        witnesses[Witness.SERVER] = held[0].evidence()
    released = _was_released(address, exchanges)
    captured = next(_frames(address, exchanges, released), None)
    if captured is not None:
        witnesses[Witness.WIRE] = captured
    seconds = next((b.lease_seconds for b in (*held, *bindings) if b.lease_seconds is not None), None)
    shown = {b.node for b in held if b.state != _OFFERED}
    later = [b for b in (*held, *bindings) if b.state != _OFFERED or b.node not in shown]
    states = [b.state for b in later if b.state not in _ACTIVE]
    return Lease(
        client=client,
        address=address,
        servers=tuple(dict.fromkeys(b.node for b in held)),
        server_id=next((b.server_id for b in bindings if b.server_id), ""),
        length="" if seconds is None else duration(seconds),
        state=" ".join(
            dict.fromkeys(
                [*(["released"] if released else ["expired"] if _ran_out(bindings, at) else []), *states]
            )
        ),
        witnesses=witnesses,
    )


def _ran_out(bindings: list[Binding], at: float | None) -> bool:
    """True if every binding that says when it ends had ended when it was collected."""
    ends = [binding.expires for binding in bindings if binding.expires is not None]
    return at is not None and bool(ends) and max(ends) <= at


def _was_released(address: str, exchanges: Sequence[Exchange]) -> bool:
    """True when a client's last exchange about the address gave it back: its lease file may still name it."""
    about = [exchange for exchange in exchanges if exchange.address == address]
    return bool(about) and about[-1].kind is Kind.RELEASE


def _frames(address: str, exchanges: Iterable[Exchange], released: bool) -> Iterator[Evidence]:
    """Captured ACKs of this address to a client, or its RELEASE, as near to the client as any."""
    wanted = MessageType.RELEASE if released else MessageType.ACK
    for exchange in exchanges:
        seen = [m for m in exchange.seen(wanted) if m.frame is not None and address in (m.yiaddr, m.ciaddr)]
        yield from (m.evidence() for m in sorted(seen, key=lambda m: m.role is not MessageRole.CLIENT))
