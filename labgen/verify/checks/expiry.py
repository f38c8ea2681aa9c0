"""Leases that run out: what the client tries until then, and what it does after."""

from __future__ import annotations

from labgen.dhcp.model import Kind, MessageRole, MessageType
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.relaying import sent
from labgen.verify.checks.release import no_address
from labgen.verify.checks.renewal import SLACK, scope_of
from labgen.verify.facts import Facts
from labgen.verify.judgement import (
    Judgement,
    blocked,
    failed,
    passed,
    wire,
)

check = Catalogue(sightings=True)


@check(
    "expire.address",
    "{client} gives its address up when the lease has run out",
    subjects.clients,
    "RFC 2131 section 4.4.5",
)
def expire_address(subject: Subject, facts: Facts) -> Judgement:
    grants = facts.grants(subject.client)
    return no_address(
        subject, facts, "the client uses an address that may be somebody else's by now", bool(grants)
    )


@check(
    "expire.attempts",
    "{client} tries to renew and to rebind while its lease lasts, and gets no answer",
    subjects.clients,
    "RFC 2131 section 4.4.5",
)
def attempts(subject: Subject, facts: Facts) -> Judgement:
    expected = "REQUESTs by unicast, then by broadcast, none answered"
    tries = [facts.first(subject.client, kind) for kind in (Kind.RENEW, Kind.REBIND)]
    asked = [sent(e, MessageType.REQUEST) if e else () for e in tries]
    answers = [m for e in tries if e for m in e.seen(MessageType.ACK, role=MessageRole.CLIENT)]
    observed = f"{len(asked[0])} by unicast, {len(asked[1])} by broadcast, {len(answers)} ACK"
    proofs = wire(m for part in asked for m in part)
    if answers:
        return failed(expected, observed, "a server that should be down answered", (*proofs, *wire(answers)))
    if not all(asked):
        return failed(
            expected, observed, f"the client did not use its time: `labgen logs {subject.client}`", proofs
        )
    return passed(expected, observed, proofs)


@check(
    "expire.discover",
    "{client} starts again with DISCOVER when its lease has run out, not before",
    subjects.clients,
    "RFC 2131 section 4.4.5",
)
def discover(subject: Subject, facts: Facts) -> Judgement:
    scope = scope_of(facts, subject.client)
    expected = f"DISCOVER {scope.lease} s after the last ACK"
    exchange = facts.first(subject.client, Kind.ACQUIRE)
    asked = sent(exchange, MessageType.DISCOVER) if exchange else ()
    if exchange is None or not asked:
        return failed(expected, "no DISCOVER", f"the client gave up: `labgen logs {subject.client}`")
    lease = facts.before(subject.client, exchange.started or 0.0)
    if lease is None:
        return blocked(expected, "the lease was given before the captures began")
    after = (asked[0].time or 0.0) - (lease.time or 0.0)
    observed = f"DISCOVER {after:.1f} s after the last ACK"
    if after < scope.lease - SLACK:
        return failed(
            expected, observed, "the client dropped a lease it still had", (*wire([lease]), *wire(asked[:1]))
        )
    return passed(expected, observed, (*wire([lease]), *wire(asked[:1])))
