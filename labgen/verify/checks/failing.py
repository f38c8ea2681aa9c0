"""What clients make of a failure: who takes over, when, and with which address."""

from __future__ import annotations

from ipaddress import ip_address

from labgen.dhcp.model import Direction, Kind, Message, MessageRole, MessageType
from labgen.ground.labplan import ScopePlan
from labgen.verify import groups, redundancy
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.extending import REQUEST, SLACK, scope_of
from labgen.verify.checks.leases import agreement
from labgen.verify.checks.relaying import sent
from labgen.verify.checks.serving import at_client
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, wire

check = Catalogue(sightings=True)


def _old(facts: Facts, client: str) -> Message | None:
    """The lease the client had when the fault was made."""
    return facts.before(client, facts.acted)


def _new(facts: Facts, client: str) -> Message | None:
    """The first lease given after the fault was made."""
    return next((m for m in facts.grants(client) if (m.time or 0.0) >= facts.acted), None)


def _owner(facts: Facts, grant: Message) -> str:
    return groups.grantor((*facts.history, *facts.exchanges), grant) or "an unseen server"


@check(
    "server-failure.renewal",
    "a server that does not own the lease of {client} leaves its renewal alone",
    subjects.focus,
    "RFC 2131 section 4.3.2",
)
def renewal(subject: Subject, facts: Facts) -> Judgement:
    expected = "no NAK from a server that lives on; the lease is the client's until it runs out"
    tries = [e for e in (facts.first(subject.client, kind) for kind in (Kind.RENEW, Kind.REBIND)) if e]
    asked = [m for e in tries for m in sent(e, REQUEST)]
    heard = [m for e in tries for m in e.seen(REQUEST, role=MessageRole.SERVER, direction=Direction.RX)]
    if not asked:
        return blocked(expected, f"{subject.client} tried neither to renew nor to rebind")
    naks = [
        m for e in tries for m in e.seen(MessageType.NAK, role=MessageRole.SERVER, direction=Direction.TX)
    ]
    if naks:
        observed = f"{naks[0].node} sent NAK to {naks[0].giaddr or naks[0].dst}"
        hint = "the client loses a good lease early; the server must not be authoritative for leases it does not know"
        return failed(expected, observed, hint, (*wire(asked), *wire(naks)))
    survivors = [m for m in heard if facts.running(m.node)]
    if not survivors:
        return blocked(expected, "no REQUEST reached a server that runs, so its silence says nothing")
    observed = f"{len(asked)} REQUESTs, {len(survivors)} copies at {survivors[0].node}, no NAK"
    return passed(expected, observed, (*wire(asked[:1]), *wire(survivors)))


@check(
    "server-failure.takeover", "another server gives {client} a lease", subjects.focus, "RFC 2131 section 1.6"
)
def takeover(subject: Subject, facts: Facts) -> Judgement:
    down = facts.roles.get("selected-server", ())
    expected = f"a lease from a server other than {', '.join(down) or 'the failed one'}"
    old, new = _old(facts, subject.client), _new(facts, subject.client)
    if old is None or not down:
        return blocked(expected, f"{subject.client} had no lease before the failure")
    if new is None:
        hint = "no server took over: can each relay reach the other server, and has it a pool of its own for the segment?"
        return failed(expected, "no lease after the failure", hint, wire([old]))
    owner, after = _owner(facts, new), (new.time or 0.0) - (old.time or 0.0)
    observed = (
        f"{owner} gave {new.yiaddr} (before: {old.yiaddr} from {down[0]}) {after:.1f} s after the last ACK"
    )
    lease = scope_of(facts, subject.client).lease
    observed += (
        ", after the old lease had run out"
        if after >= lease
        else f", {lease - after:.1f} s before it ran out"
    )
    if owner in down:
        return failed(expected, observed, "the server that should be down answered", wire([old, new]))
    return passed(expected, observed, wire([old, new]))


@check(
    "server-failure.pool",
    "the new address of {client} is of the other server's pool",
    subjects.focus,
    "RFC 2131 section 4.3.1",
)
def pool(subject: Subject, facts: Facts) -> Judgement:
    new = _new(facts, subject.client)
    if new is None or new.yiaddr is None:
        return blocked("an address of the other pool", "no lease after the failure")
    owner = _owner(facts, new)
    scope = _scope(facts, owner, subject.client)
    if scope is None:
        return failed(
            "an address of a planned pool",
            f"{new.yiaddr} from {owner}",
            "an unknown server answered",
            wire([new]),
        )
    expected = f"an address in {', '.join(str(part) for part in scope.every_range)}"
    if not any(ip_address(new.yiaddr) in part for part in scope.every_range):
        return failed(expected, new.yiaddr, f"the pool of {owner} is not the planned one", wire([new]))
    return passed(expected, f"{new.yiaddr} from {owner}", wire([new]))


def _scope(facts: Facts, server: str, client: str) -> ScopePlan | None:
    own = facts.plan.node(client).client
    found = redundancy.scope(facts.plan, server, own.segment) if own else None
    return redundancy.scope_for(facts.plan, found, client) if found else None


@check(
    "server-failure.address",
    "{client} keeps its address, which every server would give it",
    subjects.partnered_focus,
    "draft-ietf-dhc-failover-12 (5.3.2)",
)
def kept_address(subject: Subject, facts: Facts) -> Judgement:
    old, new = _old(facts, subject.client), _new(facts, subject.client)
    expected = f"{old.yiaddr if old else 'the same address'}, from the partner"
    if old is None or new is None:
        return blocked(
            expected,
            f"{subject.client} had no lease before" if old is None else "no lease after the failure",
        )
    observed = f"{new.yiaddr} from {_owner(facts, new)}"
    if new.yiaddr != old.yiaddr:
        hint = "the partner did not know the lease: had they agreed before the failure? look at the state of the pair in both logs"
        return failed(expected, observed, hint, wire([old, new]))
    return passed(expected, observed, wire([old, new]))


@check(
    "focus.witnesses",
    "client, server and wire agree on the new lease of {client}",
    subjects.focus,
    "RFC 2131 section 3.1",
)
def witnesses(subject: Subject, facts: Facts) -> Judgement:
    last = facts.grants(subject.client)[-1:]
    given = next((e for e in facts.exchanges if last and last[0] in e.messages), None)
    return agreement(subject, facts, Kind.ACQUIRE, given)


@check(
    "focus.rebound",
    "client, server and wire agree on the rebound lease of {client}",
    subjects.focus,
    "RFC 2131 section 4.4.5",
)
def rebound(subject: Subject, facts: Facts) -> Judgement:
    return agreement(subject, facts, Kind.REBIND)


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
    old, exchange = _old(facts, subject.client), facts.first(subject.client, Kind.REBIND)
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
def way(subject: Subject, facts: Facts) -> Judgement:
    down = facts.roles.get("renewal-relay", ())
    dead = {str(relay.giaddr) for name in down for relay in facts.plan.node(name).relays}
    expected = f"copies at the servers, none with giaddr {', '.join(sorted(dead))}"
    exchange = facts.first(subject.client, Kind.REBIND)
    arrived = exchange.seen(REQUEST, role=MessageRole.SERVER, direction=Direction.RX) if exchange else ()
    if not arrived:
        return blocked(expected, "no copy of the broadcast reached a server")
    ways = dict.fromkeys(m.giaddr or "no giaddr" for m in arrived)
    observed = f"{len(arrived)} with giaddr {', '.join(ways)}"
    if dead & set(ways):
        return failed(expected, observed, "the relay that should be down still relays", wire(arrived))
    return passed(expected, observed, wire(arrived))
