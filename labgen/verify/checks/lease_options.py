"""Checks of what clients get with their address: every option of the ACK against the plan, and what the client made of it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from labgen.dhcp.model import Message
from labgen.dhcp.options import OptionCode
from labgen.ground.labplan import ScopePlan
from labgen.verify import arp, groups, planned_options
from labgen.verify.arp import ArpClaim
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.facts import Facts
from labgen.verify.judgement import (
    Judgement,
    Proof,
    Witness,
    blocked,
    failed,
    looked_up,
    passed,
    wire,
)
from labgen.verify.lease_times import lease_time, lease_words
from labgen.verify.packets import packet, value
from labgen.verify.planned_options import CLASSLESS_ROUTES

check = Catalogue(sightings=True)


@check(
    "lease.options",
    "{client} got the planned configuration with its lease",
    subjects.clients,
    "RFC 2131 section 4.3.1, RFC 2132",
)
def options(subject: Subject, facts: Facts) -> Judgement:
    found = grant(facts, subject.client)
    scope = _scope(facts, subject.client, found)
    wanted = tuple(planned_options.wanted(facts, subject.client, scope))
    expected = f"lease {lease_words(facts, subject.client, scope)}; " + ", ".join(
        f"{each.name} {each.text}" for each in wanted if each.octets is not None
    )
    if found is None:
        lease = facts.lease(subject.client)
        if lease is None or lease.lease_seconds is None:
            return blocked(expected, f"no ACK for {subject.client} was seen")
        return _by_the_client(expected, facts, subject, scope)
    if packet(found) is None:
        return _by_the_client(expected, facts, subject, scope)
    acks = granted(facts, subject.client) or (found,)
    faults = [
        (_server(facts, ack), fault) for ack in acks for fault in _ack_faults(facts, subject.client, ack)
    ]
    if faults:
        blamed = [server for server, _ in faults if server in facts.plan.by_name]
        hint = f"compare the server's configuration with the plan: `labgen logs {(blamed or ['SERVER'])[0]}`"
        observed = "; ".join(dict.fromkeys(fault for _, fault in faults))
        return failed(expected, observed, hint, wire(acks), blamed)
    observed = f"lease {found.lease_seconds} s and {len(wanted)} options as planned, in {len(acks)} ACK"
    return passed(expected, observed, wire(acks))


def granted(facts: Facts, client: str) -> tuple[Message, ...]:
    """Every ACK with a lease that reached the client in this step: copies through other relays say the same, or are wrong."""
    given = groups.granted(facts.exchanges, facts.mac(client))
    return tuple(m for m in given if m.payload is not None)


def _ack_faults(facts: Facts, client: str, ack: Message) -> Iterator[str]:
    seen = packet(ack)
    if seen is not None and value(seen, OptionCode.RELAY_AGENT) is not None:
        yield "option 82 left in it"
    yield from planned_options.faults(facts, client, ack, facts.grantor(ack))


def _scope(facts: Facts, client: str, found: Message | None) -> ScopePlan:
    """The scope that a client's ACK came from."""
    return planned_options.scope_of(facts, client, found, facts.grantor(found) if found else None)


def grant(facts: Facts, client: str) -> Message | None:
    """The ACK that gave the client what it has."""
    return next(reversed(facts.grants(client)), None)


def _server(facts: Facts, found: Message) -> str:
    return facts.grantor(found) or "SERVER"


def _by_the_client(expected: str, facts: Facts, subject: Subject, scope: ScopePlan) -> Judgement:
    """Judge the lease time by logs and lease files, where nobody captured the ACK."""
    lease, found = facts.lease(subject.client), grant(facts, subject.client)
    seconds = (
        lease.lease_seconds
        if lease and lease.lease_seconds is not None
        else found.lease_seconds
        if found
        else None
    )
    if seconds is None:
        return blocked(expected, f"{subject.client} tells no lease time, and no ACK was captured")
    own = lease is not None and lease.lease_seconds is not None
    proofs = (
        looked_up(Witness.CLIENT, [lease.evidence()]) if lease and own else wire([found] if found else [])
    )
    faults = list(lease_time(facts, subject.client, scope, seconds, None))
    if faults:
        return failed(expected, faults[0], "the server's lease time is not the planned one", proofs)
    return passed(expected, f"lease {seconds} s; nobody captured the other options", proofs)


