"""Witnesses with different clocks laid on one.

A device that stamps its log with uptime or nothing at all still saw the same messages as the others. The offset of such a
clock is the one under which most sightings of the same message come together; within that, a message is never received
before it was sent. A clock that has dates is believed: it moves only by exact matches (same client, type and xid) between
files that overlap in time, and further only on proof (`far_clocks`). Witnesses without any clock are laid between the others by
the order of their messages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from labgen.dhcp.far_clocks import distance
from labgen.dhcp.identities import Identities, identify, tie_by_address
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType

EPOCH, UPTIME, NONE = "epoch", "uptime", "none"

# Seconds: sightings of one message lie this close once the clocks agree (relay, server ping check,
# rounding).
_WINDOW = 5.0
# Seconds that two dated clocks may contradict each other before an offset is assumed.
_TOLERANCE = 1.5
# Seconds by which dated clocks are moved at most: further apart is another time, not another clock.
_FURTHEST = 3600.0
# Pairs looked at per client and message, and in all: enough to vote, few enough to stay fast.
_PER_KEY, _PER_CLOCK = 24, 20000


@dataclass(frozen=True, slots=True)
class Aligned:
    """Messages on one clock, the seconds that were added per node and file, and which clocks could not be compared, and why."""

    messages: tuple[Message, ...]
    offsets: Mapping[tuple[str, str | None], float]
    doubts: Mapping[tuple[str, str | None], str] = field(default_factory=dict)


def align(messages: Iterable[Message], clocks: Mapping[str, str]) -> Aligned:
    """Lay messages on one clock. `clocks` maps each file to `epoch`, `uptime` or `none`.

    Files of one node with the same kind of clock share it. The reference is a node with dates if there
    is one, else a client, else the first node.
    """
    pool = list(messages)
    if len({_clock_of(message, clocks) for message in pool}) < 2:
        return Aligned(tuple(pool), {})
    identities = tie_by_address(pool, identify(pool))
    by_clock: dict[_Clock, list[Message]] = defaultdict(list)
    for message in pool:
        by_clock[_clock_of(message, clocks)].append(message)
    timed = {clock: seen for clock, seen in by_clock.items() if any(m.time is not None for m in seen)}
    offsets, doubts = _offsets(timed, identities)
    placed = [_shift(message, offsets.get(_clock_of(message, clocks), 0.0)) for message in pool]
    if len(timed) < len(by_clock):
        placed = _interleave(placed, identities)
    seen_in = {clock: {(m.node, m.file) for m in seen} for clock, seen in by_clock.items()}
    moved = {place: offset for clock, offset in offsets.items() for place in seen_in[clock]}
    unsure = {place: doubt for clock, doubt in doubts.items() for place in seen_in[clock]}
    return Aligned(tuple(placed), moved, unsure)


def in_causal_order(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Sorts messages by time, and within one instant of a coarse clock by cause and effect; the order of each node stays.

    What a node sends follows from what it saw before. What it receives was sent before, if anybody was seen to send it.
    """
    instants: dict[float | None, list[Message]] = defaultdict(list)
    for message in messages:
        instants[message.time].append(message)
    sent: set[MessageType] = set()
    ordered: list[Message] = []
    for time in sorted(instants, key=lambda time: float("-inf") if time is None else time):
        queues: dict[str, list[Message]] = defaultdict(list)
        for message in instants[time]:
            queues[message.node].append(message)
        while heads := [queue[0] for queue in queues.values() if queue]:
            first = min(heads, key=lambda head: _readiness(head, sent))
            ordered.append(queues[first.node].pop(0))
            if first.direction is Direction.TX:
                sent.add(first.type)
    return tuple(ordered)


def _readiness(message: Message, sent: Collection[MessageType]) -> int:
    if message.direction is Direction.TX:
        return 0
    return 1 if message.type in sent else 2


_Clock = tuple[str, str]


def _clock_of(message: Message, clocks: Mapping[str, str]) -> _Clock:
    """Node and kind: what shares one clock."""
    return message.node, clocks.get(message.file or message.node, NONE)


def _shift(message: Message, offset: float) -> Message:
    if not offset or message.time is None:
        return message
    return replace(message, time=message.time + offset)


