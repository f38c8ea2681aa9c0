"""From a captured frame to the UDP payload of a DHCP message.

Ethernet, 802.1Q and 802.1ad tags, Linux cooked captures (SLL, SLL2), raw IP and BSD loopback; VXLAN is
looked into (RFC 7348, one level at a time). The outermost frame tells who sent it on this link, the
innermost datagram what was said.
"""

from __future__ import annotations

from typing import NamedTuple

ETHERNET, NULL, RAW, RAW_BSD, RAW_OPENBSD, LOOP, SLL, IPV4, SLL2 = 1, 0, 101, 12, 14, 108, 113, 228, 276

_TAGS = frozenset({0x8100, 0x88A8, 0x9100})
_IP = 0x0800
_VXLAN_PORTS = frozenset({4789, 8472})
_MAX_TUNNELS = 4
_SLL_OUTGOING = 4


class Datagram(NamedTuple):
    """A UDP datagram to or from a DHCP port, addresses as octets.

    `link_source` and `link_destination` are the hardware addresses on the captured link (outermost
    frame), empty where the link has none; `outgoing` is what a cooked capture says about the direction,
    None for others.
    """

    payload: bytes
    source: bytes
    destination: bytes
    source_port: int
    destination_port: int
    link_source: bytes
    link_destination: bytes
    outgoing: bool | None
    vlan: int | None
    vni: int | None


def dhcp_datagram(link: int, data: bytes) -> Datagram | None:
    """The DHCP datagram in a frame, None when there is none. Never raises on damaged frames."""
    source = destination = b""
    outgoing: bool | None = None
    vlan = vni = None
    at = _NO_LINK.get(link, -1)
    if link == ETHERNET:
        at, vlan = _past_ethernet(data, 0)
        destination, source = data[0:6], data[6:12]
    elif link == SLL:
        at, source, outgoing = _past_sll(data)
    elif link == SLL2:
        at, source, outgoing = _past_sll2(data)
    for _ in range(_MAX_TUNNELS):
        found = _udp(data, at) if at >= 0 else None
        if found is None:
            return None
        source_port, destination_port, start, end, ip = found
        if 66 < source_port < 69 or 66 < destination_port < 69:
            return Datagram(
                data[start:end],
                data[ip + 12 : ip + 16],
                data[ip + 16 : ip + 20],
                source_port,
                destination_port,
                source,
                destination,
                outgoing,
                vlan,
                vni,
            )
        if destination_port not in _VXLAN_PORTS or end - start < 8:
            return None
        vni = int.from_bytes(data[start + 4 : start + 7], "big")
        data = data[start + 8 : end]
        at, inner = _past_ethernet(data, 0)
        vlan = vlan if inner is None else inner
    return None


_NO_LINK = {RAW: 0, RAW_BSD: 0, RAW_OPENBSD: 0, IPV4: 0, NULL: 4, LOOP: 4}


def _past_ethernet(data: bytes, at: int) -> tuple[int, int | None]:
    """Offset of the IPv4 header after the Ethernet header and its tags, -1 when it is not IPv4."""
    vlan = None
    at += 12
    while True:
        kind = int.from_bytes(data[at : at + 2], "big")
        if kind == _IP:
            return at + 2, vlan
        if kind not in _TAGS:
            return -1, vlan
        vlan = int.from_bytes(data[at + 2 : at + 4], "big") & 0xFFF
        at += 4


def _past_sll(data: bytes) -> tuple[int, bytes, bool | None]:
    if len(data) < 16:
        return -1, b"", None
    outgoing = int.from_bytes(data[0:2], "big") == _SLL_OUTGOING
    source = data[6 : 6 + min(8, int.from_bytes(data[4:6], "big"))]
    return _past_ethernet(data, 2)[0], source, outgoing


def _past_sll2(data: bytes) -> tuple[int, bytes, bool | None]:
    if len(data) < 20:
        return -1, b"", None
    source = data[12 : 12 + min(8, data[11])]
    at = 20 if int.from_bytes(data[0:2], "big") == _IP else -1
    return at, source, data[10] == _SLL_OUTGOING


def _udp(data: bytes, ip: int) -> tuple[int, int, int, int, int] | None:
    """(source port, destination port, payload start, payload end, IP offset) of a first or only
    fragment.
    """
    if len(data) < ip + 28 or data[ip] >> 4 != 4 or data[ip + 9] != 17:
        return None
    if (data[ip + 6] & 0x1F) or data[ip + 7]:
        return None
    udp = ip + (data[ip] & 0x0F) * 4
    if len(data) < udp + 8:
        return None
    size = (data[udp + 4] << 8) | data[udp + 5]
    end = udp + size if size >= 8 else len(data)
    return (
        (data[udp] << 8) | data[udp + 1],
        (data[udp + 2] << 8) | data[udp + 3],
        udp + 8,
        min(end, len(data)),
        ip,
    )
