"""Policies tied to open sockets, and which client interface a reply is for.

Everything a reply is looked up in belongs to one VRF (`VrfLookup`): there is no table that holds interfaces of two, so no order of
rules decides whether a reply may cross from one to another.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from labgen.dhcp.options import RelayAgentInfo
from labgen.ground.suboption import SubOptionCode
from labgen.relay.counters import DropReason, LinkCounters, ServerCounters
from labgen.relay.mmsg import Outbox, SourceAddress, Target
from labgen.relay.netlink import Interface
from labgen.relay.policy import GroupPolicy, LinkPolicy, bare

_END = b"\xff"
_LAST_WITH_BROADCAST = 30
"""Longest prefix of a network that has a broadcast address (RFC 3021)."""


@dataclass(slots=True, eq=False)
class Server:
    """A server as requests are sent to it; `name` is `address@vrf`."""

    name: str
    address: bytes
    target: Target
    counters: ServerCounters


@dataclass(slots=True, eq=False)
class Group:
    """Servers that get identical copies, and the tails (option 82 and end) that requests to them get.

    `box` is that of the relay port, `plain_box` of port 67, for what cannot tell servers about another port (RFC 8357).
    """

    policy: GroupPolicy
    box: Outbox
    plain_box: Outbox
    servers: tuple[Server, ...]
    source: SourceAddress
    bare: Group | None = None
    """The same servers with the interface's own address as giaddr, once that was needed."""
    giaddr: bytes = field(init=False)
    broadcast_tail: bytes = field(init=False)
    unicast_tail: bytes = field(init=False)
    targets: tuple[tuple[ServerCounters, int], ...] = field(init=False)
    tables: list[ReplyTable] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.giaddr = self.policy.giaddr.packed
        self.broadcast_tail = self.policy.option82(unicast=False) + _END
        self.unicast_tail = self.policy.option82(unicast=True) + _END
        self.targets = tuple((server.counters, server.target.pointer) for server in self.servers)

    def tail(self, unicast: bool, port: bytes) -> bytes:
        """Option 82 and end with the name of a bridge port."""
        return self.policy.option82(unicast, port) + _END

    @property
    def alone(self) -> bool:
        """True while giaddr alone tells the interface, whichever server answers."""
        return all(table.only is not None for table in self.tables)


@dataclass(slots=True, eq=False)
class ClientLink:
    """A client interface with what it takes to send on it."""

    policy: LinkPolicy
    counters: LinkCounters
    groups: tuple[Group, ...]
    box: Outbox
    target: Target
    mac: bytes
    source: int
    mtu: int
    tos: int = 0
    scopes: tuple[VrfLookup, ...] = ()
    """VRFs whose addresses a request by this interface must not carry as giaddr: the clients' and the servers'."""
    hop_limit: int = field(init=False)
    min_secs: int = field(init=False)
    trusted: bool = field(init=False)
    replies_on_segment: bool = field(init=False)
    port_of: Callable[[bytes], bytes] | None = None
    """Name of the bridge port behind which a hardware address is, where circuit-ids say so."""

    def __post_init__(self) -> None:
        self.hop_limit = self.policy.hop_limit
        self.min_secs = self.policy.config.min_secs
        self.trusted = self.policy.config.trusted
        self.replies_on_segment = self.policy.config.replies_on_segment

    @property
    def name(self) -> str:
        return self.policy.key

    def bare(self, group: Group) -> Group | None:
        """The same servers with the interface's own address as giaddr; None where that would not tell the interface.

        A borrowed address is another interface's, and one of another VRF leads nowhere: no reply would find back.
        """
        address, home = self.policy.address, self.scopes[0]
        if address is None or group.policy.vrf != home.vrf or home.addressed(address.ip.packed) is not self:
            return None
        if group.bare is None:
            policy = bare(group.policy, address.ip)
            source = SourceAddress(policy.source.packed)
            group.bare = Group(policy, group.plain_box, group.plain_box, group.servers, source)
        return group.bare

    def bare_table(self, source: bytes) -> ReplyTable | None:
        """The table in which replies of a server to the interface's own address are looked up."""
        for group in self.groups:
            plain = self.bare(group)
            for server, target in zip(group.servers, group.policy.servers, strict=True):
                if plain is not None and any(alias.packed == source for alias in target.aliases):
                    table = ReplyTable(server.counters)
                    table.add(Member(self, plain))
                    return table
        return None


