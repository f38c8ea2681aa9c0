"""Which client a message is about, when one witness prints the MAC and another the client identifier.

A message that shows both ties them; so do identifiers that contain the MAC (type 1 of RFC 2132 9.14,
and the text `cisco-5254.0015.f24f-Gi0/1` of IOS). What shows neither is tied by xid, then by the
address it got.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from labgen.dhcp.message import Message, Role
from labgen.dhcp.model import Client

_CISCO = re.compile(r"cisco-([0-9a-f]{4})\.([0-9a-f]{4})\.([0-9a-f]{4})-")


def mac_in_client_id(client_id: str) -> str | None:
    """The MAC a client identifier contains, None when it holds none."""
    if client_id.startswith("01:") and len(client_id) == 20:
        return client_id[3:]
    if client_id.startswith("00:"):
        return mac_in_text(bytes.fromhex(client_id.replace(":", ""))[1:].decode("ascii", "replace"))
    return None


def mac_in_text(text: str) -> str | None:
    """The MAC in a client identifier such as `cisco-5254.0015.f24f-Gi0/1`."""
    match = _CISCO.match(text)
    if match is None:
        return None
    digits = "".join(match.groups())
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


@dataclass(frozen=True, slots=True)
class Identities:
    """Client of each message; `keys` maps what was seen to one key per client."""

    keys: dict[str, str]
    clients: dict[str, Client]

    def key(self, message: Message) -> str:
        """One text per client, equal for every sighting of it."""
        seen = _marks(message)
        return self.keys.get(seen[0], seen[0])

    def client(self, key: str) -> Client:
        """MAC and client identifier behind a key."""
        return self.clients.get(key, Client())


def identify(messages: Iterable[Message]) -> Identities:
    """Tie the identities seen in `messages` together."""
    links = _Links()
    by_xid: dict[int, str] = {}
    anonymous: list[Message] = []
    for message in messages:
        marks = _marks(message)
        links.tie(marks)
        if marks[0].startswith("node:"):
            anonymous.append(message)
        elif message.xid is not None:
            by_xid.setdefault(message.xid, marks[0])
    _tie_anonymous(links, anonymous, by_xid)
    return _settle(links)


def tie_by_address(messages: Iterable[Message], found: Identities) -> Identities:
    """Second pass: a client log without MAC and xid belongs to the client that was leased the same
    address.
    """
    owners: dict[str, set[str]] = defaultdict(set)
    nameless: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        for address in (message.yiaddr, message.requested, message.ciaddr):
            if address is not None:
                key = found.key(message)
                (nameless if key.startswith("node:") else owners)[address].add(key)
    keys = dict(found.keys)
    for address, nodes in nameless.items():
        if len(owners[address]) == 1:
            target = next(iter(owners[address]))
            keys.update(dict.fromkeys(nodes, target))
    return Identities(keys, found.clients)


def _marks(message: Message) -> tuple[str, ...]:
    marks = []
    if message.mac:
        marks.append("mac:" + message.mac)
    if message.client_id:
        marks.append("cid:" + message.client_id)
        mac = mac_in_client_id(message.client_id) if not message.mac else None
        if mac:
            marks.append("mac:" + mac)
    if not marks:
        marks.append(f"node:{message.node}" if message.role is Role.CLIENT else f"node:?{message.xid}")
    return tuple(marks)


class _Links:
    """Disjoint sets of marks."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def root(self, mark: str) -> str:
        parent = self.parent.setdefault(mark, mark)
        while parent != mark:
            mark, parent = parent, self.parent[parent]
        return mark

    def tie(self, marks: Iterable[str]) -> None:
        roots = [self.root(mark) for mark in marks]
        for other in roots[1:]:
            self.parent[self.root(other)] = self.root(roots[0])


def _tie_anonymous(links: _Links, anonymous: list[Message], by_xid: dict[int, str]) -> None:
    for message in anonymous:
        if message.xid is not None and message.xid in by_xid:
            links.tie((by_xid[message.xid], _marks(message)[0]))


def _settle(links: _Links) -> Identities:
    keys = {mark: links.root(mark) for mark in links.parent}
    macs: dict[str, str] = {}
    client_ids: dict[str, str] = {}
    for mark, root in keys.items():
        kind, _, value = mark.partition(":")
        if kind == "mac":
            macs.setdefault(root, value)
        elif kind == "cid":
            client_ids.setdefault(root, value)
    clients = {root: Client(macs.get(root), client_ids.get(root)) for root in set(keys.values())}
    return Identities(keys, clients)
