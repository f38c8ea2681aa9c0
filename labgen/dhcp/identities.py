"""The client that a message is about, where one witness prints the MAC and another the client identifier.

A client is a hardware address with a client identifier: servers key leases on the identifier where one is sent
(RFC 2131 section 4.2), so one MAC with three identifiers is three clients, and one identifier with two MACs is two.
A witness that prints one of the two means the client that is seen with it; identifiers that contain the MAC (type 1 of RFC 2132
9.14, and the text `cisco-5254.0015.f24f-Gi0/1` of IOS) show both. What shows neither is tied by xid, then by the address it got.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from labgen.dhcp import masked
from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.model import Client

_CISCO = re.compile(r"cisco-([0-9a-f]{4})\.([0-9a-f]{4})\.([0-9a-f]{4})-")


def mac_in_client_id(client_id: str) -> str | None:
    """The MAC a client identifier contains, None when it holds none."""
    if client_id.startswith("01:") and len(client_id) == 20:
        return client_id[3:]
    if client_id.startswith("00:"):
        try:
            octets = bytes.fromhex(client_id.replace(":", ""))
        except ValueError:
            return None
        return mac_in_text(octets[1:].decode("ascii", "replace"))
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
    """Client of each message; `aliases` maps what a single message shows to the client it means."""

    aliases: dict[str, str]
    clients: dict[str, Client]
    by_xid: dict[tuple[str, int], str] = field(default_factory=dict)
    nameless: bool = False
    """whether some witness shows neither MAC nor client identifier"""

    def key(self, message: Message) -> str:
        """One text per client, equal for every sighting of it."""
        return self.key_of(_mark(message), message.xid)

    def key_of(self, mark: str, xid: int | None) -> str:
        """The same, of what a message shows."""
        if xid is not None and self.by_xid:
            found = self.by_xid.get((mark, xid))
            if found is not None:
                return found
        return self.aliases.get(mark, mark)

    def client(self, key: str) -> Client:
        """MAC and client identifier behind a key."""
        known = self.clients.get(key)
        return Client() if known is None else known


Shown = tuple[str | None, str | None, int | None]
"""MAC, client identifier and xid of a message."""
NOTHING = (None, None)
"""Of the first two."""


def by_shown(messages: Iterable[Message]) -> dict[Shown, list[int]]:
    """Places of messages by what they show of their client: those that show the same are the same client's."""
    found: dict[Shown, list[int]] = {}
    for at, message in enumerate(messages):
        shown = message.mac, message.client_id, message.xid
        places = found.get(shown)
        if places is None:
            found[shown] = [at]
        else:
            places.append(at)
    return found


def identify(messages: Sequence[Message], shown: Mapping[Shown, Sequence[int]] | None = None) -> Identities:
    """Tie what the messages show to clients; `shown` is what `by_shown` gives of them."""
    seen = _Seen()
    for what, places in (by_shown(messages) if shown is None else shown).items():
        mac, client_id, xid = what
        if mac and client_id is not None:
            seen.see(mac, client_id, xid)
            continue
        for at in places if what[:2] == NOTHING else places[:1]:
            seen.add(_mark(messages[at]), messages[at])
    return seen.resolve()


def clients_of(
    messages: Sequence[Message], shown: Mapping[Shown, Sequence[int]], identities: Identities
) -> dict[str, list[Message]]:
    """The messages of each client in their order, by its key; clients in order of their first message."""
    groups: dict[str, Sequence[int]] = {}
    for what, places in shown.items():
        if what[:2] == NOTHING:
            for at in places:
                _join(groups, identities.key(messages[at]), (at,))
        else:
            _join(groups, identities.key(messages[places[0]]), places)
    first = sorted(groups.items(), key=lambda group: group[1][0])
    return {key: [messages[at] for at in places] for key, places in first}


def _join(groups: dict[str, Sequence[int]], key: str, places: Sequence[int]) -> None:
    """Add places to a group, in their order."""
    known = groups.get(key)
    groups[key] = places if known is None else sorted((*known, *places))


