"""What is odd about exchanges: every rule applied to every one of them.

A rule is a small function in `labgen.dhcp.rules`; to add one, write it, name it in a tuple below, and
describe its code in `labgen.dhcp.explain` with a page in docs/findings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from labgen.dhcp.context import AddressBook, Context
from labgen.dhcp.hops import hops
from labgen.dhcp.identities import mac_in_client_id
from labgen.dhcp.model import Binding, Client, Exchange, Finding
from labgen.dhcp.rules import leasing, relaying, serving
from labgen.dhcp.rules.case import Case, GlobalRule, Rule

RULES: tuple[Rule, ...] = (
    relaying.duplicate_relay,
    serving.server_id_override_used,
    serving.server_id_override_ignored,
    serving.renew_unreachable,
    relaying.renew_to_relay,
    leasing.offer_ignored,
    leasing.ack_ignored,
    serving.unexpected_address,
    serving.nak_suppressed,
    serving.nak_sent,
    leasing.pool_address_leaked,
    leasing.double_lease,
    leasing.release_unmatched,
    relaying.giaddr_wrong_subnet,
    relaying.option_82_stripped,
    relaying.option_82_leaked,
    serving.no_reply,
    serving.rogue_server,
    relaying.relay_without_link_selection,
    relaying.vss_not_understood,
    relaying.relay_dropped,
)
GLOBAL_RULES: tuple[GlobalRule, ...] = (leasing.shared_address, leasing.double_binding)


def find(exchanges: Iterable[Exchange], context: Context | None = None) -> list[Finding]:
    """The findings for these exchanges, in order of the exchanges, then of the rules; each once."""
    cases = list(_cases(list(exchanges), context or Context()))
    found = [finding for case in cases for rule in RULES for finding in rule(case)]
    found.extend(finding for rule in GLOBAL_RULES for finding in rule(cases))
    if not cases and context is not None:
        found.extend(leasing.doubled_bindings(context.bindings))
    return list(dict.fromkeys(found))


def _cases(exchanges: Sequence[Exchange], context: Context) -> Iterator[Case]:
    book = AddressBook(exchanges, context)
    by_client: dict[Client, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        by_client[exchange.client].append(exchange)
    held = _by_identity(context.bindings)
    for exchange in exchanges:
        others = by_client[exchange.client]
        earlier = tuple(others[: others.index(exchange)]) if len(others) > 1 else ()
        yield Case(
            exchange, hops(exchange, book), book, context, earlier, _bindings_of(exchange.client, held)
        )


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
