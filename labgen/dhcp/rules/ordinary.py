"""Exchanges in which no rule can find anything, told at a glance: most of a capture, so that rules need not look at them.

What is asked here is what the rules ask, together: one of each message on each side of one relay, or of none, an answer to what was
asked, option 82 returned as it was sent and kept from the client, an address in the subnet the relay named.
"""

from __future__ import annotations

from labgen.dhcp.context import inside, network_of
from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.model import Exchange, ExchangeOutcome, Kind
from labgen.dhcp.ports import BOOT_SERVER_PORT
from labgen.dhcp.relay_options import RelayOptions

_DORA = frozenset({MessageType.DISCOVER, MessageType.OFFER, MessageType.REQUEST, MessageType.ACK})


_NO_AGENT = RelayOptions()
_REQUEST = MessageType.REQUEST


def ordinary_agent(exchange: Exchange) -> RelayOptions | None:
    """The option 82 (empty where there is none) of a captured acquisition that is as RFC 2131 draws it, with or without a relay: no
    rule can say anything of it, but that it uses the override of RFC 5107. None for any other exchange.
    """
    if exchange.outcome is not ExchangeOutcome.BOUND or exchange.kind is not Kind.ACQUIRE:
        return None
    seen: set[tuple[MessageType, bool]] = set()
    giaddr = agent = server = address = wanted = None
    for message in exchange.messages:
        kind, via, options = message.type, message.giaddr, message.relay_options
        reply = kind.is_reply
        to_client = reply and message.dst != via
        side = (kind, to_client if reply else via is None)
        if side in seen or not _is_bare(message):
            return None
        seen.add(side)
        if via is not None:
            if giaddr is not None and via != giaddr:
                return None
            giaddr = via
        if options is not None:
            if to_client or (options is not agent and not _is_usual(options, agent)):
                return None
            agent = options
        elif agent is not None and via is not None and not to_client:
            return None  # stripped by the server, or by a second relay
        if reply:
            given = message.yiaddr
            if (server or message.server_id) != message.server_id or (address or given) != given:
                return None
            server, address = message.server_id, given
        elif kind is _REQUEST:
            wanted = message.wanted or wanted
    if wanted not in (None, address):
        return None
    return (agent or _NO_AGENT) if _is_served(exchange, giaddr, agent, server) else None


def _is_bare(message: Message) -> bool:
    """A sighting that nobody remarked on, by a tap that only listens."""
    return (
        message.frame is not None
        and message.role is MessageRole.TRANSIT
        and message.type in _DORA
        and not (message.copy or message.cut or message.dropped)
        and message.note is None
        and (message.relay_options is not None or not message.option82)
        and (message.hops or 0) <= 1
        and message.destination_port != BOOT_SERVER_PORT
        and message.source_port != BOOT_SERVER_PORT
    )


def _is_usual(options: RelayOptions, before: RelayOptions | None) -> bool:
    """Option 82 that is the same in all messages, and asks for nothing that is told of."""
    if before is not None and options != before:
        return False
    return options.cisco_server_id_override is None and (options.vss is None or not options.vss_control)


def _is_served(
    exchange: Exchange, giaddr: str | None, agent: RelayOptions | None, server: str | None
) -> bool:
    """True if the address lies in the subnet that was asked for, and a relay's lease was asked for through it."""
    if server is None or exchange.address is None:
        return False
    if agent is not None and agent.server_id_override not in (None, server):
        return False
    link = agent.link_selection if agent is not None else None
    if giaddr is None or link is None:
        return agent is None or giaddr is not None
    mask = None
    for message in exchange.messages:
        if message.mask is not None and message.type.is_reply:
            mask = message.mask
            break
    subnet = network_of(link, mask) if mask is not None else None
    return subnet is None or inside(exchange.address, subnet)
