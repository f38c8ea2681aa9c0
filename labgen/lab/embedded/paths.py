"""Waiting until relays and servers reach each other: tables may be complete before the kernel, ARP and tunnels carry a packet."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress

from labgen.lab.deadline import Deadline
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.blueprint import MAIN, Path, VrfBackend
from labgen.lab.embedded.nodes import Home, NodeHandle

AGAIN = 0.2
"""Seconds after which a lost echo is sent again."""
_ECHO, _REPLY = 8, 0
_ICMP = struct.Struct("!BBHHH")


async def until_reached(
    nodes: Iterable[NodeHandle], backend: VrfBackend, home: Home, deadline: Deadline
) -> tuple[Path, ...]:
    """Return when an echo (RFC 792) has come back along every path, or at the deadline, with those along which none did.

    A path that stays silent is no reason not to start: what a lab is there to show may be just that.
    """
    asked = [(node, path) for node in nodes for path in node.node.paths]
    reached = await asyncio.gather(*(_reached(node, path, backend, home, deadline) for node, path in asked))
    return tuple(path for (_, path), answered in zip(asked, reached, strict=True) if not answered)


async def _reached(node: NodeHandle, path: Path, backend: VrfBackend, home: Home, deadline: Deadline) -> bool:
    number = os.getpid() & 0xFFFF
    with _socket(node, path, backend, home) as sock:
        while not deadline.over:
            with suppress(OSError):  # no route yet, or its source has no interface yet
                sock.bind((path.source, 0))
                sock.sendto(_echo(number), (path.target, 0))
            if await _answered(sock, path.target, number):
                return True
    return False


def _socket(node: NodeHandle, path: Path, backend: VrfBackend, home: Home) -> socket.socket:
    with sc.inside(node.network(path.vrf, backend), home.net, sc.CLONE_NEWNET):
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMP)
        if backend == "kernel" and path.vrf != MAIN:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, path.vrf.encode())
    return sock


async def _answered(sock: socket.socket, target: str, number: int) -> bool:
    """True if the reply comes before the echo is due again."""
    loop = asyncio.get_running_loop()
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(AGAIN):
            while True:
                packet, (source, _) = await loop.sock_recvfrom(sock, 2048)
                header = (packet[0] & 0xF) * 4
                kind, _, _, identifier, _ = _ICMP.unpack_from(packet, header)
                if (source, kind, identifier) == (target, _REPLY, number):
                    return True
    return False


def _echo(number: int) -> bytes:
    words = struct.unpack("!4H", _ICMP.pack(_ECHO, 0, 0, number, 1))
    total = sum(words)
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return _ICMP.pack(_ECHO, 0, checksum, number, 1)
