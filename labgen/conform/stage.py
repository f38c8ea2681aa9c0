"""Both sides of a relay on one machine: namespaces with clients' wires and servers, gone with the processes that hold them.

client1 --- vlan1 172.16.1.1 ---+                  +-- 10.0.0.2 (server)
client2 --- vlan2 172.16.2.1 ---+-- the relay, u0 -+-- 10.0.0.3 (server2)
tenant  --- vlan1 172.16.1.1 ---+   10.0.0.4 (lo)  in a VRF of its own, a namespace
"""

from __future__ import annotations

import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

from labgen.conform.packets import BROADCAST_MAC, CLIENT_MAC, Arrival, Ends
from labgen.conform.vector import Stimulus
from labgen.dhcp.ports import CLIENT_PORT, SERVER_PORT
from labgen.ground.errors import InfrastructureError
from labgen.ground.processes import WITH_PARENT
from labgen.relay.frames import checksum
from labgen.relay.namespaces import Namespace

SERVERS = {"server": "10.0.0.2", "server2": "10.0.0.3"}
CLIENT_PORTS = {"client1": ("sw", "vlan1"), "client2": ("sw", "vlan2"), "tenant": ("blue", "vlan1")}
INTERFACES = {"client1": "172.16.1.1", "client2": "172.16.2.1", "tenant": "172.16.1.1"}
LOOPBACK = "10.0.0.4"
UPLINK = "10.1.0.1"
_SPACES = ("lan", "sw", "blue", "srv")
_BUFFER = 1 << 22
_ARP = b"\x08\x06"
_IP_RECVTTL = 12
_IP_RECVTOS = 13
_EVERYTHING = 0x0003
_ARP_SECONDS = 2.0
_QUIET_SECONDS = 0.03
"""How long nothing more has to come, after what proves that the packet has been dealt with."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A request as a server got it."""

    server: str
    arrival: Arrival
    data: bytes


@dataclass(frozen=True, slots=True)
class ClientFrame:
    """A reply on a client's wire."""

    client_port: str
    ends: Ends
    data: bytes


