"""Checks of clients whose server fails: who takes over, when, and with which address."""

from __future__ import annotations

from ipaddress import ip_address

from labgen.dhcp.model import Direction, Kind, Message, MessageRole, MessageType
from labgen.ground.labplan import ScopePlan
from labgen.verify import redundancy
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.relaying import sent
from labgen.verify.checks.renewal import REQUEST, scope_of
from labgen.verify.checks.witnesses import agreement
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, wire

check = Catalogue(sightings=True)


def lease_before_fault(facts: Facts, client: str) -> Message | None:
    """The lease the client had when the fault was made."""
    return facts.before(client, facts.acted)


def _new(facts: Facts, client: str) -> Message | None:
    """The first lease given after the fault was made."""
    return next((m for m in facts.grants(client) if (m.time or 0.0) >= facts.acted), None)


def _owner(facts: Facts, grant: Message) -> str:
    return facts.grantor(grant) or "an unseen server"


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
    old, new = lease_before_fault(facts, subject.client), _new(facts, subject.client)
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
    expected = f"an address in {redundancy.allowed(facts.plan, scope, subject.client)}"
    if not redundancy.allows(facts.plan, scope, subject.client, ip_address(new.yiaddr)):
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
    old, new = lease_before_fault(facts, subject.client), _new(facts, subject.client)
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
