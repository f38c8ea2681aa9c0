"""Client interfaces put into the tables that packets are looked up in, and taken out again, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from labgen.dhcp.ports import SERVER_PORT
from labgen.relay.config import RelayConfig
from labgen.relay.counters import Counters, ServerCounters
from labgen.relay.egress import Recipients
from labgen.relay.mmsg import Outbox, SourceAddress, Target
from labgen.relay.netlink import Interface
from labgen.relay.policy import GroupPolicy, LinkPolicy, ServerTarget
from labgen.relay.tables import ClientLink, Group, Member, ReplyTable, Server, VrfLookup, uncount


@dataclass(frozen=True, slots=True)
class Place:
    """A VRF as links are put into it: its tables, what requests leave by (by port), and what frames leave by."""

    scope: VrfLookup
    boxes: Mapping[int, Outbox]
    raw: Outbox


@dataclass(slots=True, eq=False)
class _Entry:
    """Entries of one client interface in the tables, to be taken out again."""

    link: ClientLink
    indices: tuple[int, ...]
    tables: list[tuple[dict[bytes, ReplyTable], bytes, VrfLookup]] = field(default_factory=list)
    own: list[tuple[VrfLookup, bytes]] = field(default_factory=list)


class LinkAssembly:
    """The client interfaces in the tables of their VRFs, by `name@vrf`."""

    def __init__(
        self, config: RelayConfig, counters: Counters, recipients: Recipients, places: Mapping[str, Place]
    ) -> None:
        self._config = config
        self._counters = counters
        self._recipients = recipients
        self._places = places
        self.relaying = 0
        """Client interfaces that requests are relayed for: they have an address, and a server."""
        self._entries: dict[str, _Entry] = {}
        self._servers: dict[tuple[str, ServerTarget], Server] = {}
        self._sources: dict[bytes, SourceAddress] = {}

    @property
    def links(self) -> Iterator[ClientLink]:
        return (entry.link for entry in self._entries.values())

    def policy(self, key: str) -> LinkPolicy | None:
        """The policy of an interface, as the tables have it."""
        entry = self._entries.get(key)
        return entry.link.policy if entry is not None else None

    def put(
        self,
        policy: LinkPolicy,
        gateways: Iterable[Interface] = (),
        port_of: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """Put a client interface in, in place of what it was before."""
        assert policy.interface is not None
        self.remove(policy.key)
        link = self._link(policy, policy.interface, port_of)
        place = self._places[policy.config.vrf]
        indices = (policy.interface.index, *(gateway.index for gateway in gateways))
        entry = self._entries[policy.key] = _Entry(link, indices)
        self.relaying += bool(link.groups)
        for index in indices:
            place.scope.links[index] = link
        self._recipients.links[link.target.pointer] = link
        for group in link.groups:
            self._enter(entry, group)
        if policy.address is not None and not policy.config.unnumbered:
            place.scope.addresses.setdefault(policy.address.ip.packed, []).append(link)

    def remove(self, key: str) -> None:
        """Take a client interface out; nothing happens where it is not in."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        link = entry.link
        self.relaying -= bool(link.groups)
        scope = self._places[link.policy.config.vrf].scope
        for index in entry.indices:
            if scope.links.get(index) is link:
                del scope.links[index]
        own = link.policy.address
        if own is not None and not link.policy.config.unnumbered:
            _drop(scope.addresses, own.ip.packed, link)
        self._recipients.links.pop(link.target.pointer, None)
        for tables, key_, owner in entry.tables:
            _leave(tables, key_, link, owner)
        for scope, address in entry.own:
            uncount(scope.own, address)

    def _link(
        self, policy: LinkPolicy, interface: Interface, port_of: Callable[[bytes], bytes] | None
    ) -> ClientLink:
        place = self._places[policy.config.vrf]
        vrfs = dict.fromkeys((policy.config.vrf, *(group.vrf for group in policy.groups)))
        ports = any(group.port_circuit is not None for group in policy.groups)
        return ClientLink(
            policy,
            self._counters.link(policy.key),
            tuple(self._group(group) for group in policy.groups),
            place.raw,
            Target.interface(interface.index),
            interface.mac,
            int(policy.address.ip) if policy.address is not None else 0,
            interface.mtu,
            self._config.dscp << 2,
            tuple(self._places[vrf].scope for vrf in vrfs),
            port_of if ports else None,
        )

    def _group(self, policy: GroupPolicy) -> Group:
        boxes = self._places[policy.vrf].boxes
        servers = tuple(self._server(policy.vrf, target) for target in policy.servers)
        relay = boxes[self._config.relay_port] if policy.sub_options else boxes[SERVER_PORT]
        return Group(policy, relay, boxes[SERVER_PORT], servers, self._source(policy.source.packed))

    def _server(self, vrf: str, target: ServerTarget) -> Server:
        known = self._servers.get((vrf, target))
        if known is None:
            name = (
                f"{target.address}@{vrf}"
                if target.port == SERVER_PORT
                else f"{target.address}:{target.port}@{vrf}"
            )
            host = Target.host(target.address.packed, target.port)
            known = Server(name, target.address.packed, host, self._counters.server(name))
            self._servers[vrf, target] = known
            self._recipients.servers[host.pointer] = known
        return known

    def _source(self, address: bytes) -> SourceAddress:
        return self._sources.setdefault(address, SourceAddress(address))

    def _enter(self, entry: _Entry, group: Group) -> None:
        policy, home = group.policy, entry.link.policy.config.vrf
        member = Member(entry.link, group)
        scope = self._places[policy.vrf].scope
        for address in dict.fromkeys((policy.giaddr.packed, policy.source.packed)):
            scope.own[address] += 1
            entry.own.append((scope, address))
        group.tables = self._tables(entry, member, scope)
        if policy.vrf != home:
            # giaddr may live in the clients' VRF, reached by a leaked route: replies come in there.
            self._tables(entry, Member(entry.link, group, crossing=True), self._places[home].scope)

    def _tables(self, entry: _Entry, member: Member, scope: VrfLookup) -> list[ReplyTable]:
        """Put a member into the tables of its servers; those tables."""
        policy = member.group.policy
        found = []
        for server, target in zip(member.group.servers, policy.servers, strict=True):
            for address in dict.fromkeys(target.aliases or (target.address,)):
                key = policy.giaddr.packed + address.packed
                found.append(_join(entry, scope.replies, key, member, scope, server.counters))
        if scope.any_source:
            others = self._counters.server(f"other@{scope.vrf}")
            found.append(_join(entry, scope.anybody, policy.giaddr.packed, member, scope, others))
        return found


def _join(
    entry: _Entry,
    tables: dict[bytes, ReplyTable],
    key: bytes,
    member: Member,
    scope: VrfLookup,
    counters: ServerCounters,
) -> ReplyTable:
    table = tables.get(key)
    if table is None:
        table = tables[key] = ReplyTable(counters)
        scope.giaddrs[key[:4]] += 1
    if member.link not in table.members:
        table.add(member)
        entry.tables.append((tables, key, scope))
    return table


def _leave(tables: dict[bytes, ReplyTable], key: bytes, link: ClientLink, scope: VrfLookup) -> None:
    table = tables[key]
    table.remove(link)
    if not table.members:
        del tables[key]
        uncount(scope.giaddrs, key[:4])


def _drop(lists: dict[bytes, list[ClientLink]], key: bytes, link: ClientLink) -> None:
    lists[key].remove(link)
    if not lists[key]:
        del lists[key]
