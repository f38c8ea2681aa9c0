"""A client that reboots with a lease it remembers (INIT-REBOOT)."""

from __future__ import annotations

from labgen.dhcp.model import Kind, MessageType
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.relaying import sent
from labgen.verify.checks.serving import at_client
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, wire

check = Catalogue(sightings=True)


@check(
    "reboot.request",
    "{client} asks for the address it remembers, without DISCOVER",
    subjects.remembering_clients,
    "RFC 2131 sections 3.2 and 4.3.2",
)
def request(subject: Subject, facts: Facts) -> Judgement:
    exchange = facts.first(subject.client, Kind.ACQUIRE)
    lease = facts.before(subject.client, facts.acted)
    expected = f"REQUEST for {lease.yiaddr if lease else 'the old address'} by broadcast, no server identifier, no DISCOVER"
    if exchange is None or lease is None:
        return blocked(
            expected, f"{subject.client} asked for nothing" if lease else f"{subject.client} had no lease"
        )
    asked, discovers = sent(exchange, MessageType.REQUEST), sent(exchange, MessageType.DISCOVER)
    if discovers or not asked:
        hint = f"the client forgot its lease: `labgen logs {subject.client}`"
        return failed(
            expected, f"{len(discovers)} DISCOVER, {len(asked)} REQUEST", hint, wire([*discovers, *asked])
        )
    first = asked[0]
    observed = (
        f"REQUEST for {first.requested} to {first.dst}, server identifier {first.server_id or 'absent'}"
    )
    if first.requested != lease.yiaddr or first.server_id or first.ciaddr:
        return failed(
            expected,
            observed,
            "INIT-REBOOT: option 50 names the address, option 54 and ciaddr are absent",
            wire(asked),
        )
    return passed(expected, observed, wire(asked))


@check("reboot.address", "{client} gets its old address back", subjects.clients, "RFC 2131 section 4.3.2")
def address(subject: Subject, facts: Facts) -> Judgement:
    return old_address(subject, facts)


def old_address(subject: Subject, facts: Facts) -> Judgement:
    """The first ACK after the reboot is for the address the client had."""
    lease, exchange = facts.before(subject.client, facts.acted), facts.first(subject.client, Kind.ACQUIRE)
    expected = f"ACK for {lease.yiaddr}" if lease else "ACK for the old address"
    if lease is None or exchange is None:
        return blocked(expected, f"{subject.client} had no lease, or asked for none")
    acks, naks = at_client(exchange, MessageType.ACK), at_client(exchange, MessageType.NAK)
    if not acks:
        observed = f"NAK from {naks[0].server_id}" if naks else "no answer"
        hint = (
            "the server does not know the lease any more"
            if naks
            else "no server owns the lease, or none is reached"
        )
        return failed(expected, observed, hint, wire([lease, *naks]))
    if acks[0].yiaddr != lease.yiaddr:
        return failed(
            expected, f"ACK for {acks[0].yiaddr}", "the lease was lost on the way", wire([lease, *acks])
        )
    return passed(expected, f"ACK for {acks[0].yiaddr} from {acks[0].server_id}", wire([lease, acks[0]]))
