"""The forwarding path: requests to servers, replies to clients, patched where they were received.

Whatever is decided here is decided from one packet, the configuration and the machine's addresses: there
is no per-client state, so a restart loses nothing but what was in flight (R30).
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from labgen.dhcp.options import RelayAgentInfo
from labgen.dhcp.packet import BOOTREPLY, BOOTREQUEST, BROADCAST_FLAG, COOKIE, HEADER_LENGTH, MINIMUM_LENGTH
from labgen.relay.counters import Counters, DropReason
from labgen.relay.fastpath import FastPath
from labgen.relay.frames import HEADERS_LENGTH, fragments, write_headers
from labgen.relay.mmsg import HEADROOM, STRIDE, Inbox, Outbox, SendFailure, address_of
from labgen.relay.tables import ClientLink, Group, Member, ReplyTable, Server, VrfLookup
from labgen.relay.walk import walk, without_relay_agent

_REQUEST = struct.Struct("!3xB4xH14x4s208x4s")
_REPLY_KEYS = struct.Struct("!24x4s208x4s")
_REPLY = struct.Struct("!xBB7xHII8x6s")
_OPTIONS = HEADER_LENGTH + len(COOKIE)
_ZEROS = bytes(MINIMUM_LENGTH)
_UNSET = bytes(4)
_END = b"\xff"
_IP_UDP_LENGTH = 28
_BROADCAST = 0xFFFFFFFF
_BROADCAST_MAC = b"\xff" * 6
_ETHERNET = (1, 6)
"""htype and hlen."""
_NAK = 6
_SURE_TO_FIT = 576 - _IP_UDP_LENGTH
"""UDP payload not checked against the MTU: hosts send datagrams of 576 octets anywhere (RFC 1122 section 3.3.3)."""
_RELAYED = 0
_NO_UNICAST = frozenset((0, 127, *range(224, 256)))
"""First octets of addresses that are no host's (RFC 1122 section 3.2.1.3)."""
_NO_MAC = bytes(6)


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


@dataclass(slots=True, eq=False)
class Recipients:
    """Whom a failed packet was for, by the pointer of its target."""

    servers: dict[int, Server] = field(default_factory=dict)
    links: dict[int, ClientLink] = field(default_factory=dict)

    def name(self, failure: SendFailure, box: str) -> str:
        server, link = self.servers.get(failure.pointer), self.links.get(failure.pointer)
        if server is not None:
            server.counters.failed += 1
            return server.name
        return link.name if link is not None else box


