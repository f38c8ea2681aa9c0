"""A forwarder without network: packets are put into its inbox, and what it sends is written down."""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from typing import Protocol

from labgen.dhcp.options import Option, RelayAgentInfo
from labgen.dhcp.packet import Packet, dhcp_options
from labgen.relay.assembly import LinkAssembly, Place
from labgen.relay.config import RelayConfig, parse_config
from labgen.relay.counters import Counters, DropReason
from labgen.relay.forward import Forwarder, Port
from labgen.relay.mmsg import HEADROOM, Inbox, Outbox
from labgen.relay.netlink import Interface, Interfaces
from labgen.relay.policy import resolve
from labgen.relay.tables import ClientLink, Group, Server, VrfLookup

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

    def add(self, start: int, length: int, name: int, control: int = 0) -> None:
        source = IPv4Address(ctypes.string_at(control + 20, 4)) if control else None
        self._sent.append(Sent(self.name, name, ctypes.string_at(start, length), source))


@dataclass(frozen=True)
class Sent:
    """Octets that left by an outbox; `pointer` is the target they were for, `source` the address they were to leave from."""

    box: str
    pointer: int
    data: bytes
    source: IPv4Address | None


@dataclass(frozen=True)
class ToServer:
    server: str
    packet: Packet
    data: bytes
    sent: Sent

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


class HandInbox(Inbox):
    """Holds the one packet that was put into it."""

    def put(self, data: bytes, ifindex: int, source: str, destination: str, local: str) -> None:
        ends = [int.from_bytes(IPv4Address(end).packed, sys.byteorder) for end in (local, destination)]
        self.buffer[HEADROOM : HEADROOM + len(data)] = data
        self.lengths[0] = len(data)
        self.control[0], self.control[1], self.control[2] = ifindex, *ends
        self.names[4:8] = IPv4Address(source).packed

    def receive(self, fd: int) -> int:
        return 1


UPLINK = 1000
"""Index of the interface that leads to servers, in every VRF: VRFs are namespaces here."""


@dataclass
class Bench:
    """The forwarder of one configuration, on interfaces as `state` says.

    An interface that clients are on belongs to its VRF, any other to all of them.
    """

    config: RelayConfig
    state: Mapping[str, Interfaces]
    mtu: int = 1500
    counters: Counters = field(default_factory=lambda: Counters(0.0))
    troubles: list[tuple[str, int]] = field(default_factory=list)
    routes: dict[str, int] = field(default_factory=dict)
    """Where servers are, by address, unless it is the uplink."""
    _sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox = HandInbox()
        self.forwarder = Forwarder(
            self.counters, self._path_mtu, lambda *what: self.troubles.append(what), self.inbox
        )
        self.scopes = {vrf: self._scope(vrf) for vrf in ("default", *self.config.vrfs)}
        assembly = LinkAssembly(
            self.config,
            self.counters,
            self.forwarder.recipients,
            {vrf: self._place(vrf) for vrf in self.scopes},
        )
        for policy in resolve(self.config, self.state):
            if policy.interface is not None:
                assembly.put(policy)
        self.assembly = assembly
        self.links: dict[str, ClientLink] = {link.policy.key: link for link in assembly.links}

    def _scope(self, vrf: str) -> VrfLookup:
        scope = VrfLookup(vrf, lambda address: self.routes.get(str(IPv4Address(address)), UPLINK))
        scope.any_source = self.config.reply_source == "any"
        clients = {item.name: item.vrf for item in self.config.interfaces}
        found = self.state.get(vrf, {}).values()
        mine = [interface for interface in found if clients.get(interface.name, vrf) == vrf]
        scope.members = {UPLINK}
        for interface in mine:
            scope.enter(interface)
        return scope

    def _place(self, vrf: str) -> Place:
        ports = {67, self.config.relay_port}
        boxes = {port: RecordingOutbox(f"{port}@{vrf}", self._sent) for port in ports}
        return Place(self.scopes[vrf], boxes, RecordingOutbox(f"raw {vrf}", self._sent))

    def _path_mtu(self, group: Group, server: Server) -> int:
        return self.mtu

    def close(self) -> None:
        """Nothing is open."""

    def feed(
        self,
        data: bytes,
        vrf: str = "default",
        ifindex: int = UPLINK,
        source: str = "10.0.0.2",
        destination: str = "10.0.0.4",
    ) -> list[Sent]:
        """Let the forwarder handle one packet that came in by an interface of a VRF's socket; what it sent."""
        self._sent.clear()
        local = "10.255.0.1" if destination == "255.255.255.255" else destination
        self.inbox.put(data, ifindex, source, destination, local)
        assert self.forwarder.serve(Port(vrf, -1, self.scopes[vrf])) == 1
        return list(self._sent)

    def request(
        self, packet: Packet | bytes, link: str = "vlan1000@client", destination: str = "255.255.255.255"
    ) -> list[ToServer]:
        """A request by a client interface; the copies sent to servers."""
        data = packet if isinstance(packet, bytes) else packet.padded()
        where = self.links[link].policy
        assert where.interface is not None
        sent = self.feed(data, where.config.vrf, where.interface.index, "0.0.0.0", destination)
        servers = self.forwarder.recipients.servers
        return [
            ToServer(servers[item.pointer].name, Packet.decode(item.data), item.data, item) for item in sent
        ]

    def reply(
        self,
        packet: Packet | bytes,
        source: str = "10.0.0.2",
        vrf: str = "default",
        ifindex: int = UPLINK,
        destination: str | None = None,
    ) -> list[ToClient]:
        """A reply from a server, by default to the giaddr it carries; the frames sent to clients."""
        data = packet if isinstance(packet, bytes) else packet.padded()
        giaddr = str(IPv4Address(data[24:28])) if len(data) >= 28 else "10.0.0.4"
        frames = self.feed(data, vrf, ifindex, source, destination or giaddr)
        links = self.forwarder.recipients.links
        return [_to_client(item, links[item.pointer].policy.config.name) for item in frames]

    def drops(self, link: str | None = "vlan1000@client") -> dict[str, int]:
        """Drop counters by reason: of an interface, or of packets that belong to none."""
        counts = self.counters.unplaced if link is None else self.counters.links[link].drops
        return {DropReason(number).text: count for number, count in sorted(counts.items()) if count}


def _to_client(item: Sent, interface: str) -> ToClient:
    mac, source, destination, payload = parse_frame(item.data)
    return ToClient(interface, mac, source, destination, Packet.decode(payload), payload)


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
