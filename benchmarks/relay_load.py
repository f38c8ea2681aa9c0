"""What benchmarks/relay.py sends through relays: requests of thousands of clients, replies to some, and ways to pace them."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence
from ipaddress import IPv4Address

from relay_stage import SERVER

from labgen.dhcp.packet import Packet, dhcp_options
from labgen.relay.frames import checksum
from labgen.relay.mmsg import Inbox, Outbox, Target, address_of

CLIENTS = 4000
ANSWERED = 250
"""Clients that get replies: dnsmasq makes an ARP entry for each, and the kernel's table is small."""
WINDOW = 96
"""Packets in flight: fewer than the smallest of the relays' socket buffers holds."""


def mac_of(client: int) -> bytes:
    return b"\x02\x00\x00" + client.to_bytes(3, "big")


def address_for(client: int) -> IPv4Address:
    return IPv4Address("172.16.1.0") + client


def requests() -> list[bytes]:
    """Ethernet frames of a DISCOVER and a REQUEST of every client, mixed."""
    frames = []
    for client in range(1, CLIENTS + 1):
        hardware = mac_of(client)
        more = ((61, b"\x01" + hardware), (12, b"client-%d" % client), (55, bytes((1, 28, 2, 3, 15, 6, 12))))
        wanted = ((54, IPv4Address(SERVER).packed), (50, address_for(client).packed))
        for kind, extra in ((1, ()), (3, wanted)):
            packet = Packet(
                1, client, chaddr=hardware.ljust(16, b"\0"), options=dhcp_options(kind, *extra, *more)
            )
            frames.append(frame(hardware, packet.padded()))
    return frames


def frame(source: bytes, payload: bytes) -> bytes:
    """An Ethernet frame of a client, to everybody, port 68 to 67."""
    udp = struct.pack("!HHHH", 68, 67, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    head = head[:10] + checksum(int.from_bytes(head, "big")).to_bytes(2, "big") + head[12:]
    return b"\xff" * 6 + source + b"\x08\x00" + head + udp


def replies(relayed: Packet) -> list[bytes]:
    """An OFFER and an ACK for some clients, with giaddr and option 82 as the relay sent them."""
    agent = relayed.option(82)
    found = []
    for client in range(1, ANSWERED + 1):
        hardware = mac_of(client)
        for kind in (2, 5):
            more = [(54, IPv4Address(SERVER).packed), (51, b"\0\0\x0e\x10"), (1, b"\xff\xff\0\0")]
            more += [(3, IPv4Address("172.16.0.1").packed), (61, b"\x01" + hardware)]
            options = dhcp_options(kind, *more, *([(82, agent)] if agent is not None else []))
            packet = Packet(
                2,
                client,
                hops=1,
                yiaddr=address_for(client),
                giaddr=relayed.giaddr,
                chaddr=hardware.ljust(16, b"\0"),
                options=options,
            )
            found.append(packet.padded())
    return found


class Load:
    """Packets in memory and a socket to send them by, over and over."""

    def __init__(self, sock: socket.socket, packets: Sequence[bytes], target: Target | None) -> None:
        self._memory = bytearray(b"".join(packets))
        start = address_of(self._memory)
        self._places: list[tuple[int, int]] = []
        for packet in packets:
            self._places.append((start, len(packet)))
            start += len(packet)
        self._target = target
        self._box = Outbox(sock.fileno(), "load")
        self._next = 0

    def send(self, number: int) -> None:
        name = self._target.pointer if self._target is not None else 0
        for _ in range(number):
            self._box.add(*self._places[self._next], name)
            self._next = (self._next + 1) % len(self._places)
        failed = self._box.flush()
        if failed:
            raise SystemExit(f"cannot send: {failed[0]}")


def through(load: Load, sink: socket.socket, inbox: Inbox, number: int, name: str) -> float:
    """Send `number` packets with WINDOW of them in flight; seconds until all have come out."""
    sent = received = 0
    began = time.perf_counter()
    heard = began
    while received < number:
        room = min(WINDOW - (sent - received), number - sent)
        if room >= WINDOW // 3 or (room and sent + room == number):
            load.send(room)
            sent += room
        got = inbox.receive(sink.fileno())
        received += got
        now = time.perf_counter()
        if got:
            heard = now
        elif now - heard > 2:
            raise SystemExit(f"{name}: {sent - received} of {sent} packets lost")
    return time.perf_counter() - began


def latencies(load: Load, sink: socket.socket, inbox: Inbox, number: int) -> list[float]:
    """Microseconds from sending one packet to receiving it, one at a time."""
    found = []
    for _ in range(number):
        began = time.perf_counter()
        load.send(1)
        while not inbox.receive(sink.fileno()):
            pass
        found.append((time.perf_counter() - began) * 1e6)
    return found


def paced(load: Load, sink: socket.socket, inbox: Inbox, number: int, rate: float) -> None:
    """Send single packets at an even rate per second."""
    due = time.perf_counter()
    received = 0
    for _ in range(number):
        while time.perf_counter() < due:
            received += inbox.receive(sink.fileno())
        load.send(1)
        due += 1 / rate
    while received < number and time.perf_counter() < due + 2:
        received += inbox.receive(sink.fileno())
