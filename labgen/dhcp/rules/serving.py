"""Rules about what servers do: identifiers, refusals, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labgen.dhcp.context import Party
from labgen.dhcp.drafts import chooses, through_relay
from labgen.dhcp.hops import Hop
from labgen.dhcp.ladder import STATES
from labgen.dhcp.message import Evidence, Message, MessageRole, MessageType
from labgen.dhcp.model import ExchangeOutcome, Finding, Kind, Severity
from labgen.dhcp.rules.case import Case, listed, remarks

_GRANTS = (MessageType.OFFER, MessageType.ACK)
_ASKS = (MessageType.DISCOVER, MessageType.REQUEST)
SUPPRESSED = "no NAK sent"
HOLDS = "holds "


def _overrides(case: Case, server: Party) -> dict[str, Hop]:
    """Override addresses that relays announced to a server, with the hop that shows each."""
    found: dict[str, Hop] = {}
    for hop in (*case.at_servers(*_ASKS), *case.from_servers(*_GRANTS)):
        options = hop.relay_options
        if options is not None and options.server_id_override and server in (hop.receiver, hop.sender):
            found.setdefault(options.server_id_override, hop)
    return found


def server_id_override_used(case: Case) -> Iterator[Finding]:
    """A reply whose option 54 is the relay's sub-option 11."""
    for server in case.servers():
        overrides = _overrides(case, server)
        used = [
            h for h in case.from_servers(*_GRANTS) if h.sender == server and h.value("server_id") in overrides
        ]
        if used:
            yield uses_override(case, server, listed(hop.value("server_id") for hop in used), used)


def uses_override(case: Case, server: Party, names: str, shown: Iterable[Hop | Message]) -> Finding:
    """The finding about a server that uses these identifiers."""
    text = f"{server} uses {names}, the relay's address, as server identifier"
    return case.finding("server-id-override-used", text, shown, node=server.name)


def server_id_override_ignored(case: Case) -> Iterator[Finding]:
    """A reply with another option 54 than the relay asked for."""
    for server in case.servers():
        overrides = _overrides(case, server)
        own = [
            hop
            for hop in case.from_servers(*_GRANTS)
            if hop.sender == server and overrides and hop.value("server_id") not in (None, *overrides)
        ]
        if own:
            asked, used = listed(overrides), listed(hop.value("server_id") for hop in own)
            text = f"{server} was asked to use {asked} as server identifier and used {used}"
            yield case.finding(
                "server-id-override-ignored", text, [*overrides.values(), *own], node=server.name
            )


def acknowledged_another(case: Case) -> Iterator[Finding]:
    """An ACK of another address than every REQUEST asked for: the client's answer would have been a NAK."""
    exchange = case.exchange
    wanted = {m.wanted for m in exchange.messages} - {None}
    acks = [m for m in exchange.seen(MessageType.ACK) if m.yiaddr is not None]
    if not wanted or not acks or exchange.kind is Kind.INFORM or any(m.yiaddr in wanted for m in acks):
        return
    given = listed(m.yiaddr for m in acks)
    server = acks[0].server_id or acks[0].src or acks[0].node
    asked = [m for m in exchange.messages if m.wanted is not None]
    text = f"{server} was asked for {listed(m.wanted for m in asked)} and acknowledged {given}"
    yield case.finding("ack-other-address", text, [asked[-1], acks[0]], acks[0].node)


def nak_sent(case: Case) -> Iterator[Finding]:
    """A NAK, by the server that sent it."""
    naks = list(case.from_servers(MessageType.NAK)) or list(case.at_client(MessageType.NAK))
    for sender in dict.fromkeys(hop.sender for hop in naks):
        shown = [hop for hop in naks if hop.sender == sender]
        asked = case.at_servers(MessageType.REQUEST)
        why = listed([*_reasons(shown), *_reasons(hop for hop in asked if hop.receiver == sender)])
        lost = next((m.requested for hop in shown for m in hop.sightings if m.requested), None)
        text = f"{_refuser(sender, shown)} refused {lost or case.exchange.address or 'the request'}" + (
            f": {why}" if why else ""
        )
        text += f", {_OWN_OFFER}" if _offered_itself(case, shown) else ""
        moved = _taken_after_all(case)
        text += f"; the client, which came with that address, then took {moved}" if moved else ""
        chosen = _chosen_instead(case, shown)
        text += (
            f", which the client had chosen from {chosen}: another server's answer is not its to refuse"
            if chosen
            else ""
        )
        severity = Severity.INFO if moved else None
        yield case.finding("nak-sent", text, shown, node=sender.name, severity=severity)


def _refuser(sender: Party, naks: Iterable[Hop]) -> str:
    """The server that refuses, by its identifier where a relay's frames bring its NAK to the client's link."""
    captured = [m for hop in naks for m in hop.sightings if m.frame is not None and m.src == sender.name]
    named = {m.server_id for m in captured} - {None, sender.name}
    return f"{named.pop()} (sent from {sender})" if len(named) == 1 else str(sender)


_OWN_OFFER = "which it had offered itself"


def _offered_itself(case: Case, naks: Iterable[Hop]) -> bool:
    """True if the server that refuses a REQUEST offered this address under the same transaction."""
    refusing = {(m.server_id or m.src, m.xid) for hop in naks for m in hop.sightings if m.frame is not None}
    wanted = {m.wanted for m in case.exchange.seen(MessageType.REQUEST)} - {None}
    offers = case.exchange.seen(MessageType.OFFER)
    return any((m.server_id or m.src, m.xid) in refusing and m.yiaddr in wanted for m in offers)


