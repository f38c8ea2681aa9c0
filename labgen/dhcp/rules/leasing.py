"""Rules about choices and leases: what the client did not take, and what is left on servers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labgen.dhcp.explain import explain
from labgen.dhcp.hops import Hop
from labgen.dhcp.message import Direction, Message, MessageType, Role
from labgen.dhcp.model import Binding, Exchange, Finding, Kind, Outcome
from labgen.dhcp.rules.case import Case, evidence, listed, remarks

_HELD = frozenset({"active", "selecting", "offered", "automatic", "bound", "default"})
NOT_FOUND = "no lease"


def offer_ignored(case: Case) -> Iterator[Finding]:
    """OFFERs the client received and did not take."""
    unused = _not_taken(case, MessageType.OFFER)
    if unused:
        what = listed(f"{h.value('yiaddr')} from {h.value('server_id') or h.sender}" for h in unused)
        yield case.finding("offer-ignored", f"the client did not use the OFFER of {what}", unused)


def ack_ignored(case: Case) -> Iterator[Finding]:
    """ACKs that came after the one that bound the client."""
    unused = _not_taken(case, MessageType.ACK)
    if unused:
        what = listed(f"{h.value('yiaddr')} from {h.value('server_id') or h.sender}" for h in unused)
        yield case.finding("ack-ignored", f"the client was bound already when the ACK of {what} came", unused)


def _not_taken(case: Case, kind: MessageType) -> list[Hop]:
    received = list(case.at_client(kind))
    if case.exchange.outcome not in (Outcome.BOUND, Outcome.RENEWED):
        return []
    taken = next((hop for hop in received if _was_taken(case.exchange, hop)), None)
    if taken is None:
        return []
    return [hop for hop in received if hop is not taken]


def _was_taken(exchange: Exchange, hop: Hop) -> bool:
    if "ignored" in hop.notes:
        return False
    agrees = hop.value("yiaddr") in (None, exchange.address)
    return agrees and hop.value("server_id") in (None, exchange.server_id)


def pool_address_leaked(case: Case) -> Iterator[Finding]:
    """An address that a server holds for a client which uses another one."""
    exchange = case.exchange
    if exchange.outcome is not Outcome.BOUND or exchange.kind is not Kind.ACQUIRE:
        return
    owners = {m.node for m in exchange.seen(MessageType.ACK, role=Role.SERVER, direction=Direction.TX)}
    for server, binding in _idle(case, owners).items():
        text = f"{server} still holds {binding.address} for the client, which uses {exchange.address}"
        offers = exchange.seen(MessageType.OFFER, role=Role.SERVER, node=server)
        shown = [offer for offer in offers if offer.yiaddr == binding.address]
        yield case.finding("pool-address-leaked", text, [binding, *shown], node=server)


def _idle(case: Case, owners: set[str]) -> dict[str, Binding]:
    """Per server that did not acknowledge: what it holds for this client."""
    found: dict[str, Binding] = {}
    for binding in case.bindings:
        held = binding.role is Role.SERVER and binding.state in _HELD
        if held and binding.address != case.exchange.address and binding.node not in owners:
            found.setdefault(binding.node, binding)
    return found


def double_lease(case: Case) -> Iterator[Finding]:
    """Two addresses acknowledged to one client in one exchange."""
    acks = list(case.from_servers(MessageType.ACK)) or list(case.at_client(MessageType.ACK))
    addresses = list(dict.fromkeys(hop.value("yiaddr") for hop in acks if hop.value("yiaddr")))
    if len(addresses) > 1:
        text = f"the client was given {listed(addresses)} by {listed(hop.sender.name for hop in acks)}"
        yield case.finding("double-lease", text, acks)


def release_unmatched(case: Case) -> Iterator[Finding]:
    """A RELEASE that no server could use."""
    if case.exchange.kind is not Kind.RELEASE:
        return
    arrived = list(case.at_servers(MessageType.RELEASE))
    unmatched = [hop for hop in arrived if any(NOT_FOUND in note for note in hop.notes)]
    matched = {hop.receiver for hop in arrived if hop not in unmatched}
    for server in dict.fromkeys(hop.receiver for hop in unmatched if hop.receiver not in matched):
        shown = [hop for hop in unmatched if hop.receiver == server]
        text = f"{server} has no lease for the RELEASE of {case.exchange.address or 'this client'}"
        yield case.finding("release-unmatched", text, [*remarks(shown, NOT_FOUND), *shown], node=server.name)
    seen_at_server = any(m.role is Role.SERVER for hop in arrived for m in hop.sightings)
    if not seen_at_server and Role.SERVER in case.book.witnesses:
        text = f"no server saw the RELEASE of {case.exchange.address}; the lease stays until it expires"
        yield case.finding("release-unmatched", text, case.exchange.messages)


def shared_address(cases: Sequence[Case]) -> Iterator[Finding]:
    """One address in the hands of two clients at the same time."""
    holders: dict[str, tuple[Case, Message]] = {}
    for case in cases:
        exchange = case.exchange
        if exchange.kind is Kind.RELEASE and exchange.address is not None:
            holders.pop(exchange.address, None)
        ack = _last_ack(exchange)
        if ack is None or exchange.address is None:
            continue
        held = holders.get(exchange.address)
        if held is not None and held[0].exchange.client != exchange.client and _overlaps(held[0], case):
            text = f"{exchange.address} was given to {exchange.client} while {held[0].exchange.client} had it"
            yield case.finding("double-lease", text, [held[1], ack])
        holders[exchange.address] = (case, ack)


def _last_ack(exchange: Exchange) -> Message | None:
    if exchange.outcome not in (Outcome.BOUND, Outcome.RENEWED) or exchange.kind is Kind.INFORM:
        return None
    return next(iter(exchange.seen(MessageType.ACK)), None)


def _overlaps(earlier: Case, later: Case) -> bool:
    """True unless the first lease had run out before the second began."""
    start, end, lease = later.exchange.started, earlier.exchange.ended, earlier.exchange.lease_seconds
    if start is None or end is None or lease is None:
        return True
    return start < end + lease


def double_binding(cases: Sequence[Case]) -> Iterator[Finding]:
    """Tables of two servers, or of one, that give one address to two clients."""
    bindings = cases[0].context.bindings if cases else ()
    yield from doubled_bindings(bindings)


def doubled_bindings(bindings: Sequence[Binding]) -> Iterator[Finding]:
    """Active bindings of one address (in one VRF) for different clients."""
    owners: dict[tuple[str | None, str], dict[str, Binding]] = defaultdict(dict)
    for binding in bindings:
        who = binding.mac or binding.client_id
        if binding.role is Role.SERVER and binding.state in _HELD and who is not None:
            owners[binding.vrf, binding.address].setdefault(who, binding)
    for (_, address), held in owners.items():
        if len(held) > 1:
            where = listed(binding.node for binding in held.values())
            yield Finding(
                code="double-lease",
                severity=explain("double-lease").severity,
                message=f"{address} is bound to {listed(held)} on {where}",
                node=where,
                evidence=evidence(held.values()),
            )
