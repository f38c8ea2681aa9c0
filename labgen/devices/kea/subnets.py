"""Subnets of a Kea server: pools, options and reservations (Kea ARM, "DHCPv4 Server Configuration")."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from labgen.devices.kea import lifetimes, vendor_classes
from labgen.devices.kea.ha import Json
from labgen.devices.linux.pairing import Pair, identifier
from labgen.devices.tenants import Subnet
from labgen.devices.tenants import subnets as by_prefix
from labgen.ground.labplan import ReservationPlan, ScopePlan, ServerPlan
from labgen.ground.ranges import portion


def reserves(server: ServerPlan) -> bool:
    return any(scope.reservations for scope in server.scopes)


def networks(server: ServerPlan, pair: Pair | None) -> Json:
    """Subnets, and shared networks where a segment has secondary ones (Kea ARM, "Shared Networks in DHCPv4")."""
    planned = list(enumerate(by_prefix(server), 1))
    further = count(len(planned) + 1)
    alone: list[Json] = []
    shared: list[Json] = []
    for number, subnet in planned:
        secondary = [(scope, each) for scope in subnet.scopes for each in scope.secondary]
        first = _subnet(number, subnet, pair, guarded=subnet.shared)
        if not secondary:
            alone.append(first)
            continue
        own = (Subnet(each.prefix, (scope.around(each.prefix.network_address),)) for scope, each in secondary)
        others = [_subnet(next(further), each, pair, guarded=subnet.shared) for each in own]
        shared.append({"name": subnet.scopes[0].segment, "subnet4": [first, *others]})
    return {"subnet4": alone, **({"shared-networks": shared} if shared else {})}


def _subnet(number: int, subnet: Subnet, pair: Pair | None, *, guarded: bool) -> Json:
    """Times are the first scope's: Kea keeps them by subnet. Options are its, too, where all scopes have the same; else each pool and
    each reservation has its own."""
    first = subnet.scopes[0]
    timed = next((each for each in subnet.scopes if any(each.lease_times)), first)
    relays = [str(address) for each in subnet.scopes for address in each.named_by]
    alike = all(_options(each) == _options(first) for each in subnet.scopes)
    required = [name for each in subnet.scopes for name in vendor_classes.required(each)]
    pools = (_pools(each, pair, guarded=guarded) for each in subnet.scopes)
    reserved = [kept for each in subnet.scopes for kept in _reservations(each, alone=not alike)]
    if not alike:
        pools = (_with(own, _options(each)) for own, each in zip(pools, subnet.scopes, strict=True))
    return {
        "id": number,
        "subnet": str(subnet.prefix),
        **({"relay": {"ip-addresses": relays}} if relays else {}),
        "pools": [pool for own in pools for pool in own],
        **lifetimes.of(first),
        **lifetimes.timers(timed),
        **({"cache-threshold": first.cache} if first.cache else {}),
        "option-data": _options(first) if alike else [],
        **({"require-client-classes": required} if required else {}),
        **({"reservations": reserved} if reserved else {}),
    }


def _options(scope: ScopePlan) -> list[Json]:
    """Options that every client of a scope gets."""
    router: list[Json] = [{"name": "routers", "data": str(scope.router)}] if scope.router else []
    return [*router, *(vendor_classes.option(each) for each in vendor_classes.common(scope))]


def _with(pools: list[Json], options: list[Json]) -> list[Json]:
    return [{**pool, "option-data": options} for pool in pools]


def _reservations(scope: ScopePlan, *, alone: bool) -> Iterator[Json]:
    """Addresses that are reserved in a subnet; `alone`: with all that the subnet does not say of options."""
    for each in scope.reservations:
        if each.address in scope.prefix:
            own = [vendor_classes.option(option) for option in each.options]
            codes = {option.code for option in each.options}
            further = (
                [option for option in _options(scope) if option.get("code") not in codes] if alone else []
            )
            options = [*further, *own]
            yield {
                **_identity(each),
                "ip-address": str(each.address),
                **({"option-data": options} if options else {}),
                **lifetimes.membership(scope, each),
            }


def _identity(each: ReservationPlan) -> Json:
    """The identifier of a client. Octets of a circuit in hexadecimal: Kea takes text only in quotes of its own."""
    if each.mac:
        return {"hw-address": each.mac}
    if each.client_id:
        return {"client-id": identifier(each.client_id).hex(":")}
    return {"circuit-id": identifier(each.circuit_id).hex(":")}


def _pools(scope: ScopePlan, pair: Pair | None, *, guarded: bool) -> list[Json]:
    """Partners that balance load have one half of the pool each, for the clients that are theirs."""
    if pair and not pair.hot_standby:
        return [
            {"pool": f"{half.first} - {half.last}", "client-class": f"HA_{peer.node}"}
            for number, peer in enumerate(pair.peers)
            for half in portion(scope.ranges, len(pair.peers), number)
        ]
    members = vendor_classes.sharing(scope) or (scope.vrf if guarded else "")
    guard = {"client-class": members} if members else {}
    return [
        *({"pool": f"{part.first} - {part.last}", **guard} for part in scope.ranges),
        *vendor_classes.pools(scope),
    ]
