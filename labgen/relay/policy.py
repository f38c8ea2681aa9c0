"""From configuration and the addresses a machine has to what is written into packets. Pure: opens nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from string import hexdigits

from labgen.dhcp.options import (
    UNICAST_FLAG,
    Option,
    OptionCode,
    SubOptionCode,
    VirtualSubnet,
    encode_options,
)
from labgen.relay.config import DEFAULT_VRF, InterfaceConfig, RelayConfig, ServerConfig
from labgen.relay.dialects import DIALECTS, Dialect, RelayOption
from labgen.relay.netlink import Interface, Interfaces


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """Servers of one interface that get identical copies.

    `broadcast` and `unicast` are the whole option 82, code and length octets included, for requests that
    came in as such; empty where none is sent.
    """

    vrf: str
    giaddr: IPv4Address
    servers: tuple[IPv4Address, ...]
    broadcast: bytes
    unicast: bytes
    sub_options: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """One client interface. No `groups` while it has no address to go by."""

    config: InterfaceConfig
    interface: Interface | None
    address: IPv4Interface | None
    hop_limit: int
    relayed: str = "forward"
    groups: tuple[GroupPolicy, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.config.name}@{self.config.vrf}"


def resolve(config: RelayConfig, state: Mapping[str, Interfaces]) -> tuple[LinkPolicy, ...]:
    """What to do for every client interface, given the interfaces each VRF has now."""
    return tuple(_resolve_link(config, item, state.get(item.vrf, {})) for item in config.interfaces)


def _resolve_link(config: RelayConfig, item: InterfaceConfig, found: Interfaces) -> LinkPolicy:
    interface = found.get(item.name)
    lender = found.get(item.unnumbered) if item.unnumbered else interface
    address = lender.primary if lender is not None else None
    limit = config.hop_limit if item.hop_limit is None else item.hop_limit
    if interface is None or address is None:
        return LinkPolicy(item, interface, None, limit)
    relayed = item.relayed or DIALECTS[config.dialect].relayed
    values = _Values(config.name, DIALECTS[config.dialect], item, interface, address)
    return LinkPolicy(item, interface, address, limit, relayed, tuple(values.groups()))


def wanted_options(
    dialect: Dialect, item: InterfaceConfig, server_vrf: str, outside: bool
) -> set[RelayOption]:
    """What a request gets for a server; `outside`: giaddr is not in the clients' subnet."""
    crossing = server_vrf != item.vrf
    if item.options is not None:
        names = set(item.options)
    else:
        names = {*dialect.always, *(dialect.crossing if crossing else ())}
        # RFC 3527: the server needs the client's subnet from elsewhere when giaddr does not tell it.
        if dialect.adds_link_selection and outside:
            names.add(RelayOption.LINK_SELECTION)
    return names if crossing else names - {RelayOption.VSS}


@dataclass(frozen=True, slots=True)
class _Values:
    """What option 82 of one client interface is made from."""

    host: str
    dialect: Dialect
    item: InterfaceConfig
    interface: Interface
    address: IPv4Interface

    def groups(self) -> Iterable[GroupPolicy]:
        members: dict[tuple[str, IPv4Address], list[ServerConfig]] = {}
        for server in self.item.servers:
            giaddr = server.giaddr or self.item.giaddr or self.address.ip
            members.setdefault((server.vrf, giaddr), []).append(server)
        for (vrf, giaddr), servers in members.items():
            addresses = tuple(server.address for server in servers)
            broadcast, unicast = self.option82(vrf, giaddr, 0), self.option82(vrf, giaddr, UNICAST_FLAG)
            subs = {sub.code: sub.data for sub in self.sub_options(vrf, giaddr, 0)}
            yield GroupPolicy(vrf, giaddr, addresses, broadcast, unicast, subs)

    def option82(self, vrf: str, giaddr: IPv4Address, flags: int) -> bytes:
        value = encode_options(self.sub_options(vrf, giaddr, flags))
        return Option(OptionCode.RELAY_AGENT, value).encode() if value else b""

    def wanted(self, vrf: str, giaddr: IPv4Address) -> set[RelayOption]:
        return wanted_options(self.dialect, self.item, vrf, giaddr not in self.address.network)

    def sub_options(self, vrf: str, giaddr: IPv4Address, flags: int) -> list[Option]:
        names = self.wanted(vrf, giaddr)
        return [sub for name in RelayOption if name in names for sub in self._sub_option(name, flags)]

    def _sub_option(self, name: RelayOption, flags: int) -> list[Option]:
        match name:
            case RelayOption.CIRCUIT_ID:
                text = self.item.circuit_id or self.dialect.circuit_id.format(
                    host=self.host, interface=self.item.name
                )
                return [Option(SubOptionCode.CIRCUIT_ID, _octets(text))]
            case RelayOption.REMOTE_ID:
                return [Option(SubOptionCode.REMOTE_ID, self._remote_id())]
            case RelayOption.LINK_SELECTION:
                return [Option(self.dialect.link_code, self._link_selection().packed)]
            case RelayOption.FLAGS:
                return [Option(SubOptionCode.FLAGS, bytes((flags,)))]
            case RelayOption.SERVER_ID_OVERRIDE:
                address = self.item.server_id_override or self.address.ip
                return [Option(self.dialect.override_code, address.packed)]
            case RelayOption.VSS:
                return self._vss()

    def _remote_id(self) -> bytes:
        if self.item.remote_id is not None:
            return _octets(self.item.remote_id)
        match self.dialect.remote_id:
            case "mac":
                return self.interface.mac
            case "mac-text":
                return self.interface.mac.hex(":").encode()
            case "host":
                return self.host.encode()

    def _link_selection(self) -> IPv4Address:
        if self.item.link_selection is not None:
            return self.item.link_selection
        network = self.address.network
        # A borrowed /32 has no network address of its own: the address itself is in the subnet.
        return network.network_address if self.dialect.link_value == "network" else self.address.ip

    def _vss(self) -> list[Option]:
        if self.item.vrf == DEFAULT_VRF:
            subnet = VirtualSubnet(255)
        else:
            kind = 0 if self.dialect.vss_type_octet else None
            subnet = VirtualSubnet(kind, self.item.vrf.encode())
        control = [Option(SubOptionCode.VSS_CONTROL)] if self.dialect.vss_control else []
        return [Option(SubOptionCode.VSS, subnet.encode()), *control]


def _octets(text: str) -> bytes:
    """Text as it is, or what 0x and an even number of hexadecimal digits stand for."""
    digits = text.removeprefix("0x")
    if digits != text and len(digits) % 2 == 0 and set(digits) <= set(hexdigits):
        return bytes.fromhex(digits)
    return text.encode()


def own_addresses(state: Mapping[str, Interfaces], policies: Iterable[LinkPolicy]) -> frozenset[bytes]:
    """Every address that is this relay's, loopbacks too: a request that carries one as giaddr is a loop."""
    local = {
        address.packed
        for interfaces in state.values()
        for interface in interfaces.values()
        for address in (*interface.addresses, *interface.secondaries)
    }
    return frozenset(local | {group.giaddr.packed for policy in policies for group in policy.groups})
