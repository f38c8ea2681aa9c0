"""Scopes of each server on each segment: ranges, options, reservations, secondary subnets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from labgen.ground.labplan import (
    AddressRange,
    ClassPlan,
    OptionPlan,
    ReservationPlan,
    ScopePlan,
    ServerPlan,
    SubnetPlan,
)
from labgen.ground.ranges import portion
from labgen.ground.vocabulary import Address, Network, Redundancy, RelayOption, Role
from labgen.plan import pools
from labgen.plan.interfaces import Interfaces
from labgen.plan.ledger import Ledger
from labgen.plan.relaying import Relaying
from labgen.spec.model import SegmentSpec
from labgen.spec.options import Value
from labgen.spec.reservations import Reservation
from labgen.spec.secondary import SecondarySpec
from labgen.spec.service import RESERVED_ONLY


class Scopes:
    """The service of all servers."""

    def __init__(self, ledger: Ledger, interfaces: Interfaces, relaying: Relaying) -> None:
        self.ledger = ledger
        self.interfaces = interfaces
        self.relaying = relaying

    def server(self, name: str) -> ServerPlan:
        scopes = tuple(
            self.scope(name, segment_name, segment)
            for segment_name, segment in self.ledger.spec.segments.items()
            if name in self.ledger.servers_of(segment_name)
        )
        return ServerPlan(
            address=self.relaying.server_address(name), linux=self.relaying.server_linux(name), scopes=scopes
        )

    def scope(self, server: str, name: str, segment: SegmentSpec) -> ScopePlan:
        prefix = self.ledger.prefixes[name]
        reserved = tuple(each.address for each in segment.reservations)
        taken = tuple(sorted({*self.infrastructure[name], *reserved}, key=int))
        shares = self.shares(server, name, segment)
        pool = segment.pool
        classes = tuple(self.classes(server, name, segment, taken))
        others = [part for each in classes for part in each.ranges]
        relays = [
            relay
            for relay in self.relaying.by_segment[name]
            if any(target.server == server for target in relay.targets)
        ]
        renew, rebind = pools.timers(pool.lease, pool.renew, pool.rebind)
        return ScopePlan(
            segment=name,
            prefix=prefix,
            vrf=segment.vrf,
            ranges=tuple(
                left
                for share in shares
                for part in pools.without(share, taken)
                for left in pools.apart(part, others)
            ),
            excluded=excluded(prefix, shares, taken),
            router=self.relaying.gateway(name),
            lease=pool.lease,
            renew=renew,
            rebind=rebind,
            shortest=pool.shortest,
            longest=pool.longest,
            asked={
                client: asked
                for members in segment.attach.values()
                for client in members
                if (asked := self.asks(client)) is not None
            },
            quarantine=pool.quarantine,
            cache=pool.cache,
            ping_check=pool.ping_check,
            relays=tuple(relay.giaddr for relay in relays),
            named_by=tuple(
                relay.giaddr
                for relay in relays
                if relay.giaddr not in prefix and RelayOption.LINK_SELECTION not in relay.sent
            ),
            direct=server in self.ledger.direct[name],
            options=tuple(option_plan(option) for option in segment.options),
            reservations=tuple(self.reservation(each) for each in segment.reservations),
            classes=classes,
            secondary=tuple(self.subnet(server, name, each, others) for each in segment.secondary),
        )

    def asks(self, client: str) -> int | None:
        """The lease time that a client asks for."""
        own = self.ledger.spec.nodes.get(client)
        return own.asks_lease if own else None

    def subnet(
        self, server: str, name: str, secondary: SecondarySpec, others: list[AddressRange]
    ) -> SubnetPlan:
        """A server's part of a secondary subnet; `others` are ranges that classes have for themselves."""
        segment = self.ledger.spec.segments[name]
        router = self.interfaces.gateway_of(name, secondary).ip if self.relaying.gateway(name) else None
        owners = (node for node in self.ledger.members[name] if self._has_address(node, segment))
        taken = {port.ip for node in owners for port in self.interfaces.further(name, node)}
        taken |= {each.address for each in segment.reservations} | ({router} if router else set())
        shares = self.part(server, name, secondary.prefix, secondary.range)
        return SubnetPlan(
            prefix=secondary.prefix,
            ranges=tuple(
                left
                for share in shares
                for part in pools.without(share, taken)
                for left in pools.apart(part, others)
            ),
            router=router,
        )

    def reservation(self, wanted: Reservation) -> ReservationPlan:
        """The reservation; a client of the plan is identified by the MAC address of its port."""
        ports = self.interfaces.by_node[wanted.value] if wanted.by == "client" else ()
        return reservation_plan(wanted, next((port.mac for port in ports if port.segment), ""))

    def classes(
        self, server: str, name: str, segment: SegmentSpec, taken: Iterable[Address]
    ) -> Iterator[ClassPlan]:
        """Classes of a segment, each with a server's part of its range: a part as of the segment's own."""
        for class_name, each in segment.classes.items():
            ranges = tuple(pools.parse(text) for text in each.range)
            ranges = portion(ranges, *self._turn(server, name))
            yield ClassPlan(
                name=class_name,
                value=each.sent,
                matched_by="vendor-class" if each.vendor_class else "user-class",
                lease=each.lease,
                clients=each.clients,
                ranges=tuple(part for one in ranges for part in pools.without(one, taken)),
                options=tuple(option_plan(option) for option in each.options),
            )

    def shares(self, server: str, name: str, segment: SegmentSpec) -> tuple[AddressRange, ...]:
        """A server's part of the segment before infrastructure addresses are taken out."""
        return self.part(server, name, self.ledger.prefixes[name])

    def part(
        self, server: str, name: str, prefix: Network, own: tuple[str, ...] = ()
    ) -> tuple[AddressRange, ...]:
        """A server's part of one subnet of a segment: of its `own` range, of what `pool` says of it, or of all of it. Where `pool`
        names ranges of other subnets alone, the segment's own prefix has no part."""
        pool = self.ledger.spec.segments[name].pool
        if pool.range == RESERVED_ONLY:
            return ()
        first = prefix == self.ledger.prefixes[name]
        by_server = pool.by_server
        if by_server is not None and not own and (first or _named(prefix, by_server)):
            return pools.inside(prefix, by_server.get(server, ()))
        ranges = pools.inside(prefix, own or pool.ranges)
        if first and pool.ranges and not ranges:
            return ()
        turn = self._turn(server, name)
        return portion(ranges, *turn) if ranges else (pools.even(prefix, *turn),)

    def _turn(self, server: str, name: str) -> tuple[int, int]:
        """Into how many parts servers divide what a segment has, and which of them is this server's, counted from 0."""
        servers = self.ledger.servers_of(name)
        if self.ledger.spec.segments[name].pool.redundancy is not Redundancy.SPLIT:
            return 1, 0
        return len(servers), servers.index(server)

    @cached_property
    def infrastructure(self) -> dict[str, tuple[Address, ...]]:
        """Addresses of each segment that belong to gateways, switches and servers."""
        return {name: self._infrastructure(name) for name in self.ledger.spec.segments}

    def _infrastructure(self, name: str) -> tuple[Address, ...]:
        segment = self.ledger.spec.segments[name]
        owners = [node for node in self.ledger.members[name] if self._has_address(node, segment)]
        shared = [self.relaying.gateway(name)]
        return tuple(
            sorted(
                {*(self.interfaces.address(name, node).ip for node in owners), *(a for a in shared if a)},
                key=int,
            )
        )

    def _has_address(self, node: str, segment: SegmentSpec) -> bool:
        """True if a member of a segment has an address that is not DHCP's."""
        return self.ledger.roles[node] is Role.SERVER or node in segment.routers


