"""A relay process between veth pairs in network namespaces of its own, and both ends of the wire in hand.

    lan --- vlan10 (client) ---+                  +--- u0 (default) --- srv  10.0.0.2, 10.0.0.3
    lan --- vlan20 (client) ---+                  |
    lan --- vlan30 (client)  --+-- labgen-relay --+
    lan --- vlan11 (blue)    --+                  |
    lan --- vlan1  (default) --+                  +--- m0 (mgmt)    --- srv2 192.0.2.2

Namespaces belong to sleeping processes and vanish with them; nothing is visible to the machine.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

import pytest
from relay_bench import ToClient, parse_frame
from relay_spaces import Spaces

from labgen.dhcp.packet import Packet
from labgen.relay.compile import compile_fast_path
from labgen.relay.frames import checksum
from labgen.relay.namespaces import Namespace
from labgen.relay.netlink import Interface

SPACES = ("lan", "sw", "client", "blue", "mgmt", "srv", "srv2")
LINKS = (
    ("lan", "c10", "client", "vlan10"),
    ("lan", "c20", "client", "vlan20"),
    ("lan", "c30", "client", "vlan30"),
    ("lan", "c11", "blue", "vlan11"),
    ("lan", "c1", "sw", "vlan1"),
    ("sw", "u0", "srv", "s0"),
    ("mgmt", "m0", "srv2", "s0"),
)
ADDRESSES = (
    ("client", "vlan10", "172.16.0.4/24"),
    ("client", "vlan10", "172.16.0.9/24"),
    ("client", "vlan20", "172.17.0.4/24"),
    ("blue", "vlan11", "172.16.0.4/24"),
    ("sw", "vlan1", "172.19.0.1/24"),
    ("sw", "lo", "10.0.0.4/32"),
    ("sw", "u0", "10.1.0.1/30"),
    ("srv", "s0", "10.1.0.2/30"),
    ("srv", "lo", "10.0.0.2/32"),
    ("srv", "lo", "10.0.0.3/32"),
    ("mgmt", "m0", "192.0.2.1/30"),
    ("mgmt", "lo", "10.0.0.4/32"),
    ("srv2", "s0", "192.0.2.2/30"),
)
ROUTES = (
    ("sw", "10.0.0.0/30", "10.1.0.2"),
    ("srv", "default", "10.1.0.1"),
    ("srv2", "10.0.0.4/32", "192.0.2.1"),
)
CONFIG = """
name: sw1
log: {folder}/relay.log
log_level: debug
control: {folder}/relay.sock
vrfs:
  client: {{netns: {client}}}
  blue: {{netns: {blue}}}
  mgmt: {{netns: {mgmt}}}
interfaces:
  - {{name: vlan10, vrf: client, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}, {{address: 10.0.0.3}}]}}
  - {{name: vlan20, vrf: client, giaddr: 10.0.0.4, servers: [{{address: 192.0.2.2, vrf: mgmt}}]}}
  - {{name: vlan30, vrf: client, servers: [{{address: 10.0.0.2}}]}}
  - {{name: vlan11, vrf: blue, circuit_id: vlan10, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}]}}
  - {{name: vlan1, servers: [{{address: 10.0.0.2}}]}}