def _offsets(
    timed: Mapping[_Clock, list[Message]], identities: Identities
) -> tuple[dict[_Clock, float], dict[_Clock, str]]:
    """Seconds to add per clock, and why one stays where it is. Clocks are laid on one after the other, the best supported first."""
    unplaced = sorted(timed, key=lambda clock: _rank(timed[clock], clock[1]))
    doubts: dict[_Clock, str] = {}
    if not unplaced:
        return {}, doubts
    reference = unplaced.pop(0)
    offsets = {reference: 0.0}
    dated = reference[1] == EPOCH
    known = _Known(identities)
    known.add(timed[reference], 0.0, dated=dated)
    while unplaced:
        pairs = {clock: known.pairs(timed[clock], dated=dated and clock[1] == EPOCH) for clock in unplaced}
        best = max(unplaced, key=lambda clock: len(pairs[clock]))
        both = dated and best[1] == EPOCH
        if both and not pairs[best]:
            offsets[best], doubt = _far_offset(timed[best], known, identities)
            doubts.update({best: doubt} if doubt else {})
        else:
            offsets[best] = _dated_offset(pairs[best]) if both else _offset(pairs[best], may_agree=both)
        known.add(timed[best], offsets[best], dated=best[1] == EPOCH)
        unplaced.remove(best)
    return offsets, doubts


def _far_offset(seen: Sequence[Message], known: _Known, identities: Identities) -> tuple[float, str | None]:
    """The seconds to add to a dated clock that no other one overlaps with, and, where that is nothing although messages are the same, the
    reason."""
    doubt = None
    for messages, offset in known.dated:
        found = distance(messages, seen, identities)
        if found.offset is not None:
            return found.offset + offset, None
        doubt = doubt or (f"{messages[0].file or messages[0].node}: {found.doubt}" if found.doubt else None)
    return 0.0, doubt


def _dated_offset(pairs: Sequence[_Pair]) -> float:
    """The seconds to add to one dated clock: none, unless every exact match says the same."""
    if not pairs:
        return 0.0
    deltas = sorted(pair.delta for pair in pairs)
    if deltas[-1] - deltas[0] > _WINDOW:
        near = _densest(sorted(pairs, key=lambda pair: pair.delta))
        if len(near) * 2 <= len(pairs):
            return 0.0
    return _offset(pairs, may_agree=True)