def _chosen_instead(case: Case, naks: Iterable[Hop]) -> str | None:
    """The server that a REQUEST names where all its NAKs come under other identifiers (RFC 2131 section 4.3.2, SELECTING)."""
    named = next((m.server_id for m in case.exchange.seen(MessageType.REQUEST) if chooses(m)), None)
    refusing = {hop.value("server_id") for hop in naks}
    offered = any(m.server_id == named for m in case.exchange.seen(MessageType.OFFER))
    return named if offered and None not in refusing and named not in refusing else None


def _taken_after_all(case: Case) -> str | None:
    """The address that a client took right after a NAK to an address it came with (INIT-REBOOT: RFC 2131 section 4.3.2): what
    a moved client goes through. None where a server had offered it, or the client got nothing.
    """
    exchange = case.exchange
    asked = exchange.seen(MessageType.REQUEST)
    offered = exchange.seen(MessageType.OFFER) or any(m.server_id or m.ciaddr for m in asked)
    if not asked or offered or any(m.frame is None for m in asked):
        return None
    after = next(
        (e for e in case.later() if e.kind is Kind.ACQUIRE and e.outcome is not ExchangeOutcome.NAK), None
    )
    if after is None or exchange.ended is None or after.started is None:
        return None
    took = after.outcome is ExchangeOutcome.BOUND or any(chooses(m) for m in after.messages)
    return after.address if took and after.started - exchange.ended <= _SOON else None


_SOON = 120.0
"""Seconds within which a client starts over after a NAK."""


def _reasons(hops: Iterable[Hop]) -> list[str]:
    """Remarks of a server about these messages, without the client's state."""
    return [note for hop in hops for note in hop.notes if note not in STATES]


def nak_suppressed(case: Case) -> Iterator[Finding]:
    """A server that says it kept a NAK back."""
    quiet = [h for h in case.at_servers(MessageType.REQUEST) if any(SUPPRESSED in note for note in h.notes)]
    for server in dict.fromkeys(hop.receiver for hop in quiet):
        shown = [hop for hop in quiet if hop.receiver == server]
        text = f"{server} sent no NAK for {case.exchange.address}: server identifier override is in use"
        shown_by: list[Evidence | Hop] = [*remarks(shown, SUPPRESSED), *shown]
        yield case.finding("nak-suppressed", text, shown_by, node=server.name)


def unexpected_address(case: Case) -> Iterator[Finding]:
    """A REQUEST, meant for every server because of the override, for an address this one does not hold."""
    for server in case.servers():
        asked = [hop for hop in case.at_servers(MessageType.REQUEST) if hop.receiver == server]
        odd = [hop for hop in asked if _is_odd(case, hop)]
        if odd:
            holds = listed([*_held(odd), *_offered(case, server)])
            wanted = _wanted(case, odd[0])
            other = f"its own offer was {holds}" if holds else "it had offered none"
            text = f"{server} was asked for {wanted}; {other}"
            yield case.finding("unexpected-address", text, [*remarks(odd, HOLDS), *odd], node=server.name)


def _is_odd(case: Case, hop: Hop) -> bool:
    if any(HOLDS in note for note in hop.notes):
        return True
    if through_relay(hop.first) is None or not _believes_chosen(case, hop):
        return False
    wanted, server = _wanted(case, hop), hop.receiver
    granted = [h for h in case.from_servers(MessageType.ACK) if h.sender == server]
    if wanted is None or granted or not _is_witness(case, server):
        return False
    if case.exchange.kind is Kind.ACQUIRE:
        return wanted not in _offered(case, server)
    return not _gave_before(case, server, wanted)


def _believes_chosen(case: Case, hop: Hop) -> bool:
    """With override in use every server finds the relay's address in option 54 (or nothing, when
    renewing).
    """
    options, named = hop.relay_options, hop.value("server_id")
    override = options.server_id_override if options is not None else None
    return override is not None and named in (None, override)


def _is_witness(case: Case, server: Party) -> bool:
    return server.name in case.book.server_nodes


def _gave_before(case: Case, server: Party, address: str) -> bool:
    return case.at == 0 or case.history.given(server.name, address, case.at)


def _wanted(case: Case, hop: Hop) -> str | None:
    return hop.value("requested") or hop.value("ciaddr") or case.exchange.address


def _offered(case: Case, server: Party) -> list[str]:
    found = (h.value("yiaddr") for h in case.from_servers(MessageType.OFFER) if h.sender == server)
    return [address for address in found if address is not None]


def _held(hops: list[Hop]) -> list[str]:
    notes = [note for hop in hops for note in hop.notes if HOLDS in note]
    return [note.partition(HOLDS)[2].split()[0].rstrip(",;") for note in notes]


def rogue_server(case: Case) -> Iterator[Finding]:
    """A reply under an identifier that is neither a configured server's nor a relay's."""
    known = case.context.may_answer(case.exchange.client.mac)
    if known is None:
        return
    for hop in (*case.at_client(*_GRANTS), *_to_relays(case)):
        named, source = hop.value("server_id"), hop.value("src")
        if named is None or named in known or case.book.is_relay(named):
            continue
        text = f"{hop.type} of {hop.value('yiaddr') or 'no address'} from the unknown server {named}"
        text += f", sent from {source}" if source and source != named else ""
        behind = hop.value("giaddr")
        text += f" to the relay {behind}" if hop.receiver.role is MessageRole.RELAY and behind else ""
        port = hop.value("link_source")
        text += f", MAC address {port}" if port else ""
        yield case.finding("rogue-server", text, [hop], node=named)


def _to_relays(case: Case) -> Iterator[Hop]:
    return (hop for hop in case.from_servers(*_GRANTS) if hop.receiver.role is MessageRole.RELAY)
