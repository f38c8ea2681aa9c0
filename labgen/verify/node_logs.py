"""DHCP by the logs of nodes whose ports nobody captures, laid on the clock of the rest.

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
    """A step, from its beginning to the end of its collection, in seconds since the epoch. `looked`: a date in a log is what it
    says, however long ago that is; nobody made the node log anything just now.
    """

    since: float
    at: float
    looked: bool = False


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
        """The messages that the logs have now, without taking them in."""
        return self._placed(observed, captured, wire, step)[0]

    def _placed(
        self, observed: Observed, captured: Collection[str], wire: Sequence[Message], step: Span
    ) -> tuple[tuple[Message, ...], dict[str, float]]:
        at = step.at
        new = tuple(m for node in _nodes(observed, captured) for m in self._new(observed, node))
        kinds = {clock.file: clock.kind for clock in observed.clocks}
        if step.looked:  # what has no date may be of any day
            new = tuple(m for m in new if m.time is not None and kinds.get(m.file or m.node) == EPOCH)
        if not new:
            return (), {}
        foreign = _foreign(new, kinds, at, float("inf") if step.looked else FAR)
        guessed = {node: at - newest for node, newest in foreign.items() if node not in self._offsets}
        added = {node: (guessed | self._offsets)[node] for node in foreign}
        own = [replace(m, time=m.time + added.get(m.node, 0.0)) if m.time is not None else m for m in new]
        clocks = {
            m.file or m.node: NONE if m.time is None else UPTIME if m.node in guessed else EPOCH for m in own
        }
        aligned = align([*wire, *own], {m.file or m.node: EPOCH for m in wire} | clocks)
        placed = aligned.messages[len(wire) :]
        laid = [at if m.time is None else m.time for m in placed]
        clocked = bool(wire) or EPOCH in clocks.values()
        shift = _into(step, laid, clocked=clocked)
        moved = {node: offset for (node, _), offset in aligned.offsets.items()}
        offsets = {node: guess + moved.get(node, 0.0) + shift for node, guess in guessed.items()}
        return in_causal_order(replace(m, time=t + shift) for m, t in zip(placed, laid, strict=True)), offsets

    def _new(self, observed: Observed, node: str) -> tuple[Message, ...]:
        """A log that was not cleared begins with what is known."""
        own = tuple(m for m in observed.messages if m.node == node)
        before = self._read.get(node, ())
        return own[len(before) :] if before and _texts(observed, node)[: len(before)] == before else own


def _foreign(
    messages: Iterable[Message], kinds: Mapping[str, str], at: float, far: float = FAR
) -> Mapping[str, float]:
    """The newest time of each node whose times are not labgen's: uptimes, or dates that cannot be, `far` from `at`."""
    found: dict[str, float] = {}
    for m in messages:
        odd = m.time is not None and (kinds.get(m.file or m.node) == UPTIME or abs(m.time - at) >= far)
        if odd and m.time is not None:
            found[m.node] = max(found.get(m.node, m.time), m.time)
    return found


def _into(step: Span, times: Sequence[float], *, clocked: bool) -> float:
    """Seconds to add: without a clock to go by the newest line is as old as its collection, and none is from before the
    step.
    """
    shift = 0.0 if clocked else step.at - max(times)
    early = step.since - (min(times) + shift)
    return shift + early if 0 < early < COARSE else shift


def _texts(observed: Observed, node: str) -> tuple[str | None, ...]:
    return tuple(m.text for m in observed.messages if m.node == node)


def _nodes(observed: Observed, captured: Collection[str]) -> Iterable[str]:
    return dict.fromkeys(m.node for m in observed.messages if m.node not in captured)
