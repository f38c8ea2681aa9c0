"""Carrier of impaired wires: what one end of a cable loses, the other sees.

A port of the lab loses its carrier when the node at its end takes the port there down. Then the lab's other port is turned off, so
that the node at that end loses its carrier as well, and on again when the first has it back.
"""

from __future__ import annotations

import fcntl
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from labgen.lab.embedded.netlink import LINK_CHANGES, link_changes, open_socket

_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_LONGEST = 1 << 16
_REQUEST = struct.Struct("16sH14x")
UP, RUNNING, LOWER_UP = 0x1, 0x40, 0x10000
"""Flags of an interface: turned on, usable, and the cable is in (linux/if.h)."""


@dataclass(slots=True)
class Carriers:
    """`others` is the port at the other end of each; `held` are those that are off because the other has no carrier."""

    others: Mapping[str, str]
    held: set[str] = field(default_factory=set)

    def heard(self, port: str, flags: int) -> tuple[str, bool] | None:
        """The port to turn off or on after a change of one; None where there is nothing to do. What a port that is held tells, and one
        that is off, is of this process' own making."""
        other = self.others.get(port)
        if other is None or port in self.held or not flags & UP:
            return None
        carrier = bool(flags & LOWER_UP)
        if carrier == (other not in self.held):
            return None
        (self.held.discard if carrier else self.held.add)(other)
        return other, carrier


class BondCarriers(Protocol):
    """Carriers of the ports of a bond, and the bond's own."""

    def heard(self, port: str, flags: int) -> tuple[tuple[str, bool], ...]: ...


@dataclass(frozen=True, slots=True)
class CarrierWatch:
    """The ports of a lab's impaired wires and bonds, and the socket that tells of their changes."""

    carriers: Carriers
    socket: socket.socket
    bonds: Mapping[str, BondCarriers] = field(default_factory=dict)
    """by port"""

    @classmethod
    def of(
        cls, pairs: Iterator[tuple[str, str]], bonds: Mapping[str, BondCarriers] | None = None
    ) -> CarrierWatch:
        """Watch the two ports of each wire, and those of bonds, in the namespace of the caller. OSError where that is not allowed."""
        others = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
        sock = open_socket(LINK_CHANGES)
        sock.setblocking(False)
        return cls(Carriers(others), sock, bonds or {})

    def begin(self) -> None:
        """Take over what is already without a carrier."""
        for port in (*self.carriers.others, *self.bonds):
            flags = _flags(port)
            self._do(port, flags | (LOWER_UP if flags & RUNNING else 0))

    def read(self) -> None:
        """Do what the changes that are waiting ask for."""
        while True:
            try:
                data = self.socket.recv(_LONGEST)
            except OSError:  # none left, or more than the kernel kept: the next change tells the rest
                return
            for port, flags in link_changes(data):
                self._do(port, flags)

    def _do(self, port: str, flags: int) -> None:
        bond = self.bonds.get(port)
        if bond is not None:
            for each in bond.heard(port, flags):
                _turn(*each)
            return
        change = self.carriers.heard(port, flags)
        if change is not None:
            _turn(*change)


def _flags(port: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, suppress(OSError):
        found: int = _REQUEST.unpack(fcntl.ioctl(sock, _SIOCGIFFLAGS, _REQUEST.pack(port.encode(), 0)))[1]
        return found
    return 0


def _turn(port: str, on: bool) -> None:
    """Turn a port on or off; one that is gone with its node needs neither."""
    flags = _flags(port) & ~UP | (UP if on else 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, suppress(OSError):
        fcntl.ioctl(sock, _SIOCSIFFLAGS, _REQUEST.pack(port.encode(), flags))
