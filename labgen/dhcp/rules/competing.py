"""Rules about servers that answer the same clients and contradict each other, and about two that answer under one identifier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import combinations

from labgen.dhcp.context import inside, network_of
from labgen.dhcp.explain import explain
from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.model import ExchangeOutcome, Finding
from labgen.dhcp.rules.case import Case, evidence, listed
from labgen.dhcp.segments import Segment

_SOME_CLIENTS = 2
"""Clients that both servers behind one relay have to answer: a shared network may look like a contradiction once."""
_TOGETHER = 2.0
"""Seconds within which two machines answer one DISCOVER."""


class _Contradiction(Enum):
    """A contradiction between two servers of one link, with what follows from it."""

    ROUTERS = "one of them does not belong there"
    NO_ROUTER = "clients of the second have no way out"
    MASKS = "clients do not agree on what is on the link"
    DNS = "which names a client can look up depends on who answers first"


@dataclass(slots=True)
class _Offers:
    """The offers of one server to the clients of a link."""

    subnets: dict[str, None] = field(default_factory=dict)
    routers: dict[str, None] = field(default_factory=dict)
    dns: dict[str, None] = field(default_factory=dict)
    hardware: dict[str, None] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    relays: set[str | None] = field(default_factory=set)
    vlans: set[int | None] = field(default_factory=set)
    routes: bool = False
    whole: bool = True
    """whether what was seen tells all options; a text need not"""
    taken: int = 0
    first: Message | None = None

    def add(self, offer: Message, subnet: str, taken: bool) -> None:
        """Take an OFFER of an address in `subnet` into account."""
        self.subnets[subnet] = None
        if offer.router is not None:
            self.routers[offer.router] = None
        if offer.dns is not None:
            self.dns.update(dict.fromkeys(offer.dns.split(", ")))
        if offer.link_source is not None:
            self.hardware[offer.link_source] = None
        self.own |= {address for address in (offer.server_id, offer.src) if address is not None}
        self.relays.add(offer.giaddr)
        self.vlans.add(offer.vlan)
        self.routes = self.routes or offer.classless_routes
        self.whole = self.whole and offer.frame is not None
        self.taken += taken
        self.first = self.first or offer

    def names_itself(self) -> bool:
        """True if it hands out itself for name lookups: of a pair each may do that."""
        return self.dns.keys() <= self.own


@dataclass(frozen=True, slots=True)
class _Place:
    """The place where servers meet: a client's link, or the relay that asks for it."""

    link: Segment
    relay: str | None = None

    def __str__(self) -> str:
        return "on one link" if self.relay is None else f"behind the relay {self.relay}"


@dataclass(slots=True)
class _Meeting:
    """The offers of the servers of a place, and the clients that each two of them answered."""

    servers: dict[str, _Offers] = field(default_factory=dict)
    together: dict[frozenset[str], set[str]] = field(default_factory=lambda: defaultdict(set))


def competing_servers(cases: Sequence[Case]) -> Iterator[Finding]:
    """Two servers that offer the same clients addresses of different subnets, or other routers, masks or DNS servers."""
    places: dict[_Place, _Meeting] = defaultdict(_Meeting)
    doubles: dict[tuple[str, frozenset[str]], list[Message]] = defaultdict(list)
    for case in cases:
        if case.ordinary is not None:  # one server alone
            continue
        offers = _telling_offers(case)
        for one, other in combinations(offers, 2):
            if _are_doubles(one, other):
                machines = frozenset((one.link_source or "", other.link_source or ""))
                doubles[one.server_id or "", machines] += [one, other]
        for place, those in _by_place(case, offers).items():
            _collect(places[place], case, those)
    for place, meeting in places.items():
        yield from _contradictions(place, meeting)
    for (server, _), shown in doubles.items():
        yield _doubled(server, shown)


def _telling_offers(case: Case) -> list[Message]:
    """OFFERs of addresses whose subnet they tell."""
    messages = case.exchange.messages
    if len(messages) < 2 or not any(m.type is MessageType.OFFER for m in messages):
        return []
    return [
        m
        for m in messages
        if m.type is MessageType.OFFER
        and (m.frame is not None or m.role is MessageRole.TRANSIT)
        and m.yiaddr is not None
        and m.mask is not None
        and not m.to_boot_server
        and not m.copy
    ]


def _by_place(case: Case, offers: Iterable[Message]) -> dict[_Place, list[Message]]:
    """The OFFERs of two servers or more, by where they meet."""
    found: dict[_Place, list[Message]] = defaultdict(list)
    for offer in offers:
        relayed = offer.giaddr is not None and offer.dst == offer.giaddr
        options = offer.relay_options
        if relayed and options is not None and options.link_selection is not None:
            continue
        found[_Place(case.exchange.segment, offer.giaddr if relayed else None)].append(offer)
    return {place: those for place, those in found.items() if len({_server(m) for m in those}) > 1}


def _collect(meeting: _Meeting, case: Case, offers: Sequence[Message]) -> None:
    for pair in combinations(sorted(filter(None, {_server(m) for m in offers})), 2):
        meeting.together[frozenset(pair)].add(str(case.exchange.client))
    for offer in offers:
        subnet = network_of(offer.yiaddr or "", offer.mask or "")
        server = _server(offer)
        if server is None or subnet is None:
            continue
        named = case.exchange.server_id
        own = named == server if named else case.exchange.address == offer.yiaddr
        taken = case.exchange.outcome is ExchangeOutcome.BOUND and own
        meeting.servers.setdefault(server, _Offers()).add(offer, subnet, taken)


