"""Questions to the kernel that are asked often or before anything is imported, as bare rtnetlink messages.

The network itself is built with pyroute2 (network.py); polling it for convergence has to cost microseconds.
Layouts follow linux/rtnetlink.h, linux/neighbour.h and linux/if_link.h; sockets belong to the namespace they
were opened in.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_LINK = struct.Struct("=BxHiII")
_ROUTE = struct.Struct("=BBBBBBBBI")
_QUEUE = struct.Struct("=BxxxiIII")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")

_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NEWLINK, _SETLINK, _GETROUTE, _GETNEIGH, _NEWQDISC = 16, 19, 26, 30, 36
_REQUEST, _ACK, _EXCL, _CREATE, _DUMP = 0x1, 0x4, 0x200, 0x400, 0x300
_IFLA_IFNAME, _IFLA_LINKINFO, _IFLA_INFO_KIND, _IFLA_INFO_DATA, _IFLA_VRF_TABLE = 3, 18, 1, 2, 1
_IFLA_PROTO_DOWN, _LOWER_UP = 39, 0x10000
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_MULTIPATH, _RTA_TABLE = 1, 4, 5, 9, 15
_NEXT_HOP = struct.Struct("=HBBi")
_NUD_UNKNOWN = 0x01 | 0x20  # incomplete, failed
_NDA_DST, _NDA_LLADDR = 1, 2
_TCA_KIND, _TC_H_ROOT = 1, 0xFFFFFFFF
_MAIN_TABLE = 254


LINK_CHANGES = 1
"""Multicast group of what changes about interfaces (RTMGRP_LINK)."""


NEIGHBOR_CHANGES = 4
"""Multicast group of what changes about neighbors (RTMGRP_NEIGH)."""


def open_socket(groups: int = 0) -> socket.socket:
    """A route netlink socket of the current namespace, which hears what is told to `groups`."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    sock.bind((0, groups))
    return sock


def link_changes(data: bytes) -> Iterator[tuple[str, int]]:
    """Names and flags of the interfaces that a datagram tells of."""
    for _, flags, attributes in _links(data):
        yield _name(attributes), flags


def revived(data: bytes) -> Iterator[tuple[str, int]]:
    """Names and indexes of interfaces that a datagram tells of as turned off by a protocol (protodown) and with a carrier all the same."""
    for index, flags, attributes in _links(data):
        if flags & _LOWER_UP and attributes.get(_IFLA_PROTO_DOWN, b"\0") != b"\0":
            yield _name(attributes), index


def turn_off(sock: socket.socket, index: int) -> None:
    """Take the carrier of an interface that a protocol has turned off. The kernel does that at each request, also where nothing changes."""
    body = _LINK.pack(socket.AF_UNSPEC, 0, index, 0, 0) + _attribute(_IFLA_PROTO_DOWN, b"\1")
    sock.send(_request(_SETLINK, 0, body))


def _links(data: bytes) -> Iterator[tuple[int, int, dict[int, bytes]]]:
    """Index, flags and attributes of the interfaces that a datagram tells of."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            return
        body = data[at + _HEADER.size : at + length]
        if kind == _NEWLINK and len(body) >= _LINK.size:
            *_, index, flags, _ = _LINK.unpack_from(body)
            yield index, flags, _attributes(body[_LINK.size :])
        at += (length + 3) & ~3


def _name(attributes: Mapping[int, bytes]) -> str:
    return attributes.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode(errors="replace")


def _attribute(kind: int, value: bytes) -> bytes:
    body = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value
    return body + bytes(-len(body) % 4)


def _attributes(data: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found


def _request(kind: int, flags: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, flags | _REQUEST, 1, 0) + body


def _dump(sock: socket.socket, kind: int, body: bytes) -> Iterator[bytes]:
    sock.send(_request(kind, _DUMP, body))
    while True:
        data, at = sock.recv(1 << 18), 0
        while at < len(data):
            length, kind_, _, _, _ = _HEADER.unpack_from(data, at)
            if kind_ in (_NLMSG_DONE, _NLMSG_ERROR):
                return
            yield data[at + _HEADER.size : at + length]
            at += (length + 3) & ~3


def routes(sock: socket.socket, table: int = _MAIN_TABLE) -> frozenset[str]:
    """Prefixes in an IPv4 routing table of the socket's namespace."""
    found = set()
    for message in _dump(sock, _GETROUTE, _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)):
        _, bits, _, _, short, *_ = _ROUTE.unpack_from(message)
        attributes = _attributes(message[_ROUTE.size :])
        number = struct.unpack("=I", attributes[_RTA_TABLE])[0] if _RTA_TABLE in attributes else short
        if number == table:
            found.add(f"{socket.inet_ntoa(attributes.get(_RTA_DST, bytes(4)))}/{bits}")
    return frozenset(found)


