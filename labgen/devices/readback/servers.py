"""Configurations that labgen wrote for servers, read back and held against the plan: subnets, ranges, times, routers, options and what is
reserved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from ipaddress import ip_address

from labgen.devices import handouts, registry
from labgen.devices.linux.pairing import identifier
from labgen.devices.readback import clients
from labgen.devices.served import Served, spelled, spelling
from labgen.ground import ranges
from labgen.ground.labplan import LabPlan, NodePlan, ReservationPlan, ScopePlan
from labgen.ground.planned_serving import INFINITE
from labgen.ground.vocabulary import Address, Network

Pool = tuple[Network, set[Address], Address | None]
"""A subnet, the addresses it hands out, and its router."""


def read(device: str, text: str, subnets: Iterable[Network]) -> list[Served] | None:
    """The subnets that a configuration of a server serves; None where nobody reads that device's. `subnets` are those that a server that
    writes no masks may mean."""
    if module := registry.module_beside(device, "config_server"):
        reader: Callable[[str], Iterator[Served]] = import_module(module).read
        return list(reader(text))
    module = registry.module_beside(device, "running")
    programs = import_module(module).PROGRAMS if module else ()
    for program in programs:
        if program.served:
            return list(program.served(text, (), list(subnets)))
    return None


def texts(plan: LabPlan, node: NodePlan) -> list[str]:
    """The files that labgen writes for a server."""
    return [file.text for file in registry.get(node.device).artifacts(plan, node)]


def differences(plan: LabPlan, node: NodePlan, files: Iterable[str]) -> list[str]:
    """Differences between a server's configuration and the plan, in words. Prefixes that several VRFs have are left out: their
    configurations tell them apart by more than the prefix."""
    assert node.server is not None
    scopes = node.server.scopes
    known = [
        prefix for scope in scopes for prefix in (scope.prefix, *(each.prefix for each in scope.secondary))
    ]
    found: list[Served] = []
    files = list(files)
    for text in files:
        own = read(node.device, text, known)
        if own is None:
            return [f"nobody reads configurations of server `{node.device}`"]
        found += own
    once = {prefix for prefix, count in Counter(known).items() if count == 1}
    have: dict[Network, Served] = {each.prefix: each for each in found}
    said = [line for scope in scopes if scope.prefix in once for line in _scope(node, scope, have)]
    served = (each for each in found if each.ranges or each.reservations or each.classes)
    unplanned = [f"{each.prefix} is served unplanned" for each in served if each.prefix not in known]
    apart = [scope for scope in scopes if scope.prefix in once]
    return [*said, *unplanned, *clients.differences(node, files, apart)]


def _scope(node: NodePlan, scope: ScopePlan, have: dict[Network, Served]) -> Iterator[str]:
    for prefix, planned, router in _pools(scope):
        own = have.get(prefix)
        if own is None:
            if planned or scope.reservations:
                yield f"{prefix} of segment {scope.segment} is not served"
            continue
        given = {address for text in own.ranges for address in _spanned(text)}
        given |= {
            a for each in own.classes.values() for text in each.get("range", ()) for a in _spanned(text)
        }
        if given != planned:
            yield f"{prefix} hands out {ranges.in_words(given)}, planned {ranges.in_words(planned)}"
        if own.heard is not None and node.server and str(node.server.address) not in own.heard:
            yield f"{node.server.address} is not listened to"
        kept = dict(_kept(own))
        wanted = {_known_by(each): str(each.address) for each in scope.reservations if each.address in prefix}
        if kept != wanted:
            yield f"{prefix} keeps {_listed(kept)}, planned {_listed(wanted)}"
        first = None if prefix == scope.prefix else scope.prefix
        if handouts.reader(node.device) and own.shared_with != first:
            yield f"{prefix} is one network with {own.shared_with or 'none'}, planned {first or 'none'}"
        if handouts.reader(node.device) is None:
            yield from _answer(node, prefix, scope, own, router)


def _answer(
    node: NodePlan, prefix: Network, scope: ScopePlan, own: Served, router: Address | None
) -> Iterator[str]:
    """Differences of what comes with an address, of a server that has one answer for a whole subnet."""
    if own.router != str(router or ""):
        yield f"{prefix} has router {own.router or 'none'}, planned {router or 'none'}"
    if own.lease != _lease(node, scope):
        yield f"{prefix} has leases of {own.lease} s, planned {_lease(node, scope)} s"
    yield from _times(node, prefix, scope, own)
    yield from _options(prefix, scope, own)


def _options(prefix: Network, scope: ScopePlan, own: Served) -> Iterator[str]:
    """Differences of a subnet's options beside mask, router and times, where they are read."""
    planned = {option.code: option for option in scope.options}
    for code in sorted({*planned, *own.options} if own.options is not None else ()):
        found, option = (own.options or {}).get(code), planned.get(code)
        if found is None or option is None or spelling(found) not in spelled(option):
            wanted = (option.text or option.data) if option else "nothing"
            yield f"{prefix} has option {code} of {found or 'nothing'}, planned {wanted}"


