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

_REQUEST = struct.Struct("!3xB20x4s208x4s")
_REPLY_KEYS = struct.Struct("!24x4s208x4s")
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
"""UDP payload not checked against the MTU: hosts send datagrams of 576 octets anywhere (RFC 1122 section 3.3.3)."""
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
        self._lengths, self._control = self._inbox.lengths, self._inbox.control
        self._address = self._inbox.address
        self._waiting: list[Outbox] = []
        self._identifiers = count(1)
        self._link: Link | None = None
        self._size = 0
        self._destination = 0

    def serve(self, port: Port) -> int:
        """Handle what waits at a port; the number of packets. Raises OSError, see Inbox.receive."""
        number = self._inbox.receive(port.fd)
        for slot in range(number):
            base = slot * STRIDE + HEADROOM
            length = self._lengths[slot * 16]
            before = bytes(self._buffer[base : base + length]) if self.trace else b""
            reason = self._handle(port, slot, base, length)
            if reason:
                self._drop(port, slot, base, length, DropReason(reason))
            elif self.trace:
                after = bytes(self._buffer[base : base + self._size])
                self.trace(self._sighting(port, slot, None, before, after))
        if self._waiting:
            self._flush()
        return number

    def _handle(self, port: Port, slot: int, base: int, length: int) -> int:
        """Deal with one packet: 0, or the DropReason. What is dropped is left as it came."""
        self._link = None
        if length < HEADER_LENGTH:
            return DropReason.TOO_SHORT
        op = self._buffer[base]
        at = slot * 8
        control = self._control
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
        end = kind = agent = 0
        hops, giaddr, cookie = _REQUEST.unpack_from(buffer, base)
        if cookie == COOKIE and length >= _OPTIONS:
            end, kind, agent = walk(buffer, base + _OPTIONS, base + length)
        link.counters.requests[kind] += 1
        if hops > link.hop_limit:
            return DropReason.HOP_LIMIT
        if not link.groups:
            return DropReason.NO_ADDRESS
        if end < 0:
            return DropReason.MALFORMED_OPTIONS
        if giaddr != _UNSET:
            return self._relayed_request(link, giaddr, base, length, end, unicast)
        if agent:
            if not link.policy.config.trusted:
                return DropReason.UNTRUSTED_OPTION82
            end = 0
        self._submit(link, base, length, end, unicast, True)
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
        self._submit(link, base, length, end, unicast, False)
        return _RELAYED

    def _submit(self, link: Link, base: int, length: int, end: int, unicast: bool, giaddr: bool) -> None:
        """Send to every server of a link.

        With `end` set, option 82 takes the place of the end option there; with `giaddr`, the group's is
        filled in.
        """
        buffer, start = self._buffer, self._address + base
        buffer[base + 3] += 1
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
            if size < MINIMUM_LENGTH:
                buffer[base + size : base + MINIMUM_LENGTH] = _ZEROS[size:]
                size = MINIMUM_LENGTH
            box = group.box
            if not box.count:
                self._waiting.append(box)
            for counters, pointer in group.targets:
                counters.sent += 1
                box.add(start, size, pointer)
            if group is not link.groups[-1]:
                # The next group's copy takes this one's place.
                self._flush()
        self._size = size

    def _fits(self, group: Group, size: int) -> bool:
        return all(size + _IP_UDP_LENGTH <= self._path_mtu(group, server) for server in group.servers)

    # Replies: server to client.

    def _reply(self, server: ServerCounters, base: int, length: int) -> int:
        """R10, R11, R16, R20, R22..R24; `_deliver` does the rest."""
        buffer = self._buffer
        end = kind = agent = 0
        giaddr, cookie = _REPLY_KEYS.unpack_from(buffer, base)
        table = self.tables.replies.get(giaddr)
        if table is None:
            return DropReason.FOREIGN_GIADDR if giaddr != _UNSET else DropReason.NO_GIADDR
        if cookie == COOKIE and length >= _OPTIONS:
            end, kind, agent = walk(buffer, base + _OPTIONS, base + length)
            if end < 0:
                return DropReason.MALFORMED_OPTIONS
        server.replies[kind] += 1
        if not agent:
            self._size = length
            found = table.only or DropReason.AMBIGUOUS
            server.option82_missing += 1
        elif agent + 2 + buffer[agent + 1] == end:
            found = self._find(table, server, bytes(buffer[agent:end]))
            size = agent - base
        else:
            # Not last, or in pieces: the others close up.
            kept, value = without_relay_agent(buffer, base + _OPTIONS, end)
            found = self._find(table, server, bytes((82, min(len(value), 255))) + value)
            size = _OPTIONS + len(kept)
        if isinstance(found, DropReason):
            return found
        if agent:
            if base + size != agent:
                buffer[base + _OPTIONS : base + size] = kept
            buffer[base + size] = 255
            self._size = size + 1
        self._link = found
        found.counters.replies[kind] += 1
        self._deliver(found, base)
        return _RELAYED

    def _find(self, table: ReplyTable, server: ServerCounters, option: bytes) -> Link | DropReason:
        """The interface that an option 82 leads to."""
        known = table.exact.get(option)
        if known is not None:
            link, vss_ignored = known
            server.vss_ignored += vss_ignored
            return link
        info = RelayAgentInfo.decode(option[2:])
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
        box.add(self._address + base - HEADERS_LENGTH, size + HEADERS_LENGTH, 0)

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

    def _drop(self, port: Port, slot: int, base: int, length: int, reason: DropReason) -> None:
        drops = self._counters.unplaced if self._link is None else self._link.counters.drops
        drops[reason] += 1
        if self.trace_drops:
            before = bytes(self._buffer[base : base + length])
            self.trace_drops(self._sighting(port, slot, reason, before, b""))

    def _sighting(
        self, port: Port, slot: int, reason: DropReason | None, before: bytes, after: bytes
    ) -> Sighting:
        words = (self._inbox.sources[slot * 4], self._control[slot * 8 + 2])
        source, destination = (number.to_bytes(4, sys.byteorder) for number in words)
        return Sighting(reason, port, self._link, source, destination, before, after, self._destination)