@dataclass(slots=True, eq=False)
class Member:
    """A client interface behind one giaddr, as one server's replies may name it."""

    link: ClientLink
    group: Group
    crossing: bool = False
    """True in the clients' own VRF while the servers are in another: giaddr is then reached by a leaked route."""
    sends_control: bool = field(init=False)
    """True when requests carry the empty sub-option 152: coming back, it says that VSS was ignored (R20)."""
    circuit_id: bytes | None = field(init=False)
    destinations: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        policy = self.group.policy
        self.sends_control = policy.sub_option(SubOptionCode.VSS_CONTROL) == b""
        self.circuit_id = policy.sub_option(SubOptionCode.CIRCUIT_ID)
        ends = (policy.giaddr, policy.source)
        self.destinations = frozenset(int.from_bytes(end.packed, sys.byteorder) for end in ends)

    def sent(self) -> set[bytes]:
        """Whole options 82 as requests of the interface carry them, where they are always the same."""
        if self.group.policy.port_circuit is not None:
            return set()
        return {tail[:-1] for tail in (self.group.broadcast_tail, self.group.unicast_tail)} - {b""}

    def owns(self, info: RelayAgentInfo) -> bool:
        """True when an option 82 is one this relay added, as far as it can tell."""
        circuit = info.circuit_id
        if self.group.policy.port_circuit is not None:
            before, after = self.group.policy.port_circuit
            return circuit is not None and circuit.startswith(before) and circuit.endswith(after)
        own = self.group.policy
        both = (SubOptionCode.CIRCUIT_ID, SubOptionCode.REMOTE_ID)
        return bool(own.sub_options) and all(info.get(code) == own.sub_option(code) for code in both)


_TELLING = (
    SubOptionCode.REMOTE_ID,
    SubOptionCode.SERVER_ID_OVERRIDE,
    SubOptionCode.CISCO_LINK_SELECTION,
)
"""What may tell interfaces apart that share giaddr and circuit-id. Not 5: RFC 3527 section 3 forbids to act on it."""


@dataclass(slots=True, eq=False)
class ReplyTable:
    """The client interfaces that the replies of one server to one giaddr can be for, within one VRF."""

    server: ServerCounters
    members: dict[ClientLink, Member] = field(default_factory=dict)
    only: Member | None = None
    _exact: dict[bytes, list[Member]] = field(default_factory=dict)
    _by_circuit: dict[bytes, list[Member]] = field(default_factory=dict)
    _by_port: dict[tuple[int, int], dict[tuple[bytes, bytes], list[Member]]] = field(default_factory=dict)

    def add(self, member: Member) -> None:
        self.members[member.link] = member
        for option in member.sent():
            self._exact.setdefault(option, []).append(member)
        if member.circuit_id is not None:
            self._by_circuit.setdefault(member.circuit_id, []).append(member)
        around = member.group.policy.port_circuit
        if around is not None:
            lengths = (len(around[0]), len(around[1]))
            self._by_port.setdefault(lengths, {}).setdefault(around, []).append(member)
        self._count()

    def remove(self, link: ClientLink) -> None:
        member = self.members.pop(link)
        for option in member.sent():
            _take(self._exact, option, member)
        if member.circuit_id is not None:
            _take(self._by_circuit, member.circuit_id, member)
        around = member.group.policy.port_circuit
        if around is not None:
            _take(self._by_port[len(around[0]), len(around[1])], around, member)
        self._count()

    def _count(self) -> None:
        self.only = next(iter(self.members.values())) if len(self.members) == 1 else None

    def exact(self, option: bytes) -> Member | None:
        """The interface that an option 82 was sent for, when it came back octet by octet and is one's only."""
        found = self._exact.get(option)
        return found[0] if found is not None and len(found) == 1 else None

    def find(self, info: RelayAgentInfo) -> Member | DropReason:
        """The one interface that a reply with this option 82 is for: by giaddr, then circuit-id, then VPN."""
        found = self._by_circuit_id(info.circuit_id)
        if not found:
            return DropReason.NO_INTERFACE
        vpn = info.get(SubOptionCode.VSS)
        if vpn is not None:
            found = [member for member in found if vpn in member.link.policy.vpn]
            if not found:
                return DropReason.FOREIGN_VPN
        for code in _TELLING:
            value = info.get(code)
            if len(found) > 1 and value is not None:
                fitting = [member for member in found if member.group.policy.sub_option(code) == value]
                found = fitting or found
        return found[0] if len(found) == 1 else DropReason.SEVERAL_INTERFACES

    def _by_circuit_id(self, circuit: bytes | None) -> list[Member]:
        if self.only is not None:
            return [self.only]
        if circuit is None:
            return list(self.members.values())
        found = list(self._by_circuit.get(circuit, ()))
        for (before, after), table in self._by_port.items():
            if len(circuit) >= before + after:
                found += table.get((circuit[:before], circuit[len(circuit) - after :]), ())
        return found


def _take(
    table: dict[bytes, list[Member]] | dict[tuple[bytes, bytes], list[Member]], key: object, member: Member
) -> None:
    """Take a member out, and the entry with the last of them."""
    rest: list[Member] = table[key]  # type: ignore[index]
    rest.remove(member)
    if not rest:
        del table[key]  # type: ignore[arg-type]


