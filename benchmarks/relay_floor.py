"""What Python takes to move a datagram on without looking at it, for benchmarks/relay.py: epoll, recvmmsg, sendmmsg, nothing between.

Usage: relay_floor.py IFACE GIADDR SERVER. Requests only; what a relay written in Python takes beyond this is its own doing.
"""

from __future__ import annotations

import select
import socket
import sys
from ipaddress import IPv4Address

from labgen.relay.mmsg import HEADROOM, STRIDE, Inbox, Outbox, SourceAddress, Target
from labgen.relay.sockets import SocketSpec, open_socket


def main() -> None:
    interface, giaddr, server = sys.argv[1:]
    sock = open_socket(SocketSpec("relay", port=67, buffer=1 << 22))
    inbox, box = Inbox(), Outbox(sock.fileno(), "floor")
    target, source = Target.host(IPv4Address(server).packed, 67), SourceAddress(IPv4Address(giaddr).packed)
    index = socket.if_nametoindex(interface)
    epoll = select.epoll()
    epoll.register(sock.fileno(), select.EPOLLIN)
    while epoll.poll():
        number = inbox.receive(sock.fileno())
        for slot in range(number):
            if inbox.control[slot * 8] == index:
                start = inbox.address + slot * STRIDE + HEADROOM
                box.add(start, inbox.lengths[slot * 16], target.pointer, source.pointer)
        box.flush()


if __name__ == "__main__":
    main()
