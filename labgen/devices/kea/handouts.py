"""The answers of Kea to one client: classes, reservations and pools of its configuration taken as its DHCPv4 server does (Kea ARM, "Client
Classification", "Host Reservations", "Lease Lifetimes").

An option is a reservation's, else the pool's, the subnet's, the shared network's, a class', else of all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from labgen.devices import conditions
from labgen.devices.handouts import AskingClient, Handout
from labgen.devices.kea.running import listed
from labgen.ground.planned_serving import round_half_up

Data = Mapping[str, Any]
_LEASE = 7200
_ROUTERS = 3


def read(text: str, client: AskingClient) -> Iterator[Handout]:
    """Every pool that a client may have an address of, or the address that is kept for it. ValueError where a test of a class is not
    understood."""
    server = json.loads(text).get("Dhcp4", {}) if text.lstrip().startswith("{") else {}
    for network in ({}, *listed(server, "shared-networks")):
        for subnet in listed(network or server, "subnet4"):
            yield from _subnet(_Levels(server, network, subnet), client)


@dataclass(frozen=True, slots=True)
class _Levels:
    """A subnet and what is around it."""

    server: Data
    network: Data
    subnet: Data

    @property
    def joined(self) -> dict[str, Any]:
        return {**self.server, **self.network, **self.subnet}


def _subnet(levels: _Levels, client: AskingClient) -> Iterator[Handout]:
    known = listed(levels.server, "client-classes")
    member = _classes(known, client)
    by = levels.server.get("host-reservation-identifiers", ["hw-address", "duid", "circuit-id", "client-id"])
    kept = (each for each in listed(levels.subnet, "reservations") if _is_for(each, by, client))
    host = next(kept, {})
    member += [name for name in host.get("client-classes", ()) if name not in member]
    pools = listed(levels.subnet, "pools")
    if host:
        address = IPv4Address(host["ip-address"])
        around = next((each for each in pools if address in _Span.of(each)), {})
        yield _handout(levels, (host, around), member, [_Span(address, address)], client)
        return
    for pool in pools:
        guard = str(pool.get("client-class", ""))
        if not guard or guard in member or guard.startswith("HA_"):
            yield _handout(levels, (pool,), member, [_Span.of(pool)], client)


@dataclass(frozen=True, slots=True)
class _Span:
    first: IPv4Address
    last: IPv4Address

    @classmethod
    def of(cls, pool: Data) -> _Span:
        first, _, last = str(pool["pool"]).partition("-")
        return cls(IPv4Address(first.strip()), IPv4Address(last.strip()))

    def __contains__(self, address: IPv4Address) -> bool:
        return self.first <= address <= self.last


def _classes(known: Sequence[Data], client: AskingClient, required: Sequence[str] | None = None) -> list[str]:
    """Classes of a client in the order they are defined: those that are always evaluated, or those of `required` as well."""
    found: list[str] = []
    for each in known:
        due = not each.get("only-if-required") or each["name"] in (required or ())
        if due and "test" in each and _met(each["test"], client, found):
            found.append(each["name"])
    return found


def _met(test: str, client: AskingClient, member: Sequence[str]) -> bool:
    values = {
        "option[60].hex": client.vendor_class,
        "option[77].hex": client.user_class,
        "relay4[1].hex": client.circuit_id,
        **{f"member('{name}')": b"\x01" for name in member},
    }
    return conditions.holds(test, lambda words: values.get(words) or None)


def _is_for(host: Data, by: Sequence[str], client: AskingClient) -> bool:
    values = {
        "hw-address": client.mac.replace(":", ""),
        "client-id": client.client_id.hex(),
        "circuit-id": client.circuit_id.hex(),
    }
    return any(
        values[key] and str(host[key]).replace(":", "").lower() == values[key]
        for key in by
        if key in host and key in values
    )


def _handout(
    levels: _Levels, own: Sequence[Data], member: Sequence[str], spans: Sequence[_Span], client: AskingClient
) -> Handout:
    known = listed(levels.server, "client-classes")
    asked = [
        name
        for each in (*own, levels.subnet, levels.network)
        for name in each.get("require-client-classes", ())
    ]
    classes = [each for each in known if each["name"] in (*member, *_classes(known, client, asked))]
    options: dict[int, str] = {}
    for each in (*own, levels.subnet, levels.network, *classes, levels.server):
        for option in listed(each, "option-data"):
            code = option["code"] if "code" in option else _ROUTERS if option.get("name") == "routers" else 0
            octets = code == _ROUTERS or option.get("csv-format") is False
            options.setdefault(
                code, str(option.get("data", "")) if octets else f"text {option.get('data', '')}"
            )
    router = options.pop(_ROUTERS, "")
    lease = _lease(levels, classes, client)
    renew, rebind = _timers(levels.joined, lease)
    ranges = tuple((each.first, each.last) for each in spans)
    return Handout(IPv4Network(levels.subnet["subnet"]), ranges, lease, renew, rebind, router, options)


def _lease(levels: _Levels, classes: Sequence[Data], client: AskingClient) -> int:
    """Seconds by the first class that says some, else by the subnet: what is asked for within bounds, else as it says."""
    own = next((each for each in classes if "valid-lifetime" in each), levels.joined)
    lease = int(own.get("valid-lifetime", _LEASE))
    shortest, longest = int(own.get("min-valid-lifetime", lease)), int(own.get("max-valid-lifetime", lease))
    return max(min(client.lease or lease, longest), shortest)


def _timers(own: Data, lease: int) -> tuple[int, int]:
    """T1 and T2, 0 where none is sent."""
    if "renew-timer" in own or not own.get("calculate-tee-times"):
        return int(own.get("renew-timer", 0)), int(own.get("rebind-timer", 0))
    shares = (float(own.get("t1-percent", 0.5)), float(own.get("t2-percent", 0.875)))
    first, second = (round_half_up(round(share * lease * 1000), 1000) for share in shares)
    return first, second
