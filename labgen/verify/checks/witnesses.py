"""The lease itself: three witnesses that must agree."""

from __future__ import annotations

from collections.abc import Sequence

from labgen.dhcp.model import Binding, Exchange, Kind, MessageType
from labgen.verify import redundancy
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.serving import at_client
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
from labgen.verify.legs import stopped_at

check = Catalogue()


@check(
    "lease.witnesses",
    "{client} is bound: client, server and wire agree on the address",
    subjects.clients,
    "RFC 2131 section 3.1",
)
def witnesses(subject: Subject, facts: Facts) -> Judgement:
    return agreement(subject, facts, Kind.ACQUIRE)


def agreement(subject: Subject, facts: Facts, kind: Kind, given: Exchange | None = None) -> Judgement:
    """The three witnesses of a lease: the client's own word and address, a server's binding, an ACK on the wire. Where
    nobody captured the client's port, two can agree, and that is not enough. The lease is that of the exchange that is `given`, else of the
    last one of its kind (the first one after a fault).
    """
    expected = "one address, told by the client's lease, a server's binding and an ACK on the wire"
    exchange = given or (
        facts.exchange(subject.client, kind) if kind is Kind.ACQUIRE else facts.first(subject.client, kind)
    )
    acks = at_client(exchange, MessageType.ACK) if exchange else ()
    lease, bindings = facts.lease(subject.client), facts.bindings(subject.client)
    held = facts.observed.held(subject.client)
    said_by = {
        "client": {held} if held else set(),
        "server": {b.address for b in bindings},
        "wire": {m.yiaddr for m in acks if m.yiaddr and m.frame is not None},
    }
    observed = "; ".join(
        f"{who}: {', '.join(sorted(a for a in said if a)) or 'nothing'}" for who, said in said_by.items()
    )
    proofs = [*wire(acks), *looked_up(Witness.SERVER, (b.evidence() for b in bindings))]
    proofs += looked_up(Witness.CLIENT, [lease.evidence()]) if lease else ()
    if deaf := facts.unasked(subject.client):
        return Judgement(Outcome.ERROR, expected, f"{observed}; {deaf}", "see `labgen status`", tuple(proofs))
    if subject.client not in facts.captured and said_by["client"] and said_by["client"] & said_by["server"]:
        hint = f"capture on the port of {subject.client}: its log cannot stand for the wire"
        return blocked(expected, f"{observed} (not captured)", hint).because(proofs)
    said_by = {who: said for who, said in said_by.items() if said or who not in _mute(facts, subject.client)}
    agreed = set.intersection(*said_by.values())
    if len(agreed) != 1 or any(said != agreed for who, said in said_by.items() if who != "server"):
        remark = facts.remarks.get(subject.client)
        silent = [who for who, said in said_by.items() if not said]
        hint = f"{' and '.join(silent)} know of no lease" if silent else "the witnesses disagree"
        return failed(
            expected,
            observed,
            f"{hint}: follow the exchange in the ladder" + (f"; {remark}" if remark else ""),
            proofs,
            _lost(facts, subject.client) if "wire" in silent else (),
        )
    agreeing = "all three" if len(said_by) == 3 else " and ".join(said_by)
    return passed(expected, f"{min(a for a in agreed if a)} by {agreeing}", proofs)


def _lost(facts: Facts, client: str) -> tuple[str, ...]:
    """The last stage that a client which was never bound got to, and where that was seen."""
    tried = facts.exchange(client, Kind.ACQUIRE)
    stages = (MessageType.ACK, MessageType.REQUEST, MessageType.OFFER, MessageType.DISCOVER)
    seen = next((found for stage in stages if tried and (found := tried.seen(stage))), ())
    return stopped_at(seen)


def _mute(facts: Facts, client: str) -> frozenset[str]:
    """Witnesses that are programs of the user's own, whose word nobody can read: the others have to agree."""
    node = facts.plan.node(client)
    assert node.client is not None
    servers = facts.plan.segment(node.client.segment).servers
    own = {"client"} if node.program else set()
    return frozenset(own | ({"server"} if any(facts.plan.node(name).program for name in servers) else set()))