def next_hops(sock: socket.socket, ifindex: int) -> frozenset[str]:
    """Routers that IPv4 routes of the socket's namespace lead to over one interface, in whatever table."""
    found: set[str] = set()
    for message in _dump(sock, _GETROUTE, _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)):
        attributes = _attributes(message[_ROUTE.size :])
        found |= _gateway(attributes, attributes.get(_RTA_OIF), ifindex)
        for own, hop in _multipath(attributes.get(_RTA_MULTIPATH, b"")):
            found |= _gateway(hop, struct.pack("=i", own), ifindex)
    return frozenset(found)


def _gateway(attributes: dict[int, bytes], port: bytes | None, ifindex: int) -> set[str]:
    gateway = attributes.get(_RTA_GATEWAY)
    here = port is not None and struct.unpack("=i", port)[0] == ifindex
    return {str(IPv4Address(gateway))} if here and gateway and len(gateway) == 4 else set()


def _multipath(data: bytes) -> Iterator[tuple[int, dict[int, bytes]]]:
    """Interface and attributes of each next hop of a route that has several (struct rtnexthop)."""
    at = 0
    while at + _NEXT_HOP.size <= len(data):
        length, _, _, ifindex = _NEXT_HOP.unpack_from(data, at)
        if length < _NEXT_HOP.size:
            return
        yield ifindex, _attributes(data[at + _NEXT_HOP.size : at + length])
        at += (length + 3) & ~3


def neighbors(sock: socket.socket, ifindex: int) -> frozenset[str]:
    """IPv4 neighbors of an interface whose hardware address is known."""
    found = set()
    for message in _dump(sock, _GETNEIGH, _NEIGHBOUR.pack(socket.AF_INET, 0, 0, 0, 0)):
        _, own, state, *_ = _NEIGHBOUR.unpack_from(message)
        attributes = _attributes(message[_NEIGHBOUR.size :])
        address = attributes.get(_NDA_DST, b"")
        if own == ifindex and not state & _NUD_UNKNOWN and len(address) == 4 and _NDA_LLADDR in attributes:
            found.add(str(IPv4Address(address)))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class ForwardingEntry:
    """One bridge forwarding entry; `destination` is the remote VTEP on a VXLAN device."""

    ifindex: int
    mac: bytes
    destination: str | None


def forwarding(sock: socket.socket) -> tuple[ForwardingEntry, ...]:
    """The bridge forwarding database of the socket's namespace."""
    found = []
    for message in _dump(sock, _GETNEIGH, _NEIGHBOUR.pack(socket.AF_BRIDGE, 0, 0, 0, 0)):
        _, ifindex, *_ = _NEIGHBOUR.unpack_from(message)
        attributes = _attributes(message[_NEIGHBOUR.size :])
        destination = attributes.get(_NDA_DST)
        address = str(IPv4Address(destination)) if destination and len(destination) == 4 else None
        found.append(ForwardingEntry(ifindex, attributes.get(_NDA_LLADDR, b""), address))
    return tuple(found)


def flood_list(sock: socket.socket, ifindex: int) -> frozenset[str]:
    """Remote VTEPs a VXLAN device floods to."""
    return frozenset(
        entry.destination
        for entry in forwarding(sock)
        if entry.ifindex == ifindex and entry.mac == bytes(6) and entry.destination
    )


def knows_device_kind(kind: str) -> bool:
    """True if the kernel makes devices of `kind`: one is made in the current namespace, a scratch one.

    Raises OSError where something else than the kind stands in the way.
    """
    data = _attribute(_IFLA_VRF_TABLE, struct.pack("=I", 4000)) if kind == "vrf" else b""
    info = _attribute(_IFLA_INFO_KIND, kind.encode()) + (_attribute(_IFLA_INFO_DATA, data) if data else b"")
    body = _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    body += _attribute(_IFLA_IFNAME, f"try-{kind}\0".encode()) + _attribute(_IFLA_LINKINFO, info)
    return _accepts(_NEWLINK, body)


def knows_queue_kind(kind: str) -> bool:
    """True if the kernel has a queueing discipline; it is put on the loopback of a scratch namespace."""
    body = _QUEUE.pack(socket.AF_UNSPEC, 1, 0, _TC_H_ROOT, 0) + _attribute(_TCA_KIND, kind.encode() + b"\0")
    return _accepts(_NEWQDISC, body)


def _accepts(request: int, body: bytes) -> bool:
    """Try a request: a kind the kernel lacks is refused otherwise than one whose details are missing."""
    with open_socket() as sock:
        sock.send(_request(request, _ACK | _EXCL | _CREATE, body))
        reply = sock.recv(1 << 16)
    status = -struct.unpack_from("=i", reply, _HEADER.size)[0]
    if status in (0, errno.EINVAL):
        return True
    if status in (errno.EOPNOTSUPP, errno.ENOENT):
        return False
    raise OSError(status, os.strerror(status))
