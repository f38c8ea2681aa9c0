"""Rules about what relays do: copies, option 82, giaddr, drops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from labgen.dhcp.context import Party, inside, network_of
from labgen.dhcp.drafts import through_relay
from labgen.dhcp.hops import Hop
from labgen.dhcp.message import MessageRole, MessageType
from labgen.dhcp.model import GRANTED, Finding, Kind, Severity
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.rules.case import Case, listed, remarks
from labgen.dhcp.segments import BROADCAST

_ASKS = (MessageType.DISCOVER, MessageType.REQUEST, MessageType.RELEASE, MessageType.INFORM)
_GRANTS = (MessageType.OFFER, MessageType.ACK)
_BAD_VSS = "VPN information"
# Seconds within which a request arrives both routed and relayed.
_TOGETHER = 2.5


def duplicate_relay(case: Case) -> Iterator[Finding]:
    """One server, one message, several giaddr values."""
    copies: dict[tuple[Party, MessageType], dict[str, Hop]] = defaultdict(dict)
    for hop in case.at_servers(*_ASKS):
        through = through_relay(hop.first)
        if through is not None:
            copies[hop.receiver, hop.type].setdefault(through, hop)
    for server in dict.fromkeys(server for server, _ in copies):
        doubled = {kind: seen for (name, kind), seen in copies.items() if name == server and len(seen) > 1}
        if doubled:
            relays = listed(hop.sender.name for seen in doubled.values() for hop in seen.values())
            text = f"{server} received {listed(doubled)} once per relay, through {relays}"
            yield case.finding("duplicate-relay", text, _flat(doubled), node=server.name)


def _flat(doubled: dict[MessageType, dict[str, Hop]]) -> list[Hop]:
    return [hop for seen in doubled.values() for hop in seen.values()]


def relay_loop(case: Case) -> Iterator[Finding]:
    """A request that goes to and fro: each hop counts one more, and the second goes back where the first came from."""
    asked = [
        m
        for m in case.exchange.messages
        if not m.type.is_reply and m.hops and m.src and m.dst not in (None, BROADCAST)
    ]
    for first, second in pairwise(asked):
        if second.hops == (first.hops or 0) + 1 and (second.src, second.dst) == (first.dst, first.src):
            most = max(m.hops or 0 for m in asked)
            text = f"{first.src} and {first.dst} relay the {first.type} to each other, up to {most} hops: each is the other's server"
            yield case.finding("relay-loop", text, [first, second], node=first.node)
            return


def renew_to_relay(case: Case) -> Iterator[Finding]:
    """A unicast renewal that a server received through a relay."""
    if case.exchange.kind is not Kind.RENEW:
        return
    relayed = [hop for hop in case.at_servers(MessageType.REQUEST) if through_relay(hop.first) is not None]
    own = [hop for hop in case.from_client(MessageType.REQUEST) if hop.value("dst") is not None]
    sent = [hop for hop in own if hop.receiver.role is MessageRole.RELAY]
    if not sent and (own or not relayed):
        return
    relays = listed([*(hop.receiver.name for hop in sent), *(hop.sender.name for hop in relayed)])
    servers = listed(hop.receiver.name for hop in relayed)
    if not sent and not any(_overridden(hop) for hop in relayed):
        return
    onward = f", which passed it to {servers}" if servers else ""
    text = f"the renewal of {case.exchange.address} went to the relay {relays}{onward}"
    yield case.finding("renew-to-relay", text, [*sent, *relayed], node=relays)


def _overridden(hop: Hop) -> bool:
    options = hop.relay_options
    return (
        options is not None and (options.server_id_override or options.cisco_server_id_override) is not None
    )


def relayed_and_routed(case: Case) -> Iterator[Finding]:
    """A unicast request that a server got twice: routed, and through a relay that catches unicast as well."""
    if case.exchange.kind not in (Kind.RENEW, Kind.RELEASE):
        return
    arrived = [hop for hop in case.hops if not hop.type.is_reply and hop.first.dst not in (None, BROADCAST)]
    direct = [hop for hop in arrived if through_relay(hop.first) is None]
    relayed = [hop for hop in arrived if hop.value("giaddr") is not None]
    for one in direct:
        other = next((hop for hop in relayed if _direct_and_relayed(one, hop)), None)
        if other is not None:
            server, giaddr = one.value("dst"), other.value("giaddr")
            text = (
                f"{server} got the {one.type} of {case.exchange.address} twice: routed, straight from the client, "
                f"and through the relay {giaddr}"
            )
            yield case.finding("relayed-and-routed", text, [one, other], node=other.sender.name)
            return


def _direct_and_relayed(direct: Hop, relayed: Hop) -> bool:
    apart = abs((direct.time or 0.0) - (relayed.time or 0.0))
    same = direct.type is relayed.type and direct.value("dst") == relayed.value("dst")
    return same and apart <= _TOGETHER


def option_82_changed(case: Case) -> Iterator[Finding]:
    """A server that returns other sub-options than it was sent."""
    sent: dict[tuple[str, str | None], Hop] = {}
    for hop in case.at_servers(*_ASKS):
        if hop.relay_options is not None:
            sent[hop.receiver.name, through_relay(hop.first)] = hop
    for hop in case.from_servers(*_GRANTS):
        asked = sent.get((hop.sender.name, hop.value("giaddr")))
        if asked is None or hop.relay_options is None or _unchanged(asked.relay_options, hop.relay_options):
            continue
        text = f"{hop.sender} returned option 82 changed: {_change(asked.relay_options, hop.relay_options)}"
        yield case.finding("option-82-changed", text, [asked, hop], node=hop.sender.name)
        return
    yield from _changed_in_transit(case)


def _changed_in_transit(case: Case) -> Iterator[Finding]:
    """A second relay that writes its own option 82 over the first one's, which comes back to that one (RFC 3046 section 2.1)."""
    if case.exchange.outcome in GRANTED:
        return
    asked = [hop for hop in case.hops if not hop.type.is_reply and hop.relay_options is not None]
    own = {hop.value("giaddr"): hop for hop in asked if hop.value("src") == hop.value("giaddr")}
    further = {hop.value("giaddr"): hop for hop in asked if case.book.is_chained(hop.value("src") or "")}
    for hop in case.from_servers(*_GRANTS):
        giaddr, back = hop.value("giaddr"), hop.relay_options
        sent, passed = own.get(giaddr), further.get(giaddr)
        if sent is None or passed is None or back is None or hop.value("dst") != giaddr:
            continue
        if not _unchanged(sent.relay_options, back):
            text = (
                f"{passed.sender} changed option 82 of {sent.sender}, and it came back so: "
                f"{_change(sent.relay_options, back)}; a relay may drop what is not its own"
            )
            yield case.finding("option-82-changed", text, [sent, passed, hop], node=passed.sender.name)
            return


