"""What clients get with their address: every option of the ACK against the plan, and what the client made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from labgen.dhcp.domains import names
from labgen.dhcp.model import Message
from labgen.dhcp.options import OptionCode
from labgen.dhcp.packet import Packet
from labgen.ground.labplan import ScopePlan
from labgen.ground.planned_serving import INFINITE
from labgen.verify import arp, groups, redundancy
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
from labgen.verify.packets import addresses, number, packet, value

check = Catalogue(sightings=True)
MASK, ROUTER, DNS, DOMAIN, CLASSLESS_ROUTES = 1, 3, 6, 15, 121
BOOTING = frozenset({43, 66, 67, 150})
"""Options with which a client is told to boot from the network, by what the plan says itself."""
TELLING = {DNS: "DNS servers", DOMAIN: "domain", 26: "interface MTU", 33: "static routes", 42: "time servers",
           44: "NetBIOS name servers", 66: "TFTP server", 67: "boot file", 119: "search list", 121: "classless routes",
           150: "TFTP server addresses", 249: "classless routes", 252: "proxy configuration"}  # fmt: skip
"""Options that change what a client does: one of them that nobody planned is as wrong as one that is missing."""
SEARCH = 119
"""A search list, which senders may compress (RFC 3397)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One option as it must be in the ACK: `octets` None where it must not be there. What is `written` in characters may end with
    a NUL, which receivers have to expect (RFC 2132).
    """

    code: int
    name: str
    octets: bytes | None
    text: str
    written: bool = False

    def fault(self, found: Packet) -> str | None:
        have = value(found, self.code)
        if have == self.octets or (have is not None and self.written and have.rstrip(b"\0") == self.octets):
            return None
        if self.code == SEARCH and have and self.octets and names(have) == names(self.octets):
            return None  # the same list, compressed
        shown = "absent" if have is None else self.spelled(have)
        return (
            f"{self.name} {shown} instead of {self.text}"
            if self.octets is not None
            else f"{self.name} {shown}, not planned"
        )

    def spelled(self, octets: bytes) -> str:
        if self.code in (MASK, ROUTER, DNS, 42, 44):
            return addresses(octets)
        if self.code == 26:
            return str(int.from_bytes(octets, "big"))
        if self.code in (OptionCode.LEASE_TIME, OptionCode.RENEWAL_TIME, OptionCode.REBINDING_TIME):
            return number(octets)
        printable = octets and all(32 <= octet < 127 for octet in octets)
        return octets.decode("ascii") if printable else f"0x{octets.hex()}"


@check(
    "lease.options",
    "{client} got the planned configuration with its lease",
    subjects.clients,
    "RFC 2131 section 4.3.1, RFC 2132",
)
def options(subject: Subject, facts: Facts) -> Judgement:
    found = grant(facts, subject.client)
    scope = scope_of(facts, subject.client, found)
    wanted = tuple(_wanted(facts, subject.client, scope))
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
    seen, scope = packet(ack), scope_of(facts, client, ack)
    if seen is None:
        yield "the ACK cannot be read"
        return
    if value(seen, OptionCode.RELAY_AGENT) is not None:
        yield "option 82 left in it"
    yield from (fault for each in _wanted(facts, client, scope) if (fault := each.fault(seen)))
    yield from _boot_fields(facts, client, scope, seen)
    owner = groups.grantor((*facts.history, *facts.exchanges), ack)
    yield from lease_time(facts, client, scope, ack.lease_seconds, owner)
    yield from _times(seen, scope, _fuzz(facts, ack, scope))


def _boot_fields(facts: Facts, client: str, scope: ScopePlan, seen: Packet) -> Iterator[str]:
    """Where a client that boots from the network would go (RFC 2131 section 2): the header's fields do what options 66 and 67 do. Servers
    may name themselves.
    """
    planned = {each.code for each in _wanted(facts, client, scope) if each.octets is not None}
    if planned & BOOTING:
        return
    own = facts.plan.node(client).client
    servers = facts.plan.segment(own.segment).servers if own else ()
    known = {"0.0.0.0"} | {str(address) for name in servers for address in facts.plan.node(name).addresses}
    if str(seen.siaddr) not in known:
        yield f"next server {seen.siaddr}, not planned"
    if seen.option(OptionCode.OVERLOAD) is None and seen.file.rstrip(b"\0"):
        yield f"boot file {seen.file.rstrip(bytes(1)).decode('ascii', 'backslashreplace')}, not planned"


def grant(facts: Facts, client: str) -> Message | None:
    """The ACK that gave the client what it has."""
    return next(reversed(facts.grants(client)), None)


def _server(facts: Facts, found: Message) -> str:
    return groups.grantor((*facts.history, *facts.exchanges), found) or "SERVER"


def scope_of(facts: Facts, client: str, found: Message | None) -> ScopePlan:
    """The scope a lease came from: of the server that gave it, else of the first that serves the segment. Its lease is at least the
    shortest that the server's software grants.
    """
    node = facts.plan.node(client)
    assert node.client is not None
    segment = facts.plan.segment(node.client.segment)
    owner = groups.grantor((*facts.history, *facts.exchanges), found) if found else None
    names = [owner, *segment.servers] if owner else segment.servers
    scopes = ((name, redundancy.scope(facts.plan, name, segment.name)) for name in names)
    server, scope = next((name, each) for name, each in scopes if each is not None)
    can = redundancy.capability(facts.plan, server)
    whole = redundancy.scope_for(facts.plan, scope, client)
    own = whole.around(ip_address(found.yiaddr)) if found and found.yiaddr else whole
    return own.model_copy(update={"lease": max(own.lease, can.min_lease if can else 0)})


def _fuzz(facts: Facts, ack: Message, scope: ScopePlan) -> float:
    """Seconds by which the server may move T1 and T2 (RFC 2131 section 4.4.5 asks for some fuzz)."""
    owner = groups.grantor((*facts.history, *facts.exchanges), ack)
    can = redundancy.capability(facts.plan, owner) if owner else None
    return can.fuzz * scope.lease if can else 0.0


def _times(found: Packet, scope: ScopePlan, fuzz: float) -> Iterator[str]:
    """T1 and T2, which a server may leave out where they are the client's own defaults (RFC 2131 section 4.4.5), and move by `fuzz`
    seconds. A shorter first lease brings shorter ones.
    """
    seconds = found.lease_seconds or scope.lease
    planned = {
        OptionCode.RENEWAL_TIME: ("T1", scope.renew, 1 / 2),
        OptionCode.REBINDING_TIME: ("T2", scope.rebind, 7 / 8),
    }
    for code, (name, wanted, share) in planned.items():
        octets = value(found, code)
        have = int.from_bytes(octets, "big") if octets is not None and len(octets) == 4 else None
        if wanted == INFINITE and (have is None or have >= INFINITE // 2):
            continue  # Kea takes its share of that number
        if octets is not None and have is None:
            yield f"{name} 0x{octets.hex()}"
        elif have is None and abs(wanted - scope.lease * share) > 1:
            yield f"{name} absent instead of {wanted} s"
        elif have is not None and seconds >= scope.lease and abs(have - wanted) > fuzz:
            yield f"{name} {have} s instead of {wanted} s"
        elif have is not None and have >= seconds:
            yield f"{name} {have} s is beyond the lease of {seconds} s"


def _wanted(facts: Facts, client: str, scope: ScopePlan) -> Iterator[Wanted]:
    mask = scope.prefix.netmask.packed
    yield Wanted(MASK, "mask", mask, str(scope.prefix.netmask))
    router = None if scope.router is None else scope.router.packed
    named = {option.code for option in scope.options}
    if ROUTER not in named:
        yield Wanted(ROUTER, "router", router, str(scope.router))
    for option in scope.options:
        octets = bytes.fromhex(option.data)
        yield Wanted(
            option.code,
            option.name or f"option {option.code}",
            octets,
            option.text or f"0x{option.data}",
            option.kind == "text",
        )
    for code, name in TELLING.items() if not scope.open else ():
        if code not in named:
            yield Wanted(code, name, None, "")


def _by_the_client(expected: str, facts: Facts, subject: Subject, scope: ScopePlan) -> Judgement:
    """Where nobody captured the ACK: the lease time is what logs and lease files tell."""
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
    scope = scope_of(facts, subject.client, grant(facts, subject.client))
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
    """Whether the client was given a lease: in this step, if it asked for one in it; else before."""
    if any(e.kind in groups.LEASING for e in facts.exchanges_of(client)):
        return bool(groups.granted(facts.exchanges, facts.mac(client)))
    return grant(facts, client) is not None


def _routed_by_classless(scope: ScopePlan) -> bool:
    """Whether clients may leave option 3 alone: they have classless routes, which go first (RFC 3442)."""
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
    """Why a client must not have an address; empty where it may."""
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
    """Whether an address of a node means the same to a client: in another VRF the same address is another one."""
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
