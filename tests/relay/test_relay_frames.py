"""Headers and fragments of frames to clients."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

from hypothesis import given, settings
from hypothesis import strategies as st
from relay_bench import MAC, RELAY_MAC, parse_frame

from labgen.relay.frames import HEADERS_LENGTH, fragments, write_headers

SOURCE, DESTINATION = IPv4Address("172.16.0.4"), IPv4Address("172.16.0.100")


def framed(payload: bytes) -> bytes:
    buffer = bytearray(HEADERS_LENGTH) + payload
    write_headers(buffer, HEADERS_LENGTH, len(payload), MAC, RELAY_MAC, int(SOURCE), int(DESTINATION))
    return bytes(buffer)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=1500))
def test_any_payload_gets_right_headers_and_checksums(payload: bytes) -> None:
    """RFC 791, 768; `parse_frame` adds the checksums up the long way."""
    assert parse_frame(framed(payload)) == (MAC, SOURCE, DESTINATION, payload)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=4000), st.integers(576, 1500), st.integers(0, 0xFFFF))
def test_fragments_put_together_are_the_datagram(payload: bytes, mtu: int, identifier: int) -> None:
    """RFC 791 section 3.2."""
    whole = framed(payload)
    pieces = fragments(whole, mtu, identifier)
    put_together = b""
    for number, piece in enumerate(pieces):
        header, data = piece[14:34], piece[34:]
        total, seen, flags = struct.unpack("!2xHHH", header[:8])
        assert sum(struct.unpack("!10H", header)) % 0xFFFF == 0
        assert (total, seen) == (20 + len(data), identifier)
        assert total <= mtu
        assert (flags & 0x1FFF) * 8 == len(put_together)
        assert bool(flags & 0x2000) is (number < len(pieces) - 1)
        put_together += data
    assert put_together == whole[34:]
