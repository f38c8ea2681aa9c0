"""Link layers of captures that need no more than a look at their header: what stands between the record and the frame or packet."""

from __future__ import annotations

from labgen.dhcp import radio
from labgen.dhcp.frames import Datagram
from labgen.dhcp.tunnels import LayerOpener, Wrapping


def frame_relay(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """RFC 2427: two octets of address, a control octet, and the protocol's number."""
    return inner.ip(data[4:], around, number) if data[2:4] in (b"\x03\xcc", b"\x03\x8e") else None


def docsis(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """A cable modem's packet: a header with an extension where its last bit says so, then the frame."""
    if data[0] & 0xC0 == 0xC0:
        return None
    return inner.ethernet(data[6 + (data[1] if data[0] & 1 else 0) :], around, number)


def token_ring(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """IEEE 802.5: routing information, where the source address says so, stands before LLC."""
    around.destination, around.source = data[2:8], data[8:14]
    routed = data[14] & 31 if data[8] & 0x80 else 0
    return inner.llc(data, 14 + routed, around, number)


def fddi(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """FDDI: a frame control octet, two addresses, LLC."""
    around.destination, around.source = data[1:7], data[7:13]
    return inner.llc(data, 13, around, number)


def switch_tagged(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """Marvell's tag between the addresses and the type: four octets, or eight with a type of its own."""
    around.destination, around.source = data[0:6], data[6:12]
    at = 20 if data[12:14] in (b"\xda\xda", b"\xdb\xdb", b"\x00\x00") else 16
    return inner.ether_type(int.from_bytes(data[at : at + 2], "big"), data, at + 2, around, number)


def switch_tag(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """Broadcom's tag of four octets between the addresses and the type."""
    around.destination, around.source = data[0:6], data[6:12]
    return inner.ether_type(int.from_bytes(data[16:18], "big"), data, 18, around, number)


def switch_tag_before(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """Broadcom's tag of four octets before the frame."""
    return inner.ethernet(data[4:], around, number)


def pflog(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """OpenBSD's pflog: a header that says its length, padded to four octets, then IP."""
    return inner.ip(data[(data[0] + 3) & ~3 :], around, number)


def cisco_hdlc(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """Cisco HDLC: address, control, EtherType."""
    return inner.ether_type(int.from_bytes(data[2:4], "big"), data, 4, around, number)


def radiotap(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """802.11 behind a radiotap header."""
    size, padded = radio.radiotap(data)
    return inner.frame_80211(data[size:], around, number, padded=padded)


def prism(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """802.11 behind a Prism header."""
    return inner.frame_80211(data[radio.prism(data) :], around, number)


def avs(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """802.11 behind an AVS header, which says its length."""
    return inner.frame_80211(data[int.from_bytes(data[4:8], "big") :], around, number)


def nflog(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """Attributes with length and type in the capturing host's byte order; type 9 is the packet."""
    at = 4
    while at + 4 <= len(data):
        size, kind = (
            int.from_bytes(data[at : at + 2], "little"),
            int.from_bytes(data[at + 2 : at + 4], "little"),
        )
        if kind & 0x7FFF == 9:
            return inner.ip(data[at + 4 : at + size], around, number)
        at += max(4, (size + 3) & ~3)
    return None


def infiniband(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """IP over InfiniBand (RFC 4391): four octets, behind twenty or forty of addresses in some captures."""
    for at in (0, 20, 40):
        if data[at : at + 4] == b"\x08\x00\x00\x00" and data[at + 4] >> 4 == 4:
            return inner.ip(data[at + 4 :], around, number)
    return None


def erf(inner: LayerOpener, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    """Endace records: sixteen octets of header, more where the type's top bit says so, two of padding."""
    at, more = 16, data[8] & 0x80
    while more:
        more, at = data[at] & 0x80, at + 8
    return inner.ethernet(data[at + 2 :], around, number)
