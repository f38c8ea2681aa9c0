"""The clients that each server answered, and until when: what another client's silence is held against."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.networks import inside, network_of
from labgen.dhcp.segments import NOWHERE, Segment, differ, segment_of


class ServerReplies:
    """The clients that each server answered, and until when: what another client's silence is held against."""

    def __init__(self, replies: Iterable[Message]) -> None:
        self._relays: dict[str, dict[str, float]] = defaultdict(dict)
        self._clients: dict[str, dict[str, float]] = defaultdict(dict)
        self._leases: dict[str, int] = {}
        self._segments: dict[str, set[Segment]] = defaultdict(set)
        self._given: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for message in replies:
            self._add(message)

    def _add(self, message: Message) -> None:
        if message.server_id is not None and message.lease_seconds is not None:
            longest = self._leases.get(message.server_id, 0)
            self._leases[message.server_id] = max(message.lease_seconds, longest)
        if message.src is None or message.time is None:
            return
        if message.giaddr is not None:
            known = self._relays[message.src]
            known[message.giaddr] = max(message.time, known.get(message.giaddr, message.time))
        elif message.mac is not None:
            if message.type is MessageType.ACK and message.yiaddr and message.mask:
                self._given[message.src].add((message.yiaddr, message.mask))
            self._segments[message.src].add(segment_of(message))
            known = self._clients[message.src]
            known[message.mac] = max(message.time, known.get(message.mac, message.time))

    def longest_lease(self, server: str) -> int | None:
        """Seconds of the longest lease that a server gave anybody, by its identifier."""
        return self._leases.get(server)

    def relays(self, server: str, since: float) -> list[str]:
        """Relays (giaddr) that a server answered at `since` or later."""
        return [giaddr for giaddr, last in self._relays.get(server, {}).items() if last >= since]

    def has_answered(self, server: str, giaddr: str) -> bool:
        """True if a server answered a relay at any time."""
        return giaddr in self._relays.get(server, {})

    def knows_subnet(self, server: str, giaddr: str) -> str | None:
        """An address beside giaddr in its subnet that a server acknowledged to a client directly, as a renewal."""
        for address, mask in sorted(self._given.get(server, ())):
            prefix = network_of(address, mask)
            if prefix is not None and address != giaddr and inside(giaddr, prefix):
                return address
        return None

    def is_in(self, server: str, segment: Segment) -> bool:
        """True if a server answers clients in a network, as far as its tags tell."""
        return any(not differ(known, segment) for known in self._segments.get(server, ()))

    def segments(self) -> list[Segment]:
        """The networks in which clients are answered directly."""
        return sorted({s for known in self._segments.values() for s in known if s is not NOWHERE}, key=str)

    def before(self, since: float, mac: str | None) -> dict[str, int]:
        """Servers that answered clients directly before `since`, and never this one, with the number of those clients."""
        counts = {
            server: sum(last < since for last in clients.values())
            for server, clients in self._clients.items()
            if mac not in clients
        }
        return {server: count for server, count in counts.items() if count}

    def servers(self, since: float, mac: str | None = None) -> dict[str, int]:
        """Servers that answered clients directly at `since` or later, with the number of those clients but `mac`."""
        counts = {
            server: len(ends)
            - bisect_left(ends, since)
            - (self._clients[server].get(mac or "", since - 1) >= since)
            for server, ends in self._ends_by_server.items()
        }
        return {server: count for server, count in counts.items() if count}

    @cached_property
    def _ends_by_server(self) -> dict[str, list[float]]:
        """The times at which each server answered each of its clients for the last time, in order."""
        return {server: sorted(clients.values()) for server, clients in self._clients.items()}
