"""Preflight: addresses that the spec gives away: in their segment, to somebody who is there, and to one only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from labgen.devices import registry
from labgen.ground.errors import Problem
from labgen.ground.labplan import InterfacePlan, LabPlan, NodePlan, ScopePlan
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Network
from labgen.ground.yamldoc import Place
from labgen.plan.circuits import sent
from labgen.plan.preflight.case import PreflightCase
from labgen.spec.service import RESERVED_ONLY
from labgen.spec.values import choose


def own_addresses(case: PreflightCase) -> Iterator[Problem]:
    """Addresses of nodes are in segments they are on."""
    for name, node in case.spec.nodes.items():
        for segment, address in node.addresses.items():
            place = ("nodes", name, "addresses", segment)
            if segment not in case.spec.segments:
                yield case.problem(
                    place, f"there is no segment `{segment}`", choose(segment, case.spec.segments)
                )
            elif name not in case.ledger.members[segment]:
                reason = f"`{name}` is not on segment `{segment}`"
                yield case.problem(place, reason, "attach it there, or leave the address out")
            elif name not in (*case.spec.switches, *case.spec.servers):
                reason = f"`{name}` is a client: its address comes by DHCP"
                yield case.problem(
                    place, reason, f"write `reservations: {{{name}: {address}}}` in segment `{segment}`"
                )
            elif name in case.spec.switches and name not in case.spec.segments[segment].routers:
                reason = f"`{name}` only bridges segment `{segment}`, and has no address there"
                yield case.problem(place, reason, "name it in `gateway.nodes`, or leave the address out")
            else:
                yield from _host(case, place, address, case.ledger.prefixes[segment], f"segment `{segment}`")


def gateways(case: PreflightCase) -> Iterator[Problem]:
    """A gateway's address is a host of its segment, and nobody else's."""
    for name, segment in case.spec.segments.items():
        prefix, place = case.ledger.prefixes[name], ("segments", name, "gateway")
        if segment.gateway.address:
            yield from _host(case, place, segment.gateway.address, prefix, f"segment `{name}`")
        for switch, address in segment.gateway.nodes.items():
            if address:
                yield from _host(case, (*place, "nodes", switch), address, prefix, f"segment `{name}`")
        for n, each in enumerate(segment.secondary):
            if each.gateway:
                own: Place = ("segments", name, "secondary", n, "gateway")
                yield from _host(
                    case, own, each.gateway, each.prefix, f"secondary subnet {n + 1} of `{name}`"
                )


def reservations(case: PreflightCase) -> Iterator[Problem]:
    """Reserved addresses are in the segment, each for one client, and clients that are named are on it."""
    for name, segment in case.spec.segments.items():
        prefixes, seen = case.ledger.subnets(name), dict[Address, str]()
        known: dict[tuple[str, str], str] = {}
        for each in segment.reservations:
            key = each.key or each.value
            place = ("segments", name, "reservations", key)
            if each.by == "client" and each.value not in case.ledger.members[name]:
                clients = [
                    n for n in case.ledger.members[name] if n not in (*case.spec.switches, *case.spec.servers)
                ]
                reason = f"`{each.value}` is no client of segment `{name}`"
                yield case.problem(place, reason, f"its clients are: {', '.join(clients) or 'none'}")
            if each.address in seen:
                reason = f"{each.address} is reserved for `{seen[each.address]}` already"
                yield case.problem(place, reason, "one address is for one client")
            seen[each.address] = key
            if (other := known.setdefault((each.by, each.value), key)) != key:
                reason = f"`{key}` and `{other}` are one client, and two addresses are kept for it"
                yield case.problem(place, reason, "leave one of them out")
            prefix = next((p for p in prefixes if each.address in p), prefixes[0])
            yield from _host(case, place, each.address, prefix, f"segment `{name}`")
        if segment.reservations and not (segment.relay or case.ledger.direct[name]):
            reason = f"nothing serves segment `{name}`, so nobody keeps addresses"
            yield case.problem(("segments", name, "reservations"), reason, "add a relay, or leave them out")


def _host(
    case: PreflightCase, place: Place, address: Address, prefix: Network, what: str
) -> Iterator[Problem]:
    if address not in prefix:
        reason = f"{address} is outside {what}, which is {prefix}"
        yield case.problem(place, reason, f"choose an address of {prefix}")
    elif prefix.prefixlen < 31 and address in (prefix[0], prefix[-1]):
        kind = "network" if address == prefix[0] else "broadcast"
        yield case.problem(place, f"{address} is the {kind} address of {prefix}", "no host can have it")


def _attached(built: LabPlan) -> Mapping[str, Sequence[tuple[NodePlan, InterfacePlan]]]:
    """By segment, the nodes that have a port on it where an address can be."""
    found: dict[str, list[tuple[NodePlan, InterfacePlan]]] = defaultdict(list)
    for node in built.nodes:
        for name in {port.segment for port in node.interfaces if port.segment}:
            port = node.on_segment(name)
            if port is not None:
                found[name].append((node, port))
    return found


CHECKS = (own_addresses, gateways, reservations)


def problems(case: PreflightCase, built: LabPlan) -> Iterator[Problem]:
    """No two have one address in a segment, nor one loopback."""
    scopes: dict[str, list[ScopePlan]] = defaultdict(list)
    for node in built.nodes:
        for scope in node.server.scopes if node.server else ():
            scopes[scope.segment].append(scope)
    attached = _attached(built)
    for segment in built.segments:
        seen: dict[Address, str] = {}
        if segment.gateway and (segment.anycast or segment.moves):
            seen[segment.gateway] = "the gateway"
        for node, port in attached[segment.name]:
            if port.address is None or port.dhcp or port.unnumbered:
                continue
            if port.address == port.anycast and registry.get(node.device).facts.fabric.anycast_alone:
                continue  # a device with room for the shared address alone
            other = seen.setdefault(port.address.ip, f"`{node.name}`")
            if other != f"`{node.name}`":
                yield case.problem(
                    _said(case, segment.name, node.name),
                    f"{port.address.ip} is the address of {other} and of `{node.name}`",
                    "give one of them another: `nodes: {NAME: {addresses: {SEGMENT: ADDRESS}}}`",
                )
        for scope in scopes[segment.name]:
            for each in scope.reservations:
                if each.address in seen:
                    key = each.client or each.mac
                    yield case.problem(
                        ("segments", segment.name, "reservations", key),
                        f"{each.address} is the address of {seen[each.address]}",
                        "reserve another",
                    )
    yield from _loopbacks(case, built)
    yield from _nobodys_gateway(case, built)
    yield from _unreserved(case, built, scopes)


def _unreserved(
    case: PreflightCase, built: LabPlan, scopes: Mapping[str, Sequence[ScopePlan]]
) -> Iterator[Problem]:
    """Clients of whom a lease is wanted and who get none, where reserved addresses are all there is."""
    for name, segment in case.spec.segments.items():
        unwanted = name in case.spec.expect.leases or any(r.by == "client-id" for r in segment.reservations)
        if segment.pool.range != RESERVED_ONLY or not segment.reservations or unwanted:
            continue
        for client in built.segment(name).clients:
            if client in case.spec.expect.no_lease or _given(built, client, scopes[name]):
                continue
            reason = f"`{client}` would get no lease: segment `{name}` has no range, and nothing is reserved for it"
            remedy = f"add it to `reservations`, or write `expect: {{no_lease: [{client}]}}`"
            yield case.problem(("segments", name, "pool", "range"), reason, remedy)


def _given(built: LabPlan, client: str, scopes: Sequence[ScopePlan]) -> bool:
    """True if some address is kept for a client, or for its class; also where only a packet will tell its circuit-id."""
    mac = built.node(client).client_mac
    kept = [each for scope in scopes for each in scope.reservations]
    classes = (each for scope in scopes for each in scope.classes if each.ranges)
    if any(each.may_serve(client, mac) for each in kept) or any(client in each.clients for each in classes):
        return True
    relays = built.relays_for(client)
    return any(each.circuit_id for each in kept) and any(
        sent(built, client, switch, relay) is None for switch, relay in relays
    )


def _nobodys_gateway(case: PreflightCase, built: LabPlan) -> Iterator[Problem]:
    """The gateway's address, where the switches do not share one, is that of a switch."""
    for segment in built.segments:
        if segment.protocol != "switch" or not segment.gateway or not segment.routers:
            continue
        ports = {name: built.node(name).on_segment(segment.name) for name in segment.routers}
        if any(port is None or port.unnumbered for port in ports.values()):
            continue
        own = {name: port.address.ip for name, port in ports.items() if port and port.address}
        if segment.gateway not in own.values():
            shown = ", ".join(f"`{name}` is {address}" for name, address in own.items())
            yield case.problem(
                _said(case, segment.name, next(iter(own), "")),
                f"the gateway of segment `{segment.name}` is {segment.gateway}, and no switch has that address: {shown}",
                "leave one of the two out, or name several switches that share the gateway",
            )