class Sides:
    """Clients' wires and servers of one relay, in hand: packet sockets, servers' sockets, and the relay's hardware addresses."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._taps: dict[str, socket.socket] = {}
        self._servers: dict[str, socket.socket] = {}
        self._macs: dict[str, bytes] = {}
        self._uplink: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def client_ports(self) -> Sequence[str]:
        """The clients' wires there are."""
        return tuple(self._taps)

    def _open(self, client_ports: Mapping[str, tuple[Namespace, str]], server: tuple[Namespace, str]) -> None:
        space, name = server
        for client_port, (home, interface) in client_ports.items():
            self._taps[client_port] = self._kept(home.run(partial(_tap, interface)))
        for each, address in SERVERS.items():
            self._servers[each] = self._kept(space.run(partial(_server, address)))
        self._uplink = self._kept(space.run(partial(_tap, name)))

    def _kept(self, sock: socket.socket) -> socket.socket:
        self._stack.callback(sock.close)
        return sock

    def send(
        self, stimulus: Stimulus, payload: bytes, source: str, destination: str, port: int = SERVER_PORT
    ) -> None:
        """Put a datagram on a wire, or send it from a server's socket, to a port."""
        for _ in range(stimulus.times):
            self._send(stimulus, payload, source, destination, port)

    def _send(self, stimulus: Stimulus, payload: bytes, source: str, destination: str, port: int) -> None:
        if stimulus.side in self._servers:
            self._servers[stimulus.side].sendto(payload, (destination, port))
            return
        tap = self._uplink if stimulus.side == "uplink" else self._taps[stimulus.side]
        assert tap is not None
        mac = BROADCAST_MAC if destination.endswith(".255") else self._macs[stimulus.side]
        for frame in frames(payload, source, destination, mac, stimulus, port):
            tap.send(frame)

    def copies(self, until: Mapping[str, int] | None, seconds: float) -> list[Copy]:
        """Requests at servers up to the transactions in `until`, by server; None: until it is quiet for a while."""
        found: list[Copy] = []
        left = dict(until or {})
        for name, sock in self._arrivals(self._servers, seconds, lambda: until is not None and not left):
            copy = Copy(name, *_received(sock))
            if len(copy.data) >= 8 and left.get(name) == int.from_bytes(copy.data[4:8], "big"):
                del left[name]
            found.append(copy)
        return found

    def frames(self, until: int, seconds: float, address: str = "0.0.0.0") -> list[ClientFrame]:
        """Replies on clients' wires up to a transaction, and what came with it; a client that has an address answers for it (ARP)."""
        found: list[ClientFrame] = []
        for client_port, sock in self._arrivals(
            self._taps, seconds, lambda: bool(found) and until in map(_xid, found)
        ):
            data = sock.recv(65536)
            frame = parse(client_port, data)
            if frame is not None:
                found.append(frame)
            elif (
                data[12:14] == _ARP and data[20:22] == b"\0\1" and data[38:42] == IPv4Address(address).packed
            ):
                sock.send(_arp(data[6:12], 2, data[38:42], data[22:32]))
        return found

    @staticmethod
    def _arrivals(
        sockets: Mapping[str, socket.socket], seconds: float, done: Callable[[], bool]
    ) -> Iterator[tuple[str, socket.socket]]:
        """Sockets that something waits at, until it is `done` and quiet, or for so many seconds."""
        deadline = time.monotonic() + seconds
        while (wait := deadline - time.monotonic()) > 0:
            ready = select.select(
                list(sockets.values()), [], [], min(wait, _QUIET_SECONDS) if done() else wait
            )[0]
            if not ready:
                return
            yield from ((name, sock) for name, sock in sockets.items() if sock in ready)

    def drain(self) -> None:
        """Forget what waits at either end."""
        taps = [*self._taps.values(), *([self._uplink] if self._uplink is not None else [])]
        everything = [*self._servers.values(), *taps]
        while ready := select.select(everything, [], [], 0)[0]:
            for sock in ready:
                sock.recv(65536)


class RelayStage(Sides):
    """Namespaces for a relay to run in, and both ends of it."""

    def __init__(self) -> None:
        """Raises InfrastructureError where namespaces cannot be made."""
        super().__init__(ExitStack())
        with ExitStack() as guard:
            guard.enter_context(self._stack)
            self._pids = {name: self._hold() for name in _SPACES}
            self._spaces = {name: self._enter(name) for name in _SPACES}
            self._lay_links()
            lan, srv = self._spaces["lan"], self._spaces["srv"]
            self._open({client_port: (lan, client_port) for client_port in CLIENT_PORTS}, (srv, "s0"))
            self._learn_macs()
            self._stack = guard.pop_all()

    def _hold(self) -> int:
        command = [*WITH_PARENT, "unshare", "-n", "sh", "-c", "ip link set lo up && echo && exec sleep 86400"]
        holder = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert holder.stdout is not None
        self._stack.callback(holder.wait)
        self._stack.callback(holder.kill)
        self._stack.callback(holder.stdout.close)
        if not holder.stdout.readline():
            raise InfrastructureError(
                "cannot make a network namespace. Run `labgen conform` as root, with iproute2 and util-linux."
            )
        return holder.pid

    def _enter(self, name: str) -> Namespace:
        space = Namespace(self.path(name))
        self._stack.callback(space.close)
        return space

    def path(self, name: str) -> Path:
        return Path(f"/proc/{self._pids[name]}/ns/net")

    def into(self, name: str) -> list[str]:
        """The words before a command that run it in a namespace."""
        return ["nsenter", f"--net={self.path(name)}"]

    def ip(self, name: str, *lines: str) -> None:
        command = [*self.into(name), "ip", "-batch", "-"]
        subprocess.run(command, input="\n".join(lines).encode(), check=True)

    def _lay_links(self) -> None:
        for client_port, (space, name) in CLIENT_PORTS.items():
            self.ip(
                "lan",
                f"link add {client_port} type veth peer name {name} netns {self._pids[space]}",
                f"link set {client_port} up",
            )
            self.ip(space, f"addr add {INTERFACES[client_port]}/24 dev {name}", f"link set {name} up")
        self.ip("sw", f"link add u0 type veth peer name s0 netns {self._pids['srv']}")
        self.ip("sw", f"addr add {UPLINK}/30 dev u0", "link set u0 up", f"addr add {LOOPBACK}/32 dev lo")
        self.ip("srv", "addr add 10.1.0.2/30 dev s0", "link set s0 up", f"route add default via {UPLINK}")
        self.ip("srv", *(f"addr add {address}/32 dev lo" for address in SERVERS.values()))
        self.ip("sw", "route add 10.0.0.2/31 via 10.1.0.2")

    def release_servers(self) -> None:
        """Give the servers' ports free, for somebody else to answer there."""
        for sock in self._servers.values():
            sock.close()

    def _learn_macs(self) -> None:
        found = {space: self._spaces[space].netlink.interfaces() for space in ("sw", "blue")}
        self._macs = {
            client_port: found[space][name].mac for client_port, (space, name) in CLIENT_PORTS.items()
        }
        self._macs["uplink"] = found["sw"]["u0"].mac


