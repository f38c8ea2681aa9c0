"""Addresses that a client refuses: the DECLINE, and what the server does with the address."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.dhcp.model import Direction, Kind, MessageRole, MessageType
from labgen.ground.labplan import LabPlan
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.relaying import sent
from labgen.verify.facts import Facts
from labgen.verify.judgement import (
    Judgement,
    Witness,
    blocked,
    failed,
    looked_up,
    passed,
    wire,
)

check = Catalogue(sightings=True)


@check(
    "decline.request",
    "{client} refuses the address that somebody else uses",
    subjects.focus,
    "RFC 2131 section 4.4.1, RFC 5227",
)
def decline_request(subject: Subject, facts: Facts) -> Judgement:
    lease = facts.before(subject.client, facts.acted)
    expected = f"DECLINE of {lease.yiaddr}" if lease else "DECLINE"
    exchange = facts.first(subject.client, Kind.DECLINE)
    asked = sent(exchange, MessageType.DECLINE) if exchange else ()
    if not asked:
        hint = f"the client took the address without looking (ARP probe, RFC 5227): `labgen logs {subject.client}`"
        return failed(expected, "no DECLINE on the client's wire", hint)
    observed = ", ".join(f"DECLINE of {m.requested} to server {m.server_id}" for m in asked)
    if lease is not None and asked[0].requested != lease.yiaddr:
        return failed(expected, observed, "option 50 must name the address that is refused", wire(asked))
    return passed(expected, observed, wire(asked))


@check(
    "decline.reaches-owner",
    "the DECLINE of {client} reaches the server that offered the address",
    subjects.focus,
    "RFC 2131 section 4.3.3",
)
def decline_reaches(subject: Subject, facts: Facts) -> Judgement:
    owners = facts.roles.get("selected-server", ())
    expected = f"DECLINE at {', '.join(owners) or 'the server'}"
    exchange = facts.first(subject.client, Kind.DECLINE)
    if exchange is None or not owners:
        return blocked(expected, f"{subject.client} sent no DECLINE")
    arrived = exchange.seen(MessageType.DECLINE, role=MessageRole.SERVER, direction=Direction.RX)
    observed = "seen at " + (", ".join(dict.fromkeys(m.node for m in arrived)) or "no server")
    if not set(owners) & {m.node for m in arrived}:
        return failed(expected, observed, "relays must pass every message type on (RFC 1542)", wire(arrived))
    return passed(expected, observed, wire(arrived))


@check(
    "decline.set-aside",
    "the server does not give the refused address to {client} again",
    subjects.focus,
    "RFC 2131 section 4.3.3",
)
def set_aside(subject: Subject, facts: Facts) -> Judgement:
    exchange = facts.first(subject.client, Kind.DECLINE)
    asked = sent(exchange, MessageType.DECLINE) if exchange else ()
    if not asked:
        return blocked("another address", f"{subject.client} sent no DECLINE")
    refused, last = asked[0].requested, facts.grants(subject.client)[-1]
    expected = f"a lease of another address than {refused}"
    if (last.time or 0.0) < (asked[0].time or 0.0):
        return failed(
            expected, "no lease after the DECLINE", "the server has no other address free", wire(asked)
        )
    if last.yiaddr == refused:
        return failed(
            expected,
            f"{last.yiaddr} again",
            "the server must set a declined address aside",
            wire([*asked, last]),
        )
    return passed(expected, f"{last.yiaddr} from {last.server_id}", wire([*asked, last]))


def quarantined(plan: LabPlan) -> Iterator[Subject]:
    """The focus, where the spec says how long its segment's servers leave a declined address alone."""
    for subject in subjects.focus(plan):
        if _quarantine(plan, subject.client) is not None:
            yield subject


def _quarantine(plan: LabPlan, client: str) -> int | None:
    node = plan.node(client)
    scopes = (scope for each in plan.nodes if each.server for scope in each.server.scopes)
    own = (scope for scope in scopes if node.client and scope.segment == node.client.segment)
    return next((scope.quarantine for scope in own if scope.quarantine is not None), None)


@check(
    "decline.quarantine",
    "the server leaves the address that {client} refused alone for the planned time",
    quarantined,
    "RFC 2131 section 4.3.3",
)
def quarantine(subject: Subject, facts: Facts) -> Judgement:
    planned = _quarantine(facts.plan, subject.client)
    expected = f"the refused address is set aside for {planned} s"
    exchange = facts.first(subject.client, Kind.DECLINE)
    asked = sent(exchange, MessageType.DECLINE) if exchange else ()
    if not asked or planned is None:
        return blocked(expected, f"{subject.client} sent no DECLINE")
    since = (asked[0].time or 0.0) + facts.moved
    aside = [b for b in facts.observed.bindings if b.address == asked[0].requested and b.state in SET_ASIDE]
    if not aside:
        return failed(expected, f"no server says that {asked[0].requested} is set aside", "", wire(asked))
    lasting = [round(b.expires - since) for b in aside if b.expires is not None]
    observed = f"{asked[0].requested} is {aside[0].state} on {aside[0].node}" + (
        f" for {lasting[0]} s" if lasting else ""
    )
    proofs = (*wire(asked), *looked_up(Witness.SERVER, [b.evidence() for b in aside]))
    if not any(abs(seconds - planned) <= SLACK_ASIDE for seconds in lasting):
        hint = f"compare the server's configuration with the plan: `labgen logs {aside[0].node}`"
        return failed(expected, observed, hint, proofs, [aside[0].node])
    return passed(expected, observed, proofs)


SET_ASIDE = frozenset({"declined", "abandoned"})
"""What Kea and ISC dhcpd call an address that a client declined."""
SLACK_ASIDE = 5
"""Seconds between the DECLINE on the wire and what a server counts from."""