def _server(offer: Message) -> str | None:
    """The one who offers: the server identifier, else who sent it."""
    return offer.server_id or (offer.src if offer.giaddr is None else None)


def _contradictions(place: _Place, meeting: _Meeting) -> Iterator[Finding]:
    for one, other in combinations(meeting.servers, 2):
        clients = meeting.together.get(frozenset((one, other)))
        first, second = meeting.servers[one], meeting.servers[other]
        if not clients or (_is_relayed(place, first, second) and len(clients) < _SOME_CLIENTS):
            continue
        how = _contradiction(place, first, second)
        if how is _Contradiction.NO_ROUTER and not first.routers:
            one, other, first, second = other, one, second, first
        if how is not None:
            yield _competing(place, {one: first, other: second}, how)


def _is_relayed(place: _Place, one: _Offers, other: _Offers) -> bool:
    return place.relay is not None or None not in one.relays | other.relays


def _contradiction(place: _Place, one: _Offers, other: _Offers) -> _Contradiction | None:
    if one.routers and other.routers and not one.routers.keys() & other.routers.keys():
        return _Contradiction.ROUTERS if _cannot_both_route(place, one, other) else None
    if _overlap(one.subnets, other.subnets):
        return _Contradiction.MASKS
    if one.subnets.keys() != other.subnets.keys():
        return None
    if bool(one.routers) is not bool(other.routers):
        unknown = one.routes or other.routes or not (one.whole and other.whole)
        return None if unknown else _Contradiction.NO_ROUTER
    if one.dns and other.dns and not one.dns.keys() & other.dns.keys():
        return None if one.names_itself() and other.names_itself() else _Contradiction.DNS
    return None


def _cannot_both_route(place: _Place, one: _Offers, other: _Offers) -> bool:
    """True if other routers are meant for one subnet, or other subnets where clients need one."""
    if one.subnets.keys() == other.subnets.keys():
        return True
    if any(inside(router, subnet) for router in one.routers for subnet in other.subnets):
        return False
    if place.relay is not None:  # subnets may share a link: only one of these servers knows the relay's
        knows = [
            any(inside(place.relay or "", subnet) for subnet in offers.subnets) for offers in (one, other)
        ]
        return knows[0] is not knows[1]
    return None in one.relays | other.relays or not one.relays & other.relays


def _overlap(subnets: Iterable[str], others: Iterable[str]) -> bool:
    """True if one of the subnets lies within one of the others."""
    pairs = [(one, other) for one in subnets for other in others if one != other]
    return any(inside(a.partition("/")[0], b) or inside(b.partition("/")[0], a) for a, b in pairs)


def _competing(place: _Place, servers: dict[str, _Offers], how: _Contradiction) -> Finding:
    parts = []
    for server, offers in servers.items():
        hardware = (
            f" (MAC {listed(list(offers.hardware)[:2])})" if offers.hardware and place.relay is None else ""
        )
        router = f"with the router {listed(offers.routers)}" if offers.routers else "without a router"
        dns = f" and the DNS servers {listed(offers.dns)}" if how is _Contradiction.DNS else ""
        taken = f", taken by {offers.taken}" if offers.taken else ""
        parts.append(f"{server}{hardware} offers {listed(offers.subnets)} {router}{dns}{taken}")
    follows = _joined([offers.vlans for offers in servers.values()]) or how.value
    text = f"two servers contradict each other {place}: {'; '.join(parts)}: {follows}"
    shown = evidence(offers.first for offers in servers.values() if offers.first is not None)
    return Finding(
        "competing-servers", explain("competing-servers").severity, text, listed(servers), None, shown
    )


def _joined(vlans: Sequence[set[int | None]]) -> str:
    """Words for two servers in VLANs of their own whose OFFERs go to the same clients."""
    one, other = vlans
    if None in one | other or one & other:
        return ""
    first, second = (listed(f"VLAN {vlan}" for vlan in sorted(filter(None, each))) for each in vlans)
    return f"clients of one link are answered in {first} and in {second}: these VLANs are joined"


def _are_doubles(one: Message, other: Message) -> bool:
    """Two OFFERs for one DISCOVER on its own link, under one identifier, by two machines that do not know of each other."""
    bare = all(m.giaddr is None and m.vni is None and m.tunnel is None for m in (one, other))
    same = one.server_id is not None and (one.server_id, one.xid) == (other.server_id, other.xid)
    other_router = one.router is not None and other.router is not None and one.router != other.router
    apart = (one.yiaddr != other.yiaddr or other_router) and one.link_source != other.link_source
    if not (bare and same and apart) or None in (one.link_source, other.link_source):
        return False
    return one.time is not None and other.time is not None and abs(other.time - one.time) <= _TOGETHER


def _doubled(server: str, shown: Sequence[Message]) -> Finding:
    addresses: dict[str, dict[str, None]] = defaultdict(dict)
    routers: dict[str, dict[str, None]] = defaultdict(dict)
    for offer in shown:
        addresses[offer.link_source or ""][offer.yiaddr or ""] = None
        routers[offer.link_source or ""][offer.router or "none"] = None
    several = len({tuple(known) for known in routers.values()}) > 1
    parts = [
        f"MAC {mac} offers {listed(given)}" + (f" with the router {listed(routers[mac])}" if several else "")
        for mac, given in addresses.items()
    ]
    text = (
        f"two machines answer as {server} on one link: {'; '.join(parts)}: one of them does not belong there"
    )
    return Finding(
        "competing-servers", explain("competing-servers").severity, text, server, None, evidence(shown)
    )
