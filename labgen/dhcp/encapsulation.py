"""Frames in every wrapping that carries DHCP in practice, opened layer by layer.

Mirrors (ERSPAN, TZSP), overlays (VXLAN, VXLAN-GPE, Geneve, NVGRE, GTP-U), access (PPPoE, PPP, L2TP), core (MPLS,
MPLS-in-UDP, GRE, IP in IP, provider backbone bridges), radio (802.11 with radiotap, PPI or Prism, CAPWAP), captures of
the kernel's own (cooked, NFLOG, pflog). Fragments of IPv4 are put together (RFC 791); what stays closed is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from labgen.dhcp import links, radio, tunnels
from labgen.dhcp.fragments import Reassembly
from labgen.dhcp.frames import (
    ETHERNET,
    IPV4,
    LOOP,
    NULL,
    RAW,
    RAW_BSD,
    RAW_OPENBSD,
    SLL,
    SLL2,
    Datagram,
    checksum_holds,
    plain,
)
from labgen.dhcp.icmp import Refusal, heard
from labgen.dhcp.neighbours import Neighbours
from labgen.dhcp.ports import DHCP_PORTS
from labgen.dhcp.tunnels import Wrapping

DEEPEST = 8
"""Wrappings inside each other that are followed."""

_SLL_OUTGOING = 4
_TAGS = frozenset({0x8100, 0x88A8, 0x9100, 0x9200})
_IPV6_HEADERS = frozenset({0, 43, 60, 135})
_LINK_NAMES = {
    226: "Solaris IPNET",
    247: "InfiniBand",
    187: "Bluetooth",
    195: "802.15.4",
}
_ARP = 0x0806
_PPP_PROTOCOLS = {0x0021: 0x0800, 0x0057: 0x86DD, 0x0281: 0x8847}
_OPAQUE_TYPES = {0x88E5: "MACsec", 0x88CC: "", 0x8863: ""}


@dataclass(slots=True)
class Dissector:
    """Opens the frames of one capture. `closed` counts what was not looked into, by name; `dhcpv6` messages of RFC 8415."""

    closed: Counter[str] = field(default_factory=Counter)
    dhcpv6: int = 0
    fragments: Reassembly = field(default_factory=Reassembly)
    refusals: list[Refusal] = field(default_factory=list)
    neighbours: Neighbours = field(default_factory=Neighbours)

    def datagram(self, link: int, data: bytes, number: int = 0, original_length: int = 0) -> Datagram | None:
        """The DHCP datagram in a frame, None when there is none. `original_length` is the frame's length before it was cut."""
        if link == ETHERNET:
            found = plain(data)
            if found is not None:
                return found
        try:
            return self._open_link(link, data, Wrapping(cut=original_length > len(data)), number)
        except (IndexError, ValueError):
            return None

    def incomplete(self) -> Iterator[tuple[int, float | None, Datagram]]:
        """First fragments whose rest never came: frame number, time, and the datagram as far as it goes."""
        for number, time, packet, around in self.fragments.left():
            if isinstance(around, Wrapping):
                around.cut = True
                found = self.transport(packet[9], packet, (packet[0] & 15) * 4, around, number)
                if found is not None:
                    yield number, time, found

    def _open_link(self, link: int, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        opener = _LINKS.get(link)
        if opener is None:
            name = _LINK_NAMES.get(link)
            self.closed[f"link type {link} ({name})" if name else f"link type {link}"] += 1
            return None
        return opener(self, data, around, number)

    # Links

    def ethernet(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        if not around.source and not around.destination:
            around.destination, around.source = data[0:6], data[6:12]
        return self.ether_type(int.from_bytes(data[12:14], "big"), data, 14, around, number)

    def sll(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        if len(data) < 16:
            return None
        around.outgoing = int.from_bytes(data[0:2], "big") == _SLL_OUTGOING
        around.source = data[6 : 6 + min(8, int.from_bytes(data[4:6], "big"))]
        return self.ether_type(int.from_bytes(data[14:16], "big"), data, 16, around, number)

    def sll2(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        if len(data) < 20:
            return None
        around.outgoing, around.source = data[10] == _SLL_OUTGOING, data[12 : 12 + min(8, data[11])]
        return self.ether_type(int.from_bytes(data[0:2], "big"), data, 20, around, number)

    def loopback(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        return self.ip(data[4:], around, number)

    def ppp_link(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        return self.ppp(data, 0, around, number)

    def pktap(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        """Apple's tap: its length, then the link type of what follows, both in the order of the machine that captured."""
        order: Literal["little", "big"] = "little" if data[0] or data[1] else "big"
        size, inner = int.from_bytes(data[0:4], order), int.from_bytes(data[8:12], order)
        if size < 12 or inner in (149, 258):
            self.closed["damaged headers of Apple PKTAP"] += 1
            return None
        return self._deeper(around, lambda: self._open_link(inner, data[size:], around, number))

    def pppoe_link(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        return self.ppp(data, 6, around, number)

    def mpls_link(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        return self.mpls(data, 0, around, number)

    def wireless(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        return self.frame_80211(data, around, number)

    def ppi(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        size, inner = int.from_bytes(data[2:4], "little"), int.from_bytes(data[4:8], "little")
        return self._deeper(around, lambda: self._open_link(inner, data[size:], around, number))

    def frame_80211(
        self, data: bytes, around: Wrapping, number: int, *, padded: bool = False
    ) -> Datagram | None:
        opened = radio.open_frame(data, padded=padded)
        if opened.encrypted:
            self.closed["encrypted 802.11 frames"] += 1
        if not around.source:
            around.source, around.destination = opened.source, opened.destination
        for payload in opened.payloads:
            found = self.llc(payload, 0, around, number)
            if found is not None:
                return found
        return None

    # Layer 2 inside layer 2

    def ether_type(self, kind: int, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        """The datagram behind an Ethernet type, tags included."""
        if kind in _TAGS:
            around.vlan = None
        while kind in _TAGS:
            vlan = int.from_bytes(data[at : at + 2], "big") & 0xFFF
            if vlan:  # VLAN 0 is a priority alone
                around.outer_vlan, around.vlan = around.vlan, vlan
            kind, at = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        if kind in (0x0800, 0x86DD):
            return self.ip(data[at:], around, number)
        if kind <= 1500:
            return self.llc(data, at, around, number)
        opener = _TYPES.get(kind)
        if opener is not None:
            return self._deeper(around, lambda: opener(self, data, at, around, number))
        if kind == _ARP:
            self.neighbours.hear(data, at, number)
        if _OPAQUE_TYPES.get(kind):
            self.closed[_OPAQUE_TYPES[kind]] += 1
        return None

    def llc(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        """IEEE 802.2 with SNAP."""
        if data[at : at + 3] != b"\xaa\xaa\x03":
            return None
        return self.ether_type(int.from_bytes(data[at + 6 : at + 8], "big"), data, at + 8, around, number)

    def mpls(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        """Labels down to the last one: IP behind it, or Ethernet with or without a control word (RFC 4385)."""
        while not data[at + 2] & 1:
            at += 4
        around.mpls_label, inner = int.from_bytes(data[at : at + 3], "big") >> 4, data[at + 4 :]
        if inner[0] >> 4 in (4, 6):
            return self.ip(inner, around, number)
        return self.ethernet_inside(inner[4:] if inner[0] == 0 else inner, around, number)

    def pppoe(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        return self.ppp(data, at + 6, around, number)

    def ppp(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        if data[at : at + 2] == b"\xff\x03":
            at += 2
        compressed = data[at] & 1
        protocol = data[at] if compressed else int.from_bytes(data[at : at + 2], "big")
        kind = _PPP_PROTOCOLS.get(protocol)
        return self.ether_type(kind, data, at + (1 if compressed else 2), around, number) if kind else None

    def backbone(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        """IEEE 802.1ah: the service tag's instance number, then the customer's frame."""
        around.vni = int.from_bytes(data[at + 1 : at + 4], "big")
        return self.ethernet_inside(data[at + 4 :], around, number)

    def bridged(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        return self.ethernet_inside(data[at:], around, number)

    def vn_tag(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        return self.ether_type(int.from_bytes(data[at + 4 : at + 6], "big"), data, at + 6, around, number)

    def ethernet_inside(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        """A frame in a tunnel: its tag is what counts, its addresses are not those of this link."""
        return self.ether_type(int.from_bytes(data[12:14], "big"), data, 14, around, number)

    def mirrored(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        """A copy of a frame as it was on another link: that link's addresses are the ones to go by."""
        around.destination, around.source = data[0:6], data[6:12]
        return self.ethernet_inside(data, around, number)

    def _deeper(self, around: Wrapping, go: Callable[[], Datagram | None]) -> Datagram | None:
        around.depth += 1
        return go() if around.depth <= DEEPEST else None

    # IP

    def ip(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        if data[0] >> 4 == 6:
            return self._ipv6(data, around, number)
        if data[0] >> 4 != 4 or len(data) < 20:
            return None
        head = (data[0] & 15) * 4
        total = int.from_bytes(data[2:4], "big")
        around.cut = around.cut and total > len(data)
        if total >= head:
            data = data[:total]
        if (data[6] & 0x3F) or data[7]:
            whole = self.fragments.add(data, around, number)
            return None if whole is None else self.transport(whole[9], whole, head, around, number)
        return self.transport(data[9], data, head, around, number)

    def _ipv6(self, data: bytes, around: Wrapping, number: int) -> Datagram | None:
        protocol, at = data[6], 40
        while protocol in _IPV6_HEADERS:
            protocol, at = data[at], at + 8 + data[at + 1] * 8
        if protocol == 44:
            self.closed["IPv6 fragments"] += 1
            return None
        return self.transport(protocol, data, at, around, number)

    def transport(
        self, protocol: int, data: bytes, at: int, around: Wrapping, number: int
    ) -> Datagram | None:
        if protocol == 17:
            return self._udp(data, at, around, number)
        opener = _PROTOCOLS.get(protocol)
        if opener is not None:
            return self._deeper(around, lambda: opener(self, data, at, around, number))
        if protocol == 50:
            self.closed["IPsec ESP"] += 1
        elif protocol == 1:
            heard(self.refusals, self.neighbours, data, at, number)
        return None

    def ip_inside(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        return self.ip(data[at:], around, number)

    def ether_ip(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        return self.ethernet_inside(data[at + 2 :], around, number)

    def _udp(self, data: bytes, at: int, around: Wrapping, number: int) -> Datagram | None:
        if len(data) < at + 8:
            return None
        source = int.from_bytes(data[at : at + 2], "big")
        destination = int.from_bytes(data[at + 2 : at + 4], "big")
        size = int.from_bytes(data[at + 4 : at + 6], "big")
        end = at + size if size >= 8 else len(data)
        if source in DHCP_PORTS or destination in DHCP_PORTS:
            if data[0] >> 4 != 4:
                return None
            if around.underlay is not None:
                self.neighbours.carried[number] = around.underlay
            return Datagram(
                data[at + 8 : end],
                data[12:16],
                data[16:20],
                source,
                destination,
                around.source,
                around.destination,
                around.outgoing,
                around.vlan,
                around.vni,
                end > len(data),
                int.from_bytes(data[4:6], "big"),
                around.outer_vlan,
                not checksum_holds(data, 0, at, end),
                around.mpls_label,
                around.tunnel,
            )
        if destination in (546, 547) and data[0] >> 4 == 6:
            self.dhcpv6 += 1
            return None
        opener = UDP_PORTS.get(destination) or UDP_PORTS.get(source)
        if opener is None:
            return None
        return self._deeper(around, lambda: opener(self, data[:end], at + 8, around, number))


_Opener = Callable[[Dissector, bytes, Wrapping, int], Datagram | None]
_Inner = Callable[[Dissector, bytes, int, Wrapping, int], Datagram | None]


def _raw(dissector: Dissector, data: bytes, around: Wrapping, number: int) -> Datagram | None:
    return dissector.ip(data, around, number)


_LINKS: dict[int, _Opener] = {
    ETHERNET: Dissector.ethernet,
    **dict.fromkeys((RAW, RAW_BSD, RAW_OPENBSD, IPV4, 229), _raw),
    **dict.fromkeys((NULL, LOOP), Dissector.loopback),
    SLL: Dissector.sll,
    SLL2: Dissector.sll2,
    **dict.fromkeys((9, 50, 166, 204), Dissector.ppp_link),
    6: links.token_ring,
    107: links.frame_relay,
    143: links.docsis,
    10: links.fddi,
    51: Dissector.pppoe_link,
    104: links.cisco_hdlc,
    105: Dissector.wireless,
    117: links.pflog,
    119: links.prism,
    127: links.radiotap,
    163: links.avs,
    149: Dissector.pktap,
    258: Dissector.pktap,
    242: links.infiniband,
    192: Dissector.ppi,
    197: links.erf,
    219: Dissector.mpls_link,
    239: links.nflog,
    281: links.switch_tag,
    282: links.switch_tag_before,
    284: links.switch_tagged,
    285: links.switch_tagged,
}
_TYPES: dict[int, _Inner] = {
    0x8847: Dissector.mpls,
    0x8848: Dissector.mpls,
    0x8864: Dissector.pppoe,
    0x88E7: Dissector.backbone,
    0x6558: Dissector.bridged,
    0x8926: Dissector.vn_tag,
    0x880B: Dissector.ppp,
    0x894F: tunnels.nsh,
    0x22F3: tunnels.trill,
    0x8909: tunnels.metadata,
}
_PROTOCOLS: dict[int, _Inner] = {
    4: Dissector.ip_inside,
    41: Dissector.ip_inside,
    47: tunnels.gre,
    51: tunnels.authentication,
    97: Dissector.ether_ip,
    115: tunnels.l2tpv3,
    137: Dissector.mpls,
}
UDP_PORTS: dict[int, _Inner] = {6635: Dissector.mpls, **tunnels.UDP_PORTS}