def _named(prefix: Network, split: Mapping[str, tuple[str, ...]]) -> bool:
    """True if ranges by server name any of a subnet."""
    return any(pools.inside(prefix, each) for each in split.values())


def option_plan(option: Value) -> OptionPlan:
    """An option of the spec as the plan has it."""
    return OptionPlan(
        code=option.code,
        name=option.name,
        kind=option.kind,
        data=option.data.hex(),
        text=", ".join(option.texts),
    )


def reservation_plan(wanted: Reservation, mac: str) -> ReservationPlan:
    """A reservation of the spec as the plan has it; `mac` is that of the client it names, where it names one."""
    known = {wanted.by.replace("-", "_"): wanted.value} | ({"mac": mac} if wanted.by == "client" else {})
    options = tuple(option_plan(option) for option in wanted.options)
    return ReservationPlan.model_validate(
        {"address": wanted.address, "options": options, "lease": wanted.lease, **known}
    )


def excluded(
    prefix: Network, shares: tuple[AddressRange, ...], infrastructure: tuple[Address, ...]
) -> tuple[AddressRange, ...]:
    """The addresses that a server that only knows a whole subnet must leave alone: the parts that are not its share, and infrastructure.

    Infrastructure inside another's share is covered by that part and not named again.
    """
    foreign = pools.apart(pools.whole(prefix), shares)
    single = [AddressRange(first=a, last=a) for a in infrastructure if not any(a in part for part in foreign)]
    return tuple(sorted([*foreign, *single], key=lambda part: int(part.first)))