@dataclass(slots=True, eq=False)
class VrfLookup:
    """The lookup tables of one VRF; only a socket of the VRF leads here.

    `members` are the interfaces that the kernel has in the VRF, by index: what comes in by any other is not of this VRF. `links`
    are the client interfaces among them. `replies` is keyed by giaddr and server address together.
    """

    vrf: str
    route: Callable[[bytes], int]
    """Index of the interface that leads to an address now; 0 without a route."""
    any_source: bool = False
    members: set[int] = field(default_factory=set)
    links: dict[int, ClientLink] = field(default_factory=dict)
    own: Counter[bytes] = field(default_factory=Counter)
    nobodys: Counter[bytes] = field(default_factory=Counter)
    """Addresses of connected networks that are no host's: the broadcast address, and the network's own."""
    replies: dict[bytes, ReplyTable] = field(default_factory=dict)
    giaddrs: Counter[bytes] = field(default_factory=Counter)
    """How many tables there are for a giaddr, to say what is wrong with a reply."""
    anybody: dict[bytes, ReplyTable] = field(default_factory=dict)
    """By giaddr alone, where replies may come from any source."""
    addresses: dict[bytes, list[ClientLink]] = field(default_factory=dict)
    """Client interfaces by their own address, for what carries no option 82."""
    networks: dict[int, tuple[IPv4Network, ...]] = field(default_factory=dict)
    """Connected networks by interface: a server may be given by their broadcast address."""

    copied: dict[int, int] = field(default_factory=dict)
    """Devices that get a copy of each broadcast of the one below them (macvlan), and which that is, by index."""

    def enter(self, interface: Interface) -> None:
        """An interface that the kernel has in the VRF now, with its addresses."""
        self.members.add(interface.index)
        if interface.copied:
            self.copied[interface.index] = interface.parent
        self.networks[interface.index] = tuple(address.network for address in interface.addresses)
        self.own.update(address.packed for address in (*interface.addresses, *interface.secondaries))
        self.nobodys.update(_nobodys(interface))

    def leave(self, interface: Interface) -> None:
        """The same no longer."""
        self.members.discard(interface.index)
        self.copied.pop(interface.index, None)
        self.networks.pop(interface.index, None)
        for address in (*interface.addresses, *interface.secondaries):
            uncount(self.own, address.packed)
        for octets in _nobodys(interface):
            uncount(self.nobodys, octets)

    def below(self, ifindex: int) -> ClientLink | None:
        """The client interface that gets every broadcast of a device as well, which is no client interface by itself."""
        found = self.links.get(self.copied.get(ifindex, 0))
        return found if found is not None and self.links.get(ifindex, found) is found else None

    def table(self, giaddr: bytes, source: bytes) -> ReplyTable | None:
        """The table in which replies of a server to a giaddr are looked up; None if nobody behind it uses that server."""
        found = self.replies.get(giaddr + source)
        if found is None and giaddr in self.giaddrs:
            broadcast = self._broadcast_of(source)
            found = self.replies.get(giaddr + broadcast) if broadcast is not None else None
        if found is None:
            found = self.anybody.get(giaddr)
        if found is None and (link := self.addressed(giaddr)) is not None:
            found = link.bare_table(source)
        return found

    def addressed(self, address: bytes) -> ClientLink | None:
        """The client interface that an address alone tells: its own, and no giaddr of any."""
        links = self.addresses.get(address, ())
        return links[0] if len(links) == 1 and address not in self.giaddrs else None

    def _broadcast_of(self, source: bytes) -> bytes | None:
        number = int.from_bytes(source, "big")
        for networks in self.networks.values():
            for network in networks:
                mask = int(network.netmask)
                if number & mask == int(network.network_address):
                    return network.broadcast_address.packed
        return None

    def leads_to(self, source: bytes, ifindex: int) -> bool:
        """True when the way to a server is by the interface its reply came in by."""
        egress = self.route(source)
        return egress == ifindex or (egress in self.links and self.links[egress] is self.links.get(ifindex))


def _nobodys(interface: Interface) -> Iterator[bytes]:
    for address in (*interface.addresses, *interface.secondaries):
        if address.network.prefixlen <= _LAST_WITH_BROADCAST:
            yield address.network.network_address.packed
            yield address.network.broadcast_address.packed


def uncount(counter: dict[bytes, int], key: bytes) -> None:
    """One less; what is not there is not kept as zero."""
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def ambiguous_links(policies: Iterable[LinkPolicy]) -> list[tuple[str, str]]:
    """Pairs of client interfaces whose replies could not be told apart: same VRF, giaddr and option 82."""
    seen: dict[tuple[object, ...], str] = {}
    pairs: list[tuple[str, str]] = []
    for link in policies:
        for group in link.groups:
            telling = [group.sub_option(code) for code in (SubOptionCode.CIRCUIT_ID, *_TELLING)]
            key = (
                group.vrf,
                group.giaddr,
                group.port_circuit,
                *telling,
                link.vpn if _sends_vpn(group) else None,
            )
            other = seen.setdefault(key, link.key)
            if other != link.key and (other, link.key) not in pairs:
                pairs.append((other, link.key))
    return pairs


def _sends_vpn(group: GroupPolicy) -> bool:
    return group.sub_option(SubOptionCode.VSS) is not None


Scopes = Mapping[str, VrfLookup]