"""
CLIENT_MAC = bytes.fromhex("0200000000c1")
BROADCAST_MAC = b"\xff" * 6
PROGRAM = "from labgen.relay.main import main; main()"
LATE = pytest.mark.flaky(reruns=1, only_rerun=["did not arrive", "not .* after", "took longer than"])
"""Of attacks: run again where the machine was too slow to tell, and never where something got through."""
SECONDS = 20.0
"""Deadline for what should take a millisecond."""


@dataclass(frozen=True)
class Headers:
    """What is out of the ordinary about a datagram; `udp_checksum` replaces the right one."""

    port: int = 68
    udp_checksum: int | None = None
    ip_options: bytes = b""
    mtu: int | None = None


@dataclass(frozen=True)
class Received:
    """A datagram as a server got it."""

    server: str
    source: tuple[str, int]
    packet: Packet
    data: bytes


class Wire:
    """The namespaces with the relay in them; close it after use."""

    def __init__(self, folder: Path, config: str = CONFIG, program: str = PROGRAM) -> None:
        """`program`: the relay's, in Python."""
        self.folder = folder
        self._program = program
        self.config = folder / "relay.yml"
        self.process: subprocess.Popen[bytes] | None = None
        self._further: dict[tuple[str, str], socket.socket] = {}
        with ExitStack() as stack:
            self._build(stack)
            stack.callback(self.stop)
            self.start(config)
            self._stack = stack.pop_all()

    def _build(self, stack: ExitStack) -> None:
        self.nets = Spaces(stack, SPACES, LINKS, ADDRESSES, ROUTES)
        self._spaces = {name: self.nets.enter(name) for name in SPACES}
        self._servers = {
            address: self._spaces[space].run(partial(server_socket, address))
            for space, address in (("srv", "10.0.0.2"), ("srv", "10.0.0.3"), ("srv2", "192.0.2.2"))
        }
        self._taps = {
            name: self._spaces["lan"].run(partial(packet_tap, name))
            for _, name, *_ in LINKS
            if name.startswith("c")
        }
        for sock in (*self._servers.values(), *self._taps.values()):
            stack.callback(sock.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def path(self, space: str) -> Path:
        return self.nets.path(space)

    def ip(self, space: str, *lines: str) -> None:
        """Run `ip` lines in a namespace."""
        self.nets.ip(space, *lines)

    # The relay.

    def write(self, config: str) -> None:
        places = {name: str(self.path(name)) for name in SPACES}
        self.config.write_text(config.format(folder=self.folder, **places), encoding="utf-8")

    def start(self, config: str | None = None, prefix: Sequence[str] = ()) -> None:
        """Start the relay, by way of `prefix`, and wait for its ready line."""
        if config is not None:
            self.write(config)
        known = len(self.log("ready"))
        self.launch(prefix)
        self.wait(lambda: len(self.log("ready")) > known, "ready")

    def launch(self, prefix: Sequence[str] = ()) -> None:
        """Start the relay without waiting for it."""
        command = [sys.executable, "-c", self._program, "run", "-c"]
        self.process = subprocess.Popen(
            [*self.nets.into("sw"), *prefix, *command, str(self.config)], stderr=subprocess.PIPE
        )

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        """Look until something holds; fail when it does not within the deadline or the relay ends."""
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert self.process is None or self.process.poll() is None, self._last_words()
            assert time.monotonic() < deadline, f"not {what} after {SECONDS} s"
            time.sleep(0.01)

    def _last_words(self) -> str:
        assert self.process is not None
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def stop(self, kill: bool = False) -> None:
        if self.process is not None:
            (self.process.kill if kill else self.process.terminate)()
            self.process.wait(SECONDS)
            assert self.process.stderr is not None
            self.process.stderr.close()
            self.process = None

    def log(self, event: str, **fields: object) -> list[Mapping[str, object]]:
        """Lines of the relay's log with an event and some fields."""
        path = self.folder / "relay.log"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        lines: Iterable[Mapping[str, object]] = (
            json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")
        )
        wanted = {"event": event, **fields}
        return [line for line in lines if wanted.items() <= line.items()]

    # Both ends of the wire.

    def send(
        self,
        tap: str,
        packet: Packet | bytes,
        destination: str = "255.255.255.255",
        source: str = "0.0.0.0",
        headers: Headers | None = None,
        to: bytes | None = None,
    ) -> None:
        """Put a request on a client's wire, for the hardware address `to` or the one that suits."""
        payload = packet if isinstance(packet, bytes) else packet.padded()
        mac = to or self.mac(tap, destination)
        for data in frame(payload, source, destination, mac, headers or Headers()):
            self._taps[tap].send(data)

    def mac(self, tap: str, destination: str) -> bytes:
        """Hardware address for a destination on a client's wire: the relay's unless it is a broadcast."""
        if destination.endswith(".255"):
            return BROADCAST_MAC
        further = [("lan", tap, "sw", f"vlan{tap[1:]}")]
        space, name = next((b, p) for _, n, b, p in (*LINKS, *further) if n == tap)
        return self.interface(space, name).mac

    def interface(self, space: str, name: str) -> Interface:
        """An interface as the kernel has it now."""
        return self._spaces[space].netlink.interfaces()[name]

    def space_of(self, name: str) -> Namespace:
        """A namespace, to do something in it."""
        return self._spaces[name]

    def add_tap(self, name: str) -> None:
        """One more client's wire, which is there already."""
        self._taps[name] = self._spaces["lan"].run(partial(packet_tap, name))
        self._stack.callback(self._taps[name].close)

    def inside(self, space: str, opener: Callable[[], socket.socket]) -> socket.socket:
        """A socket opened in a namespace, closed with the wire."""
        if (space, "inside") not in self._further:
            sock = self._spaces[space].run(opener)
            self._further[space, "inside"] = sock
            self._stack.callback(sock.close)
        return self._further[space, "inside"]

    def server(self, space: str, address: str, port: int = 67) -> socket.socket:
        """A further server's socket in a namespace, closed with the wire."""
        sock = self._spaces[space].run(partial(server_socket, address, port))
        sock.settimeout(SECONDS)
        self._stack.callback(sock.close)
        return sock

    def tap(self, name: str) -> socket.socket:
        """The packet socket of a client's wire."""
        return self._taps[name]

    def received(self, count: int = 1, timeout: float = SECONDS) -> list[Received]:
        """The next `count` datagrams at servers, in order of server and arrival; fewer at the deadline."""
        found: list[Received] = []
        deadline = time.monotonic() + timeout
        while len(found) < count and (left := deadline - time.monotonic()) > 0:
            for address, sock in self._ready(self._servers, left):
                data, source = sock.recvfrom(65536)
                found.append(Received(address, source, Packet.decode(data), data))
        return found

    def until(self, xid: int) -> list[Received]:
        """Datagrams at servers up to the one with `xid`: what was sent before it has been handled too."""
        found: list[Received] = []
        while not any(item.packet.xid == xid for item in found):
            more = self.received()
            assert more, f"no request {xid:#x} came through"
            found += more
        return found

    def answer(self, server: str, packet: Packet | bytes, giaddr: str = "10.0.0.4", port: int = 67) -> None:
        """A reply from a server to the relay."""
        payload = packet if isinstance(packet, bytes) else packet.padded()
        self._servers[server].sendto(payload, (giaddr, port))

    def frames(self, tap: str, timeout: float = SECONDS) -> list[ToClient]:
        """The next DHCP frame on a client's wire, none at the deadline."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            for name, sock in self._ready({tap: self._taps[tap]}, left):
                data = sock.recv(65536)
                if data[12:14] == b"\x08\x00" and data[23] == 17 and data[36:38] == b"\0\x44":
                    mac, source, destination, payload = parse_frame(data)
                    return [ToClient(name, mac, source, destination, Packet.decode(payload), payload)]
        return []

    def raw_frames(self, tap: str, count: int) -> list[bytes]:
        """The next `count` IPv4 frames from the relay on a client's wire, as they are."""
        found: list[bytes] = []
        while len(found) < count:
            ready = list(self._ready({tap: self._taps[tap]}, SECONDS))
            assert ready, f"{len(found)} frames, not {count}"
            data = ready[0][1].recv(65536)
            if data[12:14] == b"\x08\x00" and data[6:12] != CLIENT_MAC:
                found.append(data)
        return found

    def drain(self) -> None:
        """Forget what is still waiting at either end."""
        while ready := list(self._ready({**self._servers, **self._taps}, 0)):
            for _, sock in ready:
                sock.recv(65536)

    @staticmethod
    def _ready(sockets: Mapping[str, socket.socket], timeout: float) -> Sequence[tuple[str, socket.socket]]:
        readable, _, _ = select.select(list(sockets.values()), [], [], timeout)
        return [(name, sock) for name, sock in sockets.items() if sock in readable]


def compiled_program(folder: Path) -> str:
    """The relay's program with a library compiled into a folder, whatever is installed."""
    made = compile_fast_path(folder / "_fastpath.so")
    return (
        "from pathlib import Path; from labgen.relay import fastpath; "
        f"fastpath.LIBRARY = Path({str(made)!r}); {PROGRAM}"
    )


def server_socket(address: str, port: int = 67) -> socket.socket:
    """A port of a server, with room for a burst."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind((address, port))
    return sock


def packet_tap(name: str) -> socket.socket:
    """Everything on one interface, both ways."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind((name, 3))
    return sock


def frame(payload: bytes, source: str, destination: str, mac: bytes, headers: Headers) -> list[bytes]:
    """Ethernet frames of a datagram to port 67, one unless the headers ask for fragments."""
    addresses = IPv4Address(source).packed + IPv4Address(destination).packed
    length = 8 + len(payload)
    head = struct.pack("!HHH", headers.port, 67, length)
    pseudo = addresses + struct.pack("!HH", 17, length) + head + payload
    right = checksum(int.from_bytes(pseudo + b"\0" * (len(pseudo) % 2), "big"))
    datagram = (
        head + struct.pack("!H", right if headers.udp_checksum is None else headers.udp_checksum) + payload
    )
    room = len(datagram) if headers.mtu is None else (headers.mtu - 20) & ~7
    ethernet = mac + CLIENT_MAC + b"\x08\x00"
    frames = []
    for offset in range(0, len(datagram), room):
        piece = datagram[offset : offset + room]
        flags = (0x2000 if offset + room < len(datagram) else 0) | offset >> 3
        frames.append(ethernet + _ip_header(addresses, len(piece), flags, headers.ip_options) + piece)
    return frames


def _ip_header(addresses: bytes, length: int, flags: int, options: bytes) -> bytes:
    words = 5 + len(options) // 4
    total = words * 4 + length
    head = struct.pack("!BBHHHBB", 0x40 | words, 0, total, 0x1234, flags, 64, 17)
    whole = head + b"\0\0" + addresses + options
    return head + checksum(int.from_bytes(whole, "big")).to_bytes(2, "big") + addresses + options
