"""The limits of a verdict: nodes no check looked at, playbooks nobody ran, legs nobody saw."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from labgen.devices import readers
from labgen.dhcp.model import Exchange, MessageRole, MessageType
from labgen.ground.labplan import LabPlan
from labgen.verify import playbook, redundancy
from labgen.verify.judgement import Outcome
from labgen.verify.playbook import Playbook
from labgen.verify.verdict import CheckResult


def left_out(plan: LabPlan, results: Sequence[CheckResult]) -> tuple[str, ...]:
    """Clients, servers, relays and segments that no check was about, though leases are meant there. A check about a client is one
    about its relays, servers and segment, too; one that nobody could bear witness to is about nothing.
    """
    seen: set[str] = set()
    for result in results:
        if result.judgement.outcome is Outcome.SKIPPED or result.check.startswith("evidence."):
            continue
        s = result.subject
        seen |= {s.client, s.switch, s.server, s.segment, s.peer}
        node = plan.by_name.get(s.client)
        if node is not None and node.client is not None:
            segment = plan.segment(node.client.segment)
            seen |= {
                segment.name,
                *segment.servers,
                *(switch.name for switch, _ in plan.relays_for(s.client)),
            }
    return tuple(name for name in _meant(plan) if name not in seen)


def _meant(plan: LabPlan) -> Iterator[str]:
    for segment in plan.segments:
        if segment.dhcp and segment.clients:
            yield segment.name
            yield from segment.clients
    yield from (node.name for node in plan.nodes if node.relays)
    used = {server for segment in plan.segments if segment.clients for server in segment.servers}
    yield from (node.name for node in plan.nodes if node.server and node.name in used)


def not_covered(
    plan: LabPlan,
    books: Sequence[Playbook],
    results: Sequence[CheckResult],
    moved: float = 0.0,
    exchanges: Sequence[Exchange] = (),
) -> tuple[str, ...]:
    """Sentences, for the end of a report. `moved`: seconds by which the clock of the machine was set while the lab ran."""
    return (*_sentences(plan, books, results), *_partners(plan, exchanges), *_clock(moved))


def _partners(plan: LabPlan, exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Servers that rightly left every client to their partner: nobody saw what they would hand out."""
    answers = (MessageType.OFFER, MessageType.ACK)
    heard = {
        m.node for e in exchanges for m in e.messages if m.type in answers and m.role is MessageRole.SERVER
    }
    for servers in redundancy.partners(plan):
        silent = [name for name in servers if name not in heard]
        if silent and len(silent) < len(servers):
            fails = ": `--playbook server-failure` shows it" * ("server-failure" in playbook.applicable(plan))
            yield f"{', '.join(silent)} left every client to its partner, and what it would hand out was not seen{fails}"


def _clock(moved: float) -> Iterator[str]:
    if moved:
        yield f"the clock of this machine was set by {moved:+.1f} s while the lab ran: captures count on, leases follow their daemons"


def _sentences(plan: LabPlan, books: Sequence[Playbook], results: Sequence[CheckResult]) -> Iterator[str]:
    missed = [name for name in playbook.applicable(plan) if name not in {book.spec.name for book in books}]
    if missed:
        yield f"playbooks that apply to this lab and were not run: {', '.join(missed)}"
    for segment in plan.segments:
        if segment.clients and not segment.dhcp:
            yield f"{', '.join(segment.clients)}: segment {segment.name} is planned without leases"
    unseen = dict.fromkeys(
        r.subject.switch or r.subject.server
        for r in results
        if r.judgement.outcome is Outcome.SKIPPED and r.check == "evidence.captures"
    )
    if unseen:
        yield f"nobody captured {', '.join(filter(None, unseen))}: what went in and out there is told by others only"
    unjudged = [
        r for r in results if r.judgement.outcome is Outcome.SKIPPED and r.check != "evidence.captures"
    ]
    if unjudged:
        yield f"{len(unjudged)} checks lack a witness: {', '.join(dict.fromkeys(r.check for r in unjudged))}"
    mute = [
        c for s in plan.segments if s.servers for c in s.clients if readers.of(plan.node(c)).reach is None
    ]
    if mute:
        yield f"{', '.join(mute)}: whether gateway and peers are reached was not tried; the device cannot be asked"


def excused(plan: LabPlan, holders: Collection[str]) -> frozenset[str]:
    """Clients that may be without a lease: named in `expect.no_lease`, or of a segment where `expect.leases` says that not all get one."""
    short = (
        client
        for segment in plan.segments
        if segment.name in plan.expect.leases
        for client in segment.clients
        if client not in holders
    )
    return frozenset((*plan.expect.no_lease, *short))
