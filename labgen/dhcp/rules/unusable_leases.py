"""Rules about what servers hand out: leases that nobody can use, and servers that contradict each other on one link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from labgen.dhcp.explain import explain
from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.model import GRANTED, Finding, Severity
from labgen.dhcp.rules.case import Case, evidence, listed
from labgen.dhcp.rules.objections import address_faults, identifier_faults, is_nobodys, lacking, lease_times

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
        routers = (*routes_faults(ack), *name_server_faults(ack), *_own_address(ack))
        if not in_place and not routers and _is_whole(ack):
            continue
        if in_place and ack.router != ack.yiaddr and ack.router in _relays(case):
            in_place = address_faults(ack.yiaddr, ack.mask, None)
        faults = [f"that cannot work: {fault}" for fault in (in_place if ack.mask is not None else ())]
        faults += [f"that cannot work: {fault}" for fault in lease_times(ack)]
        faults += [f"that cannot work: {fault}" for fault in (*identifier_faults(ack), *routers)]
        faults += [f"{_AGAINST}: {fault}" for fault in lacking(ack)]
        faults += [_MASKLESS] if _lacks_mask(ack) else []
        for fault in faults:
            found[ack.server_id or ack.src or "the server", fault].append((case, ack))
    for (server, fault), given in found.items():
        clients = list(dict.fromkeys(str(case.exchange.client) for case, _ in given))
        text = f"{server} gives {_counted(clients)} a lease {fault}"
        client = clients[0] if len(clients) == 1 else None
        severity = (
            Severity.INFO if fault.startswith((_AGAINST, _MASKLESS)) else explain("lease-unusable").severity
        )
        yield Finding("lease-unusable", severity, text, server, client, evidence(ack for _, ack in given))


def routes_faults(reply: Message) -> tuple[str, ...]:
    """Classless routes without a default route, beside a router that clients which know them ignore (RFC 3442)."""
    if reply.ignored_router is None:
        return ()
    return (
        f"its classless routes (option 121) hold no default route, and clients that know them ignore the router {reply.ignored_router} of "
        "option 3 (RFC 3442): they have no way out",
    )


def name_server_faults(reply: Message) -> tuple[str, ...]:
    """DNS servers none of which can be asked."""
    named = reply.dns.split(", ") if reply.dns is not None and reply.frame is not None else []
    return (f"its DNS server (option 6) is {listed(named)}",) if named and all(map(is_nobodys, named)) else ()


def _own_address(ack: Message) -> tuple[str, ...]:
    """An address that the server itself has."""
    own = ack.frame is not None and ack.yiaddr is not None and ack.yiaddr == ack.server_id == ack.src
    return (f"{ack.yiaddr} is the server's own address",) if own else ()


def _lacks_mask(ack: Message) -> bool:
    """A captured ACK with a router and without a subnet mask."""
    whole = ack.frame is not None and not ack.cut and ack.malformed is None
    return whole and ack.mask is None and ack.router is not None


_MASKLESS = "without a subnet mask (option 1): clients guess one by the class of the address"


def _ack(messages: Iterable[Message]) -> Message | None:
    """The first ACK of an address."""
    for message in messages:
        if message.type is MessageType.ACK and message.yiaddr:
            return message
    return None


def _is_whole(ack: Message) -> bool:
    """True if an ACK has all that `lacking` and `lease_times` ask for, as most have."""
    lease, renewal, rebinding = ack.lease_seconds, ack.renewal_seconds, ack.rebinding_seconds
    if (
        ack.server_id is None
        or is_nobodys(ack.server_id)
        or _lacks_mask(ack)
        or not lease
        or renewal == 0
        or (renewal is not None and renewal >= lease)
    ):
        return False
    return rebinding is None or (renewal or 0) <= rebinding < lease


_AGAINST = "against RFC 2131"
"""Of what clients usually put up with."""


def _relays(case: Case) -> set[str]:
    """Addresses of the relays of an exchange: a port towards clients that borrows a loopback's address answers for it there."""
    return {message.giaddr for message in case.exchange.messages if message.giaddr}


def _counted(clients: Sequence[str]) -> str:
    named = listed(clients[:_MOST_CLIENTS])
    return named if len(clients) <= _MOST_CLIENTS else f"{len(clients)} clients ({named} among them)"
