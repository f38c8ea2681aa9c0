"""dnsmasq as a DHCP server on a Linux host that speaks OSPF through FRR."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import NamedTuple

from labgen.devices.base import (
    CIRCUIT,
    Artifact,
    Daemon,
    Device,
    DeviceFacts,
    Ready,
    ServerCapability,
)
from labgen.devices.frr import routing
from labgen.devices.linux import hosts
from labgen.devices.linux.pairing import identifier
from labgen.devices.tenants import guarded, subnets, tenants
from labgen.ground.labplan import (
    AddressRange,
    ClassPlan,
    LabPlan,
    NodePlan,
    OptionPlan,
    ScopePlan,
    SubnetPlan,
)
from labgen.ground.planned_serving import INFINITE
from labgen.ground.templating import render
from labgen.ground.vocabulary import Network

CONFIG = "/etc/dnsmasq.conf"
LOG = "/var/log/dnsmasq.log"
LEASES = "/var/lib/misc/dnsmasq.leases"
Level = tuple[tuple[str, tuple[OptionPlan, ...]], ...]
"""Options by the tag of those who get them."""
_WORDS = MappingProxyType({"vendor-class": "dhcp-vendorclass", "user-class": "dhcp-userclass"})
"""What tells a class, as dnsmasq has it; both look for the text anywhere in what clients send."""


class Dnsmasq(NamedTuple):
    """dnsmasq is not made authoritative: one of a pair would refuse what the other leased."""

    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield from routing.artifacts(plan, node)
        yield Artifact(f"config/{node.name}{CONFIG}", dnsmasq_conf(plan, node))

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (*routing.daemons(plan, node), DNSMASQ)


DNSMASQ = Daemon(
    name="dnsmasq",
    argv=("dnsmasq", "-k", "-C", CONFIG, "--pid-file=/run/dnsmasq.pid"),
    ready=Ready("log", LOG, "DHCP, (IP range|static leases only)"),
    log="/var/log/dnsmasq.out",
    directories=("/var/lib/misc",),
)


def dnsmasq_conf(plan: LabPlan, node: NodePlan) -> str:
    """dnsmasq.conf: no DNS, its scopes as ranges with the netmask that relayed subnets need."""
    assert node.server is not None
    apart = guarded(node.server)
    matches = [
        f"dhcp-circuitid=set:{tenant.vrf},{circuit.hex(':')}"
        for tenant in tenants(plan, node.server)
        for circuit in tenant.circuits
    ]
    return render(
        "dnsmasq/dnsmasq.conf.j2",
        log=LOG,
        leases=LEASES,
        ports=[port.linux for port in node.interfaces],
        matches=matches,
        subnets=subnets(node.server),
        classes=[
            f'{_WORDS[each.matched_by]}=set:{_tag(scope, each)},"{each.value}"'
            for scope in node.server.scopes
            for each in scope.classes
        ],
        ping_check=any(scope.ping_check for scope in node.server.scopes),
        times={scope.segment: _time(scope.lease) for scope in node.server.scopes},
        timers={
            tag: list(_timers(scope, tag))
            for scope in node.server.scopes
            for tag in (scope.segment, *(each.tag for each in _further(node, scope)))
        },
        guards={scope.segment: _guard(scope) for scope in node.server.scopes},
        own_ranges=[
            (
                *_subnet_of(node, scope, part),
                _own_tags(scope, each, apart.get(scope.segment, "")),
                part,
                _time(each.lease or scope.lease),
            )
            for scope in node.server.scopes
            for each in scope.classes
            for part in (each.ranges or (scope.every_range if each.lease else ()))
        ],
        options=[line for scope in node.server.scopes for line in _options(node, scope)],
        further=[each for scope in node.server.scopes for each in _further(node, scope)],
        kept=[kept for scope in node.server.scopes for kept in _kept(scope)],
    )


class FurtherDnsmasq(NamedTuple):
    """A secondary subnet; `asked` are what tells its network: the relays' addresses, or the port it is served on."""

    scope: ScopePlan
    subnet: SubnetPlan
    tag: str
    asked: tuple[str, ...]


def _further(node: NodePlan, scope: ScopePlan) -> Iterator[FurtherDnsmasq]:
    own = node.on_segment(scope.segment)
    ports = (own.linux,) if scope.direct and own else ()
    asked = tuple(dict.fromkeys((*map(str, scope.relays), *ports)))
    for number, subnet in enumerate(scope.secondary, 1):
        yield FurtherDnsmasq(scope, subnet, f"{scope.segment}-secondary-{number}", asked)


def _subnet_of(node: NodePlan, scope: ScopePlan, part: AddressRange) -> tuple[str, Network]:
    """The tag of the subnet that a range is in, and its prefix."""
    further = (each for each in _further(node, scope) if part.first in each.subnet.prefix)
    found = next(further, None)
    return (found.tag, found.subnet.prefix) if found else (scope.segment, scope.prefix)


def _tag(scope: ScopePlan, each: ClassPlan) -> str:
    return f"{scope.segment}-class-{each.name}"


