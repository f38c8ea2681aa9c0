"""Checks for servers that answer and should not."""

from __future__ import annotations

from labgen.dhcp.model import Direction, Message, MessageRole
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, wire

check = Catalogue(sightings=True)


@check(
    "client.planned-servers",
    "only planned servers answer {client}",
    subjects.clients,
    "RFC 2131 section 1.6",
)
def planned_servers(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.client)
    assert node.client is not None
    servers = facts.plan.segment(node.client.segment).servers
    expected = f"OFFER, ACK and NAK of {', '.join(servers)} alone"
    own = facts.exchanges_of(subject.client)
    came = [
        m for e in own for m in e.seen(role=MessageRole.CLIENT, direction=Direction.RX) if m.type.is_reply
    ]
    sent = [
        m for e in own for m in e.seen(role=MessageRole.SERVER, direction=Direction.TX) if m.type.is_reply
    ]
    strange = [m for m in sent if m.node not in servers]
    known = {(m.type, m.yiaddr, m.server_id) for m in sent if m.node in servers}
    named = {str(a) for name in servers for a in facts.plan.node(name).addresses}
    named |= {str(relay.link_address) for _, relay in facts.relays(subject.client)}
    heard = facts.captured.issuperset(servers)
    foreign = [
        m
        for m in came
        if (m.server_id is not None and m.server_id not in named)
        or (heard and (m.type, m.yiaddr, m.server_id) not in known)
    ]
    if strange or foreign:
        return _rogue(expected, facts, strange, foreign)
    if not came:
        return blocked(expected, f"nothing reached {subject.client}")
    return passed(expected, f"{len(came)} replies, all of {', '.join(servers)}", wire(came))


def _sender(facts: Facts, reply: Message) -> str:
    """The sender of a reply that no planned server is known to have sent: the node with its addresses, or the one on the client's own wire
    with the frame's hardware address; else the address itself. A frame of a relay says only that it came through it."""
    owners = {str(a): n.name for n in facts.plan.nodes for a in n.addresses}
    claimed = next((owners[a] for a in (reply.server_id, reply.src) if a in owners), None)
    sender = facts.owner(reply.link_source)
    if sender is not None and not facts.plan.node(sender).relays:
        return sender
    return claimed or reply.server_id or reply.src or "?"


def _rogue(expected: str, facts: Facts, strange: list[Message], foreign: list[Message]) -> Judgement:
    names = list(dict.fromkeys([*(m.node for m in strange), *(_sender(facts, m) for m in foreign)]))
    who = ", ".join(names)
    what = ", ".join(
        dict.fromkeys(f"{m.type.value} of {m.yiaddr or 'nothing'}" for m in (*strange, *foreign))
    )
    hint = f"{who} must not answer there: take the helper address or the server away, and let switches drop foreign replies"
    return failed(expected, f"{what} from {who}", hint, wire((*strange, *foreign)), names)