class Forwarder:
    """Moves packets between ports. `trace` sees every packet, `trace_drops` those dropped, `trouble` what could not be sent."""

    def __init__(
        self,
        counters: Counters,
        path_mtu: Callable[[Group, Server], int],
        trouble: Callable[[str, int], None],
        inbox: Inbox | None = None,
    ) -> None:
        self.recipients = Recipients()
        self.trace: Callable[[Sighting], None] | None = None
        self.fast: FastPath | None = None
        """Gets to know what was decided for packets of which more will come."""
        self.trace_drops: Callable[[DropReason, Callable[[], Sighting]], None] | None = None
        self._counters = counters
        self._path_mtu = path_mtu
        self._trouble = trouble
        self.inbox = self._inbox = inbox or Inbox()
        self._buffer = self._inbox.buffer
        self._lengths, self._control = self._inbox.lengths, self._inbox.control
        self._names = self._inbox.names
        self._address = self._inbox.address
        self._waiting: list[Outbox] = []
        self._identifiers = count(1)
        self._link: ClientLink | None = None
        self._size = 0
        self._destination = 0

    def serve(self, port: Port) -> int:
        """Handle what waits at a port; the number of packets. Raises OSError, see Inbox.receive."""
        number = self._inbox.receive(port.fd)
        for slot in range(number):
            self._one(port, slot)
        if self._waiting:
            self._flush()
        return number

    def serve_slot(self, port: Port, slot: int) -> None:
        """Handle one packet that is in the inbox, and send what came of it."""
        self._one(port, slot)
        if self._waiting:
            self._flush()

    def _one(self, port: Port, slot: int) -> None:
        base = slot * STRIDE + HEADROOM
        length = self._lengths[slot * 16]
        before = bytes(self._buffer[base : base + length]) if self.trace else b""
        reason = self._handle(port.scope, slot, base, length)
        if reason:
            self._drop(port, slot, base, length, DropReason(reason))
        elif self.trace:
            after = bytes(self._buffer[base : base + self._size])
            self.trace(self._sighting(port, slot, None, before, after))

    def _handle(self, scope: VrfLookup, slot: int, base: int, length: int) -> int:
        """Deal with one packet: 0, or the DropReason. What is dropped is left as it came."""
        self._link = None
        if length < HEADER_LENGTH:
            return DropReason.TOO_SHORT
        op = self._buffer[base]
        at = slot * 8
        ifindex = self._control[at]
        if op == BOOTREQUEST:
            link = scope.links.get(ifindex)
            if link is None:
                return DropReason.WRONG_OP if ifindex in scope.members else DropReason.FOREIGN_INTERFACE
            self._link = link
            unicast = self._control[at + 1] == self._control[at + 2]
            reason = self._request(link, base, length, unicast)
            if self.fast is not None and not reason and link.groups:
                self.fast.learn_request(link, scope, ifindex)
            return reason
        if op != BOOTREPLY:
            return DropReason.WRONG_OP
        if ifindex not in scope.members:
            return DropReason.FOREIGN_INTERFACE
        return self._reply(scope, slot, base, length)

    # Requests: client to servers.

    def _request(self, link: ClientLink, base: int, length: int, unicast: bool) -> int:
        """R01..R08, R15, R17..R19, R21..R23, R26, R27, R31, R32."""
        buffer = self._buffer
        end = kind = agent = 0
        hops, secs, giaddr, cookie = _REQUEST.unpack_from(buffer, base)
        if cookie == COOKIE and length >= _OPTIONS:
            end, kind, agent = walk(buffer, base + _OPTIONS, base + length)
        link.counters.requests[kind] += 1
        if hops > link.hop_limit:
            return DropReason.HOP_LIMIT
        if secs < link.min_secs:
            return DropReason.EARLY
        if not link.groups:
            return DropReason.NO_ADDRESS if link.policy.address is None else DropReason.NO_SERVER
        if end < 0:
            return DropReason.MALFORMED_OPTIONS
        if giaddr != _UNSET:
            return self._relayed_request(link, giaddr, base, length, end, unicast)
        if agent:
            return self._passing(link, base, length) if link.trusted else DropReason.UNTRUSTED_OPTION82
        if not end:
            return self._without_option82(link, link.groups, base, length)
        return self._with_option82(link, base, length, end, unicast)

    def _with_option82(self, link: ClientLink, base: int, length: int, end: int, unicast: bool) -> int:
        """Send a client's own request to every server, with option 82 in place of the end option."""
        buffer = self._buffer
        port = b"" if link.port_of is None else link.port_of(bytes(buffer[base + 28 : base + 34]))
        place = base + 24
        unsent: list[Group] = []
        sent = False
        for group in link.groups:
            tail = group.unicast_tail if unicast else group.broadcast_tail
            if port and group.policy.port_circuit is not None:
                tail = group.tail(unicast, port)
            size = end - base + len(tail)
            if size > _SURE_TO_FIT and not self._fits(group, size):
                unsent.append(group)
                link.counters.option82_omitted += 1
                continue
            if tail == _END and not group.alone:
                unsent.append(group)
                continue
            if sent:
                # This group's copy takes the place of the one before.
                self._flush()
            else:
                buffer[base + 3] += 1
                sent = True
            buffer[place : place + 4] = group.giaddr
            buffer[end : end + len(tail)] = tail
            self._queue(group, group.box, base, size)
        if not unsent:
            return _RELAYED
        return self._unsent(link, unsent, base, end, sent)

    def _unsent(self, link: ClientLink, groups: list[Group], base: int, end: int, sent: bool) -> int:
        """The groups that option 82 cannot be sent to: they get the request without it, where that can be placed."""
        if sent:
            self._flush()
            self._buffer[base + 3] -= 1
        self._buffer[end] = 255
        reason = self._without_option82(link, groups, base, end - base + 1)
        if sent and reason:
            link.counters.drops[reason] += 1
            self._buffer[base + 3] += 1
            return _RELAYED
        return reason

    def _without_option82(self, link: ClientLink, groups: Sequence[Group], base: int, length: int) -> int:
        """A request that carries no option 82 tells by giaddr alone where it is from (RFC 1542 section 4.1.1, RFC 3527)."""
        return self._bare(link, [self._placed(link, group, True) for group in groups], base, length)

    def _passing(self, link: ClientLink, base: int, length: int) -> int:
        """A trusted neighbour's option 82 stays; what comes back with it is told by giaddr alone (RFC 3046 section 2.1.1)."""
        return self._bare(link, [self._placed(link, group, False) for group in link.groups], base, length)

    @staticmethod
    def _placed(link: ClientLink, group: Group, subnet: bool) -> Group | None:
        """The group, or its like with the interface's own address, if giaddr alone tells the interface (and its `subnet`)."""
        if group.alone and (group.policy.on_link or not subnet):
            return group
        return link.bare(group)

    def _bare(self, link: ClientLink, groups: list[Group | None], base: int, length: int) -> int:
        sent = False
        for group in groups:
            if group is None:
                continue
            if sent:
                self._flush()
            else:
                self._buffer[base + 3] += 1
                sent = True
            self._buffer[base + 24 : base + 28] = group.giaddr
            self._queue(group, group.plain_box, base, length)
        if sent and None in groups:
            link.counters.drops[DropReason.UNPLACEABLE] += 1
        return _RELAYED if sent else DropReason.UNPLACEABLE

    def _relayed_request(
        self, link: ClientLink, giaddr: bytes, base: int, length: int, end: int, unicast: bool
    ) -> int:
        """A request some relay has seen: giaddr stays, option 82 too unless configured otherwise (R06)."""
        mode, buffer = link.policy.relayed, self._buffer
        if giaddr[0] in _NO_UNICAST:
            return DropReason.IMPOSSIBLE_GIADDR
        for scope in link.scopes:
            if giaddr in scope.own:
                return DropReason.OWN_GIADDR
            if giaddr in scope.nobodys:
                return DropReason.IMPOSSIBLE_GIADDR
        if mode == "discard":
            return DropReason.RELAYED
        if mode == "forward":
            end = 0
        elif mode == "replace" and end:
            start = base + _OPTIONS
            kept, _ = without_relay_agent(buffer, start, end)
            end = start + len(kept)
            buffer[start:end] = kept
        buffer[base + 3] += 1
        for number, group in enumerate(link.groups):
            if number and end:
                self._flush()
            size = length
            if end:
                tail = group.unicast_tail if unicast else group.broadcast_tail
                size = end - base + len(tail)
                if size > _SURE_TO_FIT and not self._fits(group, size):
                    link.counters.option82_omitted += 1
                    tail, size = _END, end - base + 1
                buffer[end : end + len(tail)] = tail
            self._queue(group, group.plain_box, base, size)
        return _RELAYED

    def _queue(self, group: Group, box: Outbox, base: int, size: int) -> None:
        """One copy to every server of a group."""
        if size < MINIMUM_LENGTH:
            self._buffer[base + size : base + MINIMUM_LENGTH] = _ZEROS[size:]
            size = MINIMUM_LENGTH
        if not box.count:
            self._waiting.append(box)
        start, source = self._address + base, group.source.pointer
        for counters, pointer in group.targets:
            counters.sent += 1
            box.add(start, size, pointer, source)
        self._size = size

    def _fits(self, group: Group, size: int) -> bool:
        return all(size + _IP_UDP_LENGTH <= self._path_mtu(group, server) for server in group.servers)

    # Replies: server to client.

    def _reply(self, scope: VrfLookup, slot: int, base: int, length: int) -> int:
        """R10, R11, R16, R20, R22..R24; `_deliver` does the rest.

        The table is that of the VRF, of giaddr and of the server; its member has to agree with the side the reply came in by and the
        address it was sent to.
        """
        buffer = self._buffer
        giaddr, cookie = _REPLY_KEYS.unpack_from(buffer, base)
        source = bytes(self._names[slot * 16 + 4 : slot * 16 + 8])
        table = scope.replies.get(giaddr + source) or scope.table(giaddr, source)
        if table is None:
            return self._stranger(scope, giaddr)
        end = kind = agent = 0
        if cookie == COOKIE and length >= _OPTIONS:
            end, kind, agent = walk(buffer, base + _OPTIONS, base + length)
            if end < 0:
                return DropReason.MALFORMED_OPTIONS
        table.server.replies[kind] += 1
        last = agent and agent + 2 + buffer[agent + 1] == end
        found = table.exact(bytes(buffer[agent:end])) if last else None
        if found is not None:
            # What was sent, at the end: that is cut off.
            reason = self._misplaced(scope, found, slot, source)
            if not reason:
                table.server.vss_ignored += found.sends_control
                if self.fast is not None:
                    ends = (
                        self._control[slot * 8],
                        self._inbox.sources[slot * 4],
                        self._control[slot * 8 + 2],
                    )
                    self.fast.learn_reply(found, table, scope, giaddr, bytes(buffer[agent:end]), ends)
                buffer[agent] = 255
                self._size = agent + 1 - base
        else:
            found, reason = self._examined(scope, table, slot, base, length, agent, end, source)
        if reason or found is None:
            return reason
        self._link = link = found.link
        link.counters.replies[kind] += 1
        self._deliver(link, base, kind)
        return _RELAYED

    def _examined(
        self,
        scope: VrfLookup,
        table: ReplyTable,
        slot: int,
        base: int,
        length: int,
        agent: int,
        end: int,
        source: bytes,
    ) -> tuple[Member | None, int]:
        """The interface of a reply whose option 82 is not, or not where, it was sent; or why it has none."""
        if not agent:
            table.server.option82_missing += 1
            self._size = length
            if table.only is None:
                return None, DropReason.SEVERAL_INTERFACES
            return table.only, self._misplaced(scope, table.only, slot, source)
        kept, value = without_relay_agent(self._buffer, agent, end)
        info = RelayAgentInfo.decode(value)
        if info.malformed is not None:
            return None, DropReason.MALFORMED_OPTION82
        found = table.find(info)
        if isinstance(found, DropReason):
            return None, found
        reason = self._misplaced(scope, found, slot, source)
        if not reason:
            table.server.vss_ignored += info.vss_control
            self._strip(found, info, base, length, agent, kept)
        return found, reason

    @staticmethod
    def _stranger(scope: VrfLookup, giaddr: bytes) -> DropReason:
        if giaddr == _UNSET:
            return DropReason.NO_GIADDR
        known = giaddr in scope.giaddrs or giaddr in scope.addresses
        return DropReason.NOT_A_SERVER if known else DropReason.FOREIGN_GIADDR

    def _misplaced(self, scope: VrfLookup, found: Member, slot: int, source: bytes) -> int:
        """Why a reply cannot be what it seems, by where it came in and where it was sent; 0 when it can."""
        ifindex, destination = self._control[slot * 8], self._control[slot * 8 + 2]
        if destination not in found.destinations:
            return DropReason.WRONG_DESTINATION
        if ifindex in scope.links:
            own = found.link.replies_on_segment and scope.links[ifindex] is found.link and not found.crossing
            return 0 if own or scope.leads_to(source, ifindex) else DropReason.WRONG_SIDE
        if found.crossing and not (found.group.giaddr in scope.own and scope.route(source)):
            # No leaked route: servers of the other VRF do not answer here.
            return DropReason.NOT_A_SERVER
        return 0

    def _strip(
        self, found: Member, info: RelayAgentInfo, base: int, length: int, agent: int, kept: bytes
    ) -> None:
        """Take option 82 out, unless a trusted neighbour put it in: it gets it back (RFC 3046 section 2.1.1)."""
        if found.link.trusted and not found.owns(info):
            self._size = length
            return
        stop = agent + len(kept)
        self._buffer[agent:stop] = kept
        self._buffer[stop] = 255
        self._size = stop + 1 - base

    def _deliver(self, link: ClientLink, base: int, kind: int) -> None:
        """R12..R14: where a reply goes on the client's side. RFC 2131 sections 4.1 and 4.3.2, RFC 1542 section 4.1.2."""
        buffer, size = self._buffer, self._size
        htype, hlen, flags, ciaddr, yiaddr, chaddr = _REPLY.unpack_from(buffer, base)
        if size < MINIMUM_LENGTH:
            buffer[base + size : base + MINIMUM_LENGTH] = _ZEROS[size:]
            self._size = size = MINIMUM_LENGTH
        destination = yiaddr or ciaddr
        unknown = (htype, hlen) != _ETHERNET or chaddr == _NO_MAC
        if flags & BROADCAST_FLAG or not destination or kind == _NAK or unknown:
            destination, chaddr = _BROADCAST, _BROADCAST_MAC
        write_headers(buffer, base, size, chaddr, link.mac, link.source, destination, link.tos)
        self._destination = destination
        box = link.box
        if size + _IP_UDP_LENGTH > link.mtu:
            self._send_fragments(link, base, size)
            return
        if not box.count:
            self._waiting.append(box)
        box.add(self._address + base - HEADERS_LENGTH, size + HEADERS_LENGTH, link.target.pointer)

    def _send_fragments(self, link: ClientLink, base: int, size: int) -> None:
        frame = bytes(self._buffer[base - HEADERS_LENGTH : base + size])
        if not link.box.count:
            self._waiting.append(link.box)
        for piece in fragments(frame, link.mtu, next(self._identifiers) & 0xFFFF):
            octets = bytearray(piece)
            link.box.add(address_of(octets), len(octets), link.target.pointer)
            # Its octets last no longer than this turn.
            self._flush()
            self._waiting.append(link.box)

    def _flush(self) -> None:
        for box in self._waiting:
            for failure in box.flush():
                self._trouble(self.recipients.name(failure, box.name), failure.code)
        self._waiting.clear()

    # What is told about it.

    def _drop(self, port: Port, slot: int, base: int, length: int, reason: DropReason) -> None:
        drops = self._counters.unplaced if self._link is None else self._link.counters.drops
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
            reason, port, self._link, ifindex, source, destination, before, after, self._destination
        )