def _own_tags(scope: ScopePlan, each: ClassPlan, tenant: str) -> str:
    """Tags of those who have the range of a class: the class', and its VRF's where another has the same prefix."""
    return (f"tag:{tenant}," if tenant else "") + f"tag:{_tag(scope, each)},"


def _guard(scope: ScopePlan) -> str:
    """Tags without which a client has the segment's own range: those of classes with another."""
    return "".join(f"tag:!{_tag(scope, each)}," for each in scope.classes if each.ranges or each.lease)


def _time(seconds: int) -> str:
    return "infinite" if seconds == INFINITE else str(seconds)


def _timers(scope: ScopePlan, tag: str) -> Iterator[str]:
    """T1 and T2 of a segment, of its classes and of what is reserved; a lease without an end has none."""
    own = [(_tag(scope, each), each.lease) for each in scope.classes]
    own += [(_kept_tag(scope, number), each.lease) for number, each in enumerate(scope.reservations, 1)]
    lasting = [(name, lease) for name, lease in own if lease is not None]
    levels = [("".join(f"tag:!{name}," for name, _ in lasting), scope)]
    levels += [(f"tag:{name},", scope.lasting(lease)) for name, lease in lasting]
    for tags, each in levels:
        if each.rebind < INFINITE:
            yield f"tag:{tag},{tags}option:T1,{each.renew}"
            yield f"tag:{tag},{tags}option:T2,{each.rebind}"


def _options(node: NodePlan, scope: ScopePlan) -> Iterator[str]:
    """Options of a segment, of its classes, and of what is reserved, for each of its subnets."""
    levels: tuple[Level, ...] = (
        (("", scope.options),),
        tuple((_tag(scope, each), each.options) for each in scope.classes),
        tuple((_kept_tag(scope, n), each.options) for n, each in enumerate(scope.reservations, 1)),
    )
    for subnet in (scope.segment, *(each.tag for each in _further(node, scope))):
        for number, level in enumerate(levels):
            narrower = tuple(each for further in levels[number + 1 :] for each in further)
            yield from (f"tag:{subnet},{line}" for line in _of_level(level, narrower))


def _of_level(level: Level, narrower: Level) -> Iterator[str]:
    """Options by tag: what somebody narrower has otherwise is not sent to them."""
    for own, options in level:
        for option in options:
            others = (tag for tag, theirs in narrower if option.code in {each.code for each in theirs})
            tags = [*([own] if own else []), *(f"!{tag}" for tag in others)]
            yield "".join(f"tag:{tag}," for tag in tags) + f"{option.code},{_value(option)}"


def _kept_tag(scope: ScopePlan, number: int) -> str:
    return f"{scope.segment}-{number}"


def _value(option: OptionPlan) -> str:
    """A value as dnsmasq(8) takes it: what is neither addresses, a short number nor text, as octets."""
    if option.kind in ("addresses", "address"):
        return option.text.replace(" ", "")
    if option.kind == "text":
        return '"' + option.text.replace('"', "") + '"'
    octets = [option.data[n : n + 2] for n in range(0, len(option.data), 2)]
    return str(int(octets[0], 16)) if len(octets) == 1 else ":".join(octets)


def _kept(scope: ScopePlan) -> Iterator[str]:
    """Lines that keep an address; a circuit is told by a tag of its own. They stand before the ranges: of two that are for a client's tags
    dnsmasq takes the one that is written first."""
    for number, each in enumerate(scope.reservations, 1):
        tag = _kept_tag(scope, number)
        tagged = f"set:{tag}," if each.options or each.lease else ""
        lasting = f",{_time(each.lease)}" if each.lease else ""
        if each.mac:
            yield f"dhcp-host={each.mac},{tagged}{each.address}{lasting}"
        elif each.client_id:
            yield f"dhcp-host=id:{identifier(each.client_id).hex(':')},{tagged}{each.address}{lasting}"
        else:
            time = _time(each.lease or scope.lease)
            pool = f"{each.address},{each.address},{scope.prefix.netmask},{time}"
            yield f"dhcp-circuitid=set:{tag},{identifier(each.circuit_id).hex(':')}"
            yield f"dhcp-range=tag:{tag},set:{scope.segment},{pool}"


_CAN = ServerCapability(
    link_selection=True,
    honours_override=True,
    on_segment=True,
    nak_when_foreign=True,
    min_lease=120,
    fuzz=1 / 16,
    lease_in_inform=True,
    options=True,
    classes=True,
    own_options=True,
    timers=True,
    lease_policy=frozenset({"class", "own", "shorter", "infinite", "ping-check"}),
    tenants=frozenset({CIRCUIT}),
    reservations=frozenset({"mac", "client-id", "circuit-id"}),
    direct=True,
    secondary=True,
)

DEVICES: tuple[Device, ...] = (
    Dnsmasq(
        hosts.server(
            "dnsmasq",
            "dnsmasq",
            _CAN,
            package="dnsmasq-base",
            program="dnsmasq",
            notes=("leases shorter than two minutes become two minutes",),
        )
    ),
)
