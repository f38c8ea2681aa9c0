"""A capture as an input of `labgen analyze`: its messages, who sent them, and what was not looked into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from socket import inet_ntoa
from typing import BinaryIO

from labgen.dhcp.capture import CaptureTally, read_stream
from labgen.dhcp.collected import Collected, Input
from labgen.dhcp.logs import Record
from labgen.dhcp.message import FRAGMENTS_LOST, Direction, Message, MessageRole
from labgen.dhcp.model import Source
from labgen.dhcp.naming import node_name
from labgen.dhcp.neighbours import arp_remarks
from labgen.dhcp.ports import CLIENT_PORT
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.taps import Tap
from labgen.dhcp.vantage import Vantage

CAPTURE = "capture"

_MOSTLY = 0.9


def read_capture_input(item: Input, into: Collected, stream: BinaryIO) -> None:
    """Read a capture into `into`."""
    node, tally = item.node or node_name(item.file), CaptureTally()
    role = item.role or MessageRole.TRANSIT
    before = len(into.records)
    if into.progress is not None:
        tally.progress = partial(into.progress, item.file)
    complete = into.take(read_stream(stream, item.file, Tap(node, role), tally))
    if role is not MessageRole.TRANSIT:
        own = [record for record in into.records[before:] if isinstance(record, Message)]
        into.records[before:] = _directed(own, role)
    into.vantages[item.file] = Vantage(
        item.file, wire=True, role_known=role is not MessageRole.TRANSIT, first=tally.first, last=tally.last
    )
    events, refused = (
        len(into.records) - before,
        list(_refused(tally, into.records[before:], item.file, node)),
    )
    if events or not tally.dhcpv6:  # beside DHCPv6 alone, ARP tells nothing of a relay of DHCPv4
        refused.extend(arp_remarks(into.records[before:], tally.neighbours, item.file, node))
    into.records.extend(refused)
    into.sources.append(
        Source(
            item.file,
            CAPTURE,
            node,
            role,
            lines=tally.frames,
            events=events,
            remarks=len(refused),
            unparsed=tally.undecoded,
            unparsed_dhcp=tally.undecoded,
            clock="epoch",
            problems=(*tally.problems, *_unseen(tally), *into.limit_note(complete)),
            began=tally.first,
            ended=tally.last,
        )
    )


def _refused(tally: CaptureTally, records: Sequence[Record], file: str, node: str) -> Iterator[Remark]:
    """ICMP errors about DHCP datagrams: whoever sends them says why nobody answers."""
    relays = _giaddrs(records) if tally.refusals else frozenset()
    for found in tally.refusals:
        if found.port == CLIENT_PORT and (found.type, found.code) == (3, 3):
            continue  # clients listen beside their kernel, which then refuses what they read
        sender, to = inet_ntoa(found.sender), inet_ntoa(found.destination)
        lost = (found.type, found.code) == (11, 1)
        what = (
            FRAGMENTS_LOST
            if lost
            else "time exceeded"
            if found.type == 11
            else _UNREACHABLE.get(found.code, f"unreachable (code {found.code})")
        )
        words = f"ICMP from {sender}: {to} UDP port {found.port}: {what}"
        if to in relays and not lost:
            words += f"; {to} is the relay's address (giaddr): "
            silent = (found.type, found.code) == (3, 3)
            words += (
                "nothing listens there for replies" if silent else "replies get lost on their way back to it"
            )
        cause = Cause.OTHER if lost else Cause.UNREACHABLE
        yield Remark(node, MessageRole.TRANSIT, words, cause, address=to, file=file, frame=found.frame)


def _giaddrs(records: Iterable[Record]) -> frozenset[str | None]:
    """Addresses that relays put into requests, without those that requests go to."""
    asked = [m for m in records if isinstance(m, Message) and not m.type.is_reply and m.giaddr is not None]
    return frozenset(m.giaddr for m in asked) - {m.dst for m in asked}


_UNREACHABLE = {
    0: "network unreachable",
    1: "host unreachable",
    3: "port unreachable",
    4: "fragmentation needed, and not allowed (the MTU on the way is smaller)",
    9: "network administratively prohibited",
    10: "host administratively prohibited",
    13: "communication administratively prohibited",
}
"""Codes of destination unreachable (RFC 792, RFC 1812)."""


def _unseen(tally: CaptureTally) -> Iterator[str]:
    """Parts of the capture that were not looked into, or only in part, with what to do."""
    cut = tally.cut - tally.broken_up
    if cut > 0:
        yield (
            f"{cut} DHCP packets were captured in part (snap length {tally.snap}): their options are not known; "
            "capture with -s 0"
        )
    if tally.too_short:
        yield (
            f"{tally.too_short} DHCP packets were captured in part (snap length {tally.snap}), too short to decode: capture with -s 0"
        )
    if tally.undecoded > tally.too_short:
        yield f"{tally.undecoded - tally.too_short} packets to DHCP ports are too short to decode"
    if tally.broken_up:
        yield f"{tally.broken_up} DHCP packets are fragments of which the rest is not in the file: their options are cut"
    if tally.messages and tally.copies >= _MOSTLY * (tally.messages - tally.copies):
        yield f"every frame was captured more than once ({tally.copies} copies): they count as one message each"
    if tally.dhcpv6:
        yield f"{tally.dhcpv6} DHCPv6 messages (RFC 8415) seen: labgen explains DHCPv4 only"
    for name, count in tally.closed.most_common():
        frames = "1 frame is" if count == 1 else f"{count} frames are"
        yield f"{frames} {name}, not looked into: capture where DHCP is not wrapped in it"


def _directed(messages: Sequence[Message], role: MessageRole) -> list[Record]:
    """Direction and role of each message at a node whose role is known and whose addresses are not: they follow from the
    messages. What the node sends comes from one hardware address; what neither comes from there nor is meant for the role was
    only overheard.
    """
    own = _own_hardware(messages, role)
    return [_placed(message, role, own) for message in messages]


def _own_hardware(messages: Sequence[Message], role: MessageRole) -> frozenset[str]:
    """Hardware addresses that send what only this role sends; the one that sends most of it, and those beside it for a relay."""
    senders: Counter[str] = Counter()
    for message in messages:
        if message.link_source is not None and _is_sent_by(message, role):
            senders[message.link_source] += 1
    return frozenset(senders)


def _is_sent_by(message: Message, role: MessageRole) -> bool:
    reply, relayed = message.type.is_reply, message.giaddr is not None
    if role is MessageRole.CLIENT:
        return not reply and not relayed
    if role is MessageRole.RELAY:
        if not relayed:
            return False
        return message.dst != message.giaddr if reply else True
    return reply and (not relayed or message.dst == message.giaddr)


def _placed(message: Message, role: MessageRole, own: frozenset[str]) -> Message:
    if message.vni is not None:
        return replace(message, role=MessageRole.TRANSIT)
    sent = message.link_source in own if message.link_source is not None else _is_sent_by(message, role)
    return replace(message, direction=Direction.TX if sent else Direction.RX, role=role)
