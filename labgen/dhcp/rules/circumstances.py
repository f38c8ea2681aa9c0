"""What else the captures show of a client that gets no answer: who relayed its requests to whom, and whom that server answered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.rules.case import Case, listed
from labgen.dhcp.segments import BROADCAST

_ANY = "0.0.0.0"
_ASKS = frozenset({MessageType.DISCOVER, MessageType.REQUEST})


def circumstances(failing: Sequence[Case], *, visible: bool) -> str:
    """Words to add to `no answer`, empty where nothing more is known; each starts with a semicolon. `visible`: an answer would
    have been seen.
    """
    asked = [m for case in failing for m in case.exchange.messages if m.type in _ASKS and m.frame is not None]
    broken = next((m.malformed for m in reversed(asked) if m.malformed), None)
    if broken is not None:
        return f"; {broken}: servers and relays drop packets that break RFC 2132"
    relayed = [m for m in asked if m.giaddr is not None and m.dst not in (None, BROADCAST)]
    if relayed:
        return _relayed(failing[-1], relayed)
    forwarded = [m for m in asked if _is_forwarded(m)]
    if forwarded:
        one = forwarded[-1]
        return (
            f"; it came to {one.dst} from {one.src} with giaddr 0: who forwards broadcasts without setting giaddr is no "
            "relay (RFC 1542 section 4.1.1), and a server cannot tell the client's network"
        )
    return _beside_others(failing[-1], asked) if visible else ""


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


def _goes_beyond(case: Case, file: str | None, time: float | None) -> bool:
    vantage = (case.context.vantages or {}).get(file or "")
    return vantage is not None and vantage.last is not None and time is not None and vantage.last >= time


def _relayed(case: Case, relayed: Sequence[Message]) -> str:
    """The relay and its servers, and the relays that one of those answered meanwhile."""
    giaddr = relayed[-1].giaddr
    servers = list(dict.fromkeys(m.dst for m in relayed if m.giaddr == giaddr and m.dst))
    text = f"; relayed by {giaddr} to {listed(servers)}"
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
        if served:
            return (
                f"{text}; {server} answered {meanwhile}: has it a subnet for {giaddr}, and a way back to it?"
            )
    return text


def _is_forwarded(message: Message) -> bool:
    """A DISCOVER that goes to a server by unicast although no relay put its address into it."""
    alone = message.type is MessageType.DISCOVER and message.giaddr is None and message.ciaddr is None
    return alone and message.dst not in (None, BROADCAST) and message.src not in (None, _ANY)


def _beside_others(case: Case, asked: Sequence[Message]) -> str:
    """Servers on the link that answered others meanwhile."""
    since = min((m.time for m in asked if m.time is not None), default=None)
    if since is None or any(m.type is not MessageType.DISCOVER for m in asked):
        return ""
    for server, count in case.book.answers.servers(since).items():
        others = "another client" if count == 1 else f"{count} other clients"
        return f"; {server} answered {others} meanwhile: has it a free address for this one, and does it see the request?"
    return ""
