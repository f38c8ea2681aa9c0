"""DHCP in Ethernet frames: found, and put back with other contents."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from labgen.dhcp.packet import HEADER_LENGTH
from labgen.dhcp.ports import CLIENT_PORT, SERVER_PORT
from labgen.relay.frames import ETHERNET_LENGTH, checksum

_IPV4, _UDP = 0x0800, 17
_MORE_OR_OFFSET = 0x3FFF
_OFFSET = 0x1FFF
_UDP_LENGTH = 8


@dataclass(frozen=True, slots=True)
class DhcpFrame:
    """A frame with a datagram between DHCP's ports (RFC 2131 section 4.1).

    `payload` is its UDP payload; empty where the datagram is a fragment, whose rest is elsewhere. `to_server` by port 67.
    """

    octets: bytes
    udp: int
    payload: bytes
    to_server: bool

    @property
    def destination(self) -> bytes:
        return self.octets[:6]

    @property
    def source(self) -> bytes:
        return self.octets[6:12]

    @property
    def packet_length(self) -> int:
        """Octets of the IP packet."""
        return len(self.octets) - ETHERNET_LENGTH

    def carrying(self, payload: bytes) -> bytes:
        """The same frame with another payload; lengths and checksums are those of the new one."""
        header = bytearray(self.octets[ETHERNET_LENGTH : self.udp])
        length = _UDP_LENGTH + len(payload)
        struct.pack_into("!H", header, 2, len(header) + length)
        struct.pack_into("!H", header, 10, 0)
        struct.pack_into("!H", header, 10, checksum(int.from_bytes(header, "big")))
        ports = self.octets[self.udp : self.udp + 4]
        pseudo = header[12:20] + struct.pack("!HH", _UDP, length)
        summed = pseudo + ports + struct.pack("!HH", length, 0) + payload + b"\0" * (length & 1)
        udp = ports + struct.pack("!HH", length, checksum(int.from_bytes(summed, "big")) or 0xFFFF)
        return self.octets[:ETHERNET_LENGTH] + bytes(header) + udp + payload


def dhcp_in(octets: bytes) -> DhcpFrame | None:
    """The DHCP of a frame; None where there is none. Only the first fragment of a datagram tells its ports."""
    if len(octets) < ETHERNET_LENGTH + 28 or int.from_bytes(octets[12:14], "big") != _IPV4:
        return None
    udp = ETHERNET_LENGTH + (octets[ETHERNET_LENGTH] & 0x0F) * 4
    total = int.from_bytes(octets[ETHERNET_LENGTH + 2 : ETHERNET_LENGTH + 4], "big")
    fragment = int.from_bytes(octets[ETHERNET_LENGTH + 6 : ETHERNET_LENGTH + 8], "big")
    if octets[ETHERNET_LENGTH + 9] != _UDP or fragment & _OFFSET or udp < ETHERNET_LENGTH + 20:
        return None
    if len(octets) < udp + _UDP_LENGTH:
        return None
    source, destination, length = struct.unpack_from("!HHH", octets, udp)
    to_server = destination == SERVER_PORT
    if not to_server and (source, destination) != (SERVER_PORT, CLIENT_PORT):
        return None
    stop = min(udp + max(length, _UDP_LENGTH), ETHERNET_LENGTH + total, len(octets))
    whole = not fragment & _MORE_OR_OFFSET
    payload = octets[udp + _UDP_LENGTH : stop] if whole else b""
    return DhcpFrame(octets[: max(stop, udp + _UDP_LENGTH)], udp, payload, to_server)


def is_message(payload: bytes) -> bool:
    """True if a payload is as long as a BOOTP message at least."""
    return len(payload) >= HEADER_LENGTH
