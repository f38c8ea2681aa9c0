"""Option 82 by value, in everything that relays send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network

from labgen.devices import registry
from labgen.dhcp.model import Direction, Message, MessageRole, MessageType, RelayOptions
from labgen.ground.labplan import NodePlan, RelayPlan, SnoopedPortPlan
from labgen.ground.vocabulary import RelayOption
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, wire

check = Catalogue(sightings=True)
Fault = tuple[str, str]
"""What is wrong, and what follows from it."""


def requests_at(facts: Facts, client: str, server: str) -> tuple[Message, ...]:
    """Every relayed request of a client that reached a server in this step."""
    own = facts.exchanges_of(client)
    found = (m for e in own for m in e.seen(role=MessageRole.SERVER, direction=Direction.RX, node=server))
    return tuple(m for m in found if not m.type.is_reply)


@check(
    "server.sub-options",
    "{server} gets the planned option 82 with everything {client} sends through relays",
    subjects.relayed_client_servers,
    "RFC 3046, RFC 3527, RFC 5107, RFC 6607",
)
def sub_options(subject: Subject, facts: Facts) -> Judgement:
    relays = {str(relay.giaddr): (node, relay) for node, relay in facts.relays(subject.client)}
    expected = "; ".join(
        f"via {giaddr}: {_wanted(facts, subject.client, node, relay)}"
        for giaddr, (node, relay) in relays.items()
    )
    arrived = requests_at(facts, subject.client, subject.server)
    relayed = [m for m in arrived if m.giaddr is not None and _tells(m)]
    if not relayed:
        return blocked(expected, f"nothing that a relay sent for {subject.client} reached {subject.server}")
    if all(m.option82 is None for m in relayed):
        return blocked(
            expected, f"the log of {subject.server} does not tell option 82", f"capture on {subject.server}"
        )
    judged = [
        (m, relays.get(m.giaddr or ""), _faults(m, relays.get(m.giaddr or ""), facts, subject.client))
        for m in relayed
    ]
    wrong = [fault for _, _, faults in judged for fault in faults]
    if wrong:
        hint = f"compare the relay configuration with the plan; {wrong[0][1]}"
        blamed = [place for m, own, faults in judged if faults for place in _places(facts, m, own)]
        observed = "; ".join(dict.fromkeys(text for text, _ in wrong))
        return failed(expected, observed, hint, wire(relayed), blamed)
    return passed(
        expected, "; ".join(dict.fromkeys(f"via {m.giaddr}: {shown(m)}" for m in relayed)), wire(relayed)
    )


def _places(facts: Facts, arrived: Message, own: tuple[NodePlan, RelayPlan] | None) -> Iterator[str]:
    """The one who made a wrong request: the relay that was seen to send it, else the one whose giaddr it has."""
    sender = _sender(facts, arrived)
    if sender or own:
        yield sender or (own[0].name if own else "")
    else:
        yield from (node.name for node in facts.plan.nodes if _owns(node, arrived.giaddr))


def _sender(facts: Facts, arrived: Message) -> str | None:
    """The switch that is seen to have sent a request first, whose giaddr may be another's or nobody's; None where none was seen."""
    sent = [
        m
        for e in facts.exchanges
        if e.client.mac == arrived.mac
        for m in e.seen(arrived.type, direction=Direction.TX)
        if (m.xid, m.giaddr, m.dst, m.relay_options)
        == (arrived.xid, arrived.giaddr, arrived.dst, arrived.relay_options)
    ]
    return min(sent, key=lambda m: m.time or 0.0).node if sent else None


def _owns(node: NodePlan, address: str | None) -> bool:
    return address is not None and ip_address(address) in node.addresses


def _tells(message: Message) -> bool:
    """A log tells option 82 when a client is new, and not always later."""
    return message.frame is not None or message.type is MessageType.DISCOVER


def circuit_id(node: NodePlan, relay: RelayPlan) -> str | None:
    """The circuit-id this relay is known to send for its client interface; None where nobody has seen that device do it."""
    capability = registry.get(node.device).facts.relay
    own = relay.circuit_id or (capability.circuit(node, relay) if capability and capability.circuit else None)
    return None if own and "{port}" in own else own


def wanted(node: NodePlan, relay: RelayPlan) -> str:
    """The planned sub-options, in words."""
    link = relay.link_selection or relay.link_address
    shown = {
        RelayOption.CIRCUIT_ID: f"circuit-id (1) {circuit_id(node, relay) or ''}".rstrip(),
        RelayOption.REMOTE_ID: "remote-id (2)",
        RelayOption.LINK_SELECTION: f"link-selection (5) {link}",
        RelayOption.SERVER_ID_OVERRIDE: f"server-id-override (11) {relay.link_address}",
        RelayOption.VSS: f"VSS (151) {_vrf(node, relay)}",
    }
    return ", ".join(shown[option] for option in relay.sent) or "no option 82"


def _vrf(node: NodePlan, relay: RelayPlan) -> str:
    """The clients' VRF as the switch calls it."""
    return registry.get(node.device).facts.naming.vrf_name(relay.vrf)


