"""The answers of a configured server to each kind of client, held against the plan: to those of a class, those an address is kept for,
those who are both, and those who ask for a lease time of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from labgen.devices import handouts, registry
from labgen.devices.handouts import AskingClient, Handout, HandoutReader
from labgen.devices.linux.pairing import identifier
from labgen.devices.served import spelled, spelling
from labgen.ground import ranges
from labgen.ground.labplan import ClassPlan, NodePlan, ReservationPlan, ScopePlan
from labgen.ground.planned_serving import INFINITE
from labgen.ground.vocabulary import Address, Network

STRANGER = AskingClient(
    "02:00:5e:00:53:01", client_id=b"\x00stranger", vendor_class=b"nobody", user_class=b"nobody"
)
"""A client that a plan says nothing of."""


@dataclass(frozen=True, slots=True)
class PlannedClient:
    """A kind of client: what it sends, its class, and what is kept for it."""

    sends: AskingClient
    own: ClassPlan | None = None
    kept: ReservationPlan | None = None

    def __str__(self) -> str:
        kept = [f"whoever has {self.kept.address} kept"] if self.kept else []
        own = [f"class {self.own.name}"] if self.own else []
        asks = f" that asks for {self.sends.lease} s" if self.sends.lease else ""
        return (" of ".join([*kept, *own]) or "any client") + asks


def differences(node: NodePlan, files: Sequence[str], scopes: Iterable[ScopePlan]) -> Iterator[str]:
    """Differences between what clients of these scopes get and the plan, in words; none of a server that has one answer for a whole
    subnet."""
    read = handouts.reader(node.device)
    for scope in scopes if read else ():
        for client in clients(scope, node):
            assert read is not None
            yield from _client(read, files, scope, client)


def clients(scope: ScopePlan, node: NodePlan) -> Iterator[PlannedClient]:
    """Every kind of client that a scope tells apart, with each lease time that is worth asking for. Nobody has a lease time of a class and
    another of its own: a spec that says so is refused."""
    classes = [(None, STRANGER), *((each, sent) for each in scope.classes for sent in _in_class(each))]
    for (own, sends), kept in product(classes, (None, *scope.reservations)):
        if own and kept and own.lease and kept.lease:
            continue
        sent = _known_as(kept, sends) if kept else sends
        yield from (PlannedClient(replace(sent, lease=asked), own, kept) for asked in _asked(scope, node))


def _in_class(each: ClassPlan) -> Iterator[AskingClient]:
    """Clients of a class; a user class is sent with its length before it (RFC 3004 section 4), and by many without."""
    octets = f"{each.value}-1".encode()
    if each.matched_by == "vendor-class":
        yield replace(STRANGER, vendor_class=octets)
    else:
        yield from (replace(STRANGER, user_class=each) for each in (octets, bytes((len(octets),)) + octets))


def _known_as(kept: ReservationPlan, sends: AskingClient) -> AskingClient:
    if kept.mac:
        return replace(sends, mac=kept.mac)
    if kept.client_id:
        return replace(sends, client_id=identifier(kept.client_id))
    return replace(sends, circuit_id=identifier(kept.circuit_id))


def _asked(scope: ScopePlan, node: NodePlan) -> Iterator[int]:
    """Lease times to ask for, 0 for none: one that is too long for everybody, and shorter ones where somebody says what is given then."""
    can = registry.get(node.device).facts.server
    yield 0
    lasting = (scope.lease, *scope.lease_times)
    if INFINITE not in lasting:
        yield min(10 * max(scope.longest or 0, *lasting), INFINITE - 1)
    if can and "bounds" in can.lease_policy and (scope.shortest or scope.asked):
        yield from dict.fromkeys((1, *scope.asked.values()))


def _client(
    read: HandoutReader, files: Iterable[str], scope: ScopePlan, client: PlannedClient
) -> Iterator[str]:
    planned = scope.joined(client.own, client.kept, client.sends.lease or None)
    given = [each for text in files for each in read(text, client.sends)]
    for prefix in (scope.prefix, *(each.prefix for each in scope.secondary)):
        around, have = (
            planned.around(prefix.network_address),
            [each for each in given if each.prefix == prefix],
        )
        addresses = _addresses(scope, client, prefix)
        got = {address for each in have for address in _each(each)}
        if got != addresses:
            yield f"{client} in {prefix} gets {ranges.in_words(got)}, planned {ranges.in_words(addresses)}"
        for each in have if addresses else ():
            yield from (f"{client} in {prefix} gets {text}" for text in _answer(around, each))


def _addresses(scope: ScopePlan, client: PlannedClient, prefix: Network) -> set[Address]:
    """Addresses that a client may get in a subnet."""
    kept = client.kept
    if kept:
        return {kept.address} if kept.address in prefix else set()
    further = next((each.ranges for each in scope.secondary if each.prefix == prefix), scope.ranges)
    apart = client.own.ranges if client.own else ()
    spared = ranges.addresses(() if apart else scope.excluded)
    return {address for address in ranges.addresses(apart or further) - spared if address in prefix}


def _each(given: Handout) -> Iterator[Address]:
    for first, last in given.ranges:
        yield from ranges.between(first, last)


def _answer(planned: ScopePlan, given: Handout) -> Iterator[str]:
    """Differences of what comes with an address."""
    if given.router != str(planned.router or ""):
        yield f"router {given.router or 'none'}, planned {planned.router or 'none'}"
    if given.lease != planned.lease:
        yield f"a lease of {given.lease} s, planned {planned.lease} s"
    elif planned.rebind < INFINITE and (given.renew, given.rebind) != (planned.renew, planned.rebind):
        yield f"T1 and T2 of {given.renew} s and {given.rebind} s, planned {planned.renew} s and {planned.rebind} s"
    wanted = {option.code: option for option in planned.options}
    for code in sorted({*wanted, *given.options}):
        option, found = wanted.get(code), given.options.get(code)
        if option is None or found is None or spelling(found) not in spelled(option):
            yield f"option {code} of {found or 'nothing'}, planned {(option.text or option.data) if option else 'nothing'}"
