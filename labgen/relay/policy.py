"""Works out what is written into packets, from the configuration and the machine's addresses. Pure: opens nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Interface
from typing import NamedTuple

from labgen.dhcp.options import (
    UNICAST_FLAG,
    Option,
    OptionCode,
    VirtualSubnet,
    encode_options,
)
from labgen.dhcp.ports import SERVER_PORT
from labgen.ground.suboption import SubOptionCode
from labgen.relay.config import DEFAULT_VRF, InterfaceConfig, RelayConfig, ServerConfig
from labgen.relay.dialects import DIALECTS, Dialect, SentSubOption, wanted_options
from labgen.relay.netlink import Interface, Interfaces
from labgen.relay.values import filled, octets, vpn_id_octets

PORT = "{port}"
"""Where the bridge port goes in a circuit-id."""


class ServerTarget(NamedTuple):
    """A server as requests are addressed to it: where the first goes, and all addresses replies may come from."""

    address: IPv4Address
    port: int = SERVER_PORT
    aliases: tuple[IPv4Address, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """Servers of one interface that get identical copies.

    `sub_options` are those of a request that came in as broadcast, in order; `circuit_id` is kept apart where it names the bridge
    port, as the octets before and after that name.
    """

    vrf: str
    giaddr: IPv4Address
    source: IPv4Address
    servers: tuple[ServerTarget, ...]
    on_link: bool = True
    """True where giaddr is in the clients' own subnet."""
    sub_options: tuple[Option, ...] = ()
    port_circuit: tuple[bytes, bytes] | None = None

    def option82(self, unicast: bool, port: bytes = b"") -> bytes:
        """The whole option, code and length octets included; empty where none is sent. `port`: name of the bridge port."""
        subs = [self._as_sent(sub, unicast, port) for sub in self.sub_options]
        return Option(OptionCode.RELAY_AGENT, encode_options(subs)).encode() if subs else b""

    def _as_sent(self, sub: Option, unicast: bool, port: bytes) -> Option:
        if sub.code == SubOptionCode.FLAGS and unicast:
            return Option(sub.code, bytes((UNICAST_FLAG,)))
        if sub.code == SubOptionCode.CIRCUIT_ID and self.port_circuit is not None and port:
            return Option(sub.code, port.join(self.port_circuit))
        return sub

    def sub_option(self, code: int) -> bytes | None:
        """The value of a sub-option; of the circuit-id none where it names the port."""
        if code == SubOptionCode.CIRCUIT_ID and self.port_circuit is not None:
            return None
        return next((sub.data for sub in self.sub_options if sub.code == code), None)


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """One client interface. No `groups` while it has no address to go by.

    `vpn` is what sub-option 151 may say of its VRF.
    """

    config: InterfaceConfig
    interface: Interface | None
    address: IPv4Interface | None
    hop_limit: int
    relayed: str = "forward"
    groups: tuple[GroupPolicy, ...] = ()
    vpn: frozenset[bytes] = field(default=frozenset())

    @property
    def key(self) -> str:
        return self.config.key


Names = Mapping[str, tuple[IPv4Address, ...]]
"""Addresses of the servers that are given by name."""


def resolve(
    config: RelayConfig, state: Mapping[str, Interfaces], names: Names | None = None
) -> tuple[LinkPolicy, ...]:
    """The policy of every client interface that has a name of its own, given the interfaces each VRF has now."""
    return tuple(
        resolve_link(config, item, state.get(item.vrf, {}), names or {}) for item in config.interfaces
    )


def resolve_link(config: RelayConfig, item: InterfaceConfig, found: Interfaces, names: Names) -> LinkPolicy:
    """The policy of one client interface, given the interfaces of its VRF."""
    interface = found.get(item.name)
    lender = found.get(item.unnumbered) if item.unnumbered else interface
    address = lender.primary if lender is not None else None
    limit = config.hop_limit if item.hop_limit is None else item.hop_limit
    if interface is None or address is None:
        return LinkPolicy(item, interface, None, limit)
    dialect = DIALECTS[config.dialect]
    values = _Values(config, dialect, item, interface, address)
    relayed = item.relayed or dialect.relayed
    return LinkPolicy(
        item, interface, address, limit, relayed, tuple(values.groups(names)), vpn_values(config, item.vrf)
    )


def named(item: InterfaceConfig, name: str) -> InterfaceConfig:
    """An entry whose name is a pattern, for one interface that fits it."""
    return item if item.name == name else item.model_copy(update={"name": name})


def vpn_values(config: RelayConfig, vrf: str) -> frozenset[bytes]:
    """Every value of sub-option 151 that means a VRF: by name with and without type octet, or by VPN-ID (RFC 6607 3.5)."""
    if vrf == DEFAULT_VRF:
        return frozenset((VirtualSubnet(255).encode(),))
    found = {VirtualSubnet(kind, vrf.encode()).encode() for kind in (0, None)}
    place = config.vrfs.get(vrf)
    if place is not None and place.vpn_id is not None:
        found.add(VirtualSubnet(1, vpn_id_octets(place.vpn_id)).encode())
    return frozenset(found)


def addresses_of(server: ServerConfig, names: Names) -> tuple[IPv4Address, ...]:
    """The addresses of a server: its own, or what its name stands for now."""
    return (server.address,) if isinstance(server.address, IPv4Address) else names.get(server.address, ())


