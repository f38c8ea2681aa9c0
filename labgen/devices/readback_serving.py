"""What labgen wrote for a server, read back and held against the plan: subnets, ranges, lease times, routers and what is reserved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from ipaddress import ip_address

from labgen.devices import registry
from labgen.devices.served import Served
from labgen.ground.labplan import AddressRange, LabPlan, NodePlan, ScopePlan
from labgen.ground.vocabulary import Address, Network

Pool = tuple[Network, set[Address], Address | None]
"""A subnet, the addresses it hands out, and its router."""


def read(device: str, text: str, subnets: Iterable[Network]) -> list[Served] | None:
    """What a configuration of a server hands out; None where nobody reads that device's. `subnets` are those that a server that writes
    no masks may mean."""
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
    """What labgen writes for a server, file by file."""
    return [file.text for file in registry.get(node.device).artifacts(plan, node)]


def differences(plan: LabPlan, node: NodePlan, files: Iterable[str]) -> list[str]:
    """What a server's configuration says otherwise than the plan, in words. What several VRFs have the same prefix for is left out: their
    configurations tell them apart by more than the prefix."""
    assert node.server is not None
    scopes = node.server.scopes
    known = [
        prefix for scope in scopes for prefix in (scope.prefix, *(each.prefix for each in scope.secondary))
    ]
    found: list[Served] = []
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
    return [*said, *unplanned]


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
            yield f"{prefix} hands out {_short(given)}, planned {_short(planned)}"
        if own.router != str(router or ""):
            yield f"{prefix} has router {own.router or 'none'}, planned {router or 'none'}"
        if own.lease != _lease(node, scope):
            yield f"{prefix} has leases of {own.lease} s, planned {_lease(node, scope)} s"
        kept = {
            str(each.get("address") if isinstance(each, dict) else each) for each in own.reservations.values()
        }
        wanted = {str(each.address) for each in scope.reservations if each.address in prefix}
        if kept != wanted:
            yield f"{prefix} keeps {sorted(kept)}, planned {sorted(wanted)}"


def _pools(scope: ScopePlan) -> Iterator[Pool]:
    """The subnets of a scope, with the addresses that somebody gets by chance."""
    further = [part for each in scope.classes for part in each.ranges]
    spared = _addresses(scope.excluded)
    own = {each for each in _addresses((*scope.ranges, *further)) if each in scope.prefix}
    yield scope.prefix, own - spared, scope.router
    for each in scope.secondary:
        more = {address for address in _addresses(further) if address in each.prefix}
        yield each.prefix, _addresses(each.ranges) | more, each.router


def _addresses(ranges: Iterable[AddressRange]) -> set[Address]:
    return {address for each in ranges for address in _between(each.first, each.last)}


def _spanned(text: str) -> Iterator[Address]:
    first, _, last = text.partition("-")
    return _between(ip_address(first), ip_address(last or first))


def _between(first: Address, last: Address) -> Iterator[Address]:
    return (type(first)(number) for number in range(int(first), int(last) + 1))


def _short(addresses: set[Address]) -> str:
    return f"{min(addresses)} to {max(addresses)}, {len(addresses)} of them" if addresses else "nothing"


def _lease(node: NodePlan, scope: ScopePlan) -> int:
    """The lease time in the device's own unit."""
    can = registry.get(node.device).facts.server
    unit = can.lease_unit if can else 1
    return -(-scope.lease // unit) * unit
