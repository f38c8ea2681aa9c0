"""A DISCOVER is found in every wrapping that carries DHCP, and a wrapping that stays closed is named."""

from __future__ import annotations

import dhcp_frames as wire
import pytest

from labgen.dhcp.encapsulation import Dissector

PACKET = wire.discover()
FRAME = wire.ethernet(PACKET)
HEAD = b"\xff" * 6 + b"\x00\x00\x5e\x00\x53\x01"


def outer(protocol: int, payload: bytes) -> bytes:
    size = (20 + len(payload)).to_bytes(2, "big")
    head = b"\x45\x00" + size + b"\x00\x01\x00\x00\x40" + bytes([protocol]) + b"\x00\x00"
    return HEAD + b"\x08\x00" + head + b"\xcb\x00\x71\x01\xcb\x00\x71\x02" + payload


def udp(port: int, payload: bytes) -> bytes:
    return outer(
        17, b"\x13\x88" + port.to_bytes(2, "big") + (8 + len(payload)).to_bytes(2, "big") + b"\0\0" + payload
    )


def typed(kind: str, payload: bytes) -> bytes:
    return HEAD + bytes.fromhex(kind) + payload


PKTAP = (108).to_bytes(4, "little") + b"\1\0\0\0\1\0\0\0" + b"en0".ljust(96, b"\0")
WIFI = b"\x08\x01\x00\x00" + HEAD + b"\xff" * 6 + b"\x00\x00" + b"\xaa\xaa\x03\x00\x00\x00\x08\x00" + PACKET


