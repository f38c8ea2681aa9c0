"""What VRRP has turned off stays off, whatever the kernel makes of the bridge below."""

from __future__ import annotations

import socket
import struct

import pytest

from labgen.lab.embedded.gateways import GatewayWatch
from labgen.lab.embedded.netlink import revived

UP, LOWER_UP = 0x1, 0x10000
NEW_LINK, SET_LINK, NAME, PROTO_DOWN = 16, 19, 3, 39


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def told(name: str, index: int, flags: int, off: bytes | None) -> bytes:
    """A datagram of the kernel about one interface (rtnetlink(7))."""
    body = struct.pack("=BxHiII", 0, 0, index, flags, 0) + attribute(NAME, name.encode() + b"\0")
    body += b"" if off is None else attribute(PROTO_DOWN, off)
    return struct.pack("=IHHII", 16 + len(body), NEW_LINK, 0, 0, 0) + body


@pytest.mark.parametrize(
    ("flags", "off", "found"),
    [
        pytest.param(UP | LOWER_UP, b"\1", [("vrrp10", 7)], id="turned off, with a carrier"),
        pytest.param(UP, b"\1", [], id="turned off, without one"),
        pytest.param(UP | LOWER_UP, b"\0", [], id="the master's"),
        pytest.param(UP | LOWER_UP, None, [], id="an older kernel, which says nothing"),
    ],
)
def test_what_came_back_is_told(flags: int, off: bytes | None, found: list[tuple[str, int]]) -> None:
    assert list(revived(told("vrrp10", 7, flags, off))) == found


def test_only_gateways_that_move_are_turned_off_again() -> None:
    kernel, own = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with kernel, own:
        own.setblocking(False)
        kernel.send(told("macvlan0", 8, UP | LOWER_UP, b"\1") + told("vrrp10", 7, UP | LOWER_UP, b"\1"))
        GatewayWatch(frozenset({"vrrp10"}), own).read()
        kernel.setblocking(False)
        asked = kernel.recv(4096)
        assert struct.unpack_from("=IH", asked) == (len(asked), SET_LINK)
        assert struct.unpack_from("=BxHiII", asked, 16)[2] == 7
        assert asked.endswith(attribute(PROTO_DOWN, b"\1"))
        with pytest.raises(BlockingIOError):
            kernel.recv(4096)
