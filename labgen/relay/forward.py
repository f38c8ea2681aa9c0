"""The forwarding path: requests to servers, replies to clients, patched where they were received.

Whatever is decided here is decided from one packet, the configuration and the machine's addresses: there
is no per-client state, so a restart loses nothing but what was in flight (R30).
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from labgen.dhcp.options import RelayAgentInfo
from labgen.dhcp.packet import BOOTREPLY, BOOTREQUEST, BROADCAST_FLAG, COOKIE, HEADER_LENGTH, MINIMUM_LENGTH
from labgen.relay.counters import Counters, DropReason, ServerCounters
from labgen.relay.frames import HEADERS_LENGTH, fragments, write_headers
from labgen.relay.mmsg import HEADROOM, STRIDE, Inbox, Outbox
from labgen.relay.tables import Group, Link, ReplyTable, Server
from labgen.relay.walk import walk, without_relay_agent

_REQUEST = struct.Struct("!3xB20x4s")
_REPLY = struct.Struct("!xBB7xHII8x6s")
_OPTIONS = HEADER_LENGTH + len(COOKIE)
_ZEROS = bytes(MINIMUM_LENGTH)
_UNSET = bytes(4)
_END = b"\xff"
_IP_UDP_LENGTH = 28
_BROADCAST = 0xFFFFFFFF
_BROADCAST_MAC = b"\xff" * 6
_ETHERNET = 1
_SURE_TO_FIT = 576 - _IP_UDP_LENGTH
"""UDP payload that every IPv4 link carries in one piece (RFC 1122 section 3.3.3)."""
_RELAYED = 0


@dataclass(slots=True, eq=False)
class Port:
    """An open socket, and the client interfaces of its namespace by interface index."""

    name: str
    fd: int
    links: Mapping[int, Link] = field(default_factory=dict)
    servers: Mapping[int, ServerCounters] = field(default_factory=dict)
    """By source address as the machine reads it: those a reply may come from on a client interface."""
    stranger: ServerCounters = field(default_factory=ServerCounters)
    """For replies from addresses that no request goes to."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One packet as handled, for the log. `reason` None: relayed, and `after` is what was sent.

    `destination` is where it was sent to the relay, `delivered` where a reply went.
    """

    reason: DropReason | None
    port: Port
    link: Link | None
    source: bytes
    destination: bytes
    before: bytes
    after: bytes
    delivered: int


@dataclass(slots=True, eq=False)
class Tables:
    """What packets are looked up in. Replaced as a whole when configuration or addresses change."""

    own: frozenset[bytes] = frozenset()
    replies: dict[bytes, ReplyTable] = field(default_factory=dict)
    targets: dict[int, Server] = field(default_factory=dict)
    """By the pointer of their socket address."""


class Forwarder:
    """Moves packets between ports. `trace` sees every packet, `trouble` what could not be sent."""

    def __init__(
        self,
        counters: Counters,
        path_mtu: Callable[[Group, Server], int],
        trouble: Callable[[str, int], None],
    ) -> None:
        self.tables = Tables()
        self.trace: Callable[[Sighting], None] | None = None
        self.trace_drops: Callable[[Sighting], None] | None = None
        self._counters = counters
        self._path_mtu = path_mtu
        self._trouble = trouble
        self._inbox = Inbox()
        self._buffer = self._inbox.buffer
        self._waiting: list[Outbox] = []
        self._identifiers = count(1)
        self._link: Link | None = None
        self._size = 0
        self._destination = 0

    def serve(self, port: Port) -> int:
        """Handle what waits at a port; the number of packets. Raises OSError, see Inbox.receive."""
        inbox = self._inbox
        number = inbox.receive(port.fd)
        for slot in range(number):
            base = slot * STRIDE + HEADROOM
            length = inbox.lengths[slot * 16]
            before = bytes(self._buffer[base : base + length]) if self.trace or self.trace_drops else b""
            reason = self._handle(port, slot, base, length)
            if reason:
                self._count_drop(DropReason(reason))
            if self.trace or (reason and self.trace_drops):
                self._show(port, slot, base, reason, before)
        if self._waiting:
            self._flush()
        return number

    def _handle(self, port: Port, slot: int, base: int, length: int) -> int:
        self._link = None
        if length < HEADER_LENGTH or self._inbox.truncated(slot):
            return DropReason.TOO_SHORT
        op = self._buffer[base]
        at = slot * 8
        control = self._inbox.control
        if op == BOOTREQUEST:
            link = port.links.get(control[at])
            if link is None:
                return DropReason.WRONG_OP
            self._link = link
            return self._request(link, base, length, control[at + 1] == control[at + 2])
        if op != BOOTREPLY:
            return DropReason.WRONG_OP
        server = port.servers.get(self._inbox.sources[slot * 4])
        if server is None and control[at] in port.links:
            self._link = port.links[control[at]]
            return DropReason.WRONG_OP
        return self._reply(server or port.stranger, base, length)

    # Requests: client to servers.

    def _request(self, link: Link, base: int, length: int, unicast: bool) -> int:
        """R01..R08, R15, R17..R19, R21..R23, R26, R27, R31, R32."""
        buffer = self._buffer
        hops, giaddr = _REQUEST.unpack_from(buffer, base)
        stop = base + length
        if length >= _OPTIONS and buffer[base + HEADER_LENGTH : base + _OPTIONS] == COOKIE:
            end, kind, agent = walk(buffer, base + _OPTIONS, stop)
        else:
            end, kind, agent = 0, 0, 0
        link.counters.requests[kind] += 1
        if hops > link.hop_limit:
            return DropReason.HOP_LIMIT
        if not link.groups:
            return DropReason.NO_ADDRESS
        if end < 0:
            return DropReason.MALFORMED_OPTIONS
        buffer[base + 3] = hops + 1
        if giaddr != _UNSET:
            return self._relayed_request(link, giaddr, base, length, end, unicast)
        if agent:
            if not link.policy.config.trusted:
                return DropReason.UNTRUSTED_OPTION82
            end = 0
        self._submit(link, base, length, end, unicast, giaddr=True)
        return _RELAYED

    def _relayed_request(
        self, link: Link, giaddr: bytes, base: int, length: int, end: int, unicast: bool
    ) -> int:
        """A request some relay has seen: giaddr stays, option 82 too unless configured otherwise (R06)."""
        mode = link.policy.relayed
        if giaddr in self.tables.own:
            return DropReason.OWN_GIADDR
        if mode == "discard":
            return DropReason.RELAYED
        if mode == "forward":
            end = 0
        elif mode == "replace" and end:
            start = base + _OPTIONS
            kept, _ = without_relay_agent(self._buffer, start, end)
            end = start + len(kept)
            self._buffer[start:end] = kept
        self._submit(link, base, length, end, unicast)
        return _RELAYED

    def _submit(
        self, link: Link, base: int, length: int, end: int, unicast: bool, giaddr: bool = False
    ) -> None:
        """Send to every server of a link.

        With `end` set, option 82 takes the place of the end option there; with `giaddr`, the group's is
        filled in.
        """
        buffer = self._buffer
        for group in link.groups:
            if giaddr:
                buffer[base + 24 : base + 28] = group.giaddr
            size = length
            if end:
                tail = group.unicast_tail if unicast else group.broadcast_tail
                size = end - base + len(tail)
                if size > _SURE_TO_FIT and not self._fits(group, size):
                    link.counters.option82_omitted += 1
                    tail, size = _END, end - base + 1
                buffer[end : end + len(tail)] = tail
            self._queue_request(group, base, size)
            if group is not link.groups[-1]:
                # The next group's copy takes this one's place.
                self._flush()

    def _queue_request(self, group: Group, base: int, size: int) -> None:
        if size < MINIMUM_LENGTH:
            self._buffer[base + size : base + MINIMUM_LENGTH] = _ZEROS[size:]
            size = MINIMUM_LENGTH
        self._size = size
        box = group.box
        if not box.count:
            self._waiting.append(box)
        start = self._inbox.address + base
        for server in group.servers:
            server.counters.sent += 1
            box.add(start, size, server.target.pointer)

    def _fits(self, group: Group, size: int) -> bool:
        return all(size + _IP_UDP_LENGTH <= self._path_mtu(group, server) for server in group.servers)

    # Replies: server to client.

    def _reply(self, server: ServerCounters, base: int, length: int) -> int:
        """R10, R11, R16, R20, R22..R24; `_deliver` does the rest."""
        buffer = self._buffer
        giaddr = bytes(buffer[base + 24 : base + 28])
        table = self.tables.replies.get(giaddr)
        if table is None:
            return DropReason.FOREIGN_GIADDR if giaddr != _UNSET else DropReason.NO_GIADDR
        end = kind = agent = 0
        if length >= _OPTIONS and buffer[base + HEADER_LENGTH : base + _OPTIONS] == COOKIE:
            end, kind, agent = walk(buffer, base + _OPTIONS, base + length)
            if end < 0:
                return DropReason.MALFORMED_OPTIONS
        server.replies[kind] += 1
        if agent:
            found = self._strip(table, server, base, agent, end)
        else:
            self._size = length
            found = table.only or DropReason.AMBIGUOUS
            server.option82_missing += 1
        if isinstance(found, DropReason):
            return found
        self._link = found
        found.counters.replies[kind] += 1
        self._deliver(found, base)
        return _RELAYED

    def _strip(
        self, table: ReplyTable, server: ServerCounters, base: int, agent: int, end: int
    ) -> Link | DropReason:
        """Take option 82 out; the interface it leads to."""
        buffer = self._buffer
        if agent + 2 + buffer[agent + 1] == end:
            option = bytes(buffer[agent:end])
            value = option[2:]
        else:
            # Not last, or in pieces: close the gap.
            start = base + _OPTIONS
            kept, value = without_relay_agent(buffer, start, end)
            agent = start + len(kept)
            buffer[start:agent] = kept
            option = bytes((82, min(len(value), 255))) + value
        buffer[agent] = 255
        self._size = agent + 1 - base
        known = table.exact.get(option)
        if known is not None:
            link, vss_ignored = known
            server.vss_ignored += vss_ignored
            return link
        info = RelayAgentInfo.decode(value)
        if info.malformed is not None:
            return DropReason.MALFORMED_OPTION82
        server.vss_ignored += info.vss_control
        return table.find(info)

    def _deliver(self, link: Link, base: int) -> None:
        """R12..R14: where a reply goes on the client's side. RFC 2131 section 4.1, RFC 1542 section 4.1.2."""
        buffer, size = self._buffer, self._size
        htype, hlen, flags, ciaddr, yiaddr, chaddr = _REPLY.unpack_from(buffer, base)
        if size < MINIMUM_LENGTH:
            buffer[base + size : base + MINIMUM_LENGTH] = _ZEROS[size:]
            self._size = size = MINIMUM_LENGTH
        destination = yiaddr or ciaddr
        if flags & BROADCAST_FLAG or not destination or htype != _ETHERNET or hlen != 6:
            destination, chaddr = _BROADCAST, _BROADCAST_MAC
        write_headers(buffer, base, size, chaddr, link.mac, link.source, destination)
        self._destination = destination
        box = link.box
        if size + _IP_UDP_LENGTH > link.mtu:
            self._send_fragments(box, base, size, link.mtu)
            return
        if not box.count:
            self._waiting.append(box)
        box.add(self._inbox.address + base - HEADERS_LENGTH, size + HEADERS_LENGTH, 0)

    def _send_fragments(self, box: Outbox, base: int, size: int, mtu: int) -> None:
        frame = bytes(self._buffer[base - HEADERS_LENGTH : base + size])
        try:
            for piece in fragments(frame, mtu, next(self._identifiers) & 0xFFFF):
                os.write(box.fd, piece)
        except OSError as error:
            self._trouble(box.name, error.errno or 0)

    def _flush(self) -> None:
        for box in self._waiting:
            for failure in box.flush():
                server = self.tables.targets.get(failure.pointer)
                if server is not None:
                    server.counters.failed += 1
                self._trouble(server.name if server is not None else box.name, failure.code)
        self._waiting.clear()

    # What is told about it.

    def _count_drop(self, reason: DropReason) -> None:
        drops = self._counters.unplaced if self._link is None else self._link.counters.drops
        drops[reason] += 1

    def _show(self, port: Port, slot: int, base: int, reason: int, before: bytes) -> None:
        show = self.trace or self.trace_drops
        if show is None:
            return
        words = (self._inbox.sources[slot * 4], self._inbox.control[slot * 8 + 2])
        source, destination = (number.to_bytes(4, sys.byteorder) for number in words)
        after = b"" if reason else bytes(self._buffer[base : base + self._size])
        sighting = Sighting(
            DropReason(reason) if reason else None,
            port,
            self._link,
            source,
            destination,
            before,
            after,
            self._destination,
        )
        show(sighting)
