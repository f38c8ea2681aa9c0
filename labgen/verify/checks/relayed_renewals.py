"""Checks of messages that keep or give back a lease, through relays: every leg, and nothing touched that must be left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labgen.dhcp.model import Exchange, Kind, Message, MessageRole, MessageType
from labgen.ground.labplan import NodePlan, RelayPlan
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.conformance import replies, requests, server_replies
from labgen.verify.checks.option82 import requests_at, sub_options
from labgen.verify.checks.relaying import sent, strips
from labgen.verify.checks.renewal import BROADCAST
from labgen.verify.checks.round_trip import blamed, lost, next_look
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Outcome, blocked, failed, passed, wire
from labgen.verify.legs import RelayPath, journey

check = Catalogue(sightings=True)
WHOLE = "every leg there and back, option 82 as planned, all else untouched"
ASKS = {
    Kind.ACQUIRE: (MessageType.DISCOVER, MessageType.REQUEST),
    Kind.RENEW: (MessageType.REQUEST,),
    Kind.REBIND: (MessageType.REQUEST,),
}
"""What a client sends to get or keep a lease."""
AS_PLANNED = "RFC 1542 section 4.1, RFC 3046 section 2.1, RFC 5107 section 4"


@check("renew.relayed", "relays pass on the renewal of {client} as planned", subjects.clients, AS_PLANNED)
def renewal(subject: Subject, facts: Facts) -> Judgement:
    return _judged(subject.client, facts, Kind.RENEW, MessageType.REQUEST)


@check("rebind.relayed", "relays pass on the rebinding of {client} as planned", subjects.clients, AS_PLANNED)
def rebinding(subject: Subject, facts: Facts) -> Judgement:
    return _judged(subject.client, facts, Kind.REBIND, MessageType.REQUEST)


@check("release.relayed", "relays pass on the RELEASE of {client} as planned", subjects.clients, AS_PLANNED)
def release(subject: Subject, facts: Facts) -> Judgement:
    return _judged(subject.client, facts, Kind.RELEASE, MessageType.RELEASE)


@check(
    "focus.relayed",
    "relays pass on what {client} asks for once the fault is there, as planned",
    subjects.focus,
    AS_PLANNED,
)
def after_the_fault(subject: Subject, facts: Facts) -> Judgement:
    given = [
        e
        for e in facts.exchanges_of(subject.client)
        if e.kind in ASKS
        and (e.ended or 0.0) >= facts.acted
        and e.seen(MessageType.ACK, role=MessageRole.CLIENT)
    ]
    if not given:
        return blocked(WHOLE, f"{subject.client} got no lease once the fault was there")
    for ask in ASKS[given[0].kind]:
        found = _whole(subject.client, facts, given[0], ask)
        if found.outcome is not Outcome.PASS:
            return found
    stripped = strips(subject, facts) if given[0].kind is Kind.ACQUIRE else found
    return stripped if stripped.outcome is Outcome.FAIL else found


def _judged(client: str, facts: Facts, kind: Kind, ask: MessageType) -> Judgement:
    return _whole(client, facts, facts.first(client, kind), ask)


def _whole(client: str, facts: Facts, exchange: Exchange | None, ask: MessageType) -> Judgement:
    expected = WHOLE
    asked = sent(exchange, ask) if exchange else ()
    if exchange is None or not asked:
        return blocked(expected, f"{client} sent no {ask.value}")
    paths = tuple(_relay_paths(client, facts, exchange, asked))
    if not paths:
        return passed(expected, f"sent straight to {asked[0].dst}", wire(asked))
    for path in paths:
        found = journey(path, ask)
        if found.broken is not None:
            observed, hint = lost(found, found.broken, ask), next_look(facts, found, found.broken)
            return failed(expected, observed, hint, wire(found.sightings), blamed(facts, found, found.broken))
    return _conform(expected, client, facts, paths, asked)


def _relay_paths(
    client: str, facts: Facts, exchange: Exchange, asked: Iterable[Message]
) -> Iterator[RelayPath]:
    """Through every relay that is addressed, by broadcast or by its own address, to every server it asks."""
    to = {message.dst for message in asked}
    for node, relay in facts.relays(client):
        if facts.running(node.name) is not False and to & {BROADCAST, str(relay.link_address)}:
            yield from _to_servers(client, facts, exchange, node, relay, alone=BROADCAST not in to)


def _to_servers(
    client: str, facts: Facts, exchange: Exchange, node: NodePlan, relay: RelayPlan, *, alone: bool
) -> Iterator[RelayPath]:
    for server in dict.fromkeys(target.server for target in relay.targets):
        if facts.running(server) is not False:
            yield RelayPath(facts, exchange, client, node, relay, server, alone)


def _conform(
    expected: str, client: str, facts: Facts, paths: Iterable[RelayPath], asked: Iterable[Message]
) -> Judgement:
    """Judge as the checks of a first lease do, where there is one, of every packet."""
    known = tuple(paths)
    found: list[Judgement] = []
    for switch in dict.fromkeys(path.switch.name for path in known):
        found += [judge(Subject(client=client, switch=switch), facts) for judge in (requests, replies)]
    for server in dict.fromkeys(path.server for path in known):
        if requests_at(facts, client, server):
            found += [
                judge(Subject(client=client, server=server), facts) for judge in (sub_options, server_replies)
            ]
    bad = [judgement for judgement in found if judgement.outcome is Outcome.FAIL]
    if bad:
        observed = "; ".join(dict.fromkeys(_placed(judgement) for judgement in bad))
        places = (place for judgement in bad for place in judgement.at)
        return failed(expected, observed, bad[0].hint, (p for j in bad for p in j.proofs), places)
    copies = len(known)
    return passed(expected, f"{copies} ways, each whole", wire(asked))


def _placed(judgement: Judgement) -> str:
    return f"{', '.join(judgement.at)}: {judgement.observed}" if judgement.at else judgement.observed
