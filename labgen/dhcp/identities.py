"""Which client a message is about, when one witness prints the MAC and another the client identifier.

A client is a hardware address with a client identifier: servers key leases on the identifier where one is sent
(RFC 2131 section 4.2), so one MAC with three identifiers is three clients, and one identifier with two MACs is two.
A witness that prints one of the two means the client that is seen with it; identifiers that contain the MAC (type 1 of RFC 2132
9.14, and the text `cisco-5254.0015.f24f-Gi0/1` of IOS) show both. What shows neither is tied by xid, then by the address it got.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
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
        mark = _mark(message)
        if message.xid is not None:
            found = self.by_xid.get((mark, message.xid))
            if found is not None:
                return found
        return self.aliases.get(mark, mark)

    def keys(self, messages: Iterable[Message]) -> list[str]:
        """The keys of many messages: what shows the same is looked up once."""
        known: dict[_Shown, str] = {}
        found: list[str] = []
        for message in messages:
            shown = message.mac, message.client_id, message.xid
            key = known.get(shown)
            if key is None:
                key = self.key(message)
                if shown[:2] != _NOTHING:
                    known[shown] = key
            found.append(key)
        return found

    def client(self, key: str) -> Client:
        """MAC and client identifier behind a key."""
        return self.clients.get(key, Client())


def identify(messages: Iterable[Message]) -> Identities:
    """Tie what the messages show to clients."""
    seen = _Seen()
    known: set[_Shown] = set()
    for message in messages:
        shown = message.mac, message.client_id, message.xid
        if shown not in known:
            seen.add(_mark(message), message)
            if shown[:2] != _NOTHING:
                known.add(shown)
    return seen.resolve()


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
    """What a message alone shows of its client, as one text."""
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


_Shown = tuple[str | None, str | None, int | None]
"""MAC, client identifier and xid of a message: those that show the same are the same client's."""
_NOTHING = (None, None)


class _Seen:
    """What was shown together."""

    def __init__(self) -> None:
        self.full: dict[str, tuple[str, str]] = {}
        self.part: dict[str, Message] = {}
        self.xids: dict[int, dict[str, None]] = defaultdict(dict)
        self.loose: dict[tuple[str, int], None] = {}

    def add(self, mark: str, message: Message) -> None:
        if mark.startswith("both:"):
            if mark not in self.full:
                mac, _, client_id = mark[5:].partition("/")
                self.full[mark] = (mac, client_id)
            if message.xid is not None:
                self.xids[message.xid][mark] = None
            return
        self.part.setdefault(mark, message)
        if message.xid is not None:
            self.loose[mark, message.xid] = None

    def resolve(self) -> Identities:
        by_mac: dict[str, list[str]] = defaultdict(list)
        by_client_id: dict[str, list[str]] = defaultdict(list)
        for mark, (mac, client_id) in self.full.items():
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
        """What shows one part, or neither, means the client with that part and the same xid."""
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
