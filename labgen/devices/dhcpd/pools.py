"""Pools of dhcpd.conf: who may have which addresses of a subnet, told by classes (dhcpd.conf(5), "Address Pools")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labgen.devices.linux.isc_options import Written, written
from labgen.devices.linux.pairing import identifier
from labgen.devices.tenants import Subnet
from labgen.ground.labplan import AddressRange, ClassPlan, ReservationPlan, ScopePlan
from labgen.ground.vocabulary import Address, Network


@dataclass(frozen=True, slots=True)
class Kept:
    """A reservation as a class with a pool of one address: so it stands in the lease file, which a fixed address does not."""

    name: str
    segment: str
    test: str
    address: Address
    options: tuple[Written, ...]
    lease: int | None


@dataclass(frozen=True, slots=True)
class ConditionalClass:
    """A class of a segment: `test` is the condition on who asks."""

    name: str
    segment: str
    test: str
    ranges: tuple[AddressRange, ...]
    options: tuple[Written, ...]
    lease: int | None


@dataclass(frozen=True, slots=True)
class IscPool:
    """Ranges of a scope as dhcpd.conf writes them. `members` is the class of those who may have them, all where it is empty, and
    `others` are classes of those who may not; `shared`: with the partner of a pair; `options`: beside those of the scope;
    `lease`: instead of the scope's."""

    scope: ScopePlan
    ranges: tuple[str, ...]
    members: str = ""
    others: tuple[str, ...] = ()
    shared: bool = False
    options: tuple[Written, ...] = ()
    lease: int | None = None


@dataclass(frozen=True, slots=True)
class IscSubnet:
    """A subnet with its pools."""

    prefix: Network
    pools: tuple[IscPool, ...]


@dataclass(frozen=True, slots=True)
class IscSegment:
    """The subnets of a segment: several share a network."""

    name: str
    subnets: tuple[IscSubnet, ...]


def kept(scope: ScopePlan) -> Iterator[Kept]:
    """The reservations of a segment."""
    for number, each in enumerate(scope.reservations, 1):
        name, own = f"{scope.segment}-{number}", tuple(written(each.options))
        yield Kept(name, scope.segment, _identity(each), each.address, own, each.lease)


def _identity(each: ReservationPlan) -> str:
    """A condition on who asks; the first octet of `hardware` is the type of the link."""
    if each.mac:
        return f"hardware = 1:{each.mac}"
    if each.client_id:
        return f"option dhcp-client-identifier = {identifier(each.client_id).hex(':')}"
    return f"option agent.circuit-id = {identifier(each.circuit_id).hex(':')}"


def conditional_classes(scope: ScopePlan, tenant: str = "") -> Iterator[ConditionalClass]:
    """The classes of a segment; where another VRF has its prefix, of those alone who pass the test `tenant`."""
    for each in scope.classes:
        # `if (` would end at the first parenthesis, whatever follows it.
        of = f" and ({tenant})" if tenant else ""
        test = " or ".join(f"{condition}{of}" for condition in _conditions(each))
        name, own = f"{scope.segment}.{each.name}", tuple(written(each.options))
        yield ConditionalClass(name, scope.segment, test, each.ranges, own, each.lease)


def _conditions(each: ClassPlan) -> Iterator[str]:
    """Conditions on option 60, or on option 77, whose classes have their lengths before them (RFC 3004), which many leave out."""
    octets = each.value.encode()
    name, starts = (
        ("vendor-class-identifier", (0,)) if each.matched_by == "vendor-class" else ("user-class", (1, 0))
    )
    yield from (f"substring(option {name}, {start}, {len(octets)}) = {octets.hex(':')}" for start in starts)


def segment(subnet: Subnet, paired: frozenset[str]) -> IscSegment:
    """The declarations of a prefix: its subnet, and the secondary ones of its scopes. `paired` are the segments that two servers share."""
    further = (
        scope.around(each.prefix.network_address) for scope in subnet.scopes for each in scope.secondary
    )
    return IscSegment(
        subnet.scopes[0].segment,
        tuple(
            IscSubnet(
                scopes[0].prefix,
                tuple(pool for each in scopes for pool in _pools(each, paired, guarded=subnet.shared)),
            )
            for scopes in (subnet.scopes, *((each,) for each in further))
        ),
    )


def _pools(scope: ScopePlan, paired: frozenset[str], *, guarded: bool) -> Iterator[IscPool]:
    """Pools of a scope: of what is reserved, of classes with a range of their own, and of all others; `guarded`: of the VRF alone."""
    reserved = tuple(kept(scope))
    for one in reserved:
        if one.address in scope.prefix:
            yield IscPool(scope, (str(one.address),), one.name, options=one.options, lease=one.lease)
    names = tuple(one.name for one in reserved)
    shared, apart = scope.segment in paired, [each for each in conditional_classes(scope) if each.ranges]
    for each in apart:
        if inside := tuple(part for part in each.ranges if part.first in scope.prefix):
            yield IscPool(scope, _written(inside), each.name, names, shared)
    if scope.ranges:
        others = (*names, *(each.name for each in apart))
        yield IscPool(scope, _written(scope.ranges), scope.vrf if guarded else "", others, shared)


def _written(ranges: tuple[AddressRange, ...]) -> tuple[str, ...]:
    return tuple(f"{each.first} {each.last}" for each in ranges)
