"""Dated clocks that are further apart than their files are long: moved only on proof that the same messages are in both files.

Files of one tap follow each other, and hold what looks alike: a request sent again across the cut, renewals under one xid at equal
distances. Neither shows a clock that is wrong. Proof is an acquisition whose messages are in both files at one distance, and seen
at another place on their way (before a relay and behind it), or the acquisitions of several clients at that same distance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from labgen.dhcp.identities import Identities
from labgen.dhcp.message import Message, MessageType

_TOGETHER = 2.0
"""Seconds that distances of the same messages may differ by: the way through a relay and a server's ping check are in it."""
_LEAST, _CLIENTS = 3, 2
"""Messages of one acquisition that prove a distance, and clients that do where every message was seen at the same place."""
_RESENT = 600.0
"""Seconds within which a client sends one message again (RFC 2131 section 4.1, with slow clients)."""
_ACQUIRING = frozenset({MessageType.DISCOVER, MessageType.OFFER})

_Key = tuple[str, int, MessageType, str | None]


@dataclass(frozen=True, slots=True)
class _Match:
    """The same message in two files: seconds to add to the second one, its client, and whether it was seen at another place."""

    delta: float
    key: _Key
    moved_on: bool

    @property
    def transaction(self) -> tuple[str, int]:
        return self.key[:2]


@dataclass(frozen=True, slots=True)
class Distance:
    """The distance of two files' clocks: the seconds to add to the second, or why they cannot be told."""

    offset: float | None = None
    doubt: str | None = None


def distance(known: Sequence[Message], messages: Sequence[Message], identities: Identities) -> Distance:
    """The distance of the clock of `messages` from that of `known`, both dated."""
    found = _matches(known, messages, identities)
    if not found:
        return Distance()
    near = _densest(found)
    if _is_proof(near):
        return Distance(_middle(near))
    apart = min(abs(match.delta) for match in found)
    if apart <= _RESENT or len({match.key for match in found}) < _CLIENTS:
        return Distance()
    return Distance(doubt=_doubt(found, near))


def _matches(known: Iterable[Message], messages: Iterable[Message], identities: Identities) -> list[_Match]:
    """Messages that each of the files holds at one time, whatever number of hops it saw then."""
    one, other = _by_key(known, identities), _by_key(messages, identities)
    found = []
    for key, mine in other.items():
        theirs = one.get(key, [])
        if theirs and _at_once(mine) and _at_once(theirs):
            moved_on = {_place(message) for message in mine}.isdisjoint(_place(message) for message in theirs)
            found.append(_Match(_time(theirs[0]) - _time(mine[0]), key, moved_on))
    return sorted(found, key=lambda match: match.delta)


def _by_key(messages: Iterable[Message], identities: Identities) -> Mapping[_Key, list[Message]]:
    seen: dict[_Key, list[Message]] = defaultdict(list)
    for message in messages:
        if message.time is not None and message.xid is not None and not message.copy:
            seen[identities.key(message), message.xid, message.type, message.yiaddr].append(message)
    return seen


def _at_once(seen: Sequence[Message]) -> bool:
    return _time(seen[-1]) - _time(seen[0]) <= _TOGETHER / 2


def _time(message: Message) -> float:
    return message.time or 0.0


def _place(message: Message) -> tuple[str | None, ...]:
    """The place on its way where a message was seen, as its addresses tell."""
    return message.role, message.src, message.dst, message.giaddr


def _densest(matches: Sequence[_Match]) -> Sequence[_Match]:
    best: Sequence[_Match] = ()
    first = 0
    for last, match in enumerate(matches):
        while match.delta - matches[first].delta > _TOGETHER:
            first += 1
        if last + 1 - first > len(best):
            best = matches[first : last + 1]
    return best


def _is_proof(near: Sequence[_Match]) -> bool:
    acquired = {match.transaction for match in near if match.key[2] in _ACQUIRING}
    own = [match for match in near if match.transaction in acquired]
    if len(own) < _LEAST:
        return False
    return sum(match.moved_on for match in own) >= _LEAST or len(acquired) >= _CLIENTS


def _middle(near: Sequence[_Match]) -> float:
    """Between the distances of requests, which come to one file later, and of replies, which come to it earlier."""
    shifts = ([m.delta for m in near if m.key[2].is_reply], [m.delta for m in near if not m.key[2].is_reply])
    halves = [median(shift) for shift in shifts if shift]
    return sum(halves) / len(halves)


def _doubt(found: Sequence[_Match], near: Sequence[_Match]) -> str:
    if len(near) < len(found):
        low, high = found[0].delta, found[-1].delta
        return f"{len(found)} messages are in both, at distances from {low:+.0f} s to {high:+.0f} s"
    return f"{len(found)} messages are in both, {near[0].delta:+.0f} s apart, and a client may have sent them again"
