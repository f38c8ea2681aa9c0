"""There and back: every copy of a message, through every relay, to every server, and every answer to the client's wire."""

from __future__ import annotations

from labgen.dhcp.model import Direction, Exchange, Kind, Message, MessageRole, MessageType
from labgen.verify import groups
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, wire
from labgen.verify.legs import EVERYBODY, Journey, Leg, RelayPath, journey

check = Catalogue(sightings=True)
WHOLE = "RFC 1542 sections 4.1.1 and 4.1.2, RFC 2131 section 4.1"


@check(
    "round-trip.discover",
    "the DISCOVER of {client} goes through {switch} to {server}, and what {server} offers comes back",
    subjects.client_relay_servers,
    WHOLE,
)
def discover(subject: Subject, facts: Facts) -> Judgement:
    return _judged(subject, facts, facts.exchange(subject.client, Kind.ACQUIRE), MessageType.DISCOVER)


@check(
    "round-trip.request",
    "the REQUEST of {client} goes through {switch} to {server}, and what {server} answers comes back",
    subjects.client_relay_servers,
    WHOLE,
)
def request(subject: Subject, facts: Facts) -> Judgement:
    return _judged(subject, facts, facts.exchange(subject.client, Kind.ACQUIRE), MessageType.REQUEST)


@check(
    "round-trip.rebinding",
    "the rebinding of {client} goes through {switch} to {server}, and what {server} answers comes back",
    subjects.client_relay_servers,
    WHOLE,
)
def rebinding(subject: Subject, facts: Facts) -> Judgement:
    return _judged(subject, facts, facts.first(subject.client, Kind.REBIND), MessageType.REQUEST)


def _judged(subject: Subject, facts: Facts, exchange: Exchange | None, ask: MessageType) -> Judgement:
    expected = (
        f"every {ask.value} at {subject.server} through {subject.switch}, every answer at {subject.client}"
    )
    if exchange is None or not exchange.seen(ask):
        return blocked(expected, f"{subject.client} sent no {ask.value}")
    found = journey(relay_path(subject, facts, exchange), ask)
    broken = found.broken
    if broken is not None:
        observed, hint = lost(found, broken, ask), next_look(facts, found, broken)
        return failed(expected, observed, hint, wire(found.sightings), blamed(facts, found, broken))
    dark = [leg.at for leg in found.legs if not leg.watched]
    if dark and not found.sightings:
        return blocked(expected, f"nobody watched {', '.join(dict.fromkeys(dark))}", "capture there")
    return passed(expected, _whole(found, ask, subject), wire(found.sightings))


def relay_path(subject: Subject, facts: Facts, exchange: Exchange) -> RelayPath:
    switch, relay = next(
        (node, relay)
        for node, relay in facts.relays(subject.client)
        if node.name == subject.switch and any(target.server == subject.server for target in relay.targets)
    )
    return RelayPath(facts, exchange, subject.client, switch, relay, subject.server)


def _whole(found: Journey, ask: MessageType, subject: Subject) -> str:
    copies = f"{len(found.there[-1].seen)} {ask.value}"
    if not found.answers:
        return f"{copies} arrived at {subject.server}, which did not answer this way"
    return f"{copies} there, {len(found.answers)} {found.answers[0].type.value} back to {subject.client}"


def lost(found: Journey, broken: Leg, ask: MessageType) -> str:
    what = broken.what if broken in found.back else f"{ask.value} {broken.what}"
    missing = f"{what}: {len(broken.seen)} of {broken.wanted}"
    last = found.last_seen
    if last is None:
        return missing
    verb = "leaving" if last.direction.value == "tx" else "arriving at"
    port = f" ({last.interface})" if last.interface else ""
    return f"{missing}; last seen {verb} {last.node}{port}, from {last.src} to {last.dst}"


def blamed(facts: Facts, found: Journey, broken: Leg) -> tuple[str, ...]:
    """The nodes that got it and did not pass it on, or sent it to another hardware address; two of them, where it did not arrive between
    them."""
    last = found.last_seen
    sender = misaddressed(facts, found, broken)
    if sender is not None:
        return (sender,)
    kept = found.kept(broken)
    if kept:
        return kept
    if last is None:
        return (broken.at,)
    held = last.direction is Direction.RX and last.dst not in (None, EVERYBODY)
    return (last.node,) if held or carried(facts, found, broken, last) else (broken.at,)


def carried(facts: Facts, found: Journey, broken: Leg, last: Message) -> bool:
    """True if what a relay had handed to a client got to the client's switch, and was not seen leaving it by the client's port."""
    client = found.path.client
    if broken.at != client or last.node != groups.home_switch(facts.plan, client):
        return False
    ports = (p for p in facts.plan.node(last.node).interfaces if last.interface in (p.linux, p.name))
    own = any(p.kind in ("access", "lan") and client in {n.node for n in p.neighbors} for p in ports)
    return not (own and last.direction is Direction.TX)


def misaddressed(facts: Facts, found: Journey, broken: Leg) -> str | None:
    """The node that sent the frame that came to where it should, and was for another hardware address."""
    last = found.last_seen
    if last is None or last.node != broken.at or last.direction is not Direction.RX:
        return None
    return facts.owner(last.link_source) if last.role is MessageRole.TRANSIT else None


def next_look(facts: Facts, found: Journey, broken: Leg) -> str:
    last = found.last_seen
    sender = misaddressed(facts, found, broken)
    if sender is not None:
        return f"{sender} sent it to a hardware address that is not {broken.at}'s: `labgen exec {sender} -- ip neighbor`"
    kept = found.kept(broken)
    if kept:
        return f"{kept[0]} got frames of the tunnel and did not send them on: `labgen exec {kept[0]} -- iptables -S`"
    if last is None or last.node == broken.at:
        return f"{broken.at} did not pass it on: `labgen logs {broken.at}`"
    if carried(facts, found, broken, last):
        return f"{last.node} got it and did not hand it to {broken.at}: `labgen exec {last.node} -- sh -c 'bridge link; bridge fdb'`"
    if last.dst in (None, EVERYBODY):
        return f"the broadcast did not cross the segment to {broken.at}: compare VLAN, VNI and VTEPs on both switches"
    look = f"`labgen exec {last.node} -- ip route get {last.dst}`"
    if last.direction.value == "rx":
        return f"{last.node} did not pass it on to {last.dst}: {look}"
    return f"lost between {last.node} and {broken.at}: follow the route to {last.dst} hop by hop, {look}"
