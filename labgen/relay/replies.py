"""Replies: from a server to the client's side, patched where they were received."""

from __future__ import annotations

import struct
from itertools import count

from labgen.dhcp.options import RelayAgentInfo
from labgen.dhcp.packet import BROADCAST_FLAG, COOKIE, HEADER_LENGTH, MINIMUM_LENGTH
from labgen.relay.counters import DropReason
from labgen.relay.egress import IP_UDP_LENGTH, ZEROS, Egress
from labgen.relay.fastpath import FastPath
from labgen.relay.frames import HEADERS_LENGTH, fragments, write_headers
from labgen.relay.mmsg import Inbox, address_of
from labgen.relay.tables import ClientLink, Member, ReplyTable, VrfLookup
from labgen.relay.walk import walk, without_relay_agent

_REPLY_KEYS = struct.Struct("!24x4s208x4s")
_REPLY = struct.Struct("!xBB7xHII8x6s")
_OPTIONS = HEADER_LENGTH + len(COOKIE)
_UNSET = bytes(4)
_BROADCAST = 0xFFFFFFFF
_BROADCAST_MAC = b"\xff" * 6
_ETHERNET = (1, 6)
"""htype and hlen."""
_NAK = 6
_RELAYED = 0
_NO_MAC = bytes(6)


class ReplyPath:
    """Finds the client's interface of a reply, and delivers it there."""

    def __init__(self, inbox: Inbox, egress: Egress) -> None:
        self.fast: FastPath | None = None
        """Gets to know what was decided for packets of which more will come."""
        self._egress = egress
        self._inbox = inbox
        self._buffer, self._control, self._names = inbox.buffer, inbox.control, inbox.names
        self._identifiers = count(1)

    def handle(self, scope: VrfLookup, slot: int, base: int, length: int) -> int:
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
                self._egress.size = agent + 1 - base
        else:
            found, reason = self._examined(scope, table, slot, base, length, agent, end, source)
        if reason or found is None:
            return reason
        self._egress.link = link = found.link
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
            self._egress.size = length
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
        """The reason why a reply cannot be what it seems, by where it came in and where it was sent; 0 when it can."""
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
            self._egress.size = length
            return
        stop = agent + len(kept)
        self._buffer[agent:stop] = kept
        self._buffer[stop] = 255
        self._egress.size = stop + 1 - base

    def _deliver(self, link: ClientLink, base: int, kind: int) -> None:
        """R12..R14: where a reply goes on the client's side. RFC 2131 sections 4.1 and 4.3.2, RFC 1542 section 4.1.2."""
        buffer, egress = self._buffer, self._egress
        size = egress.size
        htype, hlen, flags, ciaddr, yiaddr, chaddr = _REPLY.unpack_from(buffer, base)
        if size < MINIMUM_LENGTH:
            buffer[base + size : base + MINIMUM_LENGTH] = ZEROS[size:]
            egress.size = size = MINIMUM_LENGTH
        destination = yiaddr or ciaddr
        unknown = (htype, hlen) != _ETHERNET or chaddr == _NO_MAC
        if flags & BROADCAST_FLAG or not destination or kind == _NAK or unknown:
            destination, chaddr = _BROADCAST, _BROADCAST_MAC
        write_headers(buffer, base, size, chaddr, link.mac, link.source, destination, link.tos)
        egress.destination = destination
        box = link.box
        if size + IP_UDP_LENGTH > link.mtu:
            self._send_fragments(link, base, size)
            return
        if not box.count:
            egress.waiting.append(box)
        box.add(egress.address + base - HEADERS_LENGTH, size + HEADERS_LENGTH, link.target.pointer)

    def _send_fragments(self, link: ClientLink, base: int, size: int) -> None:
        egress = self._egress
        frame = bytes(self._buffer[base - HEADERS_LENGTH : base + size])
        if not link.box.count:
            egress.waiting.append(link.box)
        for piece in fragments(frame, link.mtu, next(self._identifiers) & 0xFFFF):
            octets = bytearray(piece)
            link.box.add(address_of(octets), len(octets), link.target.pointer)
            # Its octets last no longer than this turn.
            egress.flush()
            egress.waiting.append(link.box)
