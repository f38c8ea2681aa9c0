"""Requests: from a client to its servers, patched where they were received."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from labgen.dhcp.packet import COOKIE, HEADER_LENGTH, MINIMUM_LENGTH
from labgen.relay.counters import DropReason
from labgen.relay.egress import IP_UDP_LENGTH, ZEROS, Egress
from labgen.relay.mmsg import Outbox
from labgen.relay.tables import ClientLink, Group, Server
from labgen.relay.walk import walk, without_relay_agent

_REQUEST = struct.Struct("!3xB4xH14x4s208x4s")
_OPTIONS = HEADER_LENGTH + len(COOKIE)
_UNSET = bytes(4)
_END = b"\xff"
_SURE_TO_FIT = 576 - IP_UDP_LENGTH
"""UDP payload not checked against the MTU: hosts send datagrams of 576 octets anywhere (RFC 1122 section 3.3.3)."""
_RELAYED = 0
_NO_UNICAST = frozenset((0, 127, *range(224, 256)))
"""First octets of addresses that are no host's (RFC 1122 section 3.2.1.3)."""


class RequestPath:
    """Sends what clients ask to the servers of their interface. `path_mtu` is that towards a server of a group, in octets."""

    def __init__(self, egress: Egress, path_mtu: Callable[[Group, Server], int]) -> None:
        self._egress = egress
        self._buffer = egress.buffer
        self._path_mtu = path_mtu

    def handle(self, link: ClientLink, base: int, length: int, unicast: bool) -> int:
        """R01..R08, R15, R17..R19, R21..R23, R26, R27, R31, R32."""
        buffer = self._buffer
        end = kind = agent = 0
        hops, secs, giaddr, cookie = _REQUEST.unpack_from(buffer, base)
        if cookie == COOKIE and length >= _OPTIONS:
            end, kind, agent = walk(buffer, base + _OPTIONS, base + length)
        link.counters.requests[kind] += 1
        if hops > link.hop_limit:
            return DropReason.HOP_LIMIT
        if secs < link.min_secs and not unicast:
            # What is sent to this relay itself, such as a renewal to the override address, no other will relay.
            return DropReason.EARLY
        if not link.groups:
            return DropReason.NO_ADDRESS if link.policy.address is None else DropReason.NO_SERVER
        if end < 0:
            return DropReason.MALFORMED_OPTIONS
        if giaddr != _UNSET:
            return self._relayed_request(link, giaddr, base, length, end, unicast)
        if agent:
            if not link.trusted or link.policy.config.trusted_option82 == "discard":
                return DropReason.UNTRUSTED_OPTION82
            if link.policy.config.trusted_option82 == "keep":
                return self._passing(link, base, length)
            end = self._cleared(base + _OPTIONS, end)
        if not end:
            return self._without_option82(link, link.groups, base, length)
        if (
            not kind
            and (placed := [self._placed(link, group, True) for group in link.groups])
            and None not in placed
        ):
            # BOOTP with vendor information: its servers go by giaddr, and know no option 82 (RFC 1542 section 4.1.1).
            return self._bare(link, placed, base, length)
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
                self._egress.flush()
            else:
                buffer[base + 3] += 1
                sent = True
            buffer[place : place + 4] = group.giaddr
            buffer[end : end + len(tail)] = tail
            self._queue(group, group.box, base, size)
        if not unsent:
            return _RELAYED
        return self._unsent(link, unsent, base, end, sent)

    def _cleared(self, start: int, end: int) -> int:
        """Take a trusted neighbour's option 82 out of the options from `start` to `end`; where they end then."""
        kept, _ = without_relay_agent(self._buffer, start, end)
        stop = start + len(kept)
        self._buffer[start:stop] = kept
        self._buffer[stop] = 255
        return stop

    def _unsent(self, link: ClientLink, groups: list[Group], base: int, end: int, sent: bool) -> int:
        """The groups that option 82 cannot be sent to: they get the request without it, where that can be placed."""
        if sent:
            self._egress.flush()
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
                self._egress.flush()
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
                self._egress.flush()
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
            self._buffer[base + size : base + MINIMUM_LENGTH] = ZEROS[size:]
            size = MINIMUM_LENGTH
        if not box.count:
            self._egress.waiting.append(box)
        start, source = self._egress.address + base, group.source.pointer
        for counters, pointer in group.targets:
            counters.sent += 1
            box.add(start, size, pointer, source)
        self._egress.size = size

    def _fits(self, group: Group, size: int) -> bool:
        return all(size + IP_UDP_LENGTH <= self._path_mtu(group, server) for server in group.servers)
