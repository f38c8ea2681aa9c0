"""Packets on their way out of the relay, gathered by socket and sent together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from labgen.dhcp.packet import MINIMUM_LENGTH
from labgen.relay.mmsg import Inbox, Outbox, SendFailure
from labgen.relay.tables import ClientLink, Server

ZEROS = bytes(MINIMUM_LENGTH)
"""What short messages are filled up with (RFC 1542 section 2.1)."""
IP_UDP_LENGTH = 28
"""Octets of an IPv4 header without options, and of a UDP header."""


@dataclass(slots=True, eq=False)
class Recipients:
    """The receivers of failed packets, by the pointer of the target."""

    servers: dict[int, Server] = field(default_factory=dict)
    links: dict[int, ClientLink] = field(default_factory=dict)

    def name(self, failure: SendFailure, box: str) -> str:
        server, link = self.servers.get(failure.pointer), self.links.get(failure.pointer)
        if server is not None:
            server.counters.failed += 1
            return server.name
        return link.name if link is not None else box


class Egress:
    """Packets that wait to be sent, and the fate of the packet in hand.

    Packets are patched in the inbox's buffer and sent from there; `address` is where it lies in memory. `waiting` are the boxes that hold
    something. `link`, `size` and `destination` say of the packet in hand whose it is, how long it has become in octets, and where a
    reply goes; the log tells them.
    """

    def __init__(self, inbox: Inbox, trouble: Callable[[str, int], None]) -> None:
        self.recipients = Recipients()
        self.buffer = inbox.buffer
        self.address = inbox.address
        self.waiting: list[Outbox] = []
        self.link: ClientLink | None = None
        self.size = 0
        self.destination = 0
        self._trouble = trouble

    def flush(self) -> None:
        """Sends all waiting packets; reports those that cannot be sent, by receiver and errno."""
        for box in self.waiting:
            for failure in box.flush():
                self._trouble(self.recipients.name(failure, box.name), failure.code)
        self.waiting.clear()