class Attached(Sides):
    """A relay that runs elsewhere, reached by interfaces of this machine.

    `client_ports` and `server`: an interface, and the namespace it is in (None: this one). The servers' addresses have to be
    there, with a route to the relay, and the relay has the addresses that `RelayStage` gives to one.
    """

    def __init__(
        self, client_ports: Mapping[str, tuple[str, Path | None]], server: tuple[str, Path | None]
    ) -> None:
        """Raises InfrastructureError where an interface is not there, or nobody answers for the relay's address."""
        super().__init__(ExitStack())
        with ExitStack() as guard:
            guard.enter_context(self._stack)
            try:
                self._open(
                    {client_port: self._end(*end) for client_port, end in client_ports.items()},
                    self._end(*server),
                )
                self._macs = {client_port: self._asked(client_port) for client_port in client_ports}
            except OSError as error:
                raise InfrastructureError(
                    f"cannot reach the relay: {error.strerror or error}. Name interfaces that are up, and put "
                    f"{' and '.join(SERVERS.values())} on the servers' side."
                ) from error
            self._stack = guard.pop_all()

    def _end(self, interface: str, netns: Path | None) -> tuple[Namespace, str]:
        space = Namespace(netns or Path("/proc/self/ns/net"))
        self._stack.callback(space.close)
        return space, interface

    def _asked(self, client_port: str) -> bytes:
        """The relay's hardware address on a wire, by ARP (RFC 826)."""
        tap, address = self._taps[client_port], IPv4Address(INTERFACES[client_port]).packed
        tap.send(_arp(BROADCAST_MAC, 1, bytes(4), bytes(6) + address))
        deadline = time.monotonic() + _ARP_SECONDS
        while (wait := deadline - time.monotonic()) > 0 and select.select([tap], [], [], wait)[0]:
            data = tap.recv(65536)
            if data[12:14] == _ARP and data[20:22] == b"\0\2" and data[28:32] == address:
                return data[22:28]
        raise InfrastructureError(
            f"nobody answers for {INTERFACES[client_port]} on {client_port}. Give the relay the addresses docs/conformance.md names."
        )


def _xid(frame: ClientFrame) -> int:
    return int.from_bytes(frame.data[4:8], "big")


