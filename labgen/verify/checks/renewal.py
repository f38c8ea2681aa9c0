"""Checks of a lease that goes on: renewing by unicast at T1, rebinding by broadcast at T2 (RFC 2131 section 4.4.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from labgen.devices import readers
from labgen.dhcp.model import Direction, Exchange, ExchangeOutcome, Kind, Message, MessageRole, MessageType
from labgen.ground.labplan import NodePlan, RelayPlan, ScopePlan
from labgen.verify import redundancy
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.relaying import received, sent
from labgen.verify.checks.serving import at_client, from_server, silence_of_losers
from labgen.verify.checks.witnesses import agreement
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, wire
from labgen.verify.legs import kept_by, stopped_at

check = Catalogue(sightings=True)

BROADCAST = "255.255.255.255"
REQUEST = MessageType.REQUEST
SLACK = 1.5
"""Seconds a client may be off a timer: clients count whole seconds and add some at random."""


def scope_of(facts: Facts, client: str) -> ScopePlan:
    node = facts.plan.node(client)
    assert node.client is not None
    scopes = (s for n in facts.plan.nodes if n.server for s in n.server.scopes)
    return next(scope for scope in scopes if scope.segment == node.client.segment)


def lease_before(facts: Facts, client: str, exchange: Exchange) -> Message | None:
    """The ACK whose lease an exchange is about."""
    return facts.before(client, exchange.started or 0.0)


@check(
    "renew.request",
    "{client} renews by unicast to its server identifier",
    subjects.clients,
    "RFC 2131 sections 4.1 and 4.4.5",
)
def renew_request(subject: Subject, facts: Facts) -> Judgement:
    scope = scope_of(facts, subject.client)
    expected = f"REQUEST by unicast to the server identifier, before T2 ({scope.rebind} s)"
    exchange = facts.first(subject.client, Kind.RENEW)
    asked = sent(exchange, REQUEST) if exchange else ()
    if exchange is None or not asked:
        hint = f"the client let T1 ({scope.renew} s) pass: `labgen logs {subject.client}`"
        return failed(expected, "no unicast REQUEST on the client's wire", hint)
    lease, request = lease_before(facts, subject.client, exchange), asked[0]
    if lease is None:
        return blocked(expected, "the lease it renews was given before the captures began")
    expected = f"REQUEST for {lease.yiaddr} to {lease.server_id}, before T2 ({scope.rebind} s)"
    after = (request.time or 0.0) - (lease.time or 0.0)
    observed = f"REQUEST for {request.ciaddr} to {request.dst}, {after:.1f} s after the last ACK"
    wrong = (request.ciaddr, request.dst) != (lease.yiaddr, lease.server_id) or after > scope.rebind + SLACK
    if wrong:
        hint = "the client must take option 54 of the ACK as destination, and T1 from option 58 or half the lease"
        return failed(expected, observed, hint, (*wire([lease]), *wire(asked)))
    return passed(expected, observed, (*wire([lease]), *wire([request])))


@check(
    "renew.copies",
    "{server} gets the renewal of {client} as it should",
    subjects.client_servers,
    "RFC 5107 section 4, RFC 2131 section 4.4.5",
)
def renew_copies(subject: Subject, facts: Facts) -> Judgement:
    expected = "one copy through the relay that is addressed, none where the server itself is"
    exchange = facts.first(subject.client, Kind.RENEW)
    asked = sent(exchange, REQUEST) if exchange else ()
    if exchange is None or not asked:
        return blocked(expected, f"{subject.client} sent no renewal")
    target = asked[0].dst
    addressed = [relay for _, relay in facts.relays(subject.client) if str(relay.link_address) == target]
    through = sorted(addressed, key=lambda relay: subject.server not in {t.server for t in relay.targets})
    arrived = received(exchange, REQUEST, subject.server)
    observed = _counted(arrived)
    if through:
        relayed = any(t.server == subject.server for t in through[0].targets)
        wanted = Counter({str(through[0].giaddr): len(asked)}) if relayed else Counter()
        expected = f"{len(asked)} with giaddr {through[0].giaddr}, from the relay at {target}"
    else:
        own = target in _addresses(facts.plan.node(subject.server))
        wanted = Counter({"0.0.0.0": len(asked)}) if own else Counter()
        expected = f"{len(asked)} straight from the client" if own else f"none: {target} is addressed"
    if Counter(m.giaddr or "0.0.0.0" for m in arrived) != wanted:
        stuck = () if arrived else stopped_at(m for m in exchange.seen(REQUEST) if m.dst == target)
        if stuck:
            observed += f"; last seen at {stuck[0]}, on its way to {target}"
        return failed(
            expected, observed, _strayed(facts, target, arrived, stuck), (*wire(asked), *wire(arrived)), stuck
        )
    return passed(expected, observed, (*wire(asked[:1]), *wire(arrived)))


def _strayed(facts: Facts, target: str | None, arrived: Sequence[Message], stuck: Sequence[str]) -> str:
    """The next thing to look at where a renewal did not come, or came another way."""
    if arrived:
        return "the renewal took another way than its destination says"
    if stuck:
        return kept_by(facts, stuck[0], target)
    return f"no way from the client's VRF to {target}, or the relay there does not take unicasts (RFC 5107)"


def _addresses(server: NodePlan) -> set[str]:
    assert server.server is not None
    own = {str(port.address.ip) for port in server.interfaces if port.address}
    return own | {str(server.server.address)}


def _counted(messages: Sequence[Message]) -> str:
    counts = Counter(m.giaddr or "no giaddr" for m in messages)
    shown = (f"{n} {'without' if via == 'no giaddr' else 'with'} giaddr{'' if via == 'no giaddr' else ' ' + via}"
             for via, n in sorted(counts.items()))  # fmt: skip
    return ", ".join(shown) or "no REQUEST arrived"


@check(
    "renew.answer", "the renewal extends the lease of {client}", subjects.clients, "RFC 2131 section 4.4.5"
)
def renew_answer(subject: Subject, facts: Facts) -> Judgement:
    return extended(subject, facts, Kind.RENEW)


@check("rebind.answer", "rebinding extends the lease of {client}", subjects.clients, "RFC 2131 section 4.4.5")
def rebind_answer(subject: Subject, facts: Facts) -> Judgement:
    return extended(subject, facts, Kind.REBIND)


def extended(subject: Subject, facts: Facts, kind: Kind) -> Judgement:
    """The ACK keeps the address, and comes before the lease ends."""
    exchange = facts.first(subject.client, kind)
    expected = f"an ACK for the same address to the {kind.value}"
    asked = sent(exchange, REQUEST) if exchange else ()
    if exchange is None or not asked:
        return blocked(expected, f"{subject.client} sent no {kind.value}")
    lease = lease_before(facts, subject.client, exchange)
    acks, naks = at_client(exchange, MessageType.ACK), at_client(exchange, MessageType.NAK)
    if exchange.outcome is not ExchangeOutcome.RENEWED or not acks:
        observed = f"{len(asked)} REQUEST to {asked[0].dst}, " + (
            f"refused by {naks[0].server_id}" if naks else "no answer"
        )
        stuck = stopped_at(exchange.seen(MessageType.ACK) or exchange.seen(REQUEST))
        hint = _unanswered(facts, exchange, asked[0])
        return failed(expected, observed, hint, (*wire(asked), *wire(naks)), () if naks else stuck)
    took = (acks[0].time or 0.0) - (asked[0].time or 0.0)
    observed = (
        f"ACK for {acks[0].yiaddr} from {acks[0].server_id}, {took * 1000:.0f} ms after the first REQUEST"
    )
    if lease is not None and acks[0].yiaddr != lease.yiaddr:
        hint = f"the client had {lease.yiaddr}: a server that does not own the lease answered"
        return failed(expected, observed, hint, (*wire([lease]), *wire(acks)))
    return passed(expected, observed, (*wire(asked[:1]), *wire(acks)))


def _unanswered(facts: Facts, exchange: Exchange, request: Message) -> str:
    """The place where an unanswered REQUEST got stuck."""
    acks = exchange.seen(MessageType.ACK)
    if acks:
        lost = acks[-1].node
        return (
            f"a server answered, and the ACK to {acks[-1].dst} was last seen at {lost}: it has no way on to the client "
            f"(route, ARP or tunnel): `labgen exec {lost} -- ip neighbor`"
        )
    at_relays = exchange.seen(REQUEST, role=MessageRole.RELAY)
    at_servers = exchange.seen(REQUEST, role=MessageRole.SERVER, direction=Direction.RX)
    if at_servers:
        silent = ", ".join(dict.fromkeys(m.node for m in at_servers))
        return f"it reached {silent}, where nobody answered: is the lease still there? `labgen logs {at_servers[0].node}`"
    if at_relays:
        stuck = at_relays[-1].node
        return f"it got to {stuck} and no further: is its relay running, and has it a route? `labgen logs {stuck}`"
    return f"it reached no relay and no server: the client's VRF has no way to {request.dst}; the lease lives on by rebinding only"


@check(
    "renew.loser-silent",
    "servers that do not own the lease of {client} stay silent at its renewal",
    subjects.redundant_clients,
    "RFC 2131 section 4.3.2, RFC 5107 section 4",
)
def renew_loser_silent(subject: Subject, facts: Facts) -> Judgement:
    return loser_silent(subject, facts, Kind.RENEW)


@check(
    "rebind.loser-silent",
    "servers that do not own the lease of {client} stay silent at its rebinding",
    subjects.redundant_clients,
    "RFC 2131 section 4.3.2",
)
def rebind_loser_silent(subject: Subject, facts: Facts) -> Judgement:
    return loser_silent(subject, facts, Kind.REBIND)


def loser_silent(subject: Subject, facts: Facts, kind: Kind) -> Judgement:
    """One server answers; the others, which got it too, do not."""
    model = redundancy.of_client(facts.plan, subject.client)
    expected = (
        silence_of_losers(model) if model.alike else "one server answers; the others get it and say nothing"
    )
    exchange = facts.first(subject.client, kind)
    node = facts.plan.node(subject.client)
    assert node.client is not None
    servers = [s for s in facts.plan.segment(node.client.segment).servers if facts.running(s) is not False]
    if exchange is None:
        return blocked(expected, f"{subject.client} sent no {kind.value}")
    acked = {s: from_server(exchange, MessageType.ACK, s) for s in servers}
    naked = {s: from_server(exchange, MessageType.NAK, s) for s in servers}
    owners = [server for server in servers if acked[server]]
    refused = [server for server in servers if naked[server]]
    others = [server for server in servers if server not in owners[:1]]
    granted = acked[owners[0]][0].yiaddr if owners else None
    if refused or model.against(granted, (m for s in others for m in acked[s])):
        observed = "; ".join([*(f"{s} sent ACK" for s in owners), *(f"{s} sent NAK" for s in refused)])
        hint = "a NAK ends the lease when it comes first; two ACKs are two leases: keep servers that do not own it silent"
        return failed(
            expected,
            observed,
            hint,
            wire(m for s in servers for m in (*acked[s], *naked[s])),
            refused or owners[1:],
        )
    if not owners:
        return blocked(expected, "no server answered")
    heard = [m for s in others for m in received(exchange, REQUEST, s)]
    if not heard:
        if not _relayed(exchange):
            return passed(expected, f"sent to {owners[0]} alone", wire(acked[owners[0]]))
        if _asked(subject, facts, exchange) <= {owners[0]}:
            observed = f"its relay asks {owners[0]} alone"
            return passed(expected, observed, wire(acked[owners[0]]))
        names = ", ".join(others) or "no other server"
        return blocked(expected, f"it never reached {names}, so silence says nothing")
    names = ", ".join(dict.fromkeys(m.node for m in heard))
    said = f"granted {granted} too" if len(owners) > 1 else "answered none"
    return passed(expected, f"{owners[0]} answered; {names} got {len(heard)} copies and {said}", wire(heard))


def _asked(subject: Subject, facts: Facts, exchange: Exchange) -> set[str]:
    """Servers that the relays ask, by the plan, which passed the request on."""
    passing = {m.giaddr for m in exchange.seen(REQUEST, role=MessageRole.SERVER, direction=Direction.RX)}
    relays = [relay for _, relay in facts.relays(subject.client) if str(relay.giaddr) in passing]
    return {target.server for relay in relays for target in relay.targets}


def _relayed(exchange: Exchange) -> bool:
    return any(m.giaddr for m in exchange.seen(REQUEST, role=MessageRole.SERVER, direction=Direction.RX))


@check(
    "renew.witnesses",
    "client, server and wire agree on the renewed lease of {client}",
    subjects.clients,
    "RFC 2131 section 4.4.5",
)
def renew_witnesses(subject: Subject, facts: Facts) -> Judgement:
    return agreement(subject, facts, Kind.RENEW)


@check(
    "rebind.witnesses",
    "client, server and wire agree on the rebound lease of {client}",
    subjects.clients,
    "RFC 2131 section 4.4.5",
)
def rebind_witnesses(subject: Subject, facts: Facts) -> Judgement:
    return agreement(subject, facts, Kind.REBIND)


@check(
    "rebind.unanswered",
    "renewals of {client} go unanswered, so that it has to rebind",
    subjects.clients,
    "RFC 2131 section 4.4.5",
)
def unanswered(subject: Subject, facts: Facts) -> Judgement:
    expected = "unicast REQUESTs without an answer"
    exchange = facts.asked_after(subject.client, Kind.RENEW)
    asked = sent(exchange, REQUEST) if exchange else ()
    if exchange is None or not asked:
        if facts.first(subject.client, Kind.REBIND):
            return blocked(expected, f"{subject.client} went to rebinding without trying to renew")
        return blocked(expected, f"{subject.client} sent no renewal")
    answers = exchange.seen(MessageType.ACK, role=MessageRole.CLIENT)
    if answers:
        hint = "the fault did not hold: the renewal found a way"
        return failed(expected, f"ACK from {answers[0].server_id}", hint, (*wire(asked), *wire(answers)))
    return passed(expected, f"{len(asked)} to {asked[0].dst}, no answer", wire(asked))


@check("rebind.request", "{client} rebinds by broadcast after T2", subjects.clients, "RFC 2131 section 4.4.5")
def rebind_request(subject: Subject, facts: Facts) -> Judgement:
    scope = scope_of(facts, subject.client)
    expected = f"REQUEST to {BROADCAST} between T2 ({scope.rebind} s) and expiry ({scope.lease} s)"
    exchange = facts.first(subject.client, Kind.REBIND)
    asked = [m for m in sent(exchange, REQUEST) if m.dst == BROADCAST] if exchange else []
    if exchange is None or not asked:
        hint = f"the client let T2 pass: `labgen logs {subject.client}`"
        return failed(expected, "no REQUEST by broadcast on the client's wire", hint)
    lease = lease_before(facts, subject.client, exchange)
    if lease is None:
        return blocked(expected, "the lease it rebinds was given before the captures began")
    after = (asked[0].time or 0.0) - (lease.time or 0.0)
    observed = f"REQUEST for {asked[0].ciaddr} {after:.1f} s after the last ACK"
    early = after < scope.rebind - SLACK and not _device_rules(facts, subject.client)
    if asked[0].ciaddr != lease.yiaddr or early or after > scope.lease + SLACK:
        hint = "T2 is option 59 of the ACK, or 7/8 of the lease; ciaddr is the address in use"
        return failed(expected, observed, hint, (*wire([lease]), *wire(asked)))
    return passed(expected, observed, (*wire([lease]), *wire(asked[:1])))


def _device_rules(facts: Facts, client: str) -> bool:
    """A client told to renew by a signal falls back to broadcast when it likes."""
    node = facts.plan.node(client)
    return "renew" in readers.actions(node)


@check(
    "rebind.copies",
    "{server} gets the rebinding of {client} once per relay",
    subjects.client_servers,
    "RFC 1542 section 4.1.1",
)
def rebind_copies(subject: Subject, facts: Facts) -> Judgement:
    relays = working_relays(facts, subject.client, subject.server)
    giaddrs = [str(relay.giaddr) for relay in relays] or ([NO_RELAY] if _hears(facts, subject) else [])
    expected = f"REQUEST with giaddr {' and '.join(giaddrs) or 'of a working relay'}"
    exchange = facts.first(subject.client, Kind.REBIND)
    asked = sent(exchange, REQUEST) if exchange else ()
    if exchange is None or not asked:
        return blocked(expected, f"{subject.client} did not rebind")
    if not giaddrs:
        return failed(expected, "none arrived: no relay runs", "start a relay on the segment", wire(asked))
    arrived = received(exchange, REQUEST, subject.server)
    wanted = Counter({giaddr: n * len(asked) for giaddr, n in Counter(giaddrs).items()})
    if Counter(m.giaddr or NO_RELAY for m in arrived) != wanted:
        hint = "follow the broadcast in the ladder: each relay on the segment must hear it and ask every server once"
        stuck = () if arrived else stopped_at(exchange.seen(REQUEST))
        return failed(expected, _counted(arrived), hint, (*wire(asked), *wire(arrived)), stuck)
    return passed(expected, _counted(arrived), (*wire(asked[:1]), *wire(arrived)))


NO_RELAY = "0.0.0.0"


def _hears(facts: Facts, subject: Subject) -> bool:
    """True if a server hangs on the client's segment and hears its broadcasts itself."""
    node = facts.plan.node(subject.client)
    return node.client is not None and subject.server in facts.plan.segment(node.client.segment).direct


def working_relays(facts: Facts, client: str, server: str) -> tuple[RelayPlan, ...]:
    """Relays of a client that run and ask a server."""
    return tuple(
        relay
        for node, relay in facts.relays(client)
        if facts.running(node.name) is not False and any(t.server == server for t in relay.targets)
    )
