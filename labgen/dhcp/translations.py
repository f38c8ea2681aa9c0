"""One network under two tags: switches translate VLANs and VNIs, and a capture of both sides shows each frame in both.

A broadcast of a client, seen in two VLANs at once under one transaction, is one message: nobody sends it twice within moments. What
that client sends in one of them and gets in the other belongs together. Other clients of these VLANs are not touched: a firewall
with one hardware address on two VLANs asks in each of them at a time and under a transaction of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.segments import NOWHERE, Segment, differ, segment_of, spread

_INSTANT, _BETWEEN_TAPS = 0.05, 1.0
"""Seconds between the two sightings of one broadcast, at one tap and at two."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The messages, those of translated networks in one of them, and the words for each file in which that was seen."""

    messages: Sequence[Message]
    words: Mapping[str, tuple[str, ...]]


def joined(messages: Sequence[Message]) -> Joined:
    """Put what a client sends and gets in networks that are one into the one it was first seen in."""
    if len({_tags(m) for m in messages if m.vlan is not None or m.vni is not None}) < 2:
        return Joined(messages, {})
    networks: dict[str, dict[Segment, Segment]] = defaultdict(dict)
    words: dict[str, dict[str, None]] = defaultdict(dict)
    for one, other in _seen_twice(messages):
        known = networks[one.mac or ""]
        first, second = segment_of(one), segment_of(other)
        root = known.setdefault(first, first)
        known.setdefault(second, root)
        if one.file == other.file and one.file is not None:
            words[one.file][f"{first} and {second} are one network: the same broadcasts are in both"] = None
    if not networks:
        return Joined(messages, {})
    return Joined(tuple(_moved(messages, networks)), {file: tuple(said) for file, said in words.items()})


_Tags = tuple[int | None, int | None, int | None]


def _tags(message: Message) -> _Tags:
    return message.vlan, message.vni, message.outer_vlan


def _seen_twice(messages: Iterable[Message]) -> Iterator[tuple[Message, Message]]:
    """Broadcasts of one client under one transaction in two networks at once."""
    sent: dict[tuple[str, int, MessageType], list[Message]] = defaultdict(list)
    for message in messages:
        if message.mac is None or message.xid is None or message.type.is_reply or message.frame is None:
            continue
        if spread(message) and message.time is not None and segment_of(message) is not NOWHERE:
            sent[message.mac, message.xid, message.type].append(message)
    for sightings in sent.values():
        for one, other in pairwise(sorted(sightings, key=lambda m: m.time or 0.0)):
            longest = _INSTANT if one.file == other.file else _BETWEEN_TAPS
            if (other.time or 0.0) - (one.time or 0.0) <= longest and differ(
                segment_of(one), segment_of(other)
            ):
                yield one, other


def _moved(
    messages: Iterable[Message], networks: Mapping[str, Mapping[Segment, Segment]]
) -> Iterator[Message]:
    """The messages, those of translated networks in one of them; what is in both of them at one tap is a copy."""
    last: dict[tuple[object, ...], tuple[float, Segment]] = {}
    for message in messages:
        known = networks.get(message.mac or "")
        network = known.get(segment_of(message)) if known is not None else None
        if network is None:
            yield message
            continue
        own, time = segment_of(message), message.time or 0.0
        look = (
            message.file,
            message.mac,
            message.xid,
            message.type,
            message.src,
            message.dst,
            message.giaddr,
        )
        before = last.get(look)
        copy = before is not None and before[1] != own and time - before[0] <= _INSTANT
        if not copy:
            last[look] = time, own
        yield replace(
            message,
            network=(network.vlan, network.vni, network.outer_vlan),
            copy=message.copy or copy,
        )
