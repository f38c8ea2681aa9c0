"""The forwarding path: each packet that comes in goes to the requests or to the replies, and out again.

Whatever is decided here is decided from one packet, the configuration and the machine's addresses: there
is no per-client state, so a restart loses nothing but what was in flight (R30).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from labgen.dhcp.packet import BOOTREPLY, BOOTREQUEST, HEADER_LENGTH
from labgen.relay.counters import Counters, DropReason
from labgen.relay.egress import Egress, Recipients
from labgen.relay.fastpath import FastPath
from labgen.relay.mmsg import HEADROOM, STRIDE, Inbox
from labgen.relay.replies import ReplyPath
from labgen.relay.requests import RequestPath
from labgen.relay.tables import ClientLink, Group, Server, VrfLookup


@dataclass(slots=True, eq=False)
class Port:
    """An open socket of one VRF."""

    name: str
    fd: int
    scope: VrfLookup


@dataclass(frozen=True, slots=True)
class Sighting:
    """One packet as handled, for the log. `reason` None: relayed, and `after` is what was sent.

    `ifindex` is the interface it came in by, `destination` where it was sent to the relay, `delivered` where a reply went.
    """

    reason: DropReason | None
    port: Port
    link: ClientLink | None
    ifindex: int
    source: bytes
    destination: bytes
    before: bytes
    after: bytes
    delivered: int


class Forwarder:
    """Moves packets between ports. `trace` sees every packet, `trace_drops` those dropped, `trouble` what could not be sent."""

    def __init__(
        self,
        counters: Counters,
        path_mtu: Callable[[Group, Server], int],
        trouble: Callable[[str, int], None],
        inbox: Inbox | None = None,
    ) -> None:
        self.trace: Callable[[Sighting], None] | None = None
        self.trace_drops: Callable[[DropReason, Callable[[], Sighting]], None] | None = None
        self.inbox = self._inbox = inbox or Inbox()
        self._counters = counters
        self._buffer = self._inbox.buffer
        self._lengths, self._control = self._inbox.lengths, self._inbox.control
        self._egress = Egress(self._inbox, trouble)
        self._requests = RequestPath(self._egress, path_mtu)
        self._replies = ReplyPath(self._inbox, self._egress)
        self._fast: FastPath | None = None

    @property
    def recipients(self) -> Recipients:
        """The receivers of packets that cannot be sent."""
        return self._egress.recipients

    @recipients.setter
    def recipients(self, known: Recipients) -> None:
        self._egress.recipients = known

    def teach(self, fast: FastPath | None) -> None:
        """Teaches the compiled cache a decision for packets that will come again; None without such a cache."""
        self._fast = self._replies.fast = fast

    def serve(self, port: Port) -> int:
        """Handle what waits at a port; the number of packets. Raises OSError, see Inbox.receive."""
        number = self._inbox.receive(port.fd)
        for slot in range(number):
            self._one(port, slot)
        if self._egress.waiting:
            self._egress.flush()
        return number

    def serve_slot(self, port: Port, slot: int) -> None:
        """Handle one packet that is in the inbox, and send what came of it."""
        self._one(port, slot)
        if self._egress.waiting:
            self._egress.flush()

    def _one(self, port: Port, slot: int) -> None:
        if port.scope.copied and self._is_copy(port.scope, slot * 8):
            return
        base = slot * STRIDE + HEADROOM
        length = self._lengths[slot * 16]
        before = bytes(self._buffer[base : base + length]) if self.trace else b""
        reason = self._handle(port.scope, slot, base, length)
        if reason:
            self._drop(port, slot, base, length, DropReason(reason))
        elif self.trace:
            after = bytes(self._buffer[base : base + self._egress.size])
            self.trace(self._sighting(port, slot, None, before, after))

    def _is_copy(self, scope: VrfLookup, at: int) -> bool:
        """True if a packet is a broadcast that the client interface below the device it came in by has got as well."""
        below = scope.below(self._control[at])
        if below is None or self._control[at + 1] == self._control[at + 2]:
            return False
        below.counters.copies += 1
        return True

    def _handle(self, scope: VrfLookup, slot: int, base: int, length: int) -> int:
        """Deal with one packet: 0, or the DropReason. What is dropped is left as it came."""
        self._egress.link = None
        if length < HEADER_LENGTH:
            return DropReason.TOO_SHORT
        op = self._buffer[base]
        at = slot * 8
        ifindex = self._control[at]
        if op == BOOTREQUEST:
            link = scope.links.get(ifindex)
            if link is None:
                return DropReason.WRONG_OP if ifindex in scope.members else DropReason.FOREIGN_INTERFACE
            self._egress.link = link
            unicast = self._control[at + 1] == self._control[at + 2]
            reason = self._requests.handle(link, base, length, unicast)
            if self._fast is not None and not reason and link.groups and scope.below(ifindex) is None:
                self._fast.learn_request(link, scope, ifindex)
            return reason
        if op != BOOTREPLY:
            return DropReason.WRONG_OP
        if ifindex not in scope.members:
            return DropReason.FOREIGN_INTERFACE
        return self._replies.handle(scope, slot, base, length)

    def _drop(self, port: Port, slot: int, base: int, length: int, reason: DropReason) -> None:
        drops = self._counters.unplaced if self._egress.link is None else self._egress.link.counters.drops
        drops[reason] += 1
        if self.trace_drops:

            def sighting() -> Sighting:
                return self._sighting(port, slot, reason, bytes(self._buffer[base : base + length]), b"")

            self.trace_drops(reason, sighting)

    def _sighting(
        self, port: Port, slot: int, reason: DropReason | None, before: bytes, after: bytes
    ) -> Sighting:
        ifindex = self._control[slot * 8]
        words = (self._inbox.sources[slot * 4], self._control[slot * 8 + 2])
        source, destination = (number.to_bytes(4, sys.byteorder) for number in words)
        return Sighting(
            reason,
            port,
            self._egress.link,
            ifindex,
            source,
            destination,
            before,
            after,
            self._egress.destination,
        )