@check(
    "client.configured",
    "{client} uses the mask and the router of its lease",
    subjects.readable_clients,
    "RFC 2131 section 3.1 point 5, RFC 2132 sections 3.3 and 3.5",
)
def configured(subject: Subject, facts: Facts) -> Judgement:
    scope = _scope(facts, subject.client, grant(facts, subject.client))
    node = facts.plan.node(subject.client)
    assert node.client is not None
    ports = (node.client.linux, node.client.interface)
    own = [a for a in facts.observed.addresses if a.node == subject.client and a.interface in ports]
    length = scope.prefix.prefixlen
    route = f"default route through {scope.router}" if scope.router else "no default route"
    expected = f"an address of {scope.prefix} with /{length}, {route}"
    if not own:
        said = any(a.node == subject.client for a in facts.observed.addresses)
        if not said:
            return blocked(expected, f"{subject.client} told nothing of its addresses")
        if not _leased(facts, subject.client):
            return blocked(expected, f"{subject.client} was given no lease")
        return failed(expected, f"no address on {node.client.interface}", f"`labgen logs {subject.client}`")
    proofs = {Proof(Witness.CLIENT, a.node, a.file) for a in own}
    wrong = [a.address for a in own if not _fits(a.address, scope)]
    routes = [r for r in facts.observed.routes if r.node == subject.client]
    default = [r for r in routes if r.prefix == "0.0.0.0/0"]
    proofs |= {Proof(Witness.CLIENT, r.node, r.file) for r in routes}
    routers = ", ".join(r.via or "on link" for r in default) or "none"
    observed = f"{', '.join(a.address for a in own)}; default route {routers}"
    unknown = any(r.via is None and not r.interface for r in default)
    hops = {r.via for r in default}
    strict = bool(routes) and not unknown and not _routed_by_classless(scope)
    missed = strict and (str(scope.router) not in hops if scope.router else bool(hops))
    if wrong or missed:
        hint = f"options 1 and 3 of the ACK, or what the client made of them: `labgen exec {subject.client} -- ip route`"
        return failed(expected, observed, hint, proofs)
    return passed(expected, observed, proofs)


def _leased(facts: Facts, client: str) -> bool:
    """True if the client was given a lease: in this step, if it asked for one in it; else before."""
    if any(e.kind in groups.LEASING for e in facts.exchanges_of(client)):
        return bool(groups.granted(facts.exchanges, facts.mac(client)))
    return grant(facts, client) is not None


def _routed_by_classless(scope: ScopePlan) -> bool:
    """True if clients may leave option 3 alone: they have classless routes, which go first (RFC 3442)."""
    return any(option.code == CLASSLESS_ROUTES for option in scope.options)


def _fits(address: str, scope: ScopePlan) -> bool:
    ip, _, length = address.partition("/")
    return ip_address(ip) in scope.prefix and length in ("", str(scope.prefix.prefixlen))


@check(
    "lease.address",
    "{client} has an address that a host of its segment may have, and nobody else has",
    subjects.clients,
    "RFC 2131 section 3.1, RFC 1122 section 3.2.1.3",
)
def address(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.client)
    assert node.client is not None
    prefixes = " or ".join(map(str, facts.plan.segment(node.client.segment).prefixes))
    expected = f"a host address of {prefixes} that no node of the lab owns and no other client has"
    found = grant(facts, subject.client)
    if found is None or found.yiaddr is None:
        return blocked(expected, f"no ACK for {subject.client} was seen")
    fault = _unusable(facts, subject.client, found.yiaddr)
    if fault:
        return failed(
            expected,
            f"{found.yiaddr}, {fault}",
            "correct the pool: addresses in use must not be in it",
            wire([found]),
        )
    other = _claimant(facts, subject.client, found.yiaddr)
    if other is not None:
        owner = facts.owner(other.mac)
        observed = (
            f"{found.yiaddr}, which {owner or 'somebody else'} has too: ARP says that it is at {other.mac}"
        )
        seen = Proof(Witness.WIRE, other.node, other.file, frame=other.frame)
        hint = "a host with a fixed address: take it out of the pool, or move the host"
        return failed(expected, observed, hint, (*wire([found]), seen), filter(None, [owner]))
    return passed(expected, found.yiaddr, wire([found]))


def _unusable(facts: Facts, client: str, text: str) -> str:
    """The reason why a client must not have an address; empty where it may."""
    node, ip = facts.plan.node(client), ip_address(text)
    assert node.client is not None
    segment = facts.plan.segment(node.client.segment)
    prefix = segment.subnet(ip)
    if prefix is None:
        return f"which is not of {' or '.join(map(str, segment.prefixes))}"
    if prefix.prefixlen < 31 and ip in (prefix.network_address, prefix.broadcast_address):
        return "the network's own address" if ip == prefix.network_address else "the broadcast address"
    if ip in segment.gateways:
        return "the gateway's"
    owner = next(
        (n.name for n in facts.plan.nodes if ip in n.addresses and _shares(facts, n.name, segment.vrf)), None
    )
    if owner:
        return f"which {owner} owns"
    return _shared(facts, client, text)


def _claimant(facts: Facts, client: str, address: str) -> ArpClaim | None:
    """Somebody else who answers ARP for a client's address on its wire (RFC 5227)."""
    node = facts.plan.node(client)
    near = facts.plan.segment(node.client.segment).clients if node.client else ()
    there = (each for each in facts.claims if each.node in near)
    return next(iter(arp.others(there, address, {facts.mac(client)})), None)


def _shares(facts: Facts, owner: str, vrf: str) -> bool:
    """True if an address of a node means the same to a client: in another VRF the same address is another one."""
    vrfs = {port.vrf for port in facts.plan.node(owner).interfaces} | {"default"}
    return vrf in vrfs


def _shared(facts: Facts, client: str, text: str) -> str:
    """Another client of the segment that has the same address now."""
    node = facts.plan.node(client)
    assert node.client is not None
    for other in facts.plan.segment(node.client.segment).clients:
        held = facts.observed.held(other) if other != client else None
        if held == text:
            return f"which {other} has too"
    return ""
