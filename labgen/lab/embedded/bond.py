"""Bonds of nodes, made by the process that is also the impaired wires: kernels without bonding run them, and a rootless lab.

A bond works as Linux' `active-backup` with the first member as primary: frames leave by the active member, what the others bring is
dropped, and the next one with a carrier takes over when it fails. The node's addresses are then announced over it, so that switches
learn where its MAC address is now, and again a little later (`num_grat_arp` and `peer_notif_delay` of the kernel's bonding driver): of
two moves in a row EVPN may believe the first, until the node is heard once more.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from labgen.lab.embedded.carrier import LOWER_UP, UP

_ETHERNET, _ARP_LENGTH = 14, 42
_IPV4, _ARP = b"\x08\x00", b"\x08\x06"
_ARP_HEAD = b"\x00\x01\x08\x00\x06\x04\x00\x01"
_ANYBODY = b"\xff" * 6
_MOST_KNOWN = 16
AGAIN = (0.2, 0.6, 1.2)
"""Seconds after which the addresses are announced once more."""


@dataclass(slots=True)
class Bond:
    """One bond: the lab's port of its node, and those of its members, the primary first.

    `alive` are the members whose switch has its port up; `down`: the node has turned its bond off, and members are held off for
    that; `cut`: no member is alive, and the node's port is held off for that.
    """

    port: str
    members: tuple[str, ...]
    sockets: Mapping[str, socket.socket] = field(default_factory=dict)
    alive: set[str] = field(default_factory=set)
    known: dict[bytes, bytes] = field(default_factory=dict)
    down: bool = False
    cut: bool = False
    due: list[float] = field(default_factory=list)

    @property
    def active(self) -> str | None:
        """The member that frames go by; None where there is none."""
        return None if self.down else next((name for name in self.members if name in self.alive), None)

    def heard(self, port: str, flags: int) -> tuple[tuple[str, bool], ...]:
        """Ports to turn off or on after a change of one. Those that are held off tell nothing: they are of this process' own making."""
        if not flags & UP:
            return ()
        carrier, before = bool(flags & LOWER_UP), self.active
        found = self._of_node(carrier) if port == self.port else self._of_member(port, carrier)
        if self.active != before and self.active is not None:
            self.due = [time.monotonic() + later for later in AGAIN]
            self.announce()
        return found

    def tick(self, now: float) -> None:
        """Announce once more what is due at this moment of the monotonic clock."""
        if self.due and self.due[0] <= now:
            self.due.pop(0)
            self.announce()

    def _of_node(self, carrier: bool) -> tuple[tuple[str, bool], ...]:
        if self.cut or carrier != self.down:
            return ()
        self.down = not carrier
        return tuple((name, carrier) for name in self.members)

    def _of_member(self, port: str, carrier: bool) -> tuple[tuple[str, bool], ...]:
        if self.down:
            return ()
        (self.alive.add if carrier else self.alive.discard)(port)
        cut = not self.alive
        if cut == self.cut:
            return ()
        self.cut = cut
        return ((self.port, not cut),)

    def note(self, frame: bytes) -> None:
        """Remember a MAC address of the node and the IPv4 address it uses."""
        kind, mac = frame[12:14], frame[6:12]
        source = frame[28:32] if kind == _ARP else frame[26:30] if kind == _IPV4 else b""
        if len(source) == 4 and any(source) and (mac in self.known or len(self.known) < _MOST_KNOWN):
            self.known[mac] = source

    def announce(self) -> None:
        """Tell the switch of the active member of the node's addresses."""
        out = self.sockets.get(self.active or "")
        for frame in self.announcements() if out else ():
            with suppress(OSError):
                assert out is not None
                out.send(frame)

    def announcements(self) -> Iterator[bytes]:
        """Gratuitous ARP requests (RFC 5227 section 2.3), one for each address."""
        for mac, address in self.known.items():
            yield _ANYBODY + mac + _ARP + _ARP_HEAD + mac + address + bytes(6) + address