@pytest.mark.parametrize(
    ("link", "data"),
    [
        pytest.param(1, outer(47, b"\0\0\x08\0" + PACKET), id="gre"),
        pytest.param(1, outer(47, b"\x20\0\x65\x58\x12\x34\0\0" + FRAME), id="nvgre"),
        pytest.param(1, outer(47, b"\0\0\x88\xbe" + FRAME), id="erspan-1"),
        pytest.param(1, outer(47, b"\x10\0\x88\xbe\0\0\0\1" + bytes(8) + FRAME), id="erspan-2"),
        pytest.param(1, outer(47, b"\x10\0\x22\xeb\0\0\0\1" + bytes(12) + FRAME), id="erspan-3"),
        pytest.param(1, outer(47, b"\x10\0\x22\xeb\0\0\0\1" + bytes(11) + b"\1" + bytes(8) + FRAME), id="erspan-3-sub"),
        pytest.param(1, outer(4, PACKET), id="ip-in-ip"),
        pytest.param(1, outer(51, b"\4\4\0\0" + bytes(20) + PACKET), id="authentication"),
        pytest.param(1, outer(97, b"\x30\0" + FRAME), id="ether-ip"),
        pytest.param(1, udp(4790, b"\x0c\0\0\1\0\0\x64\0" + PACKET), id="vxlan-gpe-ip"),
        pytest.param(1, udp(4790, b"\x0c\0\0\4\0\0\x64\0\x0f\xc2\1\3\0\0\1\xff" + FRAME), id="vxlan-gpe-nsh"),
        pytest.param(1, udp(6081, b"\2\0\x65\x58\0\0\x64\0" + bytes(8) + FRAME), id="geneve-options"),
        pytest.param(1, udp(2152, b"\x30\xff" + len(PACKET).to_bytes(2, "big") + b"\0\0\0\1" + PACKET), id="gtp"),
        pytest.param(1, udp(1701, b"\0\2\0\1\0\1\xff\3\0\x21" + PACKET), id="l2tp"),
        pytest.param(1, udp(1701, b"\0\3\0\0\0\0\0\1" + bytes(4) + FRAME), id="l2tpv3-udp"),
        pytest.param(1, outer(115, b"\0\0\0\1" + bytes(8) + FRAME), id="l2tpv3-cookie"),
        pytest.param(1, outer(115, b"\0\0\0\1" + FRAME), id="l2tpv3"),
        pytest.param(1, udp(6080, PACKET), id="gue-1"),
        pytest.param(1, udp(6080, b"\1\4\0\0" + bytes(4) + PACKET), id="gue-0"),
        pytest.param(1, udp(5555, PACKET), id="fou-ip"),
        pytest.param(1, udp(5555, b"\0\0\x65\x58" + FRAME), id="fou-gre"),
        pytest.param(1, udp(4754, b"\0\0\x08\0" + PACKET), id="gre-in-udp"),
        pytest.param(1, udp(4341, bytes(8) + PACKET), id="lisp"),
        pytest.param(1, udp(6635, b"\0\x06\x41\x40" + PACKET), id="mpls-in-udp"),
        pytest.param(1, udp(37008, b"\1\0\0\1\1" + FRAME), id="tzsp"),
        pytest.param(1, udp(5247, b"\0\x10\x04\0\0\0\0\0" + FRAME), id="capwap-ethernet"),
        pytest.param(1, udp(5247, b"\0\x10\x43\0\0\0\0\0" + WIFI), id="capwap-radio"),
        pytest.param(1, typed("8847", b"\0\x06\x40\x40\0\x0c\x81\x40" + PACKET), id="mpls"),
        pytest.param(1, typed("8847", b"\0\x06\x41\x40\0\0\0\0" + FRAME), id="mpls-ethernet"),
        pytest.param(1, typed("8864", b"\x11\0\0\1" + (2 + len(PACKET)).to_bytes(2, "big") + b"\0\x21" + PACKET), id="pppoe"),
        pytest.param(1, typed("88e7", b"\0\0\x12\x34" + FRAME), id="backbone"),
        pytest.param(1, typed("894f", b"\x0f\xc2\1\3\0\0\1\xff" + FRAME), id="service-chain"),
        pytest.param(1, typed("22f3", b"\0\0\0\1\0\2" + FRAME), id="trill"),
        pytest.param(1, typed("8909", b"\1\1\0\1\0\x0a\x08\0" + PACKET), id="cisco-metadata"),
        pytest.param(9, b"\0\x21" + PACKET, id="ppp"),
        pytest.param(104, b"\x0f\0\x08\0" + PACKET, id="cisco-hdlc"),
        pytest.param(105, WIFI, id="802.11"),
        pytest.param(107, b"\x18\x41\x03\xcc" + PACKET, id="frame-relay"),
        pytest.param(108, b"\0\0\0\2" + PACKET, id="loop"),
        pytest.param(117, b"\x3d" + bytes(63) + PACKET, id="pflog"),
        pytest.param(127, b"\0\0\x08\0\0\0\0\0" + WIFI, id="radiotap"),
        pytest.param(143, b"\0\0" + len(FRAME).to_bytes(2, "big") + b"\0\0" + FRAME, id="docsis"),
        pytest.param(149, PKTAP + FRAME, id="pktap-149"),
        pytest.param(258, PKTAP + FRAME, id="pktap"),
        pytest.param(242, b"\x08\0\0\0" + PACKET, id="infiniband"),
        pytest.param(242, bytes(40) + b"\x08\0\0\0" + PACKET, id="infiniband-addresses"),
        pytest.param(192, b"\0\0\x08\0\x69\0\0\0" + WIFI, id="ppi"),
    ],
)  # fmt: skip
def test_discover_is_found_inside(link: int, data: bytes) -> None:
    datagram = Dissector().datagram(link, data)
    assert datagram is not None
    assert datagram.payload == PACKET[28:]


@pytest.mark.parametrize(
    ("link", "data", "name"),
    [
        pytest.param(1, outer(50, bytes(40)), "IPsec ESP", id="encrypted"),
        pytest.param(1, udp(5247, b"\1\0\0\0" + bytes(40)), "CAPWAP in DTLS", id="dtls"),
        pytest.param(1, typed("88e5", bytes(40)), "MACsec", id="macsec"),
        pytest.param(149, bytes(40), "Apple PKTAP", id="pktap"),
        pytest.param(247, bytes(40), "InfiniBand", id="link"),
        pytest.param(1, outer(115, b"\0\0\0\1" + bytes(40)), "L2TPv3", id="l2tpv3"),
    ],
)
def test_closed_wrapping_is_named(link: int, data: bytes, name: str) -> None:
    dissector = Dissector()
    assert dissector.datagram(link, data) is None
    assert any(name in closed for closed in dissector.closed)
