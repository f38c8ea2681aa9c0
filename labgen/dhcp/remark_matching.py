"""The exchange that a remark is about: the one whose messages it names, else the one it follows in its file."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from labgen.dhcp.message import Message
from labgen.dhcp.model import Exchange
from labgen.dhcp.remarks import Cause, Remark

# Messages before a remark that it may be about, and seconds it may come after them.
_LOOKED_BACK, _AFTER = 60, 180.0
# Lines between a message and a remark about it that does not say so.
_RIGHT_AFTER = 2

_Place = tuple[int, int, Message]


def attached(exchanges: Sequence[Exchange], remarks: Iterable[Remark]) -> Mapping[int, tuple[Remark, ...]]:
    """Remarks by the place of their exchange in `exchanges`; one that belongs to none is left out."""
    said: dict[int, list[Remark]] = defaultdict(list)
    listed = [remark for remark in remarks if remark.cause is not Cause.CLAIMED]
    if not listed:
        return {}
    files = _by_file(exchanges)
    for remark in listed:
        forwards, places = files.get(remark.file, (1, []))
        number = _exchange_of(remark, places, forwards)
        if number is not None:
            said[number].append(remark)
    return {number: tuple(own) for number, own in said.items()}


def _by_file(exchanges: Sequence[Exchange]) -> Mapping[str | None, tuple[int, list[_Place]]]:
    """The messages of each file in its order of time, and whether line numbers grow with it (1) or fall (-1): log pages show the newest
    line first.
    """
    files: dict[str | None, list[_Place]] = defaultdict(list)
    for number, exchange in enumerate(exchanges):
        for message in exchange.messages:
            if message.line is not None:
                files[message.file].append((message.line, number, message))
    found: dict[str | None, tuple[int, list[_Place]]] = {}
    for file, places in files.items():
        places.sort(key=lambda place: place[:2])
        forwards = _direction(places)
        if forwards < 0:
            places = [(-line, number, message) for line, number, message in places[::-1]]
        found[file] = forwards, places
    return found


def _direction(places: Sequence[_Place]) -> int:
    times = [message.time for _, _, message in places if message.time is not None]
    steps = [later - earlier for earlier, later in pairwise(times) if later != earlier]
    return -1 if steps and sum(step < 0 for step in steps) * 4 > len(steps) * 3 else 1


def _exchange_of(remark: Remark, places: Sequence[_Place], forwards: int) -> int | None:
    if remark.line is None:
        return None
    own = remark.line * forwards
    at = bisect_right(places, own, key=lambda place: place[0])
    near = [*places[max(0, at - _LOOKED_BACK) : at][::-1], *places[at : at + 3]]
    for line, number, message in near:
        if message.node == remark.node and _agrees(remark, message, own - line):
            if line <= own or _names(remark, message):
                return number
            return None
    return None


def _agrees(remark: Remark, message: Message, after: int) -> bool:
    """Nothing that both tell differs, and something is the same; a remark that names nobody, or comes right after a message, is
    about the message before.
    """
    if remark.time is not None and message.time is not None and abs(remark.time - message.time) > _AFTER:
        return False
    shared = _shared(remark, message)
    if not shared and remark.cause is not Cause.GAVE_UP and not _is_at_once(remark, message):
        return False
    if not shared:
        return not _names_somebody(remark) or remark.cause is Cause.GAVE_UP or 0 <= after <= _RIGHT_AFTER
    return all(shared)


def _is_at_once(remark: Remark, message: Message) -> bool:
    """A sentence that names nobody is about what happened in that second, where a clock tells."""
    return remark.time is None or message.time is None or abs(remark.time - message.time) <= _AT_ONCE


_AT_ONCE = 2.0


def _names(remark: Remark, message: Message) -> bool:
    shared = _shared(remark, message)
    return bool(shared) and all(shared)


def _names_somebody(remark: Remark) -> bool:
    return any((remark.mac, remark.client_id, remark.xid, remark.giaddr, remark.address, remark.interface))


def _shared(remark: Remark, message: Message) -> list[bool]:
    pairs: tuple[tuple[object, object], ...] = (
        (remark.mac, message.mac),
        (remark.client_id, message.client_id),
        (remark.xid, message.xid),
        (remark.giaddr, message.giaddr),
        (remark.interface, message.interface),
    )
    matches = [one == other for one, other in pairs if one is not None and other is not None]
    if remark.address is not None:
        mentioned = [a for a in (message.yiaddr, message.requested, message.ciaddr) if a is not None]
        if mentioned:
            matches.append(remark.address in mentioned or remark.cause is Cause.CONFLICT)
    return matches
