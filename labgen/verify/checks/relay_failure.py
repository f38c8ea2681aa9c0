"""Checks of clients whose relay fails: they renew in vain, and rebind through another one."""

from __future__ import annotations

from labgen.dhcp.model import Direction, Kind, MessageRole, MessageType
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.relaying import sent
from labgen.verify.checks.renewal import REQUEST, SLACK, scope_of
from labgen.verify.checks.server_failure import lease_before_fault
from labgen.verify.checks.serving import at_client
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, wire

check = Catalogue(sightings=True)


@check(
    "relay-failure.renewal",
    "renewals of {client} fail: they go to the relay that is down",
    subjects.focus,
    "RFC 5107 section 4",
)
def relay_renewal(subject: Subject, facts: Facts) -> Judgement:
    down = facts.roles.get("renewal-relay", ())
    expected = f"unicast REQUESTs to {', '.join(down) or 'the relay'}, none answered"
    exchange = facts.disturbed(subject.client, Kind.RENEW)
    asked = sent(exchange, REQUEST) if exchange else ()
    if exchange is None or not asked or not down:
        return blocked(expected, f"{subject.client} sent no renewal")
    own = {str(relay.link_address) for relay in facts.plan.node(down[0]).relays}
    acks = at_client(exchange, MessageType.ACK)
    observed = f"{len(asked)} to {asked[0].dst}, {len(acks)} answered"
    if acks or asked[0].dst not in own:
        return failed(
            expected, observed, "the lease does not hang on this relay after all", (*wire(asked), *wire(acks))
        )
    return passed(expected, observed, wire(asked))


@check(
    "relay-failure.rebind",
    "{client} keeps its address through the other relay, before its lease ends",
    subjects.focus,
    "RFC 2131 section 4.4.5, RFC 5107 section 4",
)
def relay_rebind(subject: Subject, facts: Facts) -> Judgement:
    down = facts.roles.get("renewal-relay", ())
    old, exchange = lease_before_fault(facts, subject.client), facts.first(subject.client, Kind.REBIND)
    lease = scope_of(facts, subject.client).lease
    expected = (
        f"ACK for {old.yiaddr if old else 'the same address'} to a REQUEST by broadcast, within {lease} s"
    )
    if old is None or exchange is None:
        return blocked(expected, f"{subject.client} did not rebind")
    asked, acks = sent(exchange, REQUEST), at_client(exchange, MessageType.ACK)
    if not acks:
        hint = "the broadcast must reach another relay: is the segment stretched to it, and does it run?"
        return failed(expected, f"{len(asked)} REQUESTs by broadcast, no answer", hint, wire(asked))
    after = (acks[0].time or 0.0) - (old.time or 0.0)
    others = [r for node, r in facts.relays(subject.client) if node.name not in down]
    through = next((str(r.link_address) for r in others if str(r.link_address) == acks[0].server_id), None)
    observed = f"ACK for {acks[0].yiaddr} {after:.1f} s after the last one; from now on it renews through {acks[0].server_id}"
    if acks[0].yiaddr != old.yiaddr or after > lease + SLACK:
        return failed(
            expected, observed, "the client lost its address on the way", wire([old, *asked, *acks])
        )
    if through is None and old.server_id in {
        str(r.link_address) for n, r in facts.relays(subject.client) if n.name in down
    }:
        return failed(expected, observed, "the ACK still names the relay that is down", wire([old, *acks]))
    return passed(expected, observed, wire([old, *asked[:1], *acks]))


@check(
    "relay-failure.way",
    "the broadcast of {client} comes only through relays that run",
    subjects.focus,
    "RFC 1542 section 4.1.1",
)
def through_running_relays(subject: Subject, facts: Facts) -> Judgement:
    down = facts.roles.get("renewal-relay", ())
    dead = {str(relay.giaddr) for name in down for relay in facts.plan.node(name).relays}
    expected = f"copies at the servers, none with giaddr {', '.join(sorted(dead))}"
    exchange = facts.first(subject.client, Kind.REBIND)
    arrived = exchange.seen(REQUEST, role=MessageRole.SERVER, direction=Direction.RX) if exchange else ()
    if not arrived:
        return blocked(expected, "no copy of the broadcast reached a server")
    giaddrs = dict.fromkeys(m.giaddr or "no giaddr" for m in arrived)
    observed = f"{len(arrived)} with giaddr {', '.join(giaddrs)}"
    if dead & set(giaddrs):
        return failed(expected, observed, "the relay that should be down still relays", wire(arrived))
    return passed(expected, observed, wire(arrived))
