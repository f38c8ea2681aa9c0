"""Hints in the frames of OFFERs that nobody takes, beside what is wrong with them: where they come from and go to."""

from __future__ import annotations

from collections.abc import Sequence

from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.ports import DHCP_PORTS, SERVER_PORT
from labgen.dhcp.rules.case import listed
from labgen.dhcp.segments import BROADCAST, on_link


def hints(messages: Sequence[Message], *, boots: bool) -> str:
    """Words to add to `lost or refused`, empty where nothing is odd. `boots`: the client is a boot ROM."""
    shown = [m for m in messages if m.frame is not None and not m.copy]
    offers = [m for m in shown if m.type is MessageType.OFFER]
    asked = [m for m in shown if m.type is MessageType.DISCOVER]
    if boots:
        return "" if any(m.boots for m in offers) or not offers else _BOOTLESS
    if not offers or not asked or len({m.file for m in (*asked, *offers)}) > 1:
        return ""
    return (
        _from_port(offers)
        or _behind_another(offers, asked)
        or _from_another(offers, asked)
        or _to_another(offers, asked)
    )


_BOOTLESS = "; no OFFER names a boot file (field or option 67), without which a boot ROM does not go on"


def _is_bare(message: Message) -> bool:
    return message.vni is None and message.tunnel is None and message.mpls_label is None


def _to_another(offers: Sequence[Message], asked: Sequence[Message]) -> str:
    """OFFERs to a relay that go to another machine on the link than the one its requests come from."""
    answers = [m for m in offers if m.giaddr is not None and m.dst == m.giaddr]
    asks = [m for m in asked if m.giaddr is not None and m.dst != m.giaddr]
    came, went = {m.link_source for m in asks}, {m.link_destination for m in answers}
    if (
        not came
        or not went
        or None in came | went
        or came & went
        or not all(map(_is_bare, (*asks, *answers)))
    ):
        return ""
    return f"; the requests came from MAC {listed(sorted(map(str, came)))}, and the OFFERs go to {listed(sorted(map(str, went)))}"


def _from_port(offers: Sequence[Message]) -> str:
    """OFFERs from another UDP port than the one of servers, as where NAT rewrites them."""
    ports = {m.source_port for m in offers}
    if len(ports) != 1 or ports & {None, *DHCP_PORTS}:
        return ""
    return f"; the OFFERs come from UDP port {ports.pop()}, not {SERVER_PORT}: firewalls, and relays, may not take them for answers"


def _from_another(offers: Sequence[Message], asked: Sequence[Message]) -> str:
    """OFFERs to a relay from another address than the one it asked, which firewalls take for nobody's answer."""
    relayed = {m.dst for m in asked if m.giaddr is not None} - {None, BROADCAST}
    sources = {m.src for m in offers if m.giaddr is not None and m.dst == m.giaddr} - {None}
    if not relayed or not sources or relayed & sources:
        return ""
    came, went = listed(sorted(map(str, sources))), listed(sorted(map(str, relayed)))
    return f"; the relay asked {went}, and the OFFERs come from {came}: a firewall, or the relay, may not take them for the answer"


def _behind_another(offers: Sequence[Message], asked: Sequence[Message]) -> str:
    """OFFERs by unicast to a client whose frames another machine sends on."""
    asks = [m for m in asked if on_link(m)]
    straight = [m for m in offers if on_link(m)]
    senders = {m.link_source for m in asks}
    if len(senders) != 1 or None in senders or not straight or not all(map(_is_bare, (*asks, *straight))):
        return ""
    (sender,) = senders
    if any(m.mac == sender or m.broadcast for m in asks) or any(
        m.link_destination != m.mac for m in straight
    ):
        return ""
    return f"; the requests come through {sender}, and the OFFERs go straight to {straight[-1].mac}, which may not be on this link"
