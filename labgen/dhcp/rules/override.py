"""The override of RFC 5107 as it is meant to be used, told without the hops of the exchange: in networks that use it, of every client."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.dhcp.context import Party
from labgen.dhcp.hops import client_name, ends
from labgen.dhcp.message import Message, MessageRole
from labgen.dhcp.model import Finding
from labgen.dhcp.rules.case import Case
from labgen.dhcp.rules.serving import server_id_override_used, uses_override


def used_as_usual(case: Case) -> Iterator[Finding]:
    """Findings of `server_id_override_used` about an ordinary exchange: all OFFERs and ACKs of one server, each with the relay's option
    82."""
    client = Party(client_name(case.exchange), MessageRole.CLIENT)
    used: list[Message] = []
    servers: set[Party] = set()
    for message in case.exchange.messages:
        if not message.type.is_reply:
            continue
        sender, _ = ends(message, client, case.book)
        if sender.role is MessageRole.SERVER:
            servers.add(sender)
            used.append(message)
    whole = all(message.relay_options is not None and message.server_id is not None for message in used)
    if len(servers) == 1 and whole:
        yield uses_override(case, servers.pop(), used[0].server_id or "", used)
    else:
        yield from server_id_override_used(case)