def _wanted(facts: Facts, client: str, node: NodePlan, relay: RelayPlan) -> str:
    """The same for one client, whose access switch may have put in what the relay keeps."""
    kept = facts.plan.kept(client, relay)
    return access_words(kept) if kept else wanted(node, relay)


def access_words(port: SnoopedPortPlan) -> str:
    """The option 82 of an access switch, in words."""
    parts = {
        "circuit-id (1)": (port.circuit, port.circuit_id),
        "remote-id (2)": (port.remote, port.remote_id),
    }
    return (
        ", ".join(f"{name} {text}".rstrip() for name, (sent, text) in parts.items() if sent) or "no option 82"
    )


def access_faults(message: Message, port: SnoopedPortPlan) -> Iterator[Fault]:
    """Faults of the option 82 of an access switch."""
    options = message.relay_options
    then = f"servers take {port.client} for a client of another port"
    if options is None:
        if port.inserts:
            yield "no option 82", "the server cannot tell at which port the client is"
        return
    own = {
        "circuit-id (1)": (options.circuit_id or "", port.circuit, port.circuit_id),
        "remote-id (2)": (options.remote_id or "", port.remote, port.remote_id),
    }
    for name, (have, sent, right) in own.items():
        if have != right and not (sent and have and not right):
            wanted = right or ("one of its own" if sent else "none")
            yield f"{name} {have or 'absent'} instead of {wanted}", then
    further = (options.link_selection, options.server_id_override, options.vss)
    if any(further):
        yield (
            f"unplanned sub-options ({shown(message)})",
            "an access switch sends none, and a relay that keeps its option 82 adds none",
        )


def shown(message: Message) -> str:
    """The sub-options of a message, in words."""
    options = message.relay_options
    if options is None:
        return "no option 82"
    parts = {
        "circuit-id": options.circuit_id,
        "remote-id": options.remote_id,
        "link-selection": options.link_selection,
        "server-id-override": options.server_id_override,
        "VSS": options.vss,
    }
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value)


def _faults(
    message: Message, own: tuple[NodePlan, RelayPlan] | None, facts: Facts, client: str
) -> Sequence[Fault]:
    """Faults of one copy."""
    if own is None:
        return [_foreign(message, facts)]
    node, relay = own
    via, options = f"via {message.giaddr}: ", message.relay_options
    kept = facts.plan.kept(client, relay)
    if kept is not None:
        return [(via + text, then) for text, then in access_faults(message, kept)]
    if options is None:
        return [(f"{via}no option 82", "the server cannot tell where the client is")] if relay.sent else []
    if not relay.sent:
        return [(f"{via}unplanned option 82 ({shown(message)})", "the relay adds option 82 unasked")]
    plan = facts.plan.node(client).client
    assert plan is not None
    prefix = facts.plan.segment(plan.segment).prefix
    found = (
        *_circuit(options, node, relay),
        *_link(message, options, relay, str(prefix)),
        *_rest(options, node, relay),
    )
    return [(via + text, then) for text, then in found]


