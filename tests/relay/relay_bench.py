"""A forwarder without network: packets go in by a loopback socket, and what it sends is written down."""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from typing import Protocol

from labgen.dhcp.options import Option, RelayAgentInfo
from labgen.dhcp.packet import Packet, dhcp_options
from labgen.relay.assembly import Assembly
from labgen.relay.config import RelayConfig, parse_config
from labgen.relay.counters import Counters, DropReason
from labgen.relay.endpoints import Endpoint, Endpoints, SocketKey, Vrfs, wanted_sockets
from labgen.relay.forward import Forwarder, Port
from labgen.relay.mmsg import Outbox
from labgen.relay.netlink import Interface, Interfaces
from labgen.relay.policy import resolve
from labgen.relay.tables import Group, Server

MAC = bytes.fromhex("0200000000c1")
RELAY_MAC = bytes.fromhex("020000000004")
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
CONFIG = """
name: sw1
dialect: rfc
vrfs: {client: {device: client}, blue: {device: blue}}
interfaces:
  - name: vlan1000
    vrf: client
    circuit_id: Vlan1000
    giaddr: 10.0.0.4
    servers: [{address: 10.0.0.2}, {address: 10.0.0.3}]
"""


class RecordingOutbox(Outbox):
    """Keeps copies of what is queued instead of sending it."""

    def __init__(self, name: str, sent: list[Sent]) -> None:
        super().__init__(-1, name)
        self._sent = sent

    def add(self, start: int, length: int, name: int) -> None:
        self._sent.append(Sent(self.name, name, ctypes.string_at(start, length)))


@dataclass(frozen=True)
class Sent:
    """Octets that left by an outbox; `pointer` is the socket address they were for."""

    box: str
    pointer: int
    data: bytes


@dataclass(frozen=True)
class ToServer:
    server: str
    packet: Packet
    data: bytes

    @property
    def agent(self) -> RelayAgentInfo:
        info = self.packet.relay_agent
        assert info is not None
        return info


@dataclass(frozen=True)
class ToClient:
    """A reply as the client's interface sees it; both checksums have been verified."""

    interface: str
    mac: bytes
    source: IPv4Address
    destination: IPv4Address
    packet: Packet
    data: bytes


def parse_frame(data: bytes, verify: bool = True) -> tuple[bytes, IPv4Address, IPv4Address, bytes]:
    """Destination MAC, IPv4 source, destination and UDP payload of a frame to port 68.

    Without `verify`, the UDP checksum may be one the kernel leaves to the network card.
    """
    assert data[12:14] == b"\x08\x00"
    header, udp = data[14:34], data[34:]
    assert _ones_complement(header) == 0xFFFF
    total, protocol = struct.unpack("!2xH5xB", header[:10])
    assert (header[0], protocol, total) == (0x45, 17, len(data) - 14)
    source_port, port, length = struct.unpack("!HHH", udp[:6])
    assert (source_port, port, length) == (67, 68, len(udp))
    if verify:
        assert _ones_complement(header[12:20] + struct.pack("!HH", 17, length) + udp) == 0xFFFF
    return data[:6], IPv4Address(header[12:16]), IPv4Address(header[16:20]), udp[8:]


