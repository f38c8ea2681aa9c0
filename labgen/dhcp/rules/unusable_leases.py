"""Rules about what servers hand out: leases that nobody can use, and servers that contradict each other on one link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from labgen.dhcp.context import inside, network_of
from labgen.dhcp.explain import explain
from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.model import GRANTED, ExchangeOutcome, Finding, Severity
from labgen.dhcp.rules.case import Case, evidence, listed
from labgen.dhcp.rules.objections import address_faults, lacking, lease_times
from labgen.dhcp.segments import Segment

_MOST_CLIENTS = 3


def unusable_lease(cases: Sequence[Case]) -> Iterator[Finding]:
    """Leases whose address and router do not fit together; once for each server and fault."""
    found: dict[tuple[str, str], list[tuple[Case, Message]]] = defaultdict(list)
    for case in cases:
        if case.exchange.outcome not in GRANTED:
            continue
        ack = _ack(case.exchange.messages)
        if ack is None or ack.yiaddr is None:
            continue
        in_place = address_faults(ack.yiaddr, ack.mask, ack.router)
        if not in_place and _is_whole(ack):
            continue
        if in_place and ack.router != ack.yiaddr and ack.router in _relays(case):
            in_place = address_faults(ack.yiaddr, ack.mask, None)
        faults = [f"that cannot work: {fault}" for fault in (in_place if ack.mask is not None else ())]
        faults += [f"that cannot work: {fault}" for fault in lease_times(ack)]
        faults += [f"{_AGAINST}: {fault}" for fault in lacking(ack)]
        for fault in faults:
            found[ack.server_id or ack.src or "the server", fault].append((case, ack))
    for (server, fault), given in found.items():
        clients = list(dict.fromkeys(str(case.exchange.client) for case, _ in given))
        text = f"{server} gives {_counted(clients)} a lease {fault}"
        client = clients[0] if len(clients) == 1 else None
        severity = Severity.INFO if fault.startswith(_AGAINST) else explain("lease-unusable").severity
        yield Finding("lease-unusable", severity, text, server, client, evidence(ack for _, ack in given))


def _ack(messages: Iterable[Message]) -> Message | None:
    """The first ACK of an address."""
    for message in messages:
        if message.type is MessageType.ACK and message.yiaddr:
            return message
    return None


def _is_whole(ack: Message) -> bool:
    """Whether an ACK has all that `lacking` and `lease_times` ask for, as most have."""
    lease, renewal = ack.lease_seconds, ack.renewal_seconds
    return ack.server_id is not None and bool(lease) and (renewal is None or renewal < (lease or 0))


_AGAINST = "against RFC 2131"
"""Of what clients usually put up with."""


def _relays(case: Case) -> set[str]:
    """Addresses of the relays of an exchange: a port towards clients that borrows a loopback's address answers for it there."""
    return {message.giaddr for message in case.exchange.messages if message.giaddr}


def _counted(clients: Sequence[str]) -> str:
    named = listed(clients[:_MOST_CLIENTS])
    return named if len(clients) <= _MOST_CLIENTS else f"{len(clients)} clients ({named} among them)"


@dataclass(slots=True)
class _Offers:
    """What one server offers directly to the clients of a link."""

    subnets: dict[str, None] = field(default_factory=dict)
    routers: dict[str, None] = field(default_factory=dict)
    hardware: dict[str, None] = field(default_factory=dict)
    direct: bool = False
    taken: int = 0
    first: Message | None = None

    def add(self, offer: Message, subnet: str, taken: bool) -> None:
        """Take an OFFER of an address in `subnet` into account."""
        self.subnets[subnet] = None
        if offer.router is not None:
            self.routers[offer.router] = None
        if offer.link_source is not None:
            self.hardware[offer.link_source] = None
        self.direct = self.direct or offer.giaddr is None
        self.taken += taken
        self.first = self.first or offer

    def contradicts(self, other: _Offers) -> bool:
        """Whether two servers on one link cannot both be meant: other subnets with other routers, or other routers in one."""
        if not self.routers or not other.routers or self.routers.keys() & other.routers.keys():
            return False
        return not any(inside(router, subnet) for router in self.routers for subnet in other.subnets) or (
            self.subnets.keys() == other.subnets.keys()
        )


def competing_servers(cases: Sequence[Case]) -> Iterator[Finding]:
    """Two servers that offer the same clients of one link addresses of different subnets, or different routers."""
    links: dict[Segment, dict[str, _Offers]] = defaultdict(dict)
    together: dict[Segment, set[frozenset[str]]] = defaultdict(set)
    for case in cases:
        if case.ordinary is not None:  # one server alone
            continue
        offers = _direct_offers(case)
        if len({_server(m) for m in offers}) < 2:
            continue
        link = case.exchange.segment
        named = sorted(filter(None, {_server(m) for m in offers}))
        together[link] |= {frozenset(pair) for pair in combinations(named, 2)}
        _collect(links[link], case, offers)
    for link, servers in links.items():
        for one, other in combinations(servers, 2):
            met = frozenset((one, other)) in together[link]
            direct = servers[one].direct or servers[other].direct
            if met and direct and servers[one].contradicts(servers[other]):
                yield _competing({one: servers[one], other: servers[other]})


def _direct_offers(case: Case) -> list[Message]:
    """OFFERs on their way to the client, of addresses whose subnet they tell."""
    messages = case.exchange.messages
    if len(messages) < 2 or not any(m.type is MessageType.OFFER for m in messages):
        return []
    return [
        m
        for m in messages
        if m.type is MessageType.OFFER
        and m.frame is not None
        and m.yiaddr is not None
        and m.mask is not None
        and (m.giaddr is None or m.dst != m.giaddr)
        and not m.to_boot_server
    ]


def _collect(servers: dict[str, _Offers], case: Case, offers: Iterable[Message]) -> None:
    for offer in offers:
        subnet = network_of(offer.yiaddr or "", offer.mask or "")
        server = _server(offer)
        if server is None or subnet is None or offer.copy:
            continue
        named = case.exchange.server_id
        own = named == server if named else case.exchange.address == offer.yiaddr
        servers.setdefault(server, _Offers()).add(
            offer, subnet, case.exchange.outcome is ExchangeOutcome.BOUND and own
        )


def _server(offer: Message) -> str | None:
    """Who offers: the server identifier, else who sent it."""
    return offer.server_id or (offer.src if offer.giaddr is None else None)


def _competing(servers: dict[str, _Offers]) -> Finding:
    parts = []
    for server, offers in servers.items():
        hardware = f" (MAC {listed(list(offers.hardware)[:2])})" if offers.hardware else ""
        taken = f", taken by {offers.taken}" if offers.taken else ""
        parts.append(
            f"{server}{hardware} offers {listed(offers.subnets)} with the router {listed(offers.routers)}{taken}"
        )
    text = f"two servers contradict each other on one link: {'; '.join(parts)}: one of them does not belong there"
    shown = evidence(offers.first for offers in servers.values() if offers.first is not None)
    return Finding(
        "competing-servers", explain("competing-servers").severity, text, listed(servers), None, shown
    )
