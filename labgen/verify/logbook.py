"""What nodes say of DHCP where nobody captures their ports: their logs, laid on the clock of the rest.

A device's log is stamped with its own clock, its uptime, or nothing. Offsets come from messages that others saw too
(`labgen.dhcp.clocks`); where nobody has a clock to go by, the newest line is as old as its collection. An uptime's
offset is kept, so that steps stay apart as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from labgen.devices.observed import Observed
from labgen.dhcp.clocks import EPOCH, NONE, UPTIME, align, in_causal_order
from labgen.dhcp.model import Message

FAR = 3600.0
"""Seconds between a log's newest date and its collection, from which on its clock is taken for wrong."""

COARSE = 1.5
"""Seconds by which stamps of whole seconds may come out too early: nothing in a step's log is from before it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A step, from its beginning to the end of its collection, in seconds since the epoch."""

    since: float
    at: float


@dataclass
class Logbook:
    """Messages of all steps so far, in order of their steps; `fresh` are those of the last one."""

    messages: tuple[Message, ...] = ()
    fresh: tuple[Message, ...] = ()
    _offsets: dict[str, float] = field(default_factory=dict)
    _read: dict[str, tuple[str | None, ...]] = field(default_factory=dict)

    def add(self, observed: Observed, captured: Collection[str], wire: Sequence[Message], step: Span) -> None:
        """Take in the logs of a step; `wire` are captured messages, `captured` nodes need no log."""
        placed, offsets = self._placed(observed, captured, wire, step)
        self._offsets |= offsets
        for node in {message.node for message in observed.messages}:
            self._read[node] = _texts(observed, node)
        self.messages, self.fresh = self.messages + placed, placed

    def glance(
        self, observed: Observed, captured: Collection[str], wire: Sequence[Message], step: Span
    ) -> tuple[Message, ...]:
        """What the logs say now, without taking it in."""
        return self._placed(observed, captured, wire, step)[0]

    def _placed(
        self, observed: Observed, captured: Collection[str], wire: Sequence[Message], step: Span
    ) -> tuple[tuple[Message, ...], dict[str, float]]:
        at = step.at
        new = tuple(m for node in _nodes(observed, captured) for m in self._new(observed, node))
        if not new:
            return (), {}
        kinds = {clock.file: clock.kind for clock in observed.clocks}
        own = tuple(self._known(m, kinds, at) for m in new)
        clocks = {m.file or m.node: self._kind(m, kinds, at) for m in own}
        aligned = align([*wire, *own], {m.file or m.node: EPOCH for m in wire} | clocks)
        placed = aligned.messages[len(wire) :]
        times = [m.time for m in placed if m.time is not None]
        settled = bool(wire) or EPOCH in clocks.values()
        shift = 0.0 if settled or not times else at - max(times)
        offsets = {
            node: offset + shift
            for (node, file), offset in aligned.offsets.items()
            if clocks.get(file or node) == UPTIME
        }
        laid = [at if m.time is None else m.time + shift for m in placed]
        late = step.since - min(laid)
        if 0 < late < COARSE:
            laid = [time + late for time in laid]
        return in_causal_order(replace(m, time=t) for m, t in zip(placed, laid, strict=True)), offsets

    def _known(self, message: Message, kinds: Mapping[str, str], at: float) -> Message:
        offset = self._offsets.get(message.node)
        if offset is None or message.time is None or not _foreign(message, kinds, at):
            return message
        return replace(message, time=message.time + offset)

    def _kind(self, message: Message, kinds: Mapping[str, str], at: float) -> str:
        """The kind of clock a message has by now."""
        if message.time is None:
            return NONE
        return UPTIME if _foreign(message, kinds, at) and message.node not in self._offsets else EPOCH

    def _new(self, observed: Observed, node: str) -> tuple[Message, ...]:
        """A log that was not cleared begins with what is known."""
        own = tuple(m for m in observed.messages if m.node == node)
        before = self._read.get(node, ())
        return own[len(before) :] if before and _texts(observed, node)[: len(before)] == before else own


def _foreign(message: Message, kinds: Mapping[str, str], at: float) -> bool:
    """Whether a message's time is not labgen's: an uptime, or a date that cannot be."""
    kind = kinds.get(message.file or message.node)
    return kind == UPTIME or (message.time is not None and abs(message.time - at) >= FAR)


def _texts(observed: Observed, node: str) -> tuple[str | None, ...]:
    return tuple(m.text for m in observed.messages if m.node == node)


def _nodes(observed: Observed, captured: Collection[str]) -> Iterable[str]:
    return dict.fromkeys(m.node for m in observed.messages if m.node not in captured)