def _kept(own: Served) -> Iterator[tuple[str, str]]:
    for key, each in own.reservations.items():
        kind, apart, value = key.partition(" ")
        known = f"{kind} {identifier(value).hex(':')}" if apart else key
        yield known, str(each["address"] if isinstance(each, dict) else each)


def _known_by(each: ReservationPlan) -> str:
    """The client that an address is kept for, identifiers as their octets."""
    if each.mac:
        return each.mac
    kind, value = ("client-id", each.client_id) if each.client_id else ("circuit-id", each.circuit_id)
    return f"{kind} {identifier(value).hex(':')}"


def _listed(kept: Mapping[str, str]) -> str:
    return ", ".join(f"{address} for {known}" for known, address in sorted(kept.items())) or "nothing"


def _times(node: NodePlan, prefix: Network, scope: ScopePlan, own: Served) -> Iterator[str]:
    """T1 and T2, and the bounds of what clients may ask for, where the device has words for them."""
    can = registry.get(node.device).facts.server
    several = scope.shortest or scope.longest or any(scope.lease_times)
    found, planned = (own.renew, own.rebind), (scope.renew, scope.rebind)
    if can and can.timers and not several and scope.rebind < INFINITE and found != planned:
        yield f"{prefix} has T1 and T2 of {found} s, planned {planned} s"
    least = scope.shortest if scope.shortest and scope.shortest < scope.lease else 0
    most = scope.longest if scope.longest and scope.longest > scope.lease else 0
    if (least or most) and (own.shortest, own.longest) != (least, most):
        yield f"{prefix} grants {own.shortest} s to {own.longest} s, planned {least} s to {most} s"


def _pools(scope: ScopePlan) -> Iterator[Pool]:
    """The subnets of a scope, with the addresses that somebody gets by chance."""
    further = [part for each in scope.classes for part in each.ranges]
    spared = ranges.addresses(scope.excluded)
    classes = {each for each in ranges.addresses(further) if each in scope.prefix}
    yield scope.prefix, (ranges.addresses(scope.ranges) - spared) | classes, scope.router
    for each in scope.secondary:
        more = {address for address in ranges.addresses(further) if address in each.prefix}
        yield each.prefix, ranges.addresses(each.ranges) | more, each.router


def _spanned(text: str) -> Iterator[Address]:
    first, _, last = text.partition("-")
    return ranges.between(ip_address(first), ip_address(last or first))


def _lease(node: NodePlan, scope: ScopePlan) -> int:
    """The lease time in the device's own unit."""
    if scope.lease == INFINITE:
        return INFINITE
    can = registry.get(node.device).facts.server
    unit = can.lease_unit if can else 1
    return -(-scope.lease // unit) * unit