def tie_by_address(messages: Iterable[Message], found: Identities) -> Identities:
    """Second pass: a client log without MAC and xid belongs to the client that was leased the same
    address.
    """
    if not found.nameless:
        return found
    owners: dict[str, set[str]] = defaultdict(set)
    nameless: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        for address in (message.yiaddr, message.requested, message.ciaddr):
            if address is not None:
                key = found.key(message)
                (nameless if key.startswith("node:") else owners)[address].add(key)
    aliases = dict(found.aliases)
    for address, nodes in nameless.items():
        if len(owners[address]) == 1:
            target = next(iter(owners[address]))
            aliases.update(dict.fromkeys(nodes, target))
    return Identities(aliases, found.clients, found.by_xid)


def _mark(message: Message) -> str:
    """The client as a message alone shows it, as one text."""
    mac, client_id = message.mac, message.client_id
    if client_id is not None:
        mac = mac or mac_in_client_id(client_id)
        return f"both:{mac}/{client_id}" if mac else f"cid:{client_id}"
    if mac is not None:
        return f"mac:{mac}"
    if message.role is MessageRole.CLIENT:
        return f"node:{message.node}/{message.interface}" if message.interface else f"node:{message.node}"
    if message.type is MessageType.INFORM and message.xid is None and message.ciaddr is not None:
        return f"node:?{message.ciaddr}"
    shown = masked.shape(message.text) if message.xid is None else None
    return f"node:?{message.xid}" if shown is None else f"node:?{shown}"


class _Seen:
    """Identifiers that were shown together."""

    def __init__(self) -> None:
        self.full: dict[str, tuple[str, str]] = {}
        self.part: dict[str, Message] = {}
        self.xids: dict[int, dict[str, None]] = defaultdict(dict)
        self.loose: dict[tuple[str, int], None] = {}

    def see(self, mac: str, client_id: str, xid: int | None) -> None:
        """Both parts together."""
        mark = f"both:{mac}/{client_id}"
        self.full[mark] = mac, client_id
        if xid is not None:
            self.xids[xid][mark] = None

    def add(self, mark: str, message: Message) -> None:
        if mark.startswith("both:"):
            mac, _, client_id = mark[5:].partition("/")
            self.see(mac, client_id, message.xid)
            return
        self.part.setdefault(mark, message)
        if message.xid is not None:
            self.loose[mark, message.xid] = None

    def resolve(self) -> Identities:
        by_mac: dict[str, list[str]] = defaultdict(list)
        by_client_id: dict[str, list[str]] = defaultdict(list)
        for mark, (mac, client_id) in self.full.items() if self.part else ():
            by_mac[mac].append(mark)
            by_client_id[client_id].append(mark)
        aliases: dict[str, str] = {}
        for mark in self.part:
            kind, _, value = mark.partition(":")
            options = {"mac": by_mac, "cid": by_client_id}.get(kind, {}).get(value, [])
            if len(options) == 1:
                aliases[mark] = options[0]
        by_xid = self._by_xid(aliases)
        nameless = any(mark.startswith("node:") for mark in self.part)
        return Identities(aliases, self._clients(aliases), by_xid, nameless)

    def _by_xid(self, aliases: dict[str, str]) -> dict[tuple[str, int], str]:
        """Aliases by xid: a message that shows one part, or neither, means the client with that part and the same xid."""
        named: dict[int, dict[str, None]] = defaultdict(dict)
        for mark, xid in self.loose:
            if not mark.startswith("node:"):
                named[xid][aliases.get(mark, mark)] = None
        found: dict[tuple[str, int], str] = {}
        for mark, xid in self.loose:
            kind, _, value = mark.partition(":")
            if kind == "node":
                options = [*self.xids.get(xid, ()), *named.get(xid, ())]
            elif mark in aliases:
                continue
            else:
                options = [m for m in self.xids.get(xid, ()) if value in self.full[m]]
            if options:
                found[mark, xid] = options[0]
        return found

    def _clients(self, aliases: dict[str, str]) -> dict[str, Client]:
        clients = {mark: Client(mac, client_id) for mark, (mac, client_id) in self.full.items()}
        for mark in self.part:
            kind, _, value = mark.partition(":")
            if mark not in aliases and kind in ("mac", "cid"):
                clients[mark] = Client(mac=value) if kind == "mac" else Client(client_id=value)
        return clients
