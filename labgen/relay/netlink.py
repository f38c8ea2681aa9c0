"""rtnetlink(7), as far as a relay needs it: links, IPv4 addresses, routes and the bridges' forwarding tables."""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Interface
from typing import NamedTuple

NEW_LINK = 16
DELETE_LINK = 17
GET_LINK = 18
NEW_ADDRESS = 20
DELETE_ADDRESS = 21
GET_ADDRESS = 22
_RTM_NEWROUTE = 24
_RTM_GETROUTE = 26
_RTM_NEWNEIGH = 28
_RTM_GETNEIGH = 30
_NLM_F_REQUEST = 0x1
_NLM_F_REQUEST_DUMP = 0x301
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
GROUPS = 0x1 | 0x10
"""Multicast groups of what changes: RTMGRP_LINK and RTMGRP_IPV4_IFADDR."""
_IFLA_ADDRESS = 1
_IFLA_IFNAME = 3
_IFLA_MTU = 4
_IFLA_LINK = 5
_IFLA_MASTER = 10
_IFLA_LINKINFO = 18
_IFLA_EXT_MASK = 29
_IFLA_LINK_NETNSID = 37
_SKIP_STATISTICS = 1 << 3
_IFLA_INFO_KIND = 1
_IFLA_INFO_DATA = 2
_OWN_NUMBER = 1
"""The first attribute of what a kind of interface has of its own: a VLAN's number, the mode of a macvlan."""
_COPYING = (1, 2, 4)
"""Modes of a macvlan: private, VEPA, bridge."""
_IFA_ADDRESS = 1
_IFA_LOCAL = 2
_IFA_FLAGS = 8
_IFA_F_SECONDARY = 0x01
_IFF_UP = 0x1
_RTA_DST = 1
_RTA_OIF = 4
_RTA_METRICS = 8
_RTAX_MTU = 2
_NDA_LLADDR = 2
_NDA_VLAN = 5
_NDA_MASTER = 9
_AF_BRIDGE = 7
_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ADDR = struct.Struct("=BBBBi")
_ROUTE = struct.Struct("=BBBBBBBBI")
_NEIGHBOUR = struct.Struct("=BxHiHBB")
_ATTRIBUTE = struct.Struct("=HH")
_TYPE_MASK = 0x3FFF


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface as the kernel has it; `addresses` are the primary ones, in the kernel's order.

    `master` is the index of the bridge or VRF device it belongs to, `parent` that of the interface it is made on (0: none);
    `kind` the kernel's word for what it is (`vrf`, `bridge`, `vlan`, `macvlan`...), `vlan` the number of a VLAN interface.
    """

    name: str
    index: int
    mac: bytes
    mtu: int
    up: bool = field(compare=False)
    """Told for people; an interface that is down changes nothing in what is configured for it."""
    addresses: tuple[IPv4Interface, ...] = ()
    secondaries: tuple[IPv4Interface, ...] = field(default=())
    master: int = 0
    kind: str = ""
    parent: int = 0
    vlan: int = 0
    copied: bool = False
    """It gets a copy of every broadcast that comes in by its parent: macvlan, but for the modes that take everything or ask for senders."""

    @property
    def primary(self) -> IPv4Interface | None:
        """The address that identifies the interface; 127.0.0.0/8 is passed over."""
        return next((address for address in self.addresses if not address.is_loopback), None)


Interfaces = dict[str, Interface]


class NetlinkMessage(NamedTuple):
    """One netlink message: its type and what follows the header."""

    kind: int
    body: bytes


class RouteAnswer(NamedTuple):
    """The route that the kernel takes to an address. `mtu` 0 stands for the interface's."""

    ifindex: int
    mtu: int