def _ones_complement(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def interface(name: str, *addresses: str, index: int, mtu: int = 1500) -> Interface:
    return Interface(name, index, RELAY_MAC, mtu, True, tuple(map(IPv4Interface, addresses)))


STATE = {
    "vlan1000": interface("vlan1000", "172.16.0.4/24", index=1),
    "lo": interface("lo", "10.0.0.4/32", index=2),
}


@dataclass
class Bench:
    """The forwarder of one configuration, on interfaces as `state` says; requests come in by `link`."""

    config: RelayConfig
    state: Mapping[str, Interfaces]
    mtu: int = 1500
    counters: Counters = field(default_factory=lambda: Counters(0.0))
    troubles: list[tuple[str, int]] = field(default_factory=list)
    _sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.forwarder = Forwarder(self.counters, self._path_mtu, lambda *what: self.troubles.append(what))
        policies = resolve(self.config, self.state)
        endpoints, self._vrfs = Endpoints(), Vrfs(self.config)
        for key in wanted_sockets(policies, self.state):
            endpoints.open[key] = self._endpoint(key)
        tables = Assembly(self.counters, endpoints, self._vrfs).connect(policies, self.state)
        self.forwarder.tables = tables
        places = [endpoint.port.links for endpoint in endpoints.open.values()]
        self.links = {link.policy.key: link for place in places for link in place.values()}
        self._in = self._socket()
        self._out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = Port("bench", self._in.fileno())

    def _endpoint(self, key: SocketKey) -> Endpoint:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.close()
        return Endpoint(sock, RecordingOutbox(f"{key.kind} {key.name}", self._sent), Port(key.name, -1))

    def _socket(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IP, 8, 1)
        sock.bind(("127.0.0.1", 0))
        return sock

    def _path_mtu(self, group: Group, server: Server) -> int:
        return self.mtu

    def close(self) -> None:
        self._in.close()
        self._out.close()
        self._vrfs.close()

    def feed(self, data: bytes) -> list[Sent]:
        """Let the forwarder handle one packet; what it sent."""
        self._sent.clear()
        self._out.sendto(data, self._in.getsockname())
        assert self.forwarder.serve(self.port) == 1
        return list(self._sent)

    def request(self, packet: Packet | bytes, link: str = "vlan1000@client") -> list[ToServer]:
        """A request by a client interface, unicast as the socket makes it; the copies sent to servers."""
        self.port.links = {1: self.links[link]}
        data = packet if isinstance(packet, bytes) else packet.padded()
        sent = self.feed(data)
        names = {pointer: server.name for pointer, server in self.forwarder.tables.targets.items()}
        return [ToServer(names[item.pointer], Packet.decode(item.data), item.data) for item in sent]

    def reply(self, packet: Packet | bytes) -> list[ToClient]:
        """A reply from a server; the frames sent to clients."""
        self.port.links = {}
        frames = self.feed(packet if isinstance(packet, bytes) else packet.padded())
        return [_to_client(item) for item in frames]

    def drops(self, link: str | None = "vlan1000@client") -> dict[str, int]:
        """Drop counters by reason: of an interface, or of packets that belong to none."""
        counts = self.counters.unplaced if link is None else self.counters.links[link].drops
        return {DropReason(number).text: count for number, count in enumerate(counts) if count}


def _to_client(item: Sent) -> ToClient:
    mac, source, destination, payload = parse_frame(item.data)
    return ToClient(item.box.removeprefix("raw "), mac, source, destination, Packet.decode(payload), payload)


class MakeBench(Protocol):
    """What the `make_bench` fixture gives: `bench`, closed after the test."""

    def __call__(self, config: str = CONFIG, state: Interfaces | None = None, mtu: int = 1500) -> Bench: ...


def bench(config: str = CONFIG, state: Interfaces | None = None, mtu: int = 1500) -> Bench:
    """A bench on configuration text; every VRF sees the same interfaces, as with kernel VRF devices."""
    parsed = parse_config(config)
    interfaces = STATE if state is None else state
    return Bench(parsed, dict.fromkeys(["default", *parsed.vrfs], interfaces), mtu)


def request(kind: int | None = DISCOVER, *more: tuple[int, bytes], **fields: object) -> Packet:
    """A request of a client; `fields` are those of Packet."""
    options = dhcp_options(kind, *more) if kind is not None else ()
    values: dict[str, object] = {"xid": 0x11223344, "chaddr": MAC.ljust(16, b"\0"), **fields}
    return Packet(op=1, options=options, **values)  # type: ignore[arg-type]


def reply(kind: int, agent: bytes | None, *more: tuple[int, bytes], **fields: object) -> Packet:
    """A reply of a server to giaddr 10.0.0.4, with `agent` as its last option 82 unless None."""
    options = dhcp_options(kind, *more)
    if agent is not None:
        options += (Option(82, agent),)
    values: dict[str, object] = {
        "xid": 0x11223344,
        "hops": 1,
        "chaddr": MAC.ljust(16, b"\0"),
        "giaddr": IPv4Address("10.0.0.4"),
        "yiaddr": IPv4Address("172.16.0.100"),
    }
    return Packet(op=2, options=options, **(values | fields))  # type: ignore[arg-type]
