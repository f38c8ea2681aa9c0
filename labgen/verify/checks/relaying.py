"""Checks of the forwarding of each relay: all that it should forward, as it should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from labgen.dhcp.model import Direction, Exchange, Kind, Message, MessageRole, MessageType
from labgen.ground.labplan import RelayPlan
from labgen.verify import groups
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, logged, passed, wire
from labgen.verify.legs import stopped_at, swallowed

check = Catalogue(sightings=True)

DISCOVER = MessageType.DISCOVER
NOTHING_SENT = "the client sent nothing in this step"


def sent(exchange: Exchange, kind: MessageType) -> tuple[Message, ...]:
    """The messages that the client itself put on the wire."""
    return exchange.seen(kind, role=MessageRole.CLIENT, direction=Direction.TX)


def received(exchange: Exchange, kind: MessageType, server: str) -> tuple[Message, ...]:
    """Copies that reached a server."""
    return exchange.seen(kind, role=MessageRole.SERVER, direction=Direction.RX, node=server)


def relays_of(facts: Facts, client: str, switch: str) -> tuple[RelayPlan, ...]:
    """The relaying of a switch for a client, by group of servers."""
    return tuple(relay for node, relay in facts.relays(client) if node.name == switch)


@check("client.discover", "{client} broadcasts a DISCOVER", subjects.clients, "RFC 2131 section 4.4.1")
def discover(subject: Subject, facts: Facts) -> Judgement:
    exchange = facts.exchange(subject.client, Kind.ACQUIRE)
    expected = "DISCOVER to 255.255.255.255"
    found = sent(exchange, MessageType.DISCOVER) if exchange else ()
    if not found:
        remark = facts.remarks.get(subject.client, "")
        hint = f"see why the client is silent: `labgen logs {subject.client}`" + (
            f" ({remark})" if remark else ""
        )
        return failed(expected, "no DISCOVER on the client's wire", hint)
    return passed(
        expected,
        f"{len(found)} sent, xid {found[0].xid:#010x}" if found[0].xid is not None else "sent",
        wire(found),
    )


@check(
    "relay.forwards",
    "the relay on {switch} sends the DISCOVER of {client} to every server",
    subjects.client_relays,
    "RFC 1542 section 4.1.1",
)
def forwards(subject: Subject, facts: Facts) -> Judgement:
    own = relays_of(facts, subject.client, subject.switch)
    relay = own[0]
    wanted = {(str(target.address), str(group.giaddr)) for group in own for target in group.targets}
    expected = ", ".join(f"to {address} with giaddr {giaddr}" for address, giaddr in sorted(wanted))
    exchange = facts.exchange(subject.client, Kind.ACQUIRE)
    if exchange is None or not sent(exchange, MessageType.DISCOVER):
        return blocked(expected, NOTHING_SENT)
    heard = exchange.seen(DISCOVER, role=MessageRole.RELAY, direction=Direction.RX, node=subject.switch)
    out = [m for group in own for m in _relayed(facts, exchange, subject.switch, group)]
    log = [m for m in facts.logged(subject.switch, subject.client) if m.type is DISCOVER and m not in out]
    counted, counters = _counted(facts, subject.switch, relay)
    reached = {(m.dst if m.role is MessageRole.RELAY else _address_of(facts, m.node), m.giaddr) for m in out}
    if counted == 0:
        hint = f"its copies did not come from this relay: compare `labgen connect {subject.switch}`"
        return failed(
            expected,
            f"{subject.switch} counts none forwarded on {relay.interface}",
            hint,
            (*wire(out), *counters),
        )
    if wanted <= reached:
        return passed(expected, f"{len(out)} sent", (*wire(heard[:1]), *wire(out), *logged(log), *counters))
    if not facts.watched(subject.switch) and not all(
        facts.watched(t.server) for group in own for t in group.targets
    ):
        return blocked(
            expected, f"nobody watched {subject.switch}", f"capture on {subject.switch}, or on its servers"
        )
    if not heard and facts.watched(subject.switch):
        return _unheard(subject, facts, expected, exchange, relay, logged(log))
    return _stuck(subject, facts, expected, exchange, (*wire(heard), *logged(log), *counters))


def _unheard(
    subject: Subject,
    facts: Facts,
    expected: str,
    exchange: Exchange,
    relay: RelayPlan,
    proofs: Sequence[Proof],
) -> Judgement:
    """The broadcast did not come. Where no relay heard it in the segment, it is with whoever was seen to get it last."""
    observed = f"no DISCOVER arrived on {relay.interface}"
    hint = f"the broadcast did not reach {subject.switch}: the segment is not stretched to it; check VNI and VTEPs on both switches"
    kept = swallowed(facts, subject.client, exchange.seen(DISCOVER))
    broadcast = tuple(m for m in exchange.seen(DISCOVER) if m.giaddr is None)
    own = {(node.name, plan.linux) for node, plan in facts.relays(subject.client)}
    home = groups.home_switch(facts.plan, subject.client)
    if not kept and broadcast and not any((m.node, m.interface) in own for m in broadcast):
        kept = stopped_at(broadcast)
        if not kept and home == subject.switch:
            kept = (subject.client, home)
            hint = (
                f"it left {subject.client} and did not come in at {home}: look at both ends of the cable, the VLAN, and the MTU there: "
                f"`labgen exec {home} -- ip -s link show {relay.linux}`"
            )
        if kept == (home,):
            hint = (
                f"{home} got it from {subject.client} and did not pass it on: is the port in the VLAN, and does it forward? "
                f"`labgen exec {home} -- bridge link`"
            )
    if not kept and home != subject.switch and _held_back(exchange, subject.client, home):
        kept = (home,)
        hint = (
            f"{home} got it from {subject.client} and sent it to no other switch: check VNI and VTEPs on both switches, and whether the "
            f"bridge floods to tunnels and trunks: `labgen exec {home} -- bridge -d link`"
        )
    if kept and subject.switch not in kept:
        observed += f" of {subject.switch}"
    return failed(expected, observed, hint, proofs, kept)


def _held_back(exchange: Exchange, client: str, home: str) -> bool:
    """True if a broadcast came to the client's switch and left it by none of its ports, on others of which somebody looked."""
    known = exchange.seen(DISCOVER)
    broadcast = [m for m in known if m.giaddr is None]
    ports = {m.interface for m in broadcast if m.node == home}
    watched = any(m.node == home and m.giaddr is not None and m.interface not in ports for m in known)
    left = any(m.node == home and m.direction is Direction.TX for m in broadcast)
    return watched and not left and home in {m.node for m in broadcast} <= {client, home}