def _said(case: PreflightCase, segment: str, node: str) -> Place:
    own = case.spec.nodes.get(node)
    return (
        ("nodes", node, "addresses", segment)
        if own and segment in own.addresses
        else ("segments", segment, "gateway")
    )


def _loopbacks(case: PreflightCase, built: LabPlan) -> Iterator[Problem]:
    seen: dict[Address, str] = {}
    for node in built.nodes:
        if node.loopback is None:
            continue
        other = seen.setdefault(node.loopback.ip, node.name)
        if other != node.name:
            where = node.name if node.name in case.spec.nodes else other
            reason = f"{node.loopback.ip} is the loopback of `{other}` and of `{node.name}`"
            yield case.problem(("nodes", where, "loopback"), reason, "give one of them another")
    for name, spec in case.spec.nodes.items():
        yield from _within(case, name, spec.loopback)


def _within(case: PreflightCase, node: str, loopback: Address | None) -> Iterator[Problem]:
    """A loopback that is set is in no subnet of the same routing table: somebody there could get it, or answer for it."""
    for name, segment in case.spec.segments.items() if loopback else ():
        prefix = next((each for each in case.ledger.subnets(name) if loopback in each), None)
        if prefix is not None and segment.vrf == DEFAULT_VRF and not segment.unnumbered:
            yield case.problem(
                ("nodes", node, "loopback"),
                f"{loopback}, the loopback of `{node}`, is an address of segment `{name}`, {prefix}",
                f"choose one that is in no segment, or write `addresses: {{{name}: {loopback}}}` for its address there",
            )
