"""Frames of a capture that repeat an earlier one."""

from __future__ import annotations

from labgen.dhcp.frames import Datagram

_BROADCAST = b"\xff\xff\xff\xff"


class Copies:
    """Tells a frame that repeats an earlier one from a message sent again.

    A mirror of both directions, a broadcast replicated at the head end, and both sides of a router give one datagram
    twice: the same payload between the same addresses with the same IP identification, or, where that is 0, within
    `_INSTANT`. A client that sends again does so later.
    """

    _INSTANT = 0.05
    _SOON = 0.9

    def __init__(self) -> None:
        self._new: dict[Look, Where] = {}
        self._old: dict[Look, Where] = {}
        self._since = 0.0

    def is_copy(self, datagram: Datagram, time: float | None) -> bool:
        """True if this datagram was seen before, moments ago. Two VLANs or two VNIs are two places where it was broadcast."""
        if time is None or datagram.cut:
            return False
        look = (hash(datagram.payload), datagram.source, datagram.destination, datagram.ip_id)
        return self.repeats(look, (time, datagram.vlan, datagram.vni, datagram.outer_vlan))

    def repeats(self, look: Look, now: Where) -> bool:
        """True if what looks like this was seen before, moments ago and where this may be."""
        time = now[0]
        if not 0 <= time - self._since <= self._SOON:
            self._old, self._new, self._since = self._new, {}, time
        before = self._new.get(look) or self._old.get(look)
        if (
            before is not None
            and 0 <= time - before[0] <= (self._SOON if look[3] else self._INSTANT)
            and (look[2] != _BROADCAST or _may_be_one(before[1:], now[1:]))
        ):
            return True
        self._new[look] = now
        return False


Look = tuple[int, bytes, bytes, int]
"""A datagram: hash of its payload, source, destination, IP identification."""
_Place = tuple[int | None, int | None, int | None]
Where = tuple[float, int | None, int | None, int | None]
"""When and where one was seen: seconds, VLAN, VNI, the VLAN around it."""


def _may_be_one(one: _Place, other: _Place) -> bool:
    """Places that differ only in what one of them does not tell."""
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))
