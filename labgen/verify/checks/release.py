"""Leases that are given back: the RELEASE, and what is left of the lease."""

from __future__ import annotations

from labgen.dhcp.model import Binding, Direction, Kind, MessageRole, MessageType
from labgen.verify import redundancy
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
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
    owner = facts.grantor(lease) if lease else None
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
        hint = _ignored(subject, facts, left)
        return failed(expected, observed, hint, looked_up(Witness.SERVER, (b.evidence() for b in left)))
    if exchange is None:
        return blocked(expected, f"{subject.client} sent no RELEASE, so nothing shows that it worked")
    arrived = exchange.seen(MessageType.RELEASE, role=MessageRole.SERVER, direction=Direction.RX)
    return passed(expected, "none", (*_asked_servers(facts), *wire(arrived)))


def _ignored(subject: Subject, facts: Facts, left: tuple[Binding, ...]) -> str:
    """The reason why a binding outlived a RELEASE. Of partners that balance load each hears its own clients alone; who asked the other one
    while its partner was away gets no ear there once the partner is back."""
    model = redundancy.of_client(facts.plan, subject.client)
    exchange = facts.first(subject.client, Kind.RELEASE)
    seen = (
        exchange.seen(MessageType.RELEASE, role=MessageRole.SERVER, direction=Direction.RX)
        if exchange
        else ()
    )
    asked = tuple(dict.fromkeys(m.node for m in seen))
    if model.partners and model.answering is redundancy.Answering.ONE and len(asked) == 1 and len(left) > 1:
        return (
            f"did {asked[0]} give the lease while its partner was away? Partners that balance load leave the other's clients alone "
            "(Kea logs HA_BUFFER4_RECEIVE_NOT_FOR_US), RELEASE and renewals included, until the client rebinds"
        )
    return "the server ignored the RELEASE, or never got it: see release.reaches-owner"


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
    return no_address(subject, facts, "the client goes on with an address it gave back", exchange is not None)


def no_address(subject: Subject, facts: Facts, hint: str, control: bool) -> Judgement:
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
