"""One sighting of one DHCP message, and where it can be looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from labgen.dhcp.jsonform import Json, as_mapping, field_names, scalars, xid_text
from labgen.dhcp.slots import quick_init


class MessageType(StrEnum):
    """DHCP message type (option 53). BOOTREQUEST and BOOTREPLY are plain BOOTP, or from witnesses that do not
    tell more than the op; FORCERENEW is RFC 3203, the LEASE types are RFC 4388.
    """

    DISCOVER = "DISCOVER"
    OFFER = "OFFER"
    REQUEST = "REQUEST"
    ACK = "ACK"
    NAK = "NAK"
    DECLINE = "DECLINE"
    RELEASE = "RELEASE"
    INFORM = "INFORM"
    BOOTREQUEST = "BOOTREQUEST"
    BOOTREPLY = "BOOTREPLY"
    FORCERENEW = "FORCERENEW"
    LEASEQUERY = "LEASEQUERY"
    LEASEUNASSIGNED = "LEASEUNASSIGNED"
    LEASEUNKNOWN = "LEASEUNKNOWN"
    LEASEACTIVE = "LEASEACTIVE"

    @property
    def is_reply(self) -> bool:
        """True for what travels from server to client (BOOTP op 2)."""
        return self in _REPLIES


BOOT_SERVER_PORT = 4011
RETOLD = "from the log of transactions"
CONFIGURED = "address configured"
"""Notes of sightings that tell again, with more, what another line of the node told as a message."""

LEASE_STATES = frozenset({MessageType.LEASEUNASSIGNED, MessageType.LEASEUNKNOWN, MessageType.LEASEACTIVE})
"""Answers to a LEASEQUERY (RFC 4388 section 6.4)."""

_REPLIES = LEASE_STATES | {
    MessageType.OFFER,
    MessageType.ACK,
    MessageType.NAK,
    MessageType.BOOTREPLY,
    MessageType.FORCERENEW,
}


class Role(StrEnum):
    """What the node that saw a message is in the exchange; `transit` only forwards or listens."""

    CLIENT = "client"
    RELAY = "relay"
    SERVER = "server"
    TRANSIT = "transit"


class Direction(StrEnum):
    """Seen from the node that reports it."""

    TX = "tx"
    RX = "rx"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place to look: a line of a log or a frame of a capture, counted from 1."""

    node: str
    file: str | None = None
    line: int | None = None
    frame: int | None = None
    text: str | None = None

    @property
    def place(self) -> str:
        """`file:line`, `file#frame`, or the node where there is no file."""
        if self.file is None:
            return self.node
        if self.frame is not None:
            return f"{self.file}#{self.frame}"
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def to_json(self) -> dict[str, Json]:
        return scalars(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Evidence:
        return cls(**{name: data[name] for name in field_names(cls) if name in data})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """Decoded sub-options of option 82 (RFC 3046). Text where printable, else `0x` and
    hexadecimal octets.

    `link_selection` is sub-option 5 (RFC 3527), `server_id_override` 11 (RFC 5107), `vss` 151
    and `vss_control` 152 (RFC 6607; True when the empty sub-option is there), `unicast` the
    flag of sub-option 10 (RFC 5010), `cisco_link_selection` and `cisco_server_id_override` the
    private 150 and 152 of IOS. `other` holds what is left as (code, octets in hexadecimal).
    `malformed` says why sub-options could not be read to the end.
    """

    circuit_id: str | None = None
    remote_id: str | None = None
    link_selection: str | None = None
    subscriber_id: str | None = None
    unicast: bool | None = None
    server_id_override: str | None = None
    cisco_link_selection: str | None = None
    vss: str | None = None
    vss_control: bool | None = None
    cisco_server_id_override: str | None = None
    other: tuple[tuple[int, str], ...] = ()
    malformed: str | None = None

    def to_json(self) -> dict[str, Json]:
        result = scalars(self)
        if self.other:
            result["other"] = {str(code): octets for code, octets in self.other}
        return result

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> RelayOptions:
        other = as_mapping(data.get("other"))
        known = {name: value for name, value in data.items() if name in _SUB_OPTIONS}
        pairs = tuple((int(code), str(octets)) for code, octets in other.items())
        return cls(other=pairs, **known)  # type: ignore[arg-type]  # the schema fixes the types


_SUB_OPTIONS = frozenset(field_names(RelayOptions)) - {"other"}


@quick_init
@dataclass(frozen=True, slots=True)
class Message:
    """One sighting of one DHCP message at one node.

    `time` is in seconds: since the epoch when the witness writes dates, else on the witness's
    own clock (uptime), None when it has no clock. `option82` says whether option 82 was in the
    packet, None when the witness does not tell. `line` (in a log) or `frame` (in a capture)
    count from 1. `text` is the log line that shows it. `note` is what the node said about the
    message: a drop reason, a refusal, a state. `said` has the
    parts of the note with the line number and text of each, where they are lines of their own.
    `payload` is the packet where a capture of a known port shows it; it and the UDP ports have no JSON form.

    `vlan` and `vni` are the segment a captured frame was in. `copy` marks a frame that repeats another one of the
    same capture (a mirror of both directions, a router's other side): the same message, seen again. `cut` marks a
    packet of which the capture holds a part. `link_source` is the MAC address that sent the frame. `vendor_class` is
    option 60, `ipv6_only_wait` option 108 (RFC 8925, seconds). `attempt` counts a client's starts and surrenders, where
    its log tells of them.
    """

    type: MessageType
    node: str
    role: Role
    direction: Direction
    time: float | None = None
    src: str | None = None
    dst: str | None = None
    giaddr: str | None = None
    server_id: str | None = None
    requested: str | None = None
    yiaddr: str | None = None
    ciaddr: str | None = None
    mac: str | None = None
    client_id: str | None = None
    xid: int | None = None
    option82: bool | None = None
    relay_options: RelayOptions | None = None
    lease_seconds: int | None = None
    mask: str | None = None
    broadcast: bool | None = None
    hops: int | None = None
    interface: str | None = None
    vrf: str | None = None
    note: str | None = None
    dropped: bool = False
    file: str | None = None
    line: int | None = None
    frame: int | None = None
    text: str | None = None
    said: tuple[tuple[str, int, str], ...] = ()
    vlan: int | None = None
    vni: int | None = None
    copy: bool = False
    cut: bool = False
    link_source: str | None = None
    vendor_class: str | None = None
    ipv6_only_wait: int | None = None
    attempt: int | None = None
    source_port: int | None = field(default=None, compare=False)
    destination_port: int | None = field(default=None, compare=False)
    payload: bytes | None = field(default=None, compare=False, repr=False)

    @property
    def to_boot_server(self) -> bool:
        """Part of a conversation with a PXE boot server on port 4011 (PXE specification 2.1)."""
        return BOOT_SERVER_PORT in (self.destination_port, self.source_port)

    def to_json(self) -> dict[str, Json]:
        result = scalars(self)
        for name in ("text", "source_port", "destination_port"):
            result.pop(name, None)
        for name in ("dropped", "copy", "cut"):
            if not result[name]:
                del result[name]
        if self.xid is not None:
            result["xid"] = xid_text(self.xid)
        if self.relay_options is not None:
            result["relay_options"] = self.relay_options.to_json()
        return result

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Message:
        known: dict[str, object] = {name: data[name] for name in field_names(cls) if name in data}
        known["type"] = MessageType(str(data["type"]))
        known["role"] = Role(str(data["role"]))
        known["direction"] = Direction(str(data["direction"]))
        if "xid" in data:
            known["xid"] = int(str(data["xid"]), 0)
        if "relay_options" in data:
            known["relay_options"] = RelayOptions.from_json(as_mapping(data["relay_options"]))
        return cls(**known)  # type: ignore[arg-type]  # the schema fixes the types

    def remarks(self, words: str) -> list[Evidence]:
        """The lines in which the node says `words` about this message."""
        found = [(line, text) for note, line, text in self.said if words in note]
        return [Evidence(node=self.node, file=self.file, line=line, text=text) for line, text in found]

    def evidence(self) -> Evidence:
        """Where this sighting can be looked up."""
        return Evidence(node=self.node, file=self.file, line=self.line, frame=self.frame, text=self.text)
