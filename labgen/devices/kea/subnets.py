"""Subnets of a Kea server: pools, options and reservations (Kea ARM, "DHCPv4 Server Configuration")."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from labgen.devices.kea import vendor_classes
from labgen.devices.kea.ha import Json
from labgen.devices.linux.pairing import Pair, identifier
from labgen.devices.tenants import Subnet
from labgen.devices.tenants import subnets as by_prefix
from labgen.ground.labplan import ReservationPlan, ScopePlan, ServerPlan
from labgen.ground.ranges import portion


def reserves(server: ServerPlan) -> bool:
    return any(scope.reservations for scope in server.scopes)


def _reservation(each: ReservationPlan) -> Json:
    """Octets of a circuit in hexadecimal: Kea takes text only in quotes of its own."""
    if each.mac:
        key: Json = {"hw-address": each.mac}
    elif each.client_id:
        key = {"client-id": identifier(each.client_id).hex(":")}
    else:
        key = {"circuit-id": identifier(each.circuit_id).hex(":")}
    options = {"option-data": [vendor_classes.option(own) for own in each.options]} if each.options else {}
    return {**key, "ip-address": str(each.address), **options}


def networks(server: ServerPlan, pair: Pair | None) -> Json:
    """Subnets, and shared networks where a segment has secondary ones (Kea ARM, "Shared Networks in DHCPv4")."""
    planned = list(enumerate(by_prefix(server), 1))
    further = count(len(planned) + 1)
    shared: list[Json] = [
        {
            "name": subnet.scopes[0].segment,
            "subnet4": [_subnet(n, subnet, pair), *_further(subnet, further, pair)],
        }
        for n, subnet in planned
        if subnet.scopes[0].secondary
    ]
    alone = [_subnet(n, subnet, pair) for n, subnet in planned if not subnet.scopes[0].secondary]
    return {"subnet4": alone, **({"shared-networks": shared} if shared else {})}


def _further(subnet: Subnet, numbers: Iterator[int], pair: Pair | None) -> Iterator[Json]:
    for each in subnet.scopes[0].secondary:
        own = subnet.scopes[0].around(each.prefix.network_address)
        yield _subnet(next(numbers), Subnet(each.prefix, (own,)), pair)


def _subnet(number: int, subnet: Subnet, pair: Pair | None) -> Json:
    """Timers and router are the first scope's: Kea keeps them by subnet, pools by class."""
    scope = subnet.scopes[0]
    kept = [each for each in scope.reservations if each.address in subnet.prefix]
    relays = [str(address) for each in subnet.scopes for address in each.named_by]
    return {
        "id": number,
        "subnet": str(subnet.prefix),
        **({"relay": {"ip-addresses": relays}} if relays else {}),
        "pools": [pool for each in subnet.scopes for pool in _pools(each, subnet.shared, pair)],
        "valid-lifetime": scope.lease,
        "renew-timer": scope.renew,
        "rebind-timer": scope.rebind,
        "option-data": [
            *([{"name": "routers", "data": str(scope.router)}] if scope.router else []),
            *(vendor_classes.option(option) for option in vendor_classes.common(scope)),
        ],
        **({"require-client-classes": required} if (required := vendor_classes.required(scope)) else {}),
        **({"reservations": [_reservation(each) for each in kept]} if kept else {}),
    }


def _pools(scope: ScopePlan, guarded: bool, pair: Pair | None) -> list[Json]:
    """Partners that balance load have one half of the pool each, for the clients that are theirs."""
    if pair and not pair.hot_standby:
        return [
            {"pool": f"{half.first} - {half.last}", "client-class": f"HA_{peer.node}"}
            for number, peer in enumerate(pair.peers)
            for half in portion(scope.ranges, len(pair.peers), number)
        ]
    sharing = vendor_classes.sharing(scope)
    guard = {"client-class": scope.vrf} if guarded else {"client-class": sharing} if sharing else {}
    return [
        *({"pool": f"{part.first} - {part.last}", **guard} for part in scope.ranges),
        *vendor_classes.pools(scope),
    ]