@dataclass(frozen=True, slots=True)
class _Values:
    """Values that option 82 of one client interface is made from."""

    config: RelayConfig
    dialect: Dialect
    item: InterfaceConfig
    interface: Interface
    address: IPv4Interface

    def groups(self, names: Names) -> Iterable[GroupPolicy]:
        members: dict[tuple[str, IPv4Address, IPv4Address], list[ServerTarget]] = {}
        told: set[tuple[str, tuple[IPv4Address, int]]] = set()
        for server in self.item.servers:
            addresses = addresses_of(server, names)
            if addresses:
                giaddr = server.giaddr or self.item.giaddr or self.address.ip
                source = server.source or self.item.source or giaddr
                target = ServerTarget(addresses[0], server.port, (*addresses, *server.replies_from))
                # Two names of one server make one copy (R01).
                if (server.vrf, target[:2]) not in told:
                    told.add((server.vrf, target[:2]))
                    members.setdefault((server.vrf, giaddr, source), []).append(target)
        for (vrf, giaddr, source), servers in members.items():
            on_link = giaddr in self.address.network
            subs = tuple(self.sub_options(vrf, on_link))
            yield GroupPolicy(vrf, giaddr, source, tuple(servers), on_link, subs, self._port_circuit(subs))

    def sub_options(self, vrf: str, on_link: bool) -> list[Option]:
        names = wanted_options(self.dialect, self.item.options, vrf != self.item.vrf, not on_link)
        subs = [sub for name in SentSubOption if name in names for sub in self._sub_option(name)]
        subs += self._further()
        if subs and self.config.relay_port != SERVER_PORT:
            subs.append(Option(SubOptionCode.RELAY_PORT))
        return subs

    def _further(self) -> Iterable[Option]:
        if self.item.subscriber_id is not None:
            yield Option(SubOptionCode.SUBSCRIBER_ID, self._filled(self.item.subscriber_id))
        for code, value in sorted(self.item.sub_options.items()):
            yield Option(code, octets(value))

    def _sub_option(self, name: SentSubOption) -> list[Option]:
        match name:
            case SentSubOption.CIRCUIT_ID:
                # Without a bridge the interface is the port.
                return [
                    Option(SubOptionCode.CIRCUIT_ID, self._circuit_id().replace(PORT.encode(), self._name()))
                ]
            case SentSubOption.REMOTE_ID:
                return [Option(SubOptionCode.REMOTE_ID, self._remote_id())]
            case SentSubOption.LINK_SELECTION:
                return [Option(self.dialect.link_code, self._link_selection().packed)]
            case SentSubOption.FLAGS:
                return [Option(SubOptionCode.FLAGS, b"\0")]
            case SentSubOption.SERVER_ID_OVERRIDE:
                address = self.item.server_id_override or self.address.ip
                return [Option(self.dialect.override_code, address.packed)]
            case SentSubOption.VSS:
                return self._vss()

    def _name(self) -> bytes:
        return self.item.name.encode()

    def _circuit_id(self) -> bytes:
        return self._filled(self.item.circuit_id or self.dialect.circuit_id)

    def _filled(self, text: str) -> bytes:
        return octets(filled(text, self.config.name, self.item.name))

    def _port_circuit(self, subs: Iterable[Option]) -> tuple[bytes, bytes] | None:
        """The circuit-id around the port's name, where there is a bridge to ask for it."""
        before, found, after = self._circuit_id().partition(PORT.encode())
        sent = any(sub.code == SubOptionCode.CIRCUIT_ID for sub in subs)
        return (before, after) if found and sent and self._has_ports() else None

    def _has_ports(self) -> bool:
        """A bridge, or a VLAN interface, which may be on top of one."""
        return self.interface.kind in ("bridge", "vlan")

    def _remote_id(self) -> bytes:
        if self.item.remote_id is not None:
            return self._filled(self.item.remote_id)
        match self.dialect.remote_id:
            case "mac":
                return self.interface.mac
            case "mac-text":
                return self.interface.mac.hex(":").encode()
            case "host":
                return self.config.name.encode()

    def _link_selection(self) -> IPv4Address:
        if self.item.link_selection is not None:
            return self.item.link_selection
        network = self.address.network
        # A borrowed /32 has no network address of its own: the address itself is in the subnet.
        return network.network_address if self.dialect.link_value == "network" else self.address.ip

    def _vss(self) -> list[Option]:
        place = self.config.vrfs.get(self.item.vrf)
        if self.item.vrf == DEFAULT_VRF:
            subnet = VirtualSubnet(255)
        elif place is not None and place.vpn_id is not None:
            subnet = VirtualSubnet(1, vpn_id_octets(place.vpn_id))
        else:
            kind = 0 if self.dialect.vss_type_octet else None
            subnet = VirtualSubnet(kind, self.item.vrf.encode())
        control = [Option(SubOptionCode.VSS_CONTROL)] if self.dialect.vss_control else []
        return [Option(SubOptionCode.VSS, subnet.encode()), *control]


def bare(group: GroupPolicy, address: IPv4Address) -> GroupPolicy:
    """The same servers for requests that can carry no option 82: giaddr is the interface's own address (RFC 1542 4.1.1)."""
    source = group.source if group.source != group.giaddr else address
    return replace(group, giaddr=address, source=source, on_link=True, sub_options=(), port_circuit=None)
