"""Interfaces and IPv4 addresses of one network namespace, from rtnetlink(7), and word when they change."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Interface

_RTM_NEWLINK = 16
_RTM_GETLINK = 18
_RTM_NEWADDR = 20
_RTM_GETADDR = 22
_NLM_F_REQUEST_DUMP = 0x301
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_RTMGRP_LINK = 0x1
_RTMGRP_IPV4_IFADDR = 0x10
_IFLA_ADDRESS = 1
_IFLA_IFNAME = 3
_IFLA_MTU = 4
_IFA_ADDRESS = 1
_IFA_LOCAL = 2
_IFA_FLAGS = 8
_IFA_F_SECONDARY = 0x01
_IFF_UP = 0x1
_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ADDR = struct.Struct("=BBBBi")
_ATTRIBUTE = struct.Struct("=HH")


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface as the kernel has it; `addresses` are the primary ones, in the kernel's order."""

    name: str
    index: int
    mac: bytes
    mtu: int
    up: bool
    addresses: tuple[IPv4Interface, ...] = ()
    secondaries: tuple[IPv4Interface, ...] = field(default=())

    @property
    def primary(self) -> IPv4Interface | None:
        """The address that identifies the interface; 127.0.0.0/8 is passed over."""
        return next((address for address in self.addresses if not address.is_loopback), None)


Interfaces = dict[str, Interface]


class Netlink:
    """Reads one namespace: the one its creator was in. `fileno` becomes readable when something changes."""

    def __init__(self) -> None:
        self._query = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._watch = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
        )
        self._query.bind((0, 0))
        self._watch.bind((0, _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR))

    def fileno(self) -> int:
        return self._watch.fileno()

    def close(self) -> None:
        self._query.close()
        self._watch.close()

    def drain(self) -> None:
        """Forget what was announced so far: `interfaces` reads it anew."""
        while True:
            try:
                self._watch.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                # ENOBUFS: announcements were lost. Reading everything anew covers them too.
                continue

    def interfaces(self) -> Interfaces:
        """Every interface of the namespace by name."""
        found: dict[int, Interface] = {}
        for body in self._dump(_RTM_GETLINK, _RTM_NEWLINK):
            interface = _parse_link(body)
            found[interface.index] = interface
        for body in self._dump(_RTM_GETADDR, _RTM_NEWADDR):
            index, address, secondary = _parse_address(body)
            if index in found and address is not None:
                found[index] = _with_address(found[index], address, secondary)
        return {interface.name: interface for interface in found.values()}

    def _dump(self, request: int, answer: int) -> Iterator[bytes]:
        family = socket.AF_INET if request == _RTM_GETADDR else socket.AF_UNSPEC
        header = _HEADER.pack(_HEADER.size + 16, request, _NLM_F_REQUEST_DUMP, 1, 0)
        self._query.send(header + bytes((family,)) + bytes(15))
        while True:
            data = self._query.recv(1 << 18)
            for kind, body in _messages(data):
                if kind == answer:
                    yield body
                elif kind in (_NLMSG_DONE, _NLMSG_ERROR):
                    return


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, offset)
        yield kind, data[offset + _HEADER.size : offset + length]
        offset += max((length + 3) & ~3, _HEADER.size)


def _attributes(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        found[kind] = data[offset + _ATTRIBUTE.size : offset + length]
        offset += max((length + 3) & ~3, _ATTRIBUTE.size)
    return found


def _parse_link(body: bytes) -> Interface:
    _, _, index, flags, _ = _LINK.unpack_from(body)
    attributes = _attributes(body[_LINK.size :])
    name = attributes[_IFLA_IFNAME].rstrip(b"\0").decode()
    mac = attributes.get(_IFLA_ADDRESS, b"")
    mtu = int.from_bytes(attributes.get(_IFLA_MTU, b""), sys.byteorder) or 1500
    return Interface(name, index, mac, mtu, bool(flags & _IFF_UP))


def _parse_address(body: bytes) -> tuple[int, IPv4Interface | None, bool]:
    family, prefix, flags, _, index = _ADDR.unpack_from(body)
    attributes = _attributes(body[_ADDR.size :])
    octets = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
    if family != socket.AF_INET or octets is None:
        return index, None, False
    wide = attributes.get(_IFA_FLAGS)
    flags = int.from_bytes(wide, sys.byteorder) if wide else flags
    return index, IPv4Interface((octets, prefix)), bool(flags & _IFA_F_SECONDARY)


def _with_address(interface: Interface, address: IPv4Interface, secondary: bool) -> Interface:
    if secondary:
        return replace(interface, secondaries=(*interface.secondaries, address))
    return replace(interface, addresses=(*interface.addresses, address))