def _arp(to: bytes, operation: int, address: bytes, target: bytes) -> bytes:
    """A client's ARP frame (RFC 826): 1 asks who has the target's address, 2 says that the client has `address`."""
    head = _ARP + struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
    return to + CLIENT_MAC + head + CLIENT_MAC + address + target


def _tap(name: str) -> socket.socket:
    """Everything on one interface, both ways."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERYTHING))
    return _bound(sock, (name, _EVERYTHING))


def _server(address: str) -> socket.socket:
    """Port 67 of a server, that tells of a datagram what its IP header said."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, _IP_RECVTOS, 1)
    sock.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
    return _bound(sock, (address, SERVER_PORT))


def _received(sock: socket.socket) -> tuple[Arrival, bytes]:
    data, control, _, source = sock.recvmsg(65536, 256)
    ancillary = {kind: value for _, kind, value in control}
    tos, ttl = ancillary.get(socket.IP_TOS, b"\0"), ancillary.get(socket.IP_TTL, b"\0")
    return Arrival(source, tos[0], ttl[0]), data


def _bound(sock: socket.socket, name: tuple[str, int]) -> socket.socket:
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.bind(name)
    except OSError:
        sock.close()
        raise
    return sock


def parse(client_port: str, data: bytes) -> ClientFrame | None:
    """A frame to a client's port that a client did not send itself; None for any other."""
    if len(data) < 42 + 236 or data[12:14] != b"\x08\x00" or data[23] != 17 or data[6:12] == CLIENT_MAC:
        return None
    start = 14 + (data[14] & 0xF) * 4
    source_port, port, length = struct.unpack_from("!HHH", data, start)
    if port != CLIENT_PORT:
        return None
    payload = data[start + 8 : start + length]
    ends = Ends(data[:6], IPv4Address(data[30:34]), source_port, IPv4Address(data[26:30]))
    return ClientFrame(client_port, ends, payload)


def frames(
    payload: bytes, source: str, destination: str, mac: bytes, stimulus: Stimulus, to_port: int = SERVER_PORT
) -> list[bytes]:
    """Ethernet frames of a datagram: one, or as many fragments as an MTU asks for."""
    ends = IPv4Address(source).packed + IPv4Address(destination).packed
    datagram = _datagram(payload, ends, stimulus, to_port)
    room = len(datagram) if stimulus.mtu is None else (stimulus.mtu - 20) & ~7
    found = []
    for offset in range(0, len(datagram), room):
        piece = datagram[offset : offset + room]
        flags = (0x2000 if offset + room < len(datagram) else 0) | offset >> 3
        found.append(mac + CLIENT_MAC + b"\x08\x00" + _ip_header(ends, len(piece), flags, stimulus) + piece)
    return found


def _datagram(payload: bytes, ends: bytes, stimulus: Stimulus, to_port: int) -> bytes:
    """UDP header and payload; the checksum is of the datagram as its length field has it."""
    length = 8 + len(payload) + stimulus.udp_length
    head = struct.pack("!HHH", stimulus.port, to_port, length)
    pseudo = ends + struct.pack("!HH", 17, length) + head + payload[: length - 8]
    right = checksum(int.from_bytes(pseudo + b"\0" * (len(pseudo) % 2), "big"))
    sums = {"right": right, "wrong": right ^ 0x5555, "none": 0}
    return head + struct.pack("!H", sums[stimulus.checksum]) + payload


def _ip_header(ends: bytes, length: int, flags: int, stimulus: Stimulus) -> bytes:
    options = b"\x01\x01\x01\0" if stimulus.ip_options else b""
    size = 20 + len(options)
    header = struct.pack("!BBHHHBB", 0x40 | size // 4, 0, size + length, 0x4242, flags, stimulus.ttl, 17)
    total = checksum(int.from_bytes(header + b"\0\0" + ends + options, "big"))
    if stimulus.ip_checksum == "wrong":
        total ^= 0x5555
    return header + total.to_bytes(2, "big") + ends + options
