"""Checks of servers: the offers, the client's choice, and what the others do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from labgen.devices import registry
from labgen.dhcp.model import Direction, Exchange, Kind, Message, MessageRole, MessageType
from labgen.ground.labplan import LabPlan
from labgen.verify import planned_options, redundancy
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.relaying import received, sent
from labgen.verify.facts import Facts
from labgen.verify.groups import LEASING, override_expected
from labgen.verify.judgement import Judgement, blocked, failed, logged, passed, wire
from labgen.verify.packets import shown

check = Catalogue(sightings=True)


def from_server(exchange: Exchange, kind: MessageType, server: str) -> tuple[Message, ...]:
    return exchange.seen(kind, role=MessageRole.SERVER, direction=Direction.TX, node=server)


def at_client(exchange: Exchange, kind: MessageType) -> tuple[Message, ...]:
    return exchange.seen(kind, role=MessageRole.CLIENT, direction=Direction.RX)


def winner(facts: Facts, exchange: Exchange) -> str | None:
    """The server whose ACK the client got first."""
    acks = sorted(
        (
            m
            for server in facts.plan.nodes
            if server.server
            for m in from_server(exchange, MessageType.ACK, server.name)
        ),
        key=lambda m: m.time or 0.0,
    )
    return acks[0].node if acks else None


@check(
    "server.offers",
    "{server} answers the DISCOVER of {client} as its part in the design says",
    subjects.client_servers,
    "RFC 2131 section 4.3.1",
)
def offers(subject: Subject, facts: Facts) -> Judgement:
    exchange = facts.exchange(subject.client, Kind.ACQUIRE)
    asked = received(exchange, MessageType.DISCOVER, subject.server) if exchange else ()
    expected = "an OFFER to each giaddr: " + ", ".join(dict.fromkeys(m.giaddr or "0.0.0.0" for m in asked))
    model = redundancy.of_client(facts.plan, subject.client)
    if exchange is not None and asked and not model.must_answer(subject.server):
        return _partner_offers(subject, facts, exchange, asked, model)
    if exchange is None or not asked:
        return blocked(
            "an OFFER to each relay that asked", f"no DISCOVER of {subject.client} reached {subject.server}"
        )
    given = from_server(exchange, MessageType.OFFER, subject.server)
    log = [m for m in facts.logged(subject.server, subject.client) if m.type is MessageType.OFFER]
    silent = [m.giaddr or "0.0.0.0" for m in asked if m.giaddr not in {g.giaddr for g in given}]
    observed = ", ".join(dict.fromkeys(f"{m.yiaddr} to {m.giaddr}" for m in given))
    if silent and given and _probes(facts.plan, subject.server):
        observed += f"; no second one to {', '.join(dict.fromkeys(silent))}: it was probing the address"
    elif silent:
        hint = (
            f"{subject.server} found no subnet or no free address, or its daemon is down: `labgen logs {subject.server}`; "
            "a loopback giaddr needs link-selection (RFC 3527)"
        )
        observed = f"no OFFER to {', '.join(dict.fromkeys(silent))}"
        return failed(expected, observed, hint, (*wire(asked), *logged(log)), [subject.server])
    odd = _misconfigured(subject, facts, exchange, given)
    return passed(expected, observed, (*wire(given), *logged(log))) if odd is None else odd


def _misconfigured(
    subject: Subject, facts: Facts, exchange: Exchange, given: Sequence[Message]
) -> Judgement | None:
    """Judge an OFFER that the client did not take for what nobody planned: the next client may take it. Of the server that it took, the
    ACK is judged."""
    if winner(facts, exchange) == subject.server:
        return None
    readable = [m for m in given if m.payload is not None]
    faults = {
        f: m for m in readable for f in planned_options.faults(facts, subject.client, m, subject.server)
    }
    if not faults:
        return None
    return failed(
        "an OFFER with the planned options, though the client took another",
        "; ".join(faults),
        f"compare the server's configuration with the plan: `labgen logs {subject.server}`",
        wire(dict.fromkeys(faults.values())),
        [subject.server],
    )


def _partner_offers(
    subject: Subject,
    facts: Facts,
    exchange: Exchange,
    asked: Sequence[Message],
    model: redundancy.RedundancyModel,
) -> Judgement:
    """Partners share the work: one of them answers a client, and the other leaves it alone."""
    others = [server for server in model.servers if server != subject.server]
    theirs = [m for server in others for m in from_server(exchange, MessageType.OFFER, server)]
    given = from_server(exchange, MessageType.OFFER, subject.server)
    expected = f"an OFFER of {subject.server} or of {', '.join(others)}, not of both"
    if given and not model.may_answer(subject.server):
        hint = "a standby server answers only when its partner is down: are the partners connected?"
        silent = f"silence: {model.servers[0]} is active"
        return failed(silent, f"{subject.server} offered too", hint, wire(given), [subject.server])
    waited = max((p.secs for _, p in shown(asked)), default=0)
    if given and theirs and not model.both_may_answer(waited):
        hint = "partners answer for each other only when they are cut off: look at their state in both logs"
        both = tuple(sorted((subject.server, theirs[0].node)))
        return failed(expected, f"both offered: {' and '.join(both)}", hint, wire([*given, *theirs]), both)
    if not given and not theirs:
        hint = f"no partner answered: `labgen logs {subject.server}`"
        return failed(expected, "no OFFER of either", hint, wire(asked))
    if given and theirs:
        reason = f"both answered, after {waited} s in which the client had no answer (RFC 3074 section 4)"
        return passed(expected, reason, wire([*given, *theirs]))
    odd = _misconfigured(subject, facts, exchange, given) if given else None
    if odd is not None:
        return odd
    who = subject.server if given else theirs[0].node
    return passed(expected, f"{who} answered", wire(given or (*asked, *theirs)))


def _probes(plan: LabPlan, server: str) -> bool:
    """True if a server answers one copy of a DISCOVER only, while it probes the address."""
    capability = registry.get(plan.node(server).device).facts.server
    return capability is not None and capability.one_offer


@check(
    "server.pool",
    "{server} offers {client} an address of its own pool",
    subjects.client_servers,
    "RFC 2131 section 4.3.1",
)
def pool(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.server)
    client = facts.plan.node(subject.client)
    assert node.server is not None and client.client is not None
    scope = next(s for s in node.server.scopes if s.segment == client.client.segment)
    expected = "an address in " + redundancy.allowed(facts.plan, scope, subject.client)
    exchange = facts.exchange(subject.client, Kind.ACQUIRE)
    given = from_server(exchange, MessageType.OFFER, subject.server) if exchange else ()
    if not given and _left_to_partner(facts, subject, exchange):
        asked = received(exchange, MessageType.DISCOVER, subject.server) if exchange else ()
        return passed(expected, "nothing: its partner answered", wire(asked))
    if not given:
        return blocked(expected, f"{subject.server} offered nothing to {subject.client}")
    foreign = [
        m
        for m in given
        if m.yiaddr is None or not redundancy.allows(facts.plan, scope, subject.client, ip_address(m.yiaddr))
    ]
    if foreign:
        observed = "offered " + ", ".join(dict.fromkeys(m.yiaddr or "nothing" for m in foreign))
        hint = f"the pool configured on {subject.server} is not the planned one; compare it with plan.json"
        if facts.plan.segment(scope.segment).split == "even":
            hint += "; pools that overlap another server's end in double leases"
        return failed(expected, observed, hint, wire(foreign), [subject.server])
    return passed(expected, ", ".join(dict.fromkeys(m.yiaddr or "" for m in given)), wire(given))


def _left_to_partner(facts: Facts, subject: Subject, exchange: Exchange | None) -> bool:
    """True if a server was right to say nothing, since its partner answered."""
    model = redundancy.of_client(facts.plan, subject.client)
    if exchange is None or model.must_answer(subject.server):
        return False
    return any(from_server(exchange, MessageType.OFFER, server) for server in model.servers)


@check(
    "server.identifier",
    "every OFFER and ACK of {server} to {client} carries the right server identifier",
    subjects.client_servers,
    "RFC 2131 section 4.1, RFC 5107 section 4",
)
def identifier(subject: Subject, facts: Facts) -> Judgement:
    links = {str(relay.giaddr): str(relay.link_address) for _, relay in facts.relays(subject.client)}
    override = override_expected(facts.plan, subject.client, subject.server)
    own = {str(port.address.ip) for port in facts.plan.node(subject.server).interfaces if port.address}
    server = facts.plan.node(subject.server).server
    assert server is not None
    own.add(str(server.address))
    expected = (
        "the relay's own address in the client subnet: " + ", ".join(links.values())
        if override
        else f"one of the server's own: {', '.join(sorted(own))}"
    )
    exchanges = facts.exchanges_of(subject.client)
    kinds = (MessageType.OFFER, MessageType.ACK)
    given = [m for e in exchanges for kind in kinds for m in from_server(e, kind, subject.server)]
    given = [m for m in given if m.type is MessageType.OFFER or m.lease_seconds is not None]
    if not given:
        return _no_identifier(subject, facts, expected)
    wrong = [
        m
        for m in given
        if (m.server_id != links.get(m.giaddr) if override and m.giaddr else m.server_id not in own)
    ]
    observed = ", ".join(dict.fromkeys(f"{m.server_id} via {m.giaddr}" for m in given))
    if not any(m.server_id or m.frame for m in given):
        return blocked(
            expected, f"the log of {subject.server} does not tell option 54", f"capture on {subject.server}"
        )
    if wrong:
        hint = "the client will send its renewal to this address; it must lead to the relay (RFC 5107) or to the server"
        return failed(expected, observed, hint, wire(wrong))
    return passed(expected, observed, wire(given))


def _no_identifier(subject: Subject, facts: Facts, expected: str) -> Judgement:
    """A server that granted nothing: right where it had nothing to grant."""
    own = facts.exchanges_of(subject.client)
    asked = [m for e in own for m in received(e, MessageType.REQUEST, subject.server)]
    discovered = [m for e in own for m in received(e, MessageType.DISCOVER, subject.server)]
    if discovered and not any(_left_to_partner(facts, subject, e) for e in own):
        return blocked(expected, f"{subject.server} offered nothing to {subject.client}")
    heard = [*discovered, *asked]
    if not heard:
        others = [m for e in own for m in at_client(e, MessageType.ACK) if e.kind in LEASING]
        if others and not discovered:
            return passed(expected, f"{subject.server} was not asked", wire(others))
        return blocked(expected, f"nothing of {subject.client} reached {subject.server}")
    return passed(expected, f"{subject.server} granted nothing: another server owns the lease", wire(heard))


@check(
    "client.choice",
    "{client} requests one of the offers it got and ignores the others",
    subjects.clients,
    "RFC 2131 sections 3.1 point 3 and 4.4.1",
)
def choice(subject: Subject, facts: Facts) -> Judgement:
    expected = "REQUEST for an offer that came before it"
    exchange = facts.exchange(subject.client, Kind.ACQUIRE)
    offered = at_client(exchange, MessageType.OFFER) if exchange else ()
    if exchange is None or not offered:
        return blocked(expected, f"no OFFER reached {subject.client}")
    asked = sent(exchange, MessageType.REQUEST)
    if not asked:
        return failed(
            expected,
            f"{len(offered)} offers, no REQUEST",
            f"the client refused every offer: `labgen logs {subject.client}`",
            wire(offered),
        )
    request = asked[0]
    # Which of several is first, two sockets of one machine tell differently, and a client may collect offers before it chooses.
    in_time = [m for m in offered if (m.time or 0.0) <= (request.time or 0.0)]
    expected = "REQUEST for " + " or ".join(
        dict.fromkeys(f"{m.yiaddr} with server identifier {m.server_id}" for m in in_time or offered)
    )
    asked_for = request.requested or request.ciaddr
    observed = f"REQUEST for {asked_for} with server identifier {request.server_id}; {len(offered) - 1} other offers ignored"
    chosen = [m for m in in_time if (m.yiaddr, m.server_id) == (request.requested, request.server_id)]
    if not chosen:
        hint = f"it asks for something nobody had offered by then: `labgen logs {subject.client}`"
        return failed(expected, observed, hint, (*wire(offered), *wire(asked)))
    return passed(expected, observed, (*wire(chosen[:1]), *wire([request])))


@check(
    "server.loser-silent",
    "the server {client} did not choose stays silent",
    subjects.redundant_clients,
    "RFC 2131 section 3.1 point 4",
)
def loser_silent(subject: Subject, facts: Facts) -> Judgement:
    model = redundancy.of_client(facts.plan, subject.client)
    expected = silence_of_losers(model)
    exchange = facts.exchange(subject.client, Kind.ACQUIRE)
    chosen = winner(facts, exchange) if exchange else None
    if exchange is None or chosen is None:
        return blocked(expected, "no server acknowledged, so none lost")
    client = facts.plan.node(subject.client)
    assert client.client is not None
    losers = [server for server in facts.plan.segment(client.client.segment).servers if server != chosen]
    deaf = [server for server in losers if not received(exchange, MessageType.REQUEST, server)]
    if deaf:
        return blocked(expected, f"the REQUEST never reached {', '.join(deaf)}, so its silence says nothing")
    given = [m for s in losers for m in answered(exchange, s)]
    granted = from_server(exchange, MessageType.ACK, chosen)[0].yiaddr
    answers = model.against(granted, given)
    if answers:
        observed = ", ".join(f"{m.node} sent {m.type.value} to {m.giaddr}" for m in answers)
        hint = "a NAK can win the race and end the lease; an ACK is a second lease: use disjoint pools and servers that stay silent"
        return failed(expected, observed, hint, wire(answers), (m.node for m in answers))
    heard = [m for server in losers for m in received(exchange, MessageType.REQUEST, server)]
    observed = f"{', '.join(losers)} got {len(heard)} copies and " + (
        f"granted {granted} too" if given else "answered none"
    )
    return passed(expected, observed, wire([*heard, *given]))


def answered(exchange: Exchange, server: str) -> tuple[Message, ...]:
    """The answers of a server to REQUESTs."""
    return (
        *from_server(exchange, MessageType.ACK, server),
        *from_server(exchange, MessageType.NAK, server),
    )


def silence_of_losers(model: redundancy.RedundancyModel) -> str:
    """Describes what servers that a client did not choose may answer."""
    if model.alike:
        return "no NAK, and no other address, from a server beside the one that granted the lease"
    return "neither ACK nor NAK from the server that lost"


@check("client.no-nak", "{client} is never refused", subjects.clients, "RFC 2131 section 4.3.2")
def no_nak(subject: Subject, facts: Facts) -> Judgement:
    expected = "ACK, no NAK"
    exchange = facts.exchange(subject.client, Kind.ACQUIRE)
    naks, acks = (
        (at_client(exchange, MessageType.NAK), at_client(exchange, MessageType.ACK)) if exchange else ((), ())
    )
    if naks:
        return failed(
            expected,
            f"{len(naks)} NAK from {_senders(naks)}",
            "a server that does not own the lease refused it",
            wire(naks),
        )
    if not acks:
        return blocked(expected, f"no ACK reached {subject.client} either")
    return passed(expected, f"{len(acks)} ACK, no NAK", wire(acks))


def _senders(messages: Iterable[Message]) -> str:
    return ", ".join(dict.fromkeys(m.server_id or m.src or "unknown" for m in messages))
