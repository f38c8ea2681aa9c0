"""Findings about exchanges: every rule applied to every one of them.

A rule is a small function in `labgen.dhcp.rules`; to add one, write it, name it in a tuple below, and
describe its code in `labgen.dhcp.explain` with a page in docs/findings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from labgen.dhcp.claims import claimed
from labgen.dhcp.context import AddressBook, Context
from labgen.dhcp.identities import mac_in_client_id
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding, Client, Exchange, Finding
from labgen.dhcp.remark_matching import attached
from labgen.dhcp.rules import (
    competing,
    drop_counters,
    leasing,
    no_reply,
    offering,
    override,
    quoted_reasons,
    relay_chains,
    relaying,
    releases,
    renewing,
    repeated_leases,
    serving,
    starvation,
    unusable_leases,
    wrong_network,
)
from labgen.dhcp.rules.case import (
    MOST_EVIDENCE,
    Case,
    ClientRule,
    ContextRule,
    GlobalRule,
    History,
    Rule,
)
from labgen.dhcp.rules.ordinary import ordinary_agent
from labgen.dhcp.segments import Segment, differ

RULES: tuple[Rule, ...] = (
    relaying.duplicate_relay,
    relaying.relay_loop,
    serving.server_id_override_used,
    serving.server_id_override_ignored,
    relaying.renew_to_relay,
    relaying.relayed_and_routed,
    leasing.offer_ignored,
    leasing.ack_ignored,
    serving.unexpected_address,
    serving.nak_suppressed,
    serving.nak_sent,
    serving.acknowledged_another,
    leasing.pool_address_leaked,
    leasing.double_lease,
    leasing.release_unmatched,
    relaying.giaddr_wrong_subnet,
    relay_chains.giaddr_replaced,
    relaying.option_82_stripped,
    relaying.option_82_changed,
    relaying.option_82_leaked,
    serving.rogue_server,
    relaying.relay_without_link_selection,
    relaying.vss_not_understood,
    relaying.relay_dropped,
    offering.answered_late,
    repeated_leases.query_unanswered,
)
CLIENT_RULES: tuple[ClientRule, ...] = (
    renewing.renew_unreachable,
    renewing.renew_unanswered,
    no_reply.no_reply,
    offering.offers_not_taken,
    offering.acks_not_taken,
    renewing.renewal_loop,
    repeated_leases.acquired_again,
    repeated_leases.committed_in_vain,
    repeated_leases.acknowledged_late,
    repeated_leases.asks_although_answered,
    repeated_leases.informs_again,
    repeated_leases.frames_looped,
    offering.remembered_in_vain,
)
GLOBAL_RULES: tuple[GlobalRule, ...] = (
    leasing.shared_address,
    leasing.cloned_identifier,
    leasing.double_binding,
    wrong_network.answered_elsewhere,
    wrong_network.answered_to_another,
    wrong_network.given_of_another,
    unusable_leases.unusable_lease,
    competing.competing_servers,
    starvation.starvation,
    releases.forged,
    repeated_leases.informs_in_vain,
)
CONTEXT_RULES: tuple[ContextRule, ...] = (
    quoted_reasons.said,
    quoted_reasons.conflicts,
    quoted_reasons.unheard,
    drop_counters.dropping,
    drop_counters.exhausted,
)


def find(exchanges: Iterable[Exchange], context: Context | None = None) -> list[Finding]:
    """The findings for these exchanges, in order of the exchanges, then of the rules; each once per client and cause."""
    context = context or Context()
    cases = list(_cases(list(exchanges), context))
    has_context = context.servers is not None or context.bindings or context.subnets
    found = [
        finding
        for case in cases
        for rule in (RULES if has_context else _rules_for(case))
        for finding in rule(case)
    ]
    histories = [own for own in _by_client(cases) if len(own) > 1 or own[0].ordinary is None]
    found.extend(finding for own in histories for rule in CLIENT_RULES for finding in rule(own))
    found.extend(finding for rule in GLOBAL_RULES for finding in rule(cases))
    if not cases:
        found.extend(leasing.doubled_bindings(context))
    found.extend(finding for rule in CONTEXT_RULES for finding in rule(cases, context))
    found.extend(claimed(context.remarks, found))
    return wrong_network.without_consequences(_each_once(found))


def _rules_for(case: Case) -> tuple[Rule, ...]:
    """The rules that can find something in an exchange: none in most of a capture."""
    agent = case.ordinary
    if agent is not None:
        return () if agent.server_id_override is None else _OVERRIDE
    return () if case.is_plain else RULES


_OVERRIDE: tuple[Rule, ...] = (override.used_as_usual,)


def _each_once(found: Iterable[Finding]) -> list[Finding]:
    """The same thing said of the same client in several exchanges is one finding with all the places."""
    merged: dict[tuple[str, str, str | None, str | None], Finding] = {}
    for finding in found:
        key = (finding.code, finding.message, finding.client, finding.node)
        before = merged.get(key)
        if before is None:
            merged[key] = finding
        elif len(before.evidence) < MOST_EVIDENCE:
            places = tuple(dict.fromkeys((*before.evidence, *finding.evidence)))[:MOST_EVIDENCE]
            merged[key] = replace(before, evidence=places)
    return list(merged.values())


def _by_client(cases: Iterable[Case]) -> list[list[Case]]:
    grouped: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        grouped[id(case.history)].append(case)
    return list(grouped.values())


def _cases(exchanges: Sequence[Exchange], context: Context) -> Iterator[Case]:
    book = AddressBook(exchanges, context)
    histories, own = _histories(exchanges)
    places: dict[int, int] = defaultdict(int)
    held = _by_identity(context.bindings)
    said = attached(exchanges, context.remarks)
    for number, exchange in enumerate(exchanges):
        history, remarks = own[number], said.get(number, ())
        yield Case(
            exchange,
            book,
            context,
            histories[history],
            places[history],
            _bindings_of(exchange.client, held) if held else (),
            remarks,
            None if remarks else ordinary_agent(exchange),
        )
        places[history] += 1


def _histories(exchanges: Sequence[Exchange]) -> tuple[list[History], list[int]]:
    """The history of each client, and which one an exchange is of. One MAC in two segments is two clients."""
    groups: list[list[Exchange]] = []
    known: dict[tuple[Client, str], list[tuple[Segment, int]]] = defaultdict(list)
    own: list[int] = []
    for exchange in exchanges:
        mine = known[exchange.client, _nameless(exchange)]
        at = next((number for segment, number in mine if not differ(segment, exchange.segment)), None)
        if at is None:
            at = len(groups)
            groups.append([])
        if all(segment != exchange.segment for segment, _ in mine):
            mine.append((exchange.segment, at))
        groups[at].append(exchange)
        own.append(at)
    return [History(group) for group in groups], own


def _nameless(exchange: Exchange) -> str:
    """A client nobody names is known by its own log, else by the address it is given; without those each exchange is another's."""
    if exchange.client != Client():
        return ""
    own = next((m for m in exchange.messages if m.role is MessageRole.CLIENT), None)
    if own is not None:
        return f"{own.node} {own.interface}"
    return f"address {exchange.address}" if exchange.address is not None else f"xid {exchange.xid}"


def _by_identity(bindings: Iterable[Binding]) -> dict[str, list[Binding]]:
    held: dict[str, list[Binding]] = defaultdict(list)
    for binding in bindings:
        mac = binding.mac or (mac_in_client_id(binding.client_id) if binding.client_id else None)
        for mark in {mac, binding.client_id} - {None}:
            held[str(mark)].append(binding)
    return held


def _bindings_of(client: Client, held: dict[str, list[Binding]]) -> tuple[Binding, ...]:
    marks = [mark for mark in (client.mac, client.client_id) if mark is not None]
    return tuple(dict.fromkeys(binding for mark in marks for binding in held.get(mark, [])))
