"""The sockets of the relay. Each is opened in the namespace its caller is in."""

from __future__ import annotations

import contextlib
import socket
from ipaddress import IPv4Address

from labgen.dhcp.packet import SERVER_PORT

_IP_PKTINFO = 8
_IP_MTU_DISCOVER = 10
_IP_PMTUDISC_DONT = 0
_IP_MTU = 14
_IP_FREEBIND = 15
_IP_TRANSPARENT = 19
_SO_RCVBUFFORCE = 33
_BUFFER = 4 * 1024 * 1024
"""Octets a socket may hold back: a few thousand requests, the burst after a power cut."""


def client_socket(interface: str, address: IPv4Address | None = None) -> socket.socket:
    """Receives what arrives on one interface for port 67: broadcasts, and unicasts to any of its addresses.

    With `address`, only what is sent to that. Raises OSError.
    """
    sock = _datagram_socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    return _bound(sock, str(address) if address is not None else "")


def server_socket(giaddr: IPv4Address, device: str | None = None) -> socket.socket:
    """Sends requests from giaddr:67 and receives the replies to it, in the VRF `device` if one is given.

    The address need not be there yet. Raises OSError.
    """
    sock = _datagram_socket()
    sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DONT)
    sock.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
    # Lets giaddr be the source even where it is no address of this VRF (a client's VRF leaked into it).
    with contextlib.suppress(PermissionError):
        sock.setsockopt(socket.IPPROTO_IP, _IP_TRANSPARENT, 1)
    if device is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    return _bound(sock, str(giaddr))


def raw_socket(interface: str) -> socket.socket:
    """Sends whole Ethernet frames out of one interface; receives nothing. Raises OSError."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        sock.bind((interface, 0))
    except OSError:
        sock.close()
        raise
    return sock


def path_mtu(target: IPv4Address, device: str | None = None) -> int:
    """MTU towards a server: of the first link, or less where the kernel knows better. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        if device is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        sock.connect((str(target), SERVER_PORT))
        return sock.getsockopt(socket.IPPROTO_IP, _IP_MTU)


def _datagram_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    return sock


def _bound(sock: socket.socket, address: str) -> socket.socket:
    try:
        sock.bind((address, SERVER_PORT))
    except OSError:
        sock.close()
        raise
    return sock
