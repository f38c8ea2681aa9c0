"""The sockets of the relay. Each is opened in the namespace its caller is in."""

from __future__ import annotations

import contextlib
import socket
from typing import Literal, NamedTuple

from labgen.relay.netlink import GROUPS

_IP_TOS = 1
_IP_PKTINFO = 8
_IP_MTU_DISCOVER = 10
_IP_PMTUDISC_DONT = 0
_IP_TRANSPARENT = 19
_SO_RCVBUFFORCE = 33
_NOTICES = 8 * 1024 * 1024
"""Octets of word about changes a namespace may hold back: those of some thousand interfaces at once."""


class SocketSpec(NamedTuple):
    """A socket to open. `device`: VRF device, `buffer`: octets that may wait to be received, `name`: of a lock."""

    kind: Literal["relay", "raw", "netlink", "watch", "lock"]
    device: str = ""
    port: int = 0
    tos: int = 0
    buffer: int = 0
    name: str = ""


def open_socket(spec: SocketSpec) -> socket.socket:
    """Open one socket. Raises OSError."""
    match spec.kind:
        case "relay":
            return _relay_socket(spec)
        case "raw":
            return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        case "netlink":
            return _netlink_socket(0)
        case "watch":
            return _netlink_socket(GROUPS)
        case "lock":
            return _lock_socket(spec.name)


def _relay_socket(spec: SocketSpec) -> socket.socket:
    """Port 67 (or another) of one VRF, all of its interfaces and addresses: requests and replies, both ways."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DONT)
        sock.setsockopt(socket.IPPROTO_IP, _IP_TOS, spec.tos)
        # Lets giaddr be the source even where it is no address of this VRF (a client's VRF leaked into it).
        with contextlib.suppress(PermissionError):
            sock.setsockopt(socket.IPPROTO_IP, _IP_TRANSPARENT, 1)
        _receive_buffer(sock, spec.buffer)
        if spec.device:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, spec.device.encode())
        sock.bind(("", spec.port))
    except OSError:
        sock.close()
        raise
    return sock


def _receive_buffer(sock: socket.socket, octets: int) -> None:
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, octets)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)


def _netlink_socket(groups: int) -> socket.socket:
    kind = socket.SOCK_RAW | (socket.SOCK_NONBLOCK if groups else 0)
    sock = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
    _receive_buffer(sock, _NOTICES)
    sock.bind((0, groups))
    return sock


def _lock_socket(name: str) -> socket.socket:
    """A name in the namespace that only one process can have. Raises OSError with EADDRINUSE where it is taken."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        sock.bind("\0" + name)
    except OSError:
        sock.close()
        raise
    return sock