class Netlink:
    """Asks one namespace: the one its socket was made in."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sequence = 0

    def close(self) -> None:
        self._sock.close()

    def links(self) -> Iterator[Interface]:
        """Every interface, without its addresses."""
        mask = _attribute(_IFLA_EXT_MASK, struct.pack("=I", _SKIP_STATISTICS))
        for message in self._ask(GET_LINK, _NLM_F_REQUEST_DUMP, _LINK.pack(0, 0, 0, 0, 0) + mask):
            if message.kind == NEW_LINK:
                yield parse_link(message.body)

    def addresses(self) -> Iterator[tuple[int, IPv4Interface, bool]]:
        """Every IPv4 address: interface index, address, and whether it is a secondary one."""
        for message in self._ask(GET_ADDRESS, _NLM_F_REQUEST_DUMP, _ADDR.pack(socket.AF_INET, 0, 0, 0, 0)):
            if message.kind == NEW_ADDRESS:
                index, address, secondary = parse_address(message.body)
                if address is not None:
                    yield index, address, secondary

    def interfaces(self) -> Interfaces:
        """Every interface with its addresses, by name."""
        found = {interface.index: interface for interface in self.links()}
        primary: dict[int, list[IPv4Interface]] = {}
        secondary: dict[int, list[IPv4Interface]] = {}
        for index, address, second in self.addresses():
            (secondary if second else primary).setdefault(index, []).append(address)
        for index in primary.keys() | secondary.keys():
            if index in found:
                addressed = tuple(primary.get(index, ())), tuple(secondary.get(index, ()))
                found[index] = replace(found[index], addresses=addressed[0], secondaries=addressed[1])
        return {interface.name: interface for interface in found.values()}

    def route(self, target: bytes, oif: int = 0) -> RouteAnswer | None:
        """The route to an address, in the table of the VRF device `oif` if one is given; None without one."""
        body = _ROUTE.pack(socket.AF_INET, 32, 0, 0, 0, 0, 0, 0, 0) + _attribute(_RTA_DST, target)
        if oif:
            body += _attribute(_RTA_OIF, struct.pack("=I", oif))
        for message in self._ask(_RTM_GETROUTE, _NLM_F_REQUEST, body):
            if message.kind == _RTM_NEWROUTE:
                found = _attributes(message.body[_ROUTE.size :])
                metrics = _attributes(found.get(_RTA_METRICS, b""))
                return RouteAnswer(_number(found.get(_RTA_OIF, b"")), _number(metrics.get(_RTAX_MTU, b"")))
        return None

    def bridge_port(self, bridge: int, mac: bytes, vlan: int = 0) -> int:
        """Index of the port behind which a bridge has learned a hardware address; 0 where it has not."""
        body = _NEIGHBOUR.pack(_AF_BRIDGE, 0, 0, 0, 0, 0)
        body += _attribute(_NDA_MASTER, struct.pack("=I", bridge)) + _attribute(_NDA_LLADDR, mac)
        if vlan:
            body += _attribute(_NDA_VLAN, struct.pack("=H", vlan))
        for message in self._ask(_RTM_GETNEIGH, _NLM_F_REQUEST, body):
            if message.kind == _RTM_NEWNEIGH:
                index: int = _NEIGHBOUR.unpack_from(message.body)[2]
                return index if index != bridge else 0
        return 0

    def _ask(self, kind: int, flags: int, body: bytes) -> Iterator[NetlinkMessage]:
        """The answers to one question, up to its end or error."""
        self._sequence += 1
        self._sock.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, self._sequence, 0) + body)
        while True:
            data = self._sock.recv(1 << 18)
            if _HEADER.unpack_from(data)[3] != self._sequence:
                # Left over from a question whose asker did not wait for the end.
                continue
            for message in messages(data):
                if message.kind in (_NLMSG_DONE, _NLMSG_ERROR):
                    return
                yield message
            if flags == _NLM_F_REQUEST:
                return


class NetlinkWatch:
    """Hears what changes in one namespace. `fileno` is readable when something has."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()

    def read(self) -> list[NetlinkMessage] | None:
        """The messages that wait, as far as one read takes them; None when word was lost and everything is to be read anew."""
        try:
            return list(messages(self._sock.recv(1 << 16)))
        except BlockingIOError:
            return []
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise OSError(error.errno, os.strerror(error.errno or 0)) from error
            return None


def messages(data: bytes) -> Iterator[NetlinkMessage]:
    """The messages of one datagram."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, offset)
        yield NetlinkMessage(kind, data[offset + _HEADER.size : offset + length])
        offset += max((length + 3) & ~3, _HEADER.size)


def parse_link(body: bytes) -> Interface:
    """The interface of a message about a link, without addresses."""
    _, _, index, flags, _ = _LINK.unpack_from(body)
    found = _attributes(body[_LINK.size :])
    info = _attributes(found.get(_IFLA_LINKINFO, b""))
    kind = info.get(_IFLA_INFO_KIND, b"").rstrip(b"\0").decode()
    data = _attributes(info.get(_IFLA_INFO_DATA, b"")) if kind in ("vlan", "macvlan") else {}
    own = _number(data.get(_OWN_NUMBER, b""))
    return Interface(
        found.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode(errors="replace"),
        index,
        found.get(_IFLA_ADDRESS, b""),
        _number(found.get(_IFLA_MTU, b"")) or 1500,
        bool(flags & _IFF_UP),
        master=_number(found.get(_IFLA_MASTER, b"")),
        kind=kind,
        parent=_number(found.get(_IFLA_LINK, b"")),
        vlan=own if kind == "vlan" else 0,
        copied=kind == "macvlan" and own in _COPYING and _IFLA_LINK_NETNSID not in found,
    )


def parse_address(body: bytes) -> tuple[int, IPv4Interface | None, bool]:
    """Interface index, address (None: not IPv4) and whether it is secondary, of a message about an address."""
    family, prefix, flags, _, index = _ADDR.unpack_from(body)
    found = _attributes(body[_ADDR.size :])
    octets = found.get(_IFA_LOCAL) or found.get(_IFA_ADDRESS)
    if family != socket.AF_INET or octets is None:
        return index, None, False
    wide = found.get(_IFA_FLAGS)
    flags = _number(wide) if wide else flags
    return index, IPv4Interface((octets, prefix)), bool(flags & _IFA_F_SECONDARY)


def _attributes(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    offset, stop = 0, len(data)
    while offset + 4 <= stop:
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < 4:
            break
        found[kind & _TYPE_MASK] = data[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return found


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(4 + len(value), kind) + value + bytes(-len(value) % 4)


def _number(data: bytes) -> int:
    return int.from_bytes(data, sys.byteorder)
