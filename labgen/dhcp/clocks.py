"""Witnesses with different clocks laid on one.

A device that stamps its log with uptime, another time zone, or nothing at all still saw the same
messages as the others. The offset of a clock is the one under which most sightings of the same message
come together; within that, a message is never received before it was sent. Witnesses without any clock
are laid between the others by the order of their messages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from labgen.dhcp.identities import Identities, identify, tie_by_address
from labgen.dhcp.message import Direction, Message, MessageType, Role

EPOCH, UPTIME, NONE = "epoch", "uptime", "none"

# Seconds: sightings of one message lie this close once the clocks agree (relay, server ping check,
# rounding).
_WINDOW = 5.0
# Seconds that two dated clocks may contradict each other before an offset is assumed.
_TOLERANCE = 1.5
# Pairs looked at per client and message, and in all: enough to vote, few enough to stay fast.
_PER_KEY, _PER_CLOCK = 24, 20000


@dataclass(frozen=True, slots=True)
class Aligned:
    """Messages on one clock, and the seconds that were added per witness."""

    messages: tuple[Message, ...]
    offsets: Mapping[str, float]


def align(messages: Iterable[Message], clocks: Mapping[str, str]) -> Aligned:
    """Lay messages on one clock. `clocks` maps each node to `epoch`, `uptime` or `none`.

    The reference is a node with dates if there is one, else a client, else the first node.
    """
    pool = list(messages)
    identities = tie_by_address(pool, identify(pool))
    by_node: dict[str, list[Message]] = defaultdict(list)
    for message in pool:
        by_node[message.node].append(message)
    timed = {node: seen for node, seen in by_node.items() if any(m.time is not None for m in seen)}
    offsets = _offsets(timed, clocks, identities)
    placed = [_shift(message, offsets.get(message.node, 0.0)) for message in pool]
    if len(timed) < len(by_node):
        placed = _interleave(placed, identities)
    return Aligned(tuple(placed), offsets)


def _shift(message: Message, offset: float) -> Message:
    if not offset or message.time is None:
        return message
    return replace(message, time=message.time + offset)


def _offsets(
    timed: Mapping[str, list[Message]], clocks: Mapping[str, str], identities: Identities
) -> dict[str, float]:
    """Seconds to add per node. Nodes are laid on one after the other, the best supported first."""
    todo = sorted(timed, key=lambda node: _rank(timed[node], clocks.get(node, NONE)))
    if not todo:
        return {}
    offsets = {todo.pop(0): 0.0}
    known = _Known(identities)
    known.add(timed[next(iter(offsets))], 0.0)
    reference = clocks.get(next(iter(offsets)), NONE)
    while todo:
        pairs = {node: known.pairs(timed[node]) for node in todo}
        node = max(todo, key=lambda name: len(pairs[name]))
        same = reference == EPOCH and clocks.get(node, NONE) == EPOCH
        offsets[node] = _offset(pairs[node], may_agree=same)
        known.add(timed[node], offsets[node])
        todo.remove(node)
    return offsets


def _rank(seen: Sequence[Message], clock: str) -> tuple[int, int]:
    client = any(message.role is Role.CLIENT for message in seen)
    return (0 if clock == EPOCH else 1, 0 if client else 1)


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

    def add(self, messages: Iterable[Message], offset: float) -> None:
        for message in messages:
            if message.time is not None:
                for key in self.keys(message):
                    self.seen[key].append((message.time + offset, _hop(message)))

    def pairs(self, messages: Iterable[Message]) -> list[_Pair]:
        result: list[_Pair] = []
        for message in messages:
            if message.time is None:
                continue
            hop = _hop(message)
            for time, other in self._candidates(message):
                result.append(_Pair(time - message.time, hop - other))
            if len(result) > _PER_CLOCK:
                break
        return result

    def _candidates(self, message: Message) -> list[tuple[float, int]]:
        for key in self.keys(message):
            found = self.seen.get(key)
            if found:
                return found[:_PER_KEY]
        return []

    def keys(self, message: Message) -> Iterator[tuple[object, ...]]:
        """From exact to loose: with xid, then without, for witnesses that do not print it."""
        base = (self.identities.key(message), message.type, message.yiaddr)
        if message.xid is not None:
            yield (*base, message.xid)
        yield base


def _hop(message: Message) -> int:
    """Place on the way: a larger number comes later."""
    place = {Role.CLIENT: 0, Role.TRANSIT: 2, Role.RELAY: 2, Role.SERVER: 5}[message.role]
    if message.role is Role.RELAY and message.direction is Direction.TX:
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
    anchors: dict[tuple[str, MessageType], list[float]] = defaultdict(list)
    for message in messages:
        if message.time is not None:
            anchors[identities.key(message), message.type].append(message.time)
    for times in anchors.values():
        times.sort()
    now: dict[str, float] = {}
    result = []
    for message in messages:
        if message.time is None:
            times = anchors.get((identities.key(message), message.type), [])
            at = next((time for time in times if time >= now.get(message.node, float("-inf"))), None)
            if at is not None:
                now[message.node] = at
            if message.node in now:
                message = replace(message, time=now[message.node])
        result.append(message)
    return result