_RETURNED = ("circuit_id", "remote_id", "link_selection", "subscriber_id", "server_id_override")


def _unchanged(sent: RelayOptions | None, returned: RelayOptions) -> bool:
    return sent is None or all(getattr(sent, name) == getattr(returned, name) for name in _RETURNED)


def _change(sent: RelayOptions | None, returned: RelayOptions) -> str:
    parts = []
    for name in _RETURNED:
        before, after = getattr(sent, name), getattr(returned, name)
        if before != after:
            parts.append(f"{name.replace('_', '-')} {before or 'absent'} came back as {after or 'absent'}")
    return listed(parts)


def option_82_stripped(case: Case) -> Iterator[Finding]:
    """A server that was sent option 82 and replies without it."""
    asked = {hop.receiver for hop in case.at_servers(*_ASKS) if hop.option82}
    relayed = (hop for hop in case.from_servers(*_GRANTS) if hop.receiver.role is MessageRole.RELAY)
    bare = [hop for hop in relayed if hop.option82 is False and hop.sender in asked]
    for server in dict.fromkeys(hop.sender for hop in bare):
        shown = [hop for hop in bare if hop.sender == server]
        text = f"{server} was sent option 82 and replied without it"
        served = case.exchange.outcome in GRANTED
        text += "; the relay takes its replies all the same" if served else ""
        severity = Severity.INFO if served else None
        yield case.finding("option-82-stripped", text, shown, node=server.name, severity=severity)


def option_82_leaked(case: Case) -> Iterator[Finding]:
    """A reply that still holds option 82 on the client's segment: where the client is a witness, or its requests pass without
    the option. A tap between the server and whoever added the option sees it in both directions.
    """
    bare = {
        hop.first.file
        for hop in case.from_client(*_ASKS)
        if hop.option82 is False and through_relay(hop.first) is None
    }
    leaked = [hop for hop in case.at_client(*_GRANTS, MessageType.NAK) if _shows_option82(hop, bare)]
    if leaked:
        who = listed(hop.sender.name for hop in leaked)
        text = f"{who} sent {listed(hop.type for hop in leaked)} with option 82 to the client"
        yield case.finding("option-82-leaked-to-client", text, leaked, node=leaked[0].sender.name)


