"""The options that a server has to send with an address, by the plan: every option of an ACK, or of an OFFER, and the faults of one."""

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
from labgen.verify import redundancy
from labgen.verify.facts import Facts
from labgen.verify.lease_times import lease_time
from labgen.verify.packets import addresses, number, packet, value

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
    """One option as it must be in an ACK or OFFER: `octets` None where it must not be there. What is `written` in characters may end with
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


def faults(facts: Facts, client: str, given: Message, server: str | None) -> Iterator[str]:
    """Faults of the options of an OFFER or ACK of `server`, None where nobody knows whose it is."""
    seen, scope = packet(given), scope_of(facts, client, given, server)
    if seen is None:
        yield f"the {given.type.value} cannot be read"
        return
    yield from (fault for each in wanted(facts, client, scope) if (fault := each.fault(seen)))
    yield from _boot_fields(facts, client, scope, seen)
    yield from lease_time(facts, client, scope, given.lease_seconds, server)
    yield from _times(seen, scope, _fuzz(facts, server, scope))


def _boot_fields(facts: Facts, client: str, scope: ScopePlan, seen: Packet) -> Iterator[str]:
    """Faults of the fields by which a client boots from the network (RFC 2131 section 2): the header's fields do what options 66 and 67
    do. Servers may name themselves."""
    planned = {each.code for each in wanted(facts, client, scope) if each.octets is not None}
    if planned & BOOTING:
        return
    own = facts.plan.node(client).client
    servers = facts.plan.segment(own.segment).servers if own else ()
    known = {"0.0.0.0"} | {str(address) for name in servers for address in facts.plan.node(name).addresses}
    if str(seen.siaddr) not in known:
        yield f"next server {seen.siaddr}, not planned"
    if seen.option(OptionCode.OVERLOAD) is None and seen.file.rstrip(b"\0"):
        yield f"boot file {seen.file.rstrip(bytes(1)).decode('ascii', 'backslashreplace')}, not planned"


def scope_of(facts: Facts, client: str, found: Message | None, owner: str | None) -> ScopePlan:
    """The scope a lease came from: of the server that gave it, its `owner`, else of the first that serves the segment. Its lease is at
    least the shortest that the server's software grants.
    """
    node = facts.plan.node(client)
    assert node.client is not None
    segment = facts.plan.segment(node.client.segment)
    servers = [owner, *segment.servers] if owner else segment.servers
    scopes = ((name, redundancy.scope(facts.plan, name, segment.name)) for name in servers)
    server, scope = next((name, each) for name, each in scopes if each is not None)
    can = redundancy.capability(facts.plan, server)
    whole = redundancy.scope_for(facts.plan, scope, client)
    own = whole.around(ip_address(found.yiaddr)) if found and found.yiaddr else whole
    return own.model_copy(update={"lease": max(own.lease, can.min_lease if can else 0)})


def _fuzz(facts: Facts, owner: str | None, scope: ScopePlan) -> float:
    """Seconds by which the server may move T1 and T2 (RFC 2131 section 4.4.5 asks for some fuzz)."""
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
    for code, (name, due, share) in planned.items():
        octets = value(found, code)
        have = int.from_bytes(octets, "big") if octets is not None and len(octets) == 4 else None
        if due == INFINITE and (have is None or have >= INFINITE // 2):
            continue  # Kea takes its share of that number
        if octets is not None and have is None:
            yield f"{name} 0x{octets.hex()}"
        elif have is None and abs(due - scope.lease * share) > 1:
            yield f"{name} absent instead of {due} s"
        elif have is not None and seconds >= scope.lease and abs(have - due) > fuzz:
            yield f"{name} {have} s instead of {due} s"
        elif have is not None and have >= seconds:
            yield f"{name} {have} s is beyond the lease of {seconds} s"


def wanted(facts: Facts, client: str, scope: ScopePlan) -> Iterator[Wanted]:
    """Every option that a client must find with its address, and those that it must not."""
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