@check(
    "lease.single-binding",
    "exactly one server holds a binding for {client}",
    subjects.bound_by_readable,
    "RFC 2131 section 3.1 point 4",
)
def single_binding(subject: Subject, facts: Facts) -> Judgement:
    old = facts.leftovers(subject.client)
    bindings = [b for b in facts.bindings(subject.client) if b not in old]
    model = redundancy.of_client(facts.plan, subject.client)
    expected = "the same binding on both partners" if model.partners else "one binding on one server"
    if model.alike and not model.partners:
        expected = "one address, on each server that holds a binding"
    observed = ", ".join(f"{b.address} on {b.node}" for b in bindings) or "no binding"
    if old:
        observed += f"; left over from an earlier lease: {', '.join(f'{b.address} on {b.node}' for b in old)}"
    proofs = looked_up(Witness.SERVER, (b.evidence() for b in bindings))
    if deaf := facts.unasked(subject.client):
        return Judgement(Outcome.ERROR, expected, f"{observed}; {deaf}", "see `labgen status`", proofs)
    if model.partners:
        return _same_binding(model, bindings, expected, observed, proofs)
    same = model.alike and len({b.address for b in bindings}) == 1
    if len(bindings) != 1 and not same:
        hint = (
            "no server committed the lease"
            if not bindings
            else "two servers think they own the client: pools leak, and renewals are a lottery"
        )
        return failed(expected, observed, hint, proofs)
    return passed(expected, observed, proofs)


def _same_binding(
    model: redundancy.RedundancyModel,
    bindings: Sequence[Binding],
    expected: str,
    observed: str,
    proofs: Sequence[Proof],
) -> Judgement:
    """Partners hold one binding together: the same address on each of them."""
    addresses, holders = {b.address for b in bindings}, {b.node for b in bindings}
    if len(addresses) > 1:
        hint = "a split brain: each partner gave an address of its own; look at the state of the pair in both logs"
        return failed(expected, observed, hint, proofs)
    missing = [server for server in model.servers if server not in holders]
    if missing or not bindings:
        hint = f"{', '.join(missing)} did not hear of the lease: are the partners connected? `labgen logs {missing[0]}`"
        return failed(expected, observed, hint, proofs)
    return passed(expected, observed, proofs)


@check(
    "observed.lease",
    "{client} has the address that a server says it gave",
    subjects.clients,
    "RFC 2131 section 3.1",
)
def observed_lease(subject: Subject, facts: Facts) -> Judgement:
    """Judge the words of client and server of now, whenever the lease was given."""
    expected = "one address, told by the client and by a server's binding"
    lease, bindings = facts.lease(subject.client), facts.bindings(subject.client)
    node = facts.plan.node(subject.client)
    ports = (node.client.linux, node.client.interface) if node.client else ()
    own = [a for a in facts.observed.addresses if a.node == subject.client and a.interface in ports]
    given = {b.address for b in bindings}
    said_by = {a.address.partition("/")[0] for a in own}
    held = next(iter(sorted(said_by & given) or sorted(said_by)), None)
    proofs = [*looked_up(Witness.SERVER, (b.evidence() for b in bindings))]
    proofs += looked_up(Witness.CLIENT, [lease.evidence()]) if lease else ()
    proofs += [Proof(Witness.CLIENT, a.node, a.file) for a in own]
    observed = f"client: {held or 'nothing'}; server: {', '.join(sorted(given)) or 'nothing'}"
    if deaf := facts.unasked(subject.client):
        return blocked(expected, f"{observed}; {deaf}")
    if not own and subject.client not in facts.answered:
        return blocked(expected, f"{observed}; {subject.client} was not asked")
    if not given and not any(facts.answered.get(server) for server in _servers(subject, facts)):
        return blocked(expected, f"{observed}; no server was asked")
    asked = bool(facts.exchanges_of(subject.client))
    if held is None and not given and not asked:
        return blocked(
            expected, f"{subject.client} has no lease, and did not ask for one while it was looked at"
        )
    holders = {b.node for b in bindings}
    if len(holders) > 1 and not redundancy.of_client(facts.plan, subject.client).partners:
        return failed(
            expected,
            observed,
            f"{' and '.join(sorted(holders))} both think that the client is theirs",
            proofs,
        )
    if held is None or held not in given:
        hint = "the client has no lease: see what relays and servers say" if held is None else (
            "nobody says that it gave this address: another server did, or the binding is lost"
        )  # fmt: skip
        return failed(expected, observed, hint, proofs)
    return passed(expected, f"{held} on {', '.join(b.node for b in bindings if b.address == held)}", proofs)


def _servers(subject: Subject, facts: Facts) -> tuple[str, ...]:
    node = facts.plan.node(subject.client)
    return facts.plan.segment(node.client.segment).servers if node.client else ()