def _foreign(message: Message, facts: Facts) -> Fault:
    """A giaddr that no relay of the client has."""
    for segment in facts.plan.segments:
        for node, relay in facts.plan.relays(segment.name):
            if str(relay.giaddr) == message.giaddr:
                other = f"giaddr {message.giaddr} is that of {node.name} for segment {segment.name}"
                return other, f"is the client's port in the VLAN of {segment.name}?"
    return f"giaddr {message.giaddr} belongs to no planned relay", "an unknown relay is on the segment"


def _circuit(options: RelayOptions, node: NodePlan, relay: RelayPlan) -> Iterator[Fault]:
    known = circuit_id(node, relay)
    if options.malformed:
        yield f"malformed: {options.malformed}", "no server can read what follows"
    if RelayOption.REMOTE_ID not in relay.sent and options.remote_id:
        yield f"unplanned remote-id (2) {options.remote_id}", "servers may choose by it"
    if (
        relay.remote_id
        and "{port}" not in relay.remote_id
        and options.remote_id not in (None, relay.remote_id)
    ):
        yield (
            f"remote-id (2) {options.remote_id} instead of {relay.remote_id}",
            f"servers take {node.name} for another relay",
        )
    if RelayOption.CIRCUIT_ID not in relay.sent:
        if options.circuit_id:
            yield f"unplanned circuit-id (1) {options.circuit_id}", "servers may choose by it"
        return
    if not options.circuit_id:
        yield "no circuit-id (1)", "the relay cannot map replies back by circuit-id"
    elif known is not None and options.circuit_id != known:
        yield (
            f"circuit-id (1) {options.circuit_id} instead of {known}",
            f"servers take {node.name}'s client for one behind another port",
        )


def _link(message: Message, options: RelayOptions, relay: RelayPlan, prefix: str) -> Iterator[Fault]:
    selected = options.link_selection
    if RelayOption.LINK_SELECTION not in relay.sent:
        if selected is not None:
            yield f"unplanned link-selection (5) {selected}", "the server takes it for the client's subnet"
        return
    network = ip_network(prefix)
    if selected is None:
        yield (
            "no link-selection (5)",
            f"without it the server looks for a subnet of giaddr {message.giaddr} and stays silent (RFC 3527)",
        )
    elif ip_address(selected) not in network:
        yield f"link-selection (5) {selected} is outside {prefix}", "the server will choose another subnet"
    elif selected not in {str(relay.link_selection or relay.link_address), str(network.network_address)}:
        right = relay.link_selection or relay.link_address
        yield (
            f"link-selection (5) {selected} instead of {right}",
            "it is neither the relay's address nor its subnet's",
        )


def _rest(options: RelayOptions, node: NodePlan, relay: RelayPlan) -> Iterator[Fault]:
    override, right = options.server_id_override, str(relay.link_address)
    if RelayOption.SERVER_ID_OVERRIDE in relay.sent:
        if override != right:
            yield (
                f"server-id-override (11) {override or 'absent'}",
                "renewals will bypass the relay (RFC 5107)",
            )
    elif override is not None:
        yield f"unplanned server-id-override (11) {override}", "renewals go to that address (RFC 5107)"
    if RelayOption.VSS in relay.sent:
        if not options.vss:
            yield "no VSS (151)", "the server cannot tell VRFs apart (RFC 6607)"
        elif options.vss.removesuffix("(no type octet)").strip() not in (_vrf(node, relay), ""):
            yield (
                f"VSS (151) {options.vss} instead of {_vrf(node, relay)}",
                "the server takes the client for another VRF's",
            )
    elif options.vss:
        yield f"unplanned VSS (151) {options.vss}", "the server looks for a VRF of that name"