def _shows_option82(hop: Hop, bare: set[str | None]) -> bool:
    """A server's own log is no witness for what arrives at the client."""
    at_client = not hop.first.to_boot_server
    return at_client and any(
        m.option82 and (m.role is MessageRole.CLIENT or (m.role is not MessageRole.SERVER and m.file in bare))
        for m in hop.sightings
    )


def giaddr_wrong_subnet(case: Case) -> Iterator[Finding]:
    """An address outside the subnet that the relay asked for."""
    for hop in case.from_servers(*_GRANTS):
        given, wanted = hop.value("yiaddr"), _wanted_subnet(case, hop)
        if given is None or wanted is None or inside(given, wanted):
            continue
        if case.context.same_shared_network(given, wanted):
            continue
        text = f"{hop.sender} gave {given}, outside {wanted} which the relay asked for"
        yield case.finding("giaddr-wrong-subnet", text, [hop], node=hop.sender.name)


def _wanted_subnet(case: Case, hop: Hop) -> str | None:
    """The client subnet named by link selection (RFC 3527), else by a giaddr that lies in a client
    subnet.
    """
    giaddr, options = hop.value("giaddr"), hop.relay_options
    link = options.link_selection if options is not None else None
    link = link or _asked_link(case, giaddr)
    if link is not None:
        return case.context.subnet_of(link) or _with_mask(link, hop.value("mask"))
    return case.context.subnet_of(giaddr) if giaddr is not None else None


def _asked_link(case: Case, giaddr: str | None) -> str | None:
    for hop in case.at_servers(*_ASKS):
        options = hop.relay_options
        if options is not None and options.link_selection and hop.value("giaddr") in (giaddr, None):
            return options.link_selection
    return None


def _with_mask(address: str, mask: str | None) -> str | None:
    return network_of(address, mask) if mask is not None else None


def relay_without_link_selection(case: Case) -> Iterator[Finding]:
    """giaddr outside the client's subnet, no sub-option 5, and no lease: RFC 2131 section 4.3.1 leaves servers free to choose
    another subnet than giaddr's, and one that knew is no fault.
    """
    if case.exchange.outcome in GRANTED:
        return
    for hop in case.at_servers(MessageType.DISCOVER):
        giaddr, options = hop.value("giaddr"), hop.relay_options
        if giaddr is None or hop.option82 is None or (options is not None and options.link_selection):
            continue
        subnet = _client_subnet(case)
        if subnet is None or inside(giaddr, subnet):
            continue
        private = options.cisco_link_selection if options is not None else None
        extra = " (only Cisco's private sub-option 150)" if private else ""
        text = f"{hop.sender} uses giaddr {giaddr} outside {subnet} without link selection{extra}"
        yield case.finding("relay-without-link-selection", text, [hop], node=hop.sender.name)
        return


def _client_subnet(case: Case) -> str | None:
    """The subnet the client lives in: of the address it got, else the only one the context knows."""
    for hop in (*case.at_client(*_GRANTS), *case.from_servers(*_GRANTS)):
        given = hop.value("yiaddr")
        if given is not None:
            return case.context.subnet_of(given) or _with_mask(given, hop.value("mask"))
    return case.context.subnets[0] if len(case.context.subnets) == 1 else None


def relay_dropped(case: Case) -> Iterator[Finding]:
    """Findings about what a relay says it did not forward."""
    for hop in case.hops:
        for message in hop.sightings:
            if message.dropped and message.role is MessageRole.RELAY:
                text = f"{message.node} dropped {message.type}: {message.note or 'no reason given'}"
                yield case.finding("relay-dropped", text, [message], node=message.node)


def vss_not_understood(case: Case) -> Iterator[Finding]:
    """A server that complains about sub-option 151, or returns 152 with it (RFC 6607)."""
    for server in case.servers():
        sent = [hop for hop in case.from_servers(*_GRANTS) if hop.sender == server and _unused_vss(hop)]
        noted = [hop for hop in case.at_servers(*_ASKS) if hop.receiver == server and _bad_vss(hop)]
        if sent or noted:
            text = f"{server} did not use the VRF name in sub-option 151"
            yield case.finding(
                "vss-not-understood", text, [*remarks(noted, _BAD_VSS), *noted, *sent], node=server.name
            )


def _unused_vss(hop: Hop) -> bool:
    options = hop.relay_options
    return options is not None and options.vss is not None and bool(options.vss_control)


def _bad_vss(hop: Hop) -> bool:
    return any(_BAD_VSS in note for note in hop.notes)
