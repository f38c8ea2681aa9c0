"""Tunnels: what stands between the outer datagram and the frame or packet inside.

Each function takes what the outer layers said, opens one header, and gives the rest back to the dissector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from labgen.dhcp.frames import Datagram


@dataclass(slots=True)
class Wrapping:
    """The outer layers of the frame at hand."""

    source: bytes = b""
    destination: bytes = b""
    outgoing: bool | None = None
    vlan: int | None = None
    outer_vlan: int | None = None
    vni: int | None = None
    mpls_label: int | None = None
    tunnel: int | None = None
    underlay: tuple[bytes, bytes] | None = None
    cut: bool = False
    depth: int = 0


class LayerOpener(Protocol):
    """The function that opens the layers below a tunnel's header."""

    @property
    def closed(self) -> Counter[str]:
        """Layers that were met and cannot be looked into, counted."""
        ...

    def ip(self, data: bytes, around: Wrapping, number: int) -> Datagram | None: ...
    def ethernet(self, data: bytes, around: Wrapping, number: int) -> Datagram | None: ...
    def llc(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None: ...
    def ethernet_inside(self, data: bytes, around: Wrapping, number: int) -> Datagram | None: ...
    def mirrored(self, data: bytes, around: Wrapping, number: int) -> Datagram | None: ...
    def ppp(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None: ...
    def ether_type(
        self, kind: int, data: bytes, at: int, around: Wrapping, number: int
    ) -> Datagram | None: ...
    def transport(
        self, protocol: int, data: bytes, at: int, around: Wrapping, number: int
    ) -> Datagram | None: ...
    def frame_80211(
        self, data: bytes, around: Wrapping, number: int, *, padded: bool = False
    ) -> Datagram | None: ...


def gre(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """RFC 2784 and 2890, RFC 2637 (PPTP), NVGRE (RFC 7637), ERSPAN types I to III."""
    flags, kind = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
    sequenced = bool(flags & 0x1000)
    start = at + 4 + (4 if flags & 0x8000 else 0)
    if flags & 0x2000:
        if kind == 0x6558:
            around.vni = int.from_bytes(data[start : start + 3], "big")
        elif kind not in (0x88BE, 0x22EB):
            around.tunnel = int.from_bytes(data[start : start + 4], "big")
        start += 4
    start += (4 if sequenced else 0) + (4 if flags & 7 == 1 and flags & 0x80 else 0)
    if kind in (0x88BE, 0x22EB):
        return inner.mirrored(data[start + _erspan(kind, data, start, sequenced) :], around, number)
    if kind == 0x880B:
        return inner.ppp(data, start, around, number)
    return inner.ether_type(kind, data, start, around, number)


def _ends(data: bytes) -> tuple[bytes, bytes] | None:
    """The ends of a tunnel, where its packets are IPv4."""
    return (data[12:16], data[16:20]) if data[0] >> 4 == 4 else None


def vxlan(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """RFC 7348, and the generic protocol extension, whose fourth octet names what is inside."""
    around.vni, around.underlay = int.from_bytes(data[at + 4 : at + 7], "big"), _ends(data)
    inside = data[at + 3] if data[at] & 4 else 3
    if inside in (1, 2):
        return inner.ip(data[at + 8 :], around, number)
    if inside == 4:
        return nsh(inner, data, at + 8, around, number)
    return inner.ethernet_inside(data[at + 8 :], around, number)


def geneve(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """RFC 8926."""
    around.vni, around.underlay = int.from_bytes(data[at + 4 : at + 7], "big"), _ends(data)
    start = at + 8 + (data[at] & 0x3F) * 4
    return inner.ether_type(int.from_bytes(data[at + 2 : at + 4], "big"), data, start, around, number)


def gtp(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """Only user data (message type 255) of version 1."""
    if data[at] >> 5 != 1 or data[at + 1] != 255:
        return None
    around.tunnel, start = int.from_bytes(data[at + 4 : at + 8], "big"), at + 8
    if data[at] & 7:
        extension, start = data[at + 11], start + 4
        while data[at] & 4 and extension:
            size = data[start] * 4
            extension, start = data[start + size - 1], start + max(size, 4)
    return inner.ip(data[start:], around, number)


def l2tp(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """RFC 2661 data messages: PPP behind a header whose fields depend on its flags; RFC 3931's over UDP are sessions of frames."""
    flags = int.from_bytes(data[at : at + 2], "big")
    if not flags & 0x8000 and flags & 15 == 3:
        return _sized(inner, data, at + 8, around, number)
    if flags & 0x8000 or flags & 15 != 2:
        return None
    named = at + 2 + (2 if flags & 0x4000 else 0)
    around.tunnel, start = (
        int.from_bytes(data[named : named + 4], "big"),
        named + 4 + (4 if flags & 0x0800 else 0),
    )
    if flags & 0x0200:
        start += 2 + int.from_bytes(data[start : start + 2], "big")
    return inner.ppp(data, start, around, number)


def l2tpv3(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """RFC 3931 over IP: a session, then a cookie and a sublayer whose sizes were agreed by control messages nobody may have
    captured: the first size behind which a frame of a known type stands is taken.
    """
    if data[at : at + 4] == bytes(4):
        return None
    return _sized(inner, data, at + 4, around, number)


def _sized(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    for start in (at, at + 4, at + 8, at + 12):
        if data[start + 12 : start + 14] in _KNOWN_TYPES:
            return inner.ethernet_inside(data[start:], around, number)
    inner.closed["L2TPv3 sessions of another kind than Ethernet"] += 1
    return None


_KNOWN_TYPES = frozenset({b"\x08\x00", b"\x81\x00", b"\x88\xa8", b"\x86\xdd", b"\x88\x64", b"\x08\x06"})


def gue(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """Generic UDP encapsulation (draft-ietf-intarea-gue): version 1 is a bare IP packet, version 0 has a header that names the
    protocol inside.
    """
    version = data[at] >> 6
    if version == 1:
        return inner.ip(data[at:], around, number)
    if version or data[at] & 0x20:
        return None
    return inner.transport(data[at + 1], data, at + 4 + (data[at] & 31) * 4, around, number)


def foo_over_udp(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """Linux' foo-over-UDP: the port alone says what is inside; an IP packet shows itself by its length, GRE by its type."""
    if data[at] == 0x45 and int.from_bytes(data[at + 2 : at + 4], "big") == len(data) - at:
        return inner.ip(data[at:], around, number)
    return (
        gre(inner, data, at, around, number) if data[at + 2 : at + 4] in (b"\x08\x00", b"\x65\x58") else None
    )


def tzsp(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """MikroTik's and Aruba's mirror: tagged fields up to an end tag, then the frame."""
    inside, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    while data[start] != 1:
        start += 1 if data[start] == 0 else 2 + data[start + 1]
    if inside == 18:
        return inner.frame_80211(data[start + 1 :], around, number)
    return inner.mirrored(data[start + 1 :], around, number)


def capwap(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """RFC 5415 data channel: 802.3 or 802.11 frames; Cisco swaps the two octets of 802.11 frame control."""
    if data[at] & 15 == 1:
        inner.closed["CAPWAP in DTLS"] += 1
        return None
    start, native, parts = at + (data[at + 1] >> 3) * 4, data[at + 2] & 1, data[at + 3] & 0x80
    if parts:
        inner.closed["CAPWAP fragments"] += 1
        return None
    frame = data[start:]
    if not native:
        return inner.ethernet_inside(frame, around, number)
    found = inner.frame_80211(frame, around, number)
    return found or inner.frame_80211(frame[1:2] + frame[0:1] + frame[2:], around, number)


def nsh(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """Service function chains (RFC 8300)."""
    start, kind = at + (data[at + 1] & 0x3F) * 4, data[at + 3]
    if kind in (1, 2):
        return inner.ip(data[start:], around, number)
    return inner.ethernet_inside(data[start:], around, number) if kind == 3 else None


def lisp(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """LISP: a header of eight octets, then IP."""
    return inner.ip(data[at + 8 :], around, number)


def trill(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """RFC 6325: six octets, and options whose length is in words."""
    words = ((data[at] & 7) << 2) | (data[at + 1] >> 6)
    return inner.ethernet_inside(data[at + 6 + words * 4 :], around, number)


def metadata(inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
    """Cisco's metadata: a length in words, then the type of what follows."""
    start = at + 2 + max(1, data[at + 1]) * 4
    return inner.ether_type(int.from_bytes(data[start : start + 2], "big"), data, start + 2, around, number)


def authentication(
    inner: LayerOpener, data: bytes, at: int, around: Wrapping, number: int
) -> Datagram | None:
    """IPsec AH (RFC 4302): nothing is encrypted."""
    return inner.transport(data[at], data, at + (data[at + 1] + 2) * 4, around, number)


def _erspan(kind: int, data: bytes, at: int, sequenced: bool) -> int:
    """Octets of ERSPAN's own header: none in type I, which has no sequence number either."""
    if kind == 0x88BE:
        return 8 if sequenced else 0
    return 20 if data[at + 11] & 1 else 12


_Opener = Callable[[LayerOpener, bytes, int, Wrapping, int], Datagram | None]
UDP_PORTS: MappingProxyType[int, _Opener] = MappingProxyType(
    {
        **dict.fromkeys((4789, 8472, 4790), vxlan),
        6081: geneve,
        2152: gtp,
        1701: l2tp,
        5247: capwap,
        4341: lisp,
        4754: gre,
        5555: foo_over_udp,
        6080: gue,
        37008: tzsp,
    }
)
"""Tunnels in UDP by their ports."""
