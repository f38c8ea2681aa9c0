"""Rules about RELEASEs, as captures show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.model import Finding, Kind
from labgen.dhcp.rules.case import Case, seen


def forged(cases: Sequence[Case]) -> Iterator[Finding]:
    """RELEASEs on the client's own link that come from another Ethernet address than all else it sends there (RFC 2131 section 7)."""
    released = [
        case
        for case in cases
        if case.exchange.kind is Kind.RELEASE and _is_from_another(case.exchange.messages)
    ]
    if not released:
        return
    messages = [m for case in cases for m in case.exchange.messages if m.frame is not None]
    forwards = {m.link_source for m in messages if m.type.is_reply or m.giaddr is not None}
    own: dict[str | None, list[Message]] = defaultdict(list)
    for m in messages:
        if not m.type.is_reply and m.giaddr is None and m.type is not MessageType.RELEASE:
            own[m.mac].append(m)
    for case in released:
        sent = case.exchange.messages[0]
        asked = own[sent.mac]
        if sent.link_source in forwards or not asked or any(m.link_source != m.mac for m in asked):
            continue
        if forwards and any(_link(m) == _link(sent) for m in asked):
            text = (
                f"the RELEASE of {case.exchange.address or 'its lease'} comes from {sent.link_source}, not from {sent.mac}, as all else "
                f"that this client sends; {seen(sent)}: the client did not send it, and may use the address on"
            )
            yield case.finding("release-forged", text, [sent], sent.node)


def _is_from_another(messages: Sequence[Message]) -> bool:
    """No sighting of the RELEASE is the client's own, and none is a relay's; Ethernet tells both addresses."""
    return all(
        m.frame is not None
        and None not in (m.mac, m.link_source)
        and m.link_source != m.mac
        and m.giaddr is None
        and m.tunnel is None
        for m in messages
    )


def _link(message: Message) -> tuple[str | None, int | None, int | None, int | None]:
    return message.file, message.vlan, message.outer_vlan, message.vni
