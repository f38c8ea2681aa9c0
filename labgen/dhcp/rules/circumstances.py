"""Circumstances of a client that gets no answer, as the captures show them: who relayed its requests to whom, and whom that server
answered."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import partial
from pathlib import PurePath

from labgen.dhcp.message import FRAGMENT, FRAGMENTS_LOST, Message, MessageType
from labgen.dhcp.model import Exchange, Kind
from labgen.dhcp.neighbours import SOUGHT, UNDERLAY
from labgen.dhcp.ports import BOOT_SERVER_PORT, DHCP_PORTS, SERVER_PORT
from labgen.dhcp.remarks import Remark
from labgen.dhcp.rules.case import Case, listed
from labgen.dhcp.rules.objections import is_nobodys
from labgen.dhcp.segments import BROADCAST, differ

_ANY = "0.0.0.0"
_ASKS = frozenset({MessageType.DISCOVER, MessageType.REQUEST})


def circumstances(failing: Sequence[Case], *, visible: bool) -> str:
    """Words to add to `no answer`, empty where nothing more is known; each starts with a semicolon. `visible`: an answer would
    have been seen.
    """
    asked = [m for case in failing for m in case.exchange.messages if m.type in _ASKS and m.frame is not None]
    if failing[-1].exchange.kind is Kind.BOOTP:
        return _of_bootp(failing) if visible else ""
    if asked and all(m.mac is None and not m.cut for m in asked):
        return "; its requests have no hardware address (chaddr), by which servers and relays tell clients and send answers"
    broken = next((m.malformed for m in reversed(asked) if m.malformed), None)
    if broken is None and (odd := unusable(asked)):
        return odd
    if broken == FRAGMENT:
        return f"; {broken}" + "".join(f"; {remark.words}" for remark in lost_underway(failing, asked))
    if broken is not None:
        return f"; {broken}: servers and relays drop packets that break RFC 2132"
    if asked and all(map(partial(_is_dropped, failing[-1]), asked)):
        return "; the UDP checksum of its requests is wrong, and servers and relays drop such packets"
    if late := _not_old_enough(failing, asked):
        return late
    relayed = [m for m in asked if m.giaddr is not None and m.dst not in (None, BROADCAST)]
    if relayed:
        return _goes_round(relayed) or _kept_from_an_answer(relayed[-1]) or _relayed(failing[-1], relayed)
    if asked and all(m.option82 and m.file not in failing[-1].book.trusting for m in asked):
        return (
            "; its requests carry option 82 with giaddr 0, as a snooping switch adds it: servers and relays drop those unless they are "
            "told to trust them (RFC 3046 section 2.1)"
        )
    if _is_too_short(failing[-1], asked):
        return f"; its requests have {asked[-1].size} octets, and a BOOTP packet {_BOOTP} (RFC 951): some servers drop shorter ones"
    if through := _through_another(asked):
        return through
    forwarded = [m for m in asked if _is_forwarded(m)]
    if forwarded:
        one = forwarded[-1]
        return (
            f"; it came to {one.dst} from {one.src} with giaddr 0: who forwards broadcasts without setting giaddr is no "
            "relay (RFC 1542 section 4.1.1), and a server cannot tell the client's network"
        )
    return _beside_others(failing[-1], asked) if visible else ""


def _is_about(remark: Remark, message: Message) -> bool:
    return (remark.mac, remark.address, remark.file) == (message.mac, message.giaddr, message.file)


def lost_underway(failing: Sequence[Case], sent: Sequence[Message]) -> list[Remark]:
    """The words of a host that waited in vain for the rest of one of these packets, or of the tunnel that carries them elsewhere."""
    told = failing[-1].context.remarks
    elsewhere = [r for r in told if r.words.startswith(UNDERLAY) and any(_is_about(r, m) for m in sent)]
    if elsewhere:
        return elsewhere[:1]
    wanted = {(m.dst, m.file) for m in sent if m.malformed == FRAGMENT}
    remarks = failing[-1].context.remarks if wanted else ()
    return [r for r in remarks if (r.address, r.file) in wanted and FRAGMENTS_LOST in r.words][:1]


def _of_bootp(failing: Sequence[Case]) -> str:
    """Words for BOOTP clients beside DHCP clients that are answered on their link."""
    first = failing[0].exchange.messages[0]
    book, mac = failing[-1].book, failing[-1].exchange.client.mac
    if first.frame is None or first.giaddr is not None or first.time is None:
        return ""
    known = book.answers.servers(first.time, mac) or book.answers.before(first.time, mac)
    return (
        f"; {next(iter(known))} answers DHCP clients, and these requests have no message type (BOOTP, RFC 951): does it serve those?"
        if known
        else ""
    )


def _is_too_short(case: Case, asked: Sequence[Message]) -> bool:
    """Requests shorter than a BOOTP packet (RFC 951), where none as short was answered."""
    sizes = [m.size for m in asked if m.type is MessageType.DISCOVER]
    known = [size for size in sizes if size is not None]
    return bool(known) and len(known) == len(sizes) and max(known) < _BOOTP <= case.book.least_size


_BOOTP = 300
"""Octets of a BOOTP packet."""


def _through_another(asked: Sequence[Message]) -> str:
    """Words for requests in frames of another machine than the client, on its own link."""
    senders = {m.link_source for m in asked}
    plain = all(m.vni is None and m.tunnel is None and m.dst == BROADCAST for m in asked)
    if len(senders) != 1 or None in senders or not plain or any(m.mac in senders for m in asked):
        return ""
    return (
        f"; its frames come from {senders.pop()}, and their hardware address (chaddr) is {asked[-1].mac}: switches that verify it for DHCP "
        "snooping drop them, and unicast answers go past who sends them"
    )


def unusable(asked: Sequence[Message]) -> str:
    """The part that all requests have and no relay or server understands."""
    if asked and all(m.destination_port not in (None, SERVER_PORT, BOOT_SERVER_PORT) for m in asked):
        return f"; its requests go to UDP port {asked[-1].destination_port}, and relays and servers listen on {SERVER_PORT}"
    takes = [m for m in asked if m.type is MessageType.REQUEST and not m.cut]
    if len(takes) > 1 and all(m.wanted is None and m.server_id is None for m in takes):
        return "; its REQUESTs name no address, neither in option 50 nor in ciaddr, and no server (RFC 2131 table 5)"
    wrong = next(
        (m.relay_options.malformed for m in asked if m.relay_options is not None and not m.cut), None
    )
    return f"; option 82 of its requests cannot be read: {wrong}" if wrong is not None else ""


def _goes_round(relayed: Sequence[Message]) -> str:
    """Words for requests that come back to the relay they come from."""
    if not any(m.dst == m.giaddr for m in relayed):
        return ""
    through = {m.src or "" for m in relayed}
    lost = ", and none of them to a server" if {m.dst for m in relayed} <= through else ""
    return f"; relays send it round ({listed(sorted(through))}), up to {max(m.hops or 0 for m in relayed)} hops{lost}"


def _kept_from_an_answer(asked: Message) -> str:
    """The part of a relayed request that relays, servers or the way back do not bear."""
    hops, options = asked.hops or 0, asked.relay_options
    link = options.link_selection if options is not None else None
    for name, address in (("giaddr", asked.giaddr), ("link selection (sub-option 5)", link)):
        if address is not None and is_nobodys(address):
            return (
                f"; relayed by {asked.giaddr} to {asked.dst}; its {name} is {address}, which is no network's"
            )
    if hops > _HOPS:
        return (
            f"; relayed by {asked.giaddr} to {asked.dst}; its hop count is {hops}: relays drop what is above their limit, by default 4 and "
            "never more than 16 (RFC 1542 section 4.1.1)"
        )
    told = options is not None and any(code == _SOURCE_PORT for code, _ in options.other)
    if asked.source_port in (None, *DHCP_PORTS) or told:
        return ""
    return (
        f"; relayed by {asked.giaddr} to {asked.dst}; it comes from {asked.src}, UDP port {asked.source_port} and not {SERVER_PORT}: "
        f"address translation (NAT) on the way, and a server answers to {asked.giaddr}, port {SERVER_PORT} (RFC 2131 section 4.1)"
    )


_HOPS, _SOURCE_PORT = 4, 19
"""Relays that a request may have passed (RFC 1542 section 4.1.1), and the sub-option that asks for another port (RFC 8357)."""


def _not_old_enough(failing: Sequence[Case], asked: Sequence[Message]) -> str:
    """Words for a client that never says how long it has waited, where others were answered or relayed from some seconds on."""
    own = [m for m in asked if m.type is MessageType.DISCOVER and not m.copy]
    least, clients = failing[-1].book.least_wait
    waits = [m.secs for m in own if m.secs is not None]
    if len(waits) < _SEVERAL or max(waits) >= least or clients < 2 or any(m.giaddr for m in own):
        return ""
    return (
        f"; its DISCOVERs say that it has waited {max(waits)} s at most (secs), and those of the {clients} clients with an answer "
        f"{least} s and more: a relay or server that lets requests wait (min-secs, delayed answer) never comes to this one"
    )


_SEVERAL = 4
"""DISCOVERs of a client that goes on saying the same."""


def _is_dropped(case: Case, asked: Message) -> bool:
    """A request of the client itself with a wrong checksum, where those of others are right, and none that is wrong is answered."""
    book = case.book
    wrong = asked.bad_checksum and asked.giaddr is None and asked.file in book.summed
    return wrong and not book.bears_checksums(asked)


def lost_between(case: Case) -> str:
    """Captures that show an earlier request of the exchange and not the last one, and go on beyond it: empty where none does."""
    asked = [
        m
        for m in case.exchange.messages
        if not m.type.is_reply and m.frame is not None and m.file is not None
    ]
    if not asked or asked[-1].type is asked[0].type:
        return ""
    last = asked[-1]
    showing = {m.file for m in asked if m.type is last.type}
    others = {m.file: m for m in asked if m.file not in showing and _goes_beyond(case, m.file, last.time)}
    if not others:
        return ""
    names = listed(sorted(PurePath(file or "").name for file in others))
    return f"; {names} shows the {next(iter(others.values())).type} and not the {last.type}: it is lost on the way there"


def silent_captures(failing: Sequence[Case]) -> str:
    """Captures of the same time that show none of the client's messages, or nothing at all: it was lost before it came there."""
    messages = [m for case in failing for m in case.exchange.messages]
    times = sorted(m.time for m in messages if m.time is not None and m.frame is not None)
    if not times:
        return ""
    showing = {m.file for m in messages}
    middle, end = times[len(times) // 2], times[-1]
    found = [
        PurePath(file).name
        for file, vantage in (failing[-1].context.vantages or {}).items()
        if file not in showing and vantage.wire and not vantage.role_known
        if vantage.first is None or (vantage.first <= middle and end <= (vantage.last or end))
    ]
    if not 0 < len(found) <= _FEW:
        return ""
    sought = [
        r.words for r in failing[-1].context.remarks if PurePath(r.file or "").name in found and r.frame
    ]
    words = f", but {listed(sought)}" if 0 < len(sought) <= _FEW else ""
    return f"; {listed(sorted(found))} {'shows' if len(found) == 1 else 'show'} nothing of it{words}"


_FEW = 3
"""Captures that are named."""


def offers_lost_between(failing: Sequence[Case]) -> str:
    """Captures that show the DISCOVERs of a client and none of the OFFERs that others show, and go on beyond those: empty where none
    does.
    """
    messages = [m for case in failing for m in case.exchange.messages if m.frame is not None and m.file]
    offers = [m for m in messages if m.type is MessageType.OFFER]
    answering, first = {m.file for m in offers}, min((m.time or 0.0 for m in offers), default=None)
    asking = {m.file for m in messages if m.type is MessageType.DISCOVER} - answering
    names = [
        PurePath(file or "").name
        for file in sorted(asking, key=str)
        if _goes_beyond(failing[-1], file, first)
    ]
    if not names or not answering:
        return ""
    verb = "shows" if len(names) == 1 else "show"
    relays = {m.giaddr for m in offers if m.giaddr is not None and m.giaddr == m.dst}
    elsewhere = relays and _are_relays_own(messages, asking)
    why = _translated(messages, relays) or (
        f"they come back elsewhere{_there(messages, answering)}: is giaddr {listed(sorted(relays))} on several nodes?"
        if elsewhere
        else "they are lost on the way there"
    )
    return f"{listed(names)} {verb} the DISCOVERs and not the OFFERs: {why}"


def _there(messages: Sequence[Message], answering: Container[str | None]) -> str:
    """The place where OFFERs come in and none of the DISCOVERs shows."""
    asking = {m.file for m in messages if m.type is MessageType.DISCOVER}
    found = {m.file for m in messages if m.type is MessageType.OFFER and m.file in answering} - asking
    names = listed(sorted(PurePath(file or "").name for file in found))
    return f", as {names} shows, which has none of the DISCOVERs" if names else ""


def _translated(messages: Sequence[Message], relays: Container[str | None]) -> str:
    """Words for a relayed DISCOVER that has another source where it arrives and another port."""
    sent = [m for m in messages if m.type is MessageType.DISCOVER and m.giaddr in relays]
    ports = {
        (m.xid, m.giaddr): (m.src, PurePath(m.file or "").name) for m in sent if m.source_port == SERVER_PORT
    }
    for m in sent:
        before = ports.get((m.xid, m.giaddr))
        if before is not None and m.source_port not in (None, *DHCP_PORTS) and m.src != before[0]:
            name = PurePath(m.file or "").name
            return (
                f"the DISCOVERs leave as {before[0]} in {before[1]} and come as {m.src}, port {m.source_port}, in {name}: addresses are "
                f"translated (NAT) on the way, and the OFFERs go to giaddr {m.giaddr}, past what was translated"
            )
    return ""


def _are_relays_own(messages: Sequence[Message], files: Container[str | None]) -> bool:
    """True if these files show the relay's own requests: its answers should come back there."""
    asked = [m for m in messages if m.file in files and m.type is MessageType.DISCOVER]
    return all(m.giaddr is not None and m.src == m.giaddr for m in asked)


def _goes_beyond(case: Case, file: str | None, time: float | None) -> bool:
    vantage = (case.context.vantages or {}).get(file or "")
    return vantage is not None and vantage.last is not None and time is not None and vantage.last >= time


def _relayed(case: Case, relayed: Sequence[Message]) -> str:
    """The relay and its servers, and the relays that one of those answered meanwhile."""
    giaddr = relayed[-1].giaddr
    servers = list(dict.fromkeys(m.dst for m in relayed if m.giaddr == giaddr and m.dst))
    text = f"; relayed by {giaddr} to {listed(servers)}{_sought(case, relayed)}"
    since = min((m.time for m in relayed if m.time is not None), default=None)
    if since is None or giaddr is None:
        return text
    for server in servers:
        served = case.book.answers.relays(server, since)
        if giaddr in served:
            return f"{text}; {server} answered other clients of this relay meanwhile: has it a free address for this one?"
        meanwhile = f"{listed(served[:3])} meanwhile"
        if served and case.book.answers.has_answered(server, giaddr):
            before = f"{server} answered other clients of this relay before, and {meanwhile}"
            return f"{text}; {before}: has it a free address for this one?"
        known = case.book.answers.knows_subnet(server, giaddr)
        if served and known is not None:
            return (
                f"{text}; {server} acknowledges {known}, of the subnet of {giaddr}, and answered {meanwhile}: it knows that subnet, "
                "and gives nothing to new clients: has it a free address left?"
            )
        if served:
            why = case.book.relay_habits.difference(giaddr, served)
            return f"{text}; {server} answered {meanwhile}: has it a subnet for {giaddr}, and a way back to it?{why}"
        if case.book.answers.has_answered(server, giaddr) and not any(
            _was_answered(e) for e in case.earlier()
        ):
            return (
                f"{text}; {server} answered other clients of this relay before: has it a free address left?"
            )
    return text


def _sought(case: Case, relayed: Sequence[Message]) -> str:
    """Words of ARP about somebody who is sought in vain beside the server."""
    files = {m.file for m in relayed}
    words = [r.words for r in case.context.remarks if r.file in files and r.words.endswith(SOUGHT)]
    return f", but {words[0]}" if words else ""


def _was_answered(exchange: Exchange) -> bool:
    return any(message.type.is_reply for message in exchange.messages)


def _is_forwarded(message: Message) -> bool:
    """A DISCOVER that goes to a server by unicast although no relay put its address into it."""
    alone = message.type is MessageType.DISCOVER and message.giaddr is None and message.ciaddr is None
    return alone and message.dst not in (None, BROADCAST) and message.src not in (None, _ANY)


def _beside_others(case: Case, asked: Sequence[Message]) -> str:
    """Servers on the link that answered others meanwhile."""
    since = min((m.time for m in asked if m.time is not None), default=None)
    if since is None or any(m.type is not MessageType.DISCOVER for m in asked):
        return ""
    answers, mac, segment = case.book.answers, case.exchange.client.mac, case.exchange.segment
    if answers.segments() and not any(not differ(known, segment) for known in answers.segments()):
        return f"; nobody answers in {segment}, and clients in {listed(map(str, answers.segments()[:3]))} are answered"
    for server, count in answers.servers(since, mac).items():
        if answers.is_in(server, segment):
            return f"; {server} answered {_others(count)} meanwhile: has it a free address for this one, and does it see the request?"
    for server, count in answers.before(since, mac).items():
        if answers.is_in(server, segment):
            return f"; {server} answered {_others(count)} before: has it a free address left, and does it see the request?"
    return ""


def _others(count: int) -> str:
    return "another client" if count == 1 else f"{count} other clients"
