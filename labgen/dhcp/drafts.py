"""A transaction while sightings are still being added to it, and what one sighting tells of it."""

from __future__ import annotations

from enum import StrEnum

from labgen.dhcp.message import Direction, Message, MessageRole, MessageType
from labgen.dhcp.model import Kind
from labgen.dhcp.segments import BROADCAST, NOWHERE, Segment, segment_of, spread


class Phase(StrEnum):
    """State the client was in when it sent a REQUEST (RFC 2131 4.3.2), as far as the packet tells."""

    SELECT = "select"
    RENEW = "renew"
    REBIND = "rebind"
    EXTEND = "extend"  # renewing or rebinding
    UNKNOWN = "unknown"


def phase(message: Message) -> Phase:
    """The client's state, as a REQUEST shows it."""
    if message.note in _NOTED:
        return _NOTED[message.note]
    direct = message.giaddr is None and message.dst is not None
    if message.ciaddr is not None:
        if chooses(message) and not (direct and message.dst != BROADCAST):
            return Phase.SELECT
        if not direct:
            return Phase.EXTEND
        return Phase.REBIND if message.dst == BROADCAST else Phase.RENEW
    if message.server_id is not None:
        return Phase.SELECT
    if direct and message.dst != BROADCAST and message.role is MessageRole.CLIENT:
        return Phase.RENEW
    return Phase.UNKNOWN


def chooses(message: Message) -> bool:
    """A REQUEST that names a server and an address chose an OFFER (RFC 2131 section 4.3.2, SELECTING). Some clients, VPCS among
    them, write the address into ciaddr as well, where a client that renews would name neither.
    """
    chosen = message.server_id is not None and message.requested is not None
    return message.type is MessageType.REQUEST and chosen and message.ciaddr in (None, message.requested)


_NOTED = {
    "selecting": Phase.SELECT,
    "renewing": Phase.RENEW,
    "rebinding": Phase.REBIND,
    "renewing or rebinding": Phase.EXTEND,
}


class Draft:
    """A transaction while sightings are still being added to it."""

    __slots__ = (
        "acked",
        "began",
        "copies",
        "discovered",
        "ends",
        "kind",
        "messages",
        "naked",
        "offered",
        "replied",
        "requested",
        "segment",
        "sent",
        "undecided",
        "xids",
    )

    def __init__(self, kind: Kind, undecided: bool = False) -> None:
        self.kind = kind
        self.undecided = undecided
        self.xids: set[int] = set()
        self.messages: list[Message] = []
        self.acked = False
        self.naked = False
        self.requested = False
        self.discovered = False
        self.replied = False
        self.offered: set[str] = set()
        self.began: float | None = None
        self.ends: float | None = None
        self.copies: dict[Copy, int] = {}
        self.sent: dict[tuple[int | None, MessageType], int] = {}
        self.segment: Segment = NOWHERE

    def add(self, message: Message) -> None:
        self.messages.append(message)
        if message.xid is not None:
            self.xids.add(message.xid)
        if message.time is not None:
            self.began = message.time if self.began is None else self.began
            self.ends = message.time if self.ends is None else max(self.ends, message.time)
        self._learn(message)
        copy = copy_of(message)
        self.copies[copy] = self.copies.get(copy, 0) + 1
        if message.role is MessageRole.CLIENT and message.direction is Direction.TX:
            sent = message.xid, message.type
            self.sent[sent] = self.sent.get(sent, 0) + 1
        if self.segment is NOWHERE:
            segment = segment_of(message)
            self.segment = segment if segment is not NOWHERE and spread(message) else NOWHERE

    def _learn(self, message: Message) -> None:
        kind = message.type
        if kind is MessageType.ACK or kind is MessageType.NAK:
            self.acked, self.naked = True, kind is MessageType.NAK
        elif kind is MessageType.REQUEST:
            self.requested = True
        elif kind is MessageType.DISCOVER:
            self.discovered = True
        elif kind is MessageType.OFFER and message.yiaddr is not None:
            self.offered.add(message.yiaddr)
        self.replied = self.replied or kind.is_reply

    def gap(self, message: Message) -> float:
        """Seconds between the last sighting and this one; 0 where a witness has no clock."""
        if message.time is None or self.ends is None:
            return 0.0
        return message.time - self.ends

    def age(self, message: Message) -> float:
        """Seconds between the first sighting and this one; 0 where a witness has no clock."""
        if message.time is None or self.began is None:
            return 0.0
        return message.time - self.began


def through_relay(message: Message) -> str | None:
    """The relay that copies of one message are told apart by at one witness."""
    if message.giaddr is not None:
        return message.giaddr
    options = message.relay_options
    return options.server_id_override if options is not None else None


Copy = tuple[int | None, str, str | None, Direction, MessageType, str | None, str | None]


def copy_of(message: Message) -> Copy:
    """One copy of a message at one place: a relay makes one for each server, and each port sees its own. What it made of a DISCOVER
    under another xid is another.
    """
    return (
        message.xid,
        message.node,
        message.interface,
        message.direction,
        message.type,
        through_relay(message),
        message.dst,
    )
