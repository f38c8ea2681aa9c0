"""Rules about choices and leases: what the client did not take, and what is left on servers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from labgen.dhcp.context import Context
from labgen.dhcp.explain import explain
from labgen.dhcp.hops import Hop
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType
from labgen.dhcp.model import GRANTED, Binding, Client, Exchange, ExchangeOutcome, Finding, Kind, Severity
from labgen.dhcp.rules.case import Case, evidence, listed, remarks
from labgen.dhcp.rules.places import Places
from labgen.dhcp.segments import Segment, carried_apart, differ

_HELD = frozenset({"active", "selecting", "offered", "automatic", "bound", "default"})
NOT_FOUND = "no lease"


def offer_ignored(case: Case) -> Iterator[Finding]:
    """OFFERs the client received and did not take."""
    unused = [hop for hop in _not_taken(case, MessageType.OFFER) if hop.value("yiaddr") is not None]
    if unused:
        what = listed(f"{h.value('yiaddr')} from {h.value('server_id') or h.sender}" for h in unused)
        yield case.finding("offer-ignored", f"the client did not use the OFFER of {what}", unused)


def ack_ignored(case: Case) -> Iterator[Finding]:
    """ACKs that came after the one that bound the client."""
    unused = _not_taken(case, MessageType.ACK)
    if unused:
        what = listed(
            f"{h.value('yiaddr') or 'an address'} from {h.value('server_id') or h.sender}" for h in unused
        )
        yield case.finding("ack-ignored", f"the client was bound already when the ACK of {what} came", unused)


def _not_taken(case: Case, kind: MessageType) -> list[Hop]:
    """Replies of this kind beside the one that was used. What repeats that one's server and address was used as well; an
    OFFER without address is a boot server's.
    """
    received = [hop for hop in case.at_client(kind) if hop.value("yiaddr") or hop.first.frame is None]
    if case.exchange.outcome not in GRANTED:
        return []
    taken = next((hop for hop in received if _was_taken(case.exchange, hop)), None)
    if taken is None:
        return []
    return [hop for hop in received if hop is not taken and not _repeats(hop, taken)]


def _repeats(hop: Hop, taken: Hop) -> bool:
    if "ignored" in hop.notes:
        return False
    one, other = hop.value("server_id"), taken.value("server_id")
    if hop.value("yiaddr") != taken.value("yiaddr"):
        return False
    if one is not None and other is not None:
        return one == other
    # A server's own log names no server: its OFFER of this address, once more or as the client tells it, is the one that was taken.
    return hop.sender == taken.sender or not (_is_logged(hop) and _is_logged(taken))


def _is_logged(hop: Hop) -> bool:
    return any(message.role is MessageRole.SERVER for message in hop.sightings)


def _was_taken(exchange: Exchange, hop: Hop) -> bool:
    if "ignored" in hop.notes:
        return False
    agrees = hop.value("yiaddr") in (None, exchange.address)
    return agrees and hop.value("server_id") in (None, exchange.server_id)


def pool_address_leaked(case: Case) -> Iterator[Finding]:
    """An address that a server holds for a client which uses another one."""
    exchange = case.exchange
    if exchange.outcome is not ExchangeOutcome.BOUND or exchange.kind is not Kind.ACQUIRE:
        return
    owners = {m.node for m in exchange.seen(MessageType.ACK, role=MessageRole.SERVER, direction=Direction.TX)}
    for server, binding in _idle(case, owners).items():
        text = f"{server} still holds {binding.address} for the client, which uses {exchange.address}"
        offers = exchange.seen(MessageType.OFFER, role=MessageRole.SERVER, node=server)
        shown = [offer for offer in offers if offer.yiaddr == binding.address]
        yield case.finding("pool-address-leaked", text, [binding, *shown], node=server)


def _idle(case: Case, owners: set[str]) -> dict[str, Binding]:
    """Per server that did not acknowledge: what it holds for this client."""
    found: dict[str, Binding] = {}
    for binding in case.bindings:
        held = binding.role is MessageRole.SERVER and binding.state in _HELD
        if held and binding.address != case.exchange.address and binding.node not in owners:
            found.setdefault(binding.node, binding)
    return found


def double_lease(case: Case) -> Iterator[Finding]:
    """Two addresses acknowledged to one client in one exchange."""
    acks = list(case.from_servers(MessageType.ACK)) or list(case.at_client(MessageType.ACK))
    addresses = list(dict.fromkeys(hop.value("yiaddr") for hop in acks if hop.value("yiaddr")))
    if len(addresses) > 1:
        text = f"the client was given {listed(addresses)} by {listed(hop.sender.name for hop in acks)}"
        at_once = not case.exchange.seen(MessageType.REQUEST) and bool(
            case.exchange.seen(MessageType.DISCOVER)
        )
        if at_once:
            text += (
                "; each server commits at once (rapid commit, RFC 4039), and what the client does not use stays "
                "taken until that lease ends"
            )
        yield case.finding("double-lease", text, acks, severity=Severity.WARNING if at_once else None)


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
    seen_at_server = any(m.role is MessageRole.SERVER for hop in arrived for m in hop.sightings)
    if MessageRole.SERVER not in case.book.witnesses and (wrong := _wrong_release(case)):
        yield case.finding("release-unmatched", wrong, case.exchange.messages[:1])
    if not seen_at_server and MessageRole.SERVER in case.book.witnesses:
        text = f"no server saw the RELEASE of {case.exchange.address}; the lease stays until it expires"
        yield case.finding("release-unmatched", text, case.exchange.messages)


def _wrong_release(case: Case) -> str | None:
    """The fault of a captured RELEASE that servers do not go by (RFC 2131 table 5)."""
    sent = case.exchange.messages[0]
    if sent.frame is None or sent.cut:
        return None
    if sent.ciaddr is None:
        return "the RELEASE names no address (ciaddr is 0): the lease stays until it expires"
    before = next((e for e in case.earlier() if e.outcome in GRANTED), None)
    if before is None or sent.server_id in (None, before.server_id) or sent.dst != before.server_id:
        return None
    return (
        f"the RELEASE of {sent.ciaddr} names the server {sent.server_id}, and the lease is from {before.server_id}: servers "
        "drop what names another one, and the lease stays until it expires"
    )


_LEASELESS = 60.0
"""Seconds for which a lease of unknown length is taken to last: no server gives shorter ones."""


@dataclass(slots=True)
class _Holder:
    """The holder of an address, the ACK that shows it, and until when it was seen in use."""

    case: Case
    ack: Message
    used: float | None


class _Leases:
    """Addresses and their holders, as exchanges pass by in order of time."""

    def __init__(self, cases: Sequence[Case]) -> None:
        files = {m.file for case in cases for m in case.exchange.messages[:1]}
        self._places = Places(cases if len(files) > 1 else ())
        self._holders: dict[str, list[_Holder]] = defaultdict(list)
        self._held: dict[tuple[Client, Segment], str] = {}

    def see(self, case: Case) -> Iterator[tuple[_Holder, Message]]:
        """Take an exchange; gives the holders whose lease was still running when this client was bound."""
        exchange = case.exchange
        self._let_go(exchange)
        ack = _last_ack(exchange)
        if ack is None or exchange.address is None:
            return
        kept = []
        for held in self._holders[exchange.address]:
            if _unlike(held.case, case) or carried_apart(held.ack, ack) or self._places.apart(held.ack, ack):
                kept.append(held)
            elif _two_for_sure(held.case.exchange.client, exchange.client) and _runs(held, exchange):
                yield held, ack
        kept.append(_Holder(case, ack, exchange.ended))
        self._holders[exchange.address] = kept[-_MOST_HOLDERS:]
        self._held[exchange.client, exchange.segment] = exchange.address

    def _let_go(self, exchange: Exchange) -> None:
        """Take from a client what it loses: a lease it releases, declines, is refused, or leaves for another (RFC 2131 section 4.4)."""
        old = self._held.get((exchange.client, exchange.segment))
        bound = exchange.outcome is ExchangeOutcome.BOUND and exchange.kind is Kind.ACQUIRE
        if exchange.kind in (Kind.RELEASE, Kind.DECLINE) or exchange.outcome is ExchangeOutcome.NAK:
            lost = {exchange.address, old}
        elif bound and old != exchange.address:
            lost = {old}
        else:
            return
        for address in lost - {None}:
            self._holders[str(address)] = [
                held
                for held in self._holders[str(address)]
                if held.case.exchange.client != exchange.client and exchange.kind is not Kind.RELEASE
            ]


_MOST_HOLDERS = 8


def shared_address(cases: Sequence[Case]) -> Iterator[Finding]:
    """One address in the hands of two clients of one network at the same time; many of them are one thing that goes wrong."""
    leases = _Leases(cases)
    found: list[tuple[Case, Message, Message, str]] = []
    for case in cases:
        for held, ack in leases.see(case):
            one, other = held.case.exchange.client, case.exchange.client
            if one.client_id is not None and one.client_id == other.client_id:
                continue
            text = f"{case.exchange.address} was given to {other} while {one} had it"
            text += _by_two(held.ack, ack)
            found.append((case, held.ack, ack, text))
    if len(found) <= _MOST_SHARED:
        for case, first, ack, text in found:
            yield case.finding("double-lease", text, [first, ack])
        return
    case, _, _, text = found[0]
    many = len({ack.yiaddr for _, _, ack, _ in found})
    text = f"{many} addresses were given to a second client while the first had them: {text}, and so on"
    shown = evidence(m for _, first, ack, _ in found for m in (first, ack))
    yield Finding(
        "double-lease", explain("double-lease").severity, text, case.exchange.messages[0].node, None, shown
    )


def _by_two(first: Message, second: Message) -> str:
    """Words for two servers that gave one address, under identifiers of their own."""
    one, two = first.server_id, second.server_id
    if one is None or two is None or one == two:
        return ""
    return (
        f": {one} had given it, and {two} gave it once more, two servers with one range and no common leases"
    )


_MOST_SHARED = 8
"""Addresses given twice that are told one by one."""


def cloned_identifier(cases: Sequence[Case]) -> Iterator[Finding]:
    """Two hardware addresses with one client identifier and one address: servers take them for one client (RFC 2131 section
    4.2). An error when the first one is seen with the address after the second was bound.
    """
    owners: dict[tuple[str, str, Segment], dict[str, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        client, address = case.exchange.client, case.exchange.address
        if client.mac and client.client_id and address and case.exchange.outcome in GRANTED:
            owners[client.client_id, address, case.exchange.segment][client.mac].append(case)
    for (client_id, address, _), macs in owners.items():
        if len(macs) > 1:
            yield _cloned(client_id, address, macs)


def _cloned(client_id: str, address: str, macs: dict[str, list[Case]]) -> Finding:
    firsts = {mac: found[0] for mac, found in macs.items()}
    ordered = sorted((c.exchange.started or 0.0, mac) for mac, found in macs.items() for c in found)
    both = any(mac == ordered[0][1] for _, mac in ordered[_turn(ordered) :])
    shown = [message for case in firsts.values() for message in case.exchange.seen(MessageType.ACK)[:1]]
    use = "use it at the same time" if both else "were given it one after the other"
    text = f"{listed(macs)} send the client identifier {client_id} and {use}: {address}"
    severity = None if both else Severity.WARNING
    found = next(iter(firsts.values())).finding("duplicate-client-id", text, shown, severity=severity)
    return replace(found, client=listed(macs))


def _turn(ordered: list[tuple[float, str]]) -> int:
    """The index where another hardware address than the first one comes in."""
    return next((at for at, (_, mac) in enumerate(ordered) if mac != ordered[0][1]), len(ordered))


def _two_for_sure(one: Client, other: Client) -> bool:
    """Two machines: their hardware addresses differ, or, where no witness shows those, their identifiers."""
    if one.mac is not None and other.mac is not None:
        return one.mac != other.mac
    known = one.client_id is not None and other.client_id is not None
    return known and one.mac is other.mac and one.client_id != other.client_id


def _unlike(one: Case, other: Case) -> bool:
    """Two networks for sure: it is known where the clients are, or both witnesses name a segment, and different ones."""
    known = one.context.apart(one.exchange.client.mac, other.exchange.client.mac)
    return known or differ(one.exchange.segment, other.exchange.segment)


def _last_ack(exchange: Exchange) -> Message | None:
    if exchange.outcome not in GRANTED or exchange.kind in (Kind.INFORM, Kind.BOOT_SERVER):
        return None
    return next((m for m in exchange.messages if m.type in _BINDING), None)


_BINDING = frozenset({MessageType.ACK, MessageType.BOOTREPLY})


def _runs(held: _Holder, later: Exchange) -> bool:
    """True if a lease was still running when another client got the address, as far as is known."""
    start, end, lease = later.started, held.used, held.case.exchange.lease_seconds
    if start is None or end is None:
        return False
    return start < end + (lease if lease is not None else _LEASELESS)


def double_binding(cases: Sequence[Case]) -> Iterator[Finding]:
    """Tables of two servers, or of one, that give one address to two clients."""
    if cases:
        yield from doubled_bindings(cases[0].context)


def doubled_bindings(context: Context) -> Iterator[Finding]:
    """Active bindings of one address (in one VRF) for different clients."""
    owners: dict[tuple[str | None, str], dict[str, Binding]] = defaultdict(dict)
    for binding in context.bindings:
        who = binding.mac or binding.client_id
        if binding.role is MessageRole.SERVER and binding.state in _HELD and who is not None:
            owners[binding.vrf, binding.address].setdefault(who, binding)
    for (_, address), known in owners.items():
        held = {who: each for who, each in known.items() if _met(each, known.values(), context)}
        if len(held) > 1:
            where = listed(binding.node for binding in held.values())
            yield Finding(
                code="double-lease",
                severity=explain("double-lease").severity,
                message=f"{address} is bound to {listed(held)} on {where}",
                node=where,
                evidence=evidence(held.values()),
            )


def _met(binding: Binding, all_of_them: Iterable[Binding], context: Context) -> bool:
    """True if another client with the same address may be in the same network."""
    return any(other is not binding and not context.apart(binding.mac, other.mac) for other in all_of_them)