def _rank(seen: Sequence[Message], kind: str) -> tuple[int, int]:
    client = any(message.role is MessageRole.CLIENT for message in seen)
    return (0 if kind == EPOCH else 1, 0 if client else 1)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two sightings that may be of one message: seconds between them, and which must come first."""

    delta: float
    order: int


class _Known:
    """Sightings whose time is settled, by what identifies the message."""

    def __init__(self, identities: Identities) -> None:
        self.identities = identities
        self.seen: dict[tuple[object, ...], list[tuple[float, int]]] = defaultdict(list)
        self.spans: list[tuple[float, float]] = []
        self.dated: list[tuple[Sequence[Message], float]] = []

    def add(self, messages: Sequence[Message], offset: float, *, dated: bool) -> None:
        times = [message.time + offset for message in messages if message.time is not None]
        if dated and times:
            self.spans.append((min(times), max(times)))
            self.dated.append((messages, offset))
        for message in messages:
            if message.time is not None:
                for key in self.keys(message):
                    self.seen[key].append((message.time + offset, _hop(message)))

    def pairs(self, messages: Sequence[Message], *, dated: bool) -> list[_Pair]:
        """Sightings of the same message. Between two clocks that have dates only exact ones count, in files that overlap."""
        result: list[_Pair] = []
        if dated and not self._overlaps(messages):
            return result
        for message in messages:
            if message.time is None or (dated and message.xid is None):
                continue
            hop = _hop(message)
            for time, other in self._candidates(message, exact=dated):
                if not dated or abs(time - message.time) <= _FURTHEST:
                    result.append(_Pair(time - message.time, hop - other))
            if len(result) > _PER_CLOCK:
                break
        return result

    def _overlaps(self, messages: Sequence[Message]) -> bool:
        """True if the dates of these messages meet those of others: files of one tap follow each other, and do not."""
        times = [message.time for message in messages if message.time is not None]
        start, end = min(times), max(times)
        return any(start <= last and first <= end for first, last in self.spans)

    def _candidates(self, message: Message, *, exact: bool) -> list[tuple[float, int]]:
        for key in self.keys(message):
            found = self.seen.get(key)
            if found:
                return found[:_PER_KEY]
            if exact:
                break
        return []

    def keys(self, message: Message) -> Iterator[tuple[object, ...]]:
        """Keys from exact to loose: with xid, then without it, for witnesses that do not print it."""
        base = (self.identities.key(message), message.type, message.yiaddr)
        if message.xid is not None:
            yield (*base, message.xid)
        yield base


def _hop(message: Message) -> int:
    """Place on the way: a larger number comes later."""
    place = {MessageRole.CLIENT: 0, MessageRole.TRANSIT: 2, MessageRole.RELAY: 2, MessageRole.SERVER: 5}[
        message.role
    ]
    if message.role is MessageRole.RELAY and message.direction is Direction.TX:
        place = 3 if not message.type.is_reply else 1
    return 5 - place if message.type.is_reply else place


def _offset(pairs: Sequence[_Pair], *, may_agree: bool) -> float:
    """The offset most pairs support, moved as little as causality allows."""
    if not pairs:
        return 0.0
    near = _densest(sorted(pairs, key=lambda pair: pair.delta))
    at_least = [pair.delta for pair in near if pair.order > 0]
    at_most = [pair.delta for pair in near if pair.order < 0]
    if may_agree and near[0].delta - _TOLERANCE <= 0 <= near[-1].delta + _TOLERANCE:
        return 0.0
    if at_least and (not at_most or max(at_least) <= max(at_most)):
        return max(at_least)
    if at_most:
        return min(at_most)
    return near[len(near) // 2].delta


def _densest(pairs: Sequence[_Pair]) -> Sequence[_Pair]:
    best, first = (0, 0), 0
    for last, pair in enumerate(pairs):
        while pair.delta - pairs[first].delta > _WINDOW:
            first += 1
        if last + 1 - first > best[1] - best[0]:
            best = (first, last + 1)
    return pairs[best[0] : best[1]]


def _interleave(messages: list[Message], identities: Identities) -> list[Message]:
    """Give messages of clockless witnesses the time of the matching message of a witness with a clock."""
    anchors: dict[tuple[object, ...], list[float]] = defaultdict(list)
    files: dict[str | None, list[int]] = defaultdict(list)
    for at, message in enumerate(messages):
        if message.time is None:
            files[message.file].append(at)
        else:
            key = (identities.key(message), message.type)
            anchors[key].append(message.time)
            anchors[(*key, _address(message))].append(message.time)
    for times in anchors.values():
        times.sort()
    result = list(messages)
    for places in files.values():
        found = _place([messages[at] for at in places], anchors, identities)
        for at, time in zip(places, found, strict=True):
            result[at] = replace(messages[at], time=time)
    return result


def _place(
    seen: Sequence[Message], anchors: Mapping[tuple[object, ...], list[float]], identities: Identities
) -> list[float | None]:
    """Times for the messages of one file: those that name an address first, the others between them."""
    times: list[float | None] = [None] * len(seen)
    now, used = float("-inf"), defaultdict[tuple[object, ...], int](int)
    for at, message in enumerate(seen):
        key = (identities.key(message), message.type, _address(message))
        left = [time for time in anchors.get(key, [])[used[key] :] if time >= now] if key[2] else []
        if left:
            times[at] = now = left[0]
            used[key] += 1
    then = float("inf")
    for at in range(len(seen) - 1, -1, -1):
        if times[at] is None:
            known = anchors.get((identities.key(seen[at]), seen[at].type), [])
            times[at] = next((time for time in reversed(known) if time <= then), None)
        then = then if times[at] is None else min(then, times[at] or then)
    return _carried_on(times)


def _carried_on(times: list[float | None]) -> list[float | None]:
    """A message without match has the time of the one before it; time does not run backwards."""
    last: float | None = None
    result = []
    for time in times:
        if time is not None:
            last = time if last is None else max(last, time)
        result.append(last)
    return result


def _address(message: Message) -> str | None:
    return message.yiaddr or message.requested or message.ciaddr