def _stuck(
    subject: Subject, facts: Facts, expected: str, exchange: Exchange, proofs: Sequence[Proof]
) -> Judgement:
    """The broadcast came, and did not go on to every server with the planned giaddr."""
    out = exchange.seen(DISCOVER, role=MessageRole.RELAY, direction=Direction.TX, node=subject.switch)
    giaddrs = ", ".join(sorted({m.giaddr or "0.0.0.0" for m in out}))
    sent_to = ", ".join(sorted({m.dst for m in out if m.dst})) or "nobody"
    observed = f"arrived, sent to {sent_to}" + (f" (giaddr {giaddrs})" if out else "")
    hint = f"the relay does not forward; is it running, and has it a route? `labgen logs {subject.switch}`"
    heard = exchange.seen(DISCOVER, role=MessageRole.RELAY, direction=Direction.RX, node=subject.switch)
    if not out and any(m.option82 and m.giaddr is None for m in heard):
        snooper = facts.plan.snooped(subject.client)
        who = snooper[0].name if snooper else "somebody below"
        observed = f"arrived with option 82 of {who} and no giaddr, sent to nobody"
        hint = f"a relay drops such requests unless it trusts {who} (RFC 3046 section 2.1): write `trust: true` in the segment's `relay`"
    return failed(expected, observed, hint, proofs, [subject.switch])


def _relayed(facts: Facts, exchange: Exchange, switch: str, relay: RelayPlan) -> tuple[Message, ...]:
    """Copies a relay sent with the planned giaddr. Where nobody watched the relay, those that servers got through it."""
    own = exchange.seen(DISCOVER, role=MessageRole.RELAY, direction=Direction.TX, node=switch)
    if not facts.watched(switch):
        own = exchange.seen(DISCOVER, role=MessageRole.SERVER, direction=Direction.RX)
    return tuple(m for m in own if m.giaddr == str(relay.giaddr))


def _address_of(facts: Facts, server: str) -> str | None:
    """The address relays send to."""
    own = facts.plan.node(server).server
    return str(own.address) if own else None


