"""Finds the place where a client's echo request, or the answer to it, was seen last (RFC 792): labs capture every frame of every port."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from socket import inet_aton

from labgen.dhcp import pcap

_ICMP, _REQUEST, _REPLY = 1, 8, 0
_SOURCE = 12
"""Where an IPv4 header has the source address; the destination follows."""
_PROTOCOL = 9
MOST = 24
"""Pairs that are followed: each costs a look at every frame."""


@dataclass(frozen=True, slots=True)
class EchoSighting:
    """One frame with an echo request or (`reply`) its answer, at a port of a node, bare or inside a tunnel."""

    node: str
    interface: str
    reply: bool
    time: float
    file: str
    frame: int


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """A capture of a node's port; `name` is how the verdict names it, `limit` how many of its frames belong to the step."""

    node: str
    interface: str
    path: Path
    name: str
    limit: int | None = None


Pair = tuple[str, str]
"""A client and the address it asked."""


@dataclass(frozen=True)
class Echoes:
    """Echoes between clients and what they asked in vain, or got an answer from against all plans, in the captures of a step. `held`
    are addresses by client.
    """

    captures: tuple[CaptureFile, ...] = ()
    asked: tuple[Pair, ...] = ()
    held: Mapping[str, str] | None = None
    since: float = 0.0

    def last(self, client: str, target: str) -> EchoSighting | None:
        """The sighting behind which most of a client's echoes to an address got lost; None where none was seen, or none was lost."""
        found = self._seen.get((client, target))
        return _behind(found.values(), client) if found else None

    def path_to(self, client: str, target: str) -> tuple[EchoSighting, ...]:
        """The places where a client's echo requests to an address were seen, in order."""
        found = (each for echo in self._seen.get((client, target), {}).values() for each in echo)
        return tuple(sorted((each for each in found if not each.reply), key=lambda each: each.time))

    @cached_property
    def _seen(self) -> dict[Pair, dict[bytes, list[EchoSighting]]]:
        held = self.held or {}
        wanted = [(client, target) for client, target in self.asked if client in held][:MOST]
        needles = {inet_aton(held[client]) + inet_aton(target): (client, target) for client, target in wanted}
        seen: dict[Pair, dict[bytes, list[EchoSighting]]] = defaultdict(lambda: defaultdict(list))
        for capture in self.captures if needles else ():
            for pair, number, sighting in _sightings(capture, needles, self.since):
                seen[pair][number].append(sighting)
        return seen


def _behind(echoes: Iterable[list[EchoSighting]], client: str) -> EchoSighting | None:
    """The last sighting of each echo; of those, the one at the node where most of them ended."""
    ends: list[EchoSighting] = []
    for sightings in echoes:
        replies = [each for each in sightings if each.reply]
        if any(each.node == client for each in replies):
            continue
        ends.append(max(replies or sightings, key=lambda each: each.time))
    if not ends:
        return None
    (node, _), *_ = Counter(each.node for each in ends).most_common(1)
    return next(each for each in reversed(ends) if each.node == node)


def _sightings(
    capture: CaptureFile, needles: Mapping[bytes, Pair], since: float
) -> Iterator[tuple[Pair, bytes, EchoSighting]]:
    """The sightings in a capture. Damage is told by who reads DHCP there."""
    both = [(ends, pair, False) for ends, pair in needles.items()]
    both += [(ends[4:] + ends[:4], pair, True) for ends, pair in needles.items()]
    with capture.path.open("rb") as stream, suppress(pcap.DamagedCaptureError):
        for frame in pcap.frames(stream):
            if capture.limit is not None and frame.number > capture.limit:
                return
            if (frame.time or 0.0) < since:
                continue
            for ends, pair, reply in both:
                number = _number(frame.data, ends, _REPLY if reply else _REQUEST)
                if number:
                    place = (capture.node, capture.interface, reply, frame.time or 0.0)
                    yield pair, number, EchoSighting(*place, capture.name, frame.number)


def _number(data: bytes, ends: bytes, kind: int) -> bytes:
    """Identifier and sequence number of an echo between two addresses in a frame, however deep in tunnels; empty where it has none."""
    at = data.find(ends)
    while at >= _SOURCE:
        head = at - _SOURCE
        message = head + (data[head] & 15) * 4
        if data[head + _PROTOCOL] == _ICMP and data[message : message + 1] == bytes((kind,)):
            return data[message + 4 : message + 8]
        at = data.find(ends, at + 1)
    return b""
