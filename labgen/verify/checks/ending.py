"""How leases end: given back, run out, refused by the client."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.dhcp.model import Binding, Direction, Kind, MessageRole, MessageType
from labgen.ground.labplan import LabPlan
from labgen.verify import groups, redundancy
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.extending import SLACK, scope_of
from labgen.verify.checks.relaying import sent
from labgen.verify.facts import Facts
from labgen.verify.judgement import (
    Judgement,
    Outcome,
    Proof,
    Witness,
    blocked,
    failed,
    looked_up,
    passed,
    wire,
)
from labgen.verify.legs import kept_by, stopped_at

check = Catalogue(sightings=True)


@check(
    "release.request",
    "{client} gives its lease back by unicast to its server identifier",
    subjects.clients,
    "RFC 2131 sections 4.4.4 and 4.4.6",
)
def release_request(subject: Subject, facts: Facts) -> Judgement:
    exchange = facts.first(subject.client, Kind.RELEASE)
    asked = sent(exchange, MessageType.RELEASE) if exchange else ()
    lease = facts.before(subject.client, exchange.started or 0.0) if exchange else None
    expected = (
        f"RELEASE of {lease.yiaddr} to {lease.server_id}" if lease else "RELEASE to the server identifier"
    )
    if not asked:
        remark = facts.remarks.get(subject.client, "")
        return failed(
            expected,
            "no RELEASE on the client's wire",
            f"see `labgen logs {subject.client}` {remark}".rstrip(),
        )
    observed = f"RELEASE of {asked[0].ciaddr} to {asked[0].dst}"
    known = [m.server_id for m in facts.grants(subject.client) if m.yiaddr == asked[0].ciaddr]
    if lease is not None and (asked[0].ciaddr != lease.yiaddr or asked[0].dst not in known):
        hint = "it must go to option 54 of the lease, with the address in ciaddr"
        return failed(expected, observed, hint, wire(asked))
    if lease is not None and asked[0].dst != lease.server_id:
        observed += ", the identifier of an earlier ACK (dhclient releases what its lease file says)"
    return passed(expected, observed, wire(asked))


@check(
    "release.reaches-owner",
    "the RELEASE of {client} reaches the server that owns the lease",
    subjects.clients,
    "RFC 2131 section 4.3.4, RFC 5107 section 4",
)
def reaches_owner(subject: Subject, facts: Facts) -> Judgement:
    exchange = facts.first(subject.client, Kind.RELEASE)
    if exchange is None:
        return blocked("RELEASE at the owner", f"{subject.client} sent no RELEASE")
    lease = facts.before(subject.client, exchange.started or 0.0)
    owner = groups.grantor((*facts.history, *facts.exchanges), lease) if lease else None
    if owner is None:
        return blocked("RELEASE at the owner", "no ACK in the captures says who owns the lease")
    model = redundancy.of_client(facts.plan, subject.client)
    owners = model.servers if model.alike and owner in model.servers else (owner,)
    expected = f"RELEASE at {' or '.join(owners)}"
    arrived = exchange.seen(MessageType.RELEASE, role=MessageRole.SERVER, direction=Direction.RX)
    observed = "seen at " + (", ".join(dict.fromkeys(m.node for m in arrived)) or "no server")
    if not set(owners) & {m.node for m in arrived}:
        asked = sent(exchange, MessageType.RELEASE)
        target = asked[0].dst if asked else "the server identifier"
        hint = f"no way from the client's VRF to {target}; the lease stays bound until it runs out"
        stuck = stopped_at(m for m in exchange.seen(MessageType.RELEASE) if m.node not in owners)
        if stuck and not arrived:
            hint = kept_by(facts, stuck[0], target)
        return failed(expected, observed, hint, (*wire(asked), *wire(arrived)), stuck)
    return passed(expected, observed, wire(arrived))


@check(
    "release.unbound",
    "no server holds a binding for {client} any more",
    subjects.clients,
    "RFC 2131 section 4.3.4",
)
def unbound(subject: Subject, facts: Facts) -> Judgement:
    expected = "no active binding"
    left = _due(subject, facts)
    if deaf := facts.unasked(subject.client):
        return Judgement(Outcome.ERROR, expected, deaf, "see `labgen status`, and raw/ of this run")
    exchange = facts.first(subject.client, Kind.RELEASE)
    if left:
        observed = ", ".join(f"{b.address} on {b.node}" for b in left)
        hint = "the server ignored the RELEASE, or never got it: see release.reaches-owner"
        return failed(expected, observed, hint, looked_up(Witness.SERVER, (b.evidence() for b in left)))
    if exchange is None:
        return blocked(expected, f"{subject.client} sent no RELEASE, so nothing shows that it worked")
    arrived = exchange.seen(MessageType.RELEASE, role=MessageRole.SERVER, direction=Direction.RX)
    return passed(expected, "none", (*_asked_servers(facts), *wire(arrived)))


def _due(subject: Subject, facts: Facts) -> tuple[Binding, ...]:
    """Bindings that the RELEASE should have ended: not that of a server that keeps the same address for the client, and was not asked."""
    left = facts.bindings(subject.client)
    model = redundancy.of_client(facts.plan, subject.client)
    exchange = facts.first(subject.client, Kind.RELEASE)
    if exchange is None or not model.alike or model.partners:
        return left
    arrived = exchange.seen(MessageType.RELEASE, role=MessageRole.SERVER, direction=Direction.RX)
    asked = {m.node for m in arrived}
    return tuple(b for b in left if b.node in asked) if asked else left


def _asked_servers(facts: Facts) -> tuple[Proof, ...]:
    return tuple(
        Proof(Witness.SERVER, d.node, d.file)
        for d in facts.observed.daemons
        if facts.plan.node(d.node).server
    )


@check("release.address", "{client} has no address left", subjects.clients, "RFC 2131 section 4.4.6")
def release_address(subject: Subject, facts: Facts) -> Judgement:
    exchange = facts.first(subject.client, Kind.RELEASE)
    return _no_address(
        subject, facts, "the client goes on with an address it gave back", exchange is not None
    )


@check(
    "expire.address",
    "{client} gives its address up when the lease has run out",
    subjects.clients,
    "RFC 2131 section 4.4.5",
)
def expire_address(subject: Subject, facts: Facts) -> Judgement:
    grants = facts.grants(subject.client)
    return _no_address(
        subject, facts, "the client uses an address that may be somebody else's by now", bool(grants)
    )


def _no_address(subject: Subject, facts: Facts, hint: str, control: bool) -> Judgement:
    node = facts.plan.node(subject.client)
    assert node.client is not None
    port = node.client.linux
    expected = f"no address on {port}"
    own = [a for a in facts.observed.addresses if a.node == subject.client]
    proofs = [Proof(Witness.CLIENT, a.node, a.file) for a in own]
    held = [a.address for a in own if a.interface in (port, node.client.interface)]
    if held:
        return failed(expected, ", ".join(held), hint, proofs)
    if not control:
        return blocked(expected, f"{subject.client} had no lease to lose")
    return passed(expected, "none", proofs)


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
