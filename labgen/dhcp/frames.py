"""Extracts the UDP payload of a DHCP message from a captured frame.

Plain Ethernet, raw IP and cooked captures are read here, quickly; what is wrapped in anything else goes to
`labgen.dhcp.encapsulation`. The outermost frame tells who sent it on this link, the innermost datagram what was said.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from labgen.dhcp.ports import DHCP_PORTS

ETHERNET, NULL, RAW, RAW_BSD, RAW_OPENBSD, LOOP, SLL, IPV4, SLL2 = 1, 0, 101, 12, 14, 108, 113, 228, 276


class Datagram(NamedTuple):
    """A UDP datagram to or from a DHCP port, addresses as octets.

    `link_source` and `link_destination` are the hardware addresses on the captured link (outermost
    frame), empty where the link has none; `outgoing` is what a cooked capture says about the direction,
    None for others. `cut` tells that the capture holds less of the datagram than was sent; `ip_id` is the
    identification of the IP header. `bad_checksum`: of UDP; who gets such a datagram drops it.
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
    cut: bool = False
    ip_id: int = 0
    outer_vlan: int | None = None
    bad_checksum: bool = False
    mpls_label: int | None = None
    tunnel: int | None = None


_IP_UDP = Struct(">BxxxHHxBxx4s4sHHHxx")
"""Of an IPv4 header without options and of UDP: version and length, identification, fragment, protocol, addresses, ports, length."""


def plain(data: bytes) -> Datagram | None:
    """Quick reading of an unfragmented IPv4 datagram to a DHCP port, straight in Ethernet or behind one tag. A tag of VLAN 0 tells a
    priority and no VLAN (IEEE 802.1Q).

    None means only that the frame is nothing this plain.
    """
    size = len(data)
    if size < 46:
        return None
    kind, at, vlan = data[12:14], 14, None
    if kind == b"\x81\x00":
        vlan, kind, at = (((data[14] << 8) | data[15]) & 0xFFF) or None, data[16:18], 18
    version, ip_id, fragment, protocol, source, destination, source_port, port, length = _IP_UDP.unpack_from(
        data, at
    )
    if kind != b"\x08\x00" or version != 0x45 or protocol != 17 or fragment & 0x3FFF:
        return None
    if source_port not in DHCP_PORTS and port not in DHCP_PORTS:
        return None
    end = at + 20 + length if length >= 8 else size
    return Datagram(
        data[at + 28 : end],
        source,
        destination,
        source_port,
        port,
        data[6:12],
        data[0:6],
        None,
        vlan,
        None,
        end > size,
        ip_id,
        None,
        not checksum_holds(data, at, at + 20, end),
    )


def checksum_holds(data: bytes, ip: int, udp: int, end: int) -> bool:
    """True if the UDP checksum (RFC 768) of a datagram is right, left out, or cannot be told because octets are missing.

    The sum of 16-bit words with end-around carry is the remainder of the whole number by 65535.
    """
    if end > len(data) or not (data[udp + 6] or data[udp + 7]):
        return True
    words = data[udp:end] if not (end - udp) & 1 else data[udp:end] + b"\0"
    addresses = int.from_bytes(data[ip + 12 : ip + 20], "big")
    return (int.from_bytes(words, "big") + addresses + 17 + end - udp) % 65535 == 0
