"""A client that has an address and asks for options alone (INFORM)."""

from __future__ import annotations

from labgen.devices import registry
from labgen.dhcp.model import Kind, Message, MessageType
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.relaying import hears, received, sent
from labgen.verify.checks.serving import at_client
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, logged, passed, wire

check = Catalogue(sightings=True)


@check(
    "inform.request",
    "{client} asks for options with the address it has",
    subjects.clients,
    "RFC 2131 section 4.4.3",
)
def inform(subject: Subject, facts: Facts) -> Judgement:
    expected = "INFORM with its address in ciaddr"
    exchange = facts.first(subject.client, Kind.INFORM)
    asked = sent(exchange, MessageType.INFORM) if exchange else ()
    if not asked:
        return failed(expected, "no INFORM on the client's wire", f"see `labgen logs {subject.client}`")
    if not asked[0].ciaddr:
        return failed(expected, "ciaddr is empty", "the answer goes to ciaddr", wire(asked))
    return passed(expected, f"INFORM of {asked[0].ciaddr} to {asked[0].dst}", wire(asked))


@check(
    "inform.copies",
    "{server} gets the INFORM of {client} once per relay",
    subjects.client_servers,
    "RFC 1542 section 4.1.1",
)
def inform_copies(subject: Subject, facts: Facts) -> Judgement:
    exchange = facts.first(subject.client, Kind.INFORM)
    asked = sent(exchange, MessageType.INFORM) if exchange else ()
    relays = [relay for _, relay in facts.relays(subject.client)]
    giaddrs = {str(r.giaddr) for r in relays if any(t.server == subject.server for t in r.targets)}
    giaddrs |= {"none"} if hears(facts, subject.client, subject.server) else set()
    expected = f"INFORM with giaddr {' and '.join(sorted(giaddrs))}"
    if exchange is None or not asked:
        return blocked(expected, f"{subject.client} sent no INFORM")
    arrived = received(exchange, MessageType.INFORM, subject.server)
    arrived_by = [m.giaddr or "none" for m in arrived]
    observed = f"{len(arrived)} with giaddr {', '.join(arrived_by)}" if arrived else "none arrived"
    if set(arrived_by) != giaddrs or len(arrived_by) != len(giaddrs) * len(asked):
        return failed(
            expected, observed, "relays must pass every message type on (RFC 1542)", wire([*asked, *arrived])
        )
    return passed(expected, observed, wire([*asked[:1], *arrived]))


@check("inform.answer", "{client} gets its options and no lease", subjects.clients, "RFC 2131 section 4.3.5")
def inform_answer(subject: Subject, facts: Facts) -> Judgement:
    expected = "ACK without address and lease time"
    exchange = facts.first(subject.client, Kind.INFORM)
    if exchange is None:
        return blocked(expected, f"{subject.client} sent no INFORM")
    acks = at_client(exchange, MessageType.ACK)
    if not acks:
        asked = sent(exchange, MessageType.INFORM)
        said = [m for s in facts.plan.nodes if s.server for m in facts.logged(s.name, subject.client)]
        answers = [m for m in said if m.type is MessageType.ACK and m.xid == exchange.xid]
        hint = "no server answered INFORM: it needs a subnet for the client's address"
        if answers:
            hint = (
                f"{answers[0].node} answers INFORM straight to {asked[0].ciaddr if asked else 'ciaddr'}, not to the relay, and has no "
                "way into the client's VRF: leak a route, or give the clients what they need with their leases"
            )
        return failed(expected, "no ACK reached the client", hint, (*wire(asked), *logged(answers)))
    wrong = [m for m in acks if m.yiaddr or (m.lease_seconds and not _may_tell_time(facts, m))]
    if wrong:
        return failed(
            expected,
            f"yiaddr {wrong[0].yiaddr}, lease {wrong[0].lease_seconds}",
            "INFORM must not allocate",
            wire(wrong),
        )
    observed = f"{len(acks)} ACK from {', '.join(dict.fromkeys(m.server_id or '?' for m in acks))}"
    if any(m.lease_seconds for m in acks):
        observed += ", with the time that the lease has left, which the client asked for (option 51)"
    return passed(expected, observed, wire(acks))


def _may_tell_time(facts: Facts, ack: Message) -> bool:
    """True if the server of an ACK is known to tell clients what is left of their lease; behind an identifier that a relay set,
    whether one of the servers is."""
    servers = {str(node.server.address): node for node in facts.plan.nodes if node.server}
    asked = [servers[ack.server_id]] if ack.server_id in servers else servers.values()
    capabilities = (registry.get(node.device).facts.server for node in asked)
    return any(each is not None and each.lease_in_inform for each in capabilities)