def _counted(facts: Facts, switch: str, relay: RelayPlan) -> tuple[int | None, tuple[Proof, ...]]:
    """The number of requests that a relay says it forwarded from the client's interface; None where it says nothing."""
    name = f"{relay.interface} forwarded"
    own = [c for c in facts.observed.counters if c.node == switch and c.name == name]
    proofs = tuple(Proof(Witness.RELAY, switch, c.file) for c in own)
    return (sum(c.value for c in own) if own else None), proofs


@check(
    "server.copies",
    "{server} receives the DISCOVER of {client} once per relay",
    subjects.client_servers,
    "RFC 1542 section 4.1.1",
)
def copies(subject: Subject, facts: Facts) -> Judgement:
    return _copies(subject, facts, MessageType.DISCOVER)


@check(
    "server.request-copies",
    "{server} receives the REQUEST of {client} once per relay",
    subjects.client_servers,
    "RFC 2131 section 3.1 point 3",
)
def request_copies(subject: Subject, facts: Facts) -> Judgement:
    return _copies(subject, facts, MessageType.REQUEST)


def hears(facts: Facts, client: str, server: str) -> bool:
    """True if a server hangs on the client's own segment, and hears its broadcasts itself."""
    node = facts.plan.node(client)
    return node.client is not None and server in facts.plan.segment(node.client.segment).direct


def _copies(subject: Subject, facts: Facts, kind: MessageType) -> Judgement:
    relays = [
        (node, relay)
        for node, relay in facts.relays(subject.client)
        if any(t.server == subject.server for t in relay.targets)
    ]
    exchange = facts.exchange(subject.client, Kind.ACQUIRE)
    transmitted = sent(exchange, kind) if exchange else ()
    direct = hears(facts, subject.client, subject.server)
    sources = [f"with giaddr {relay.giaddr}" for _, relay in relays] + (
        ["straight from the client"] if direct else []
    )
    expected = f"{kind.value} {' and '.join(sources)}"
    if exchange is None or not transmitted:
        return blocked(expected, f"{subject.client} sent no {kind.value}")
    again = [m for m in facts.repeated(exchange) if (m.type, m.node) == (kind, subject.server)]
    again = [m for m in again if m.role is MessageRole.SERVER and m.direction is Direction.RX]
    arrived = (*received(exchange, kind, subject.server), *again)
    counts = Counter(m.giaddr or "0.0.0.0" for m in arrived)
    wanted = Counter(
        {
            str(giaddr): n * len(transmitted)
            for giaddr, n in Counter(relay.giaddr for _, relay in relays).items()
        }
    )
    if direct:
        wanted["0.0.0.0"] = len(transmitted)
    log = [
        m
        for m in facts.logged(subject.server, subject.client)
        if m.type is kind and m.direction is Direction.RX
    ]
    proofs = (*wire(arrived), *logged(log))
    observed = (
        ", ".join(f"{count} with giaddr {giaddr}" for giaddr, count in sorted(counts.items()))
        or "none arrived"
    )
    if counts != wanted:
        missing = [
            node.name for node, relay in relays if counts[str(relay.giaddr)] < wanted[str(relay.giaddr)]
        ]
        hint = (
            f"nothing came through {', '.join(missing)}: is its relay running, and does the client's segment "
            f"reach it? `labgen logs {missing[0]}`"
            if missing
            else "somebody relays twice: look for a second relay or helper address on the segment"
        )
        return failed(expected, observed, hint, proofs)
    return passed(expected, observed, proofs)


@check(
    "relay.strips", "no reply reaches {client} with option 82 in it", subjects.clients, "RFC 3046 section 2.1"
)
def strips(subject: Subject, facts: Facts) -> Judgement:
    expected = "option 82 removed by the relay"
    exchange = facts.exchange(subject.client, Kind.ACQUIRE)
    replies = (
        [m for m in exchange.seen(role=MessageRole.CLIENT, direction=Direction.RX) if m.type.is_reply]
        if exchange
        else []
    )
    if not replies:
        return blocked(expected, f"no reply reached {subject.client}")
    if all(m.option82 is None for m in replies):
        return blocked(
            expected, f"the log of {subject.client} does not tell option 82", f"capture on {subject.client}"
        )
    leaked = [m for m in replies if m.option82]
    if leaked:
        return failed(
            expected,
            f"{len(leaked)} of {len(replies)} replies carry it",
            "the relay must strip what it added",
            wire(leaked),
        )
    return passed(expected, f"{len(replies)} replies, none carries it", wire(replies))
