"""One sighting of one DHCP message, and where it can be looked up."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec.structs import astuple

from labgen.dhcp.fast_values import QuickValue, dataclass_like
from labgen.dhcp.jsonform import Json, as_mapping, field_names, scalars, xid_text
from labgen.dhcp.ports import BOOT_SERVER_PORT
from labgen.dhcp.relay_options import RelayOptions

_REPLIES = frozenset(
    {
        "OFFER",
        "ACK",
        "NAK",
        "BOOTREPLY",
        "FORCERENEW",
        "LEASEUNASSIGNED",
        "LEASEUNKNOWN",
        "LEASEACTIVE",
    }
)


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

    is_reply: bool
    """true for what travels from server to client (BOOTP op 2)"""

    def __init__(self, name: str) -> None:
        self.is_reply = name in _REPLIES

    __hash__ = str.__hash__  # asked for several times per message; that of Enum is written in Python


REPEATED = "from the log of transactions"
CONFIGURED = "address configured"
"""Notes of sightings that tell again, with more, what another line of the node told as a message."""

FRAGMENT = "the other fragments of its IP packet are not in the file: dropped on the way, or left out by a capture filter on ports"
"""What `malformed` says of a message of which a capture holds the first fragment alone."""

FRAGMENTS_LOST = "fragments of what was sent there got lost on the way (fragment reassembly time exceeded)"
"""Words for what a host says that waited in vain for the rest of an IP packet (RFC 792)."""

LEASE_STATES = frozenset({MessageType.LEASEUNASSIGNED, MessageType.LEASEUNKNOWN, MessageType.LEASEACTIVE})
"""Answers to a LEASEQUERY (RFC 4388 section 6.4)."""


class MessageRole(StrEnum):
    """The part of the node that saw a message in the exchange; `transit` only forwards or listens."""

    CLIENT = "client"
    RELAY = "relay"
    SERVER = "server"
    TRANSIT = "transit"

    __hash__ = str.__hash__


class Direction(StrEnum):
    """Seen from the node that reports it."""

    TX = "tx"
    RX = "rx"

    __hash__ = str.__hash__


@dataclass_like
class Evidence(QuickValue, frozen=True, gc=False):
    """A place to look: a line of a log or a frame of a capture, counted from 1."""

    node: str
    """node that shows it"""
    file: str | None = None
    """file, relative to the folder the document is in, or as it was given"""
    line: int | None = None
    """line of a log, from 1"""
    frame: int | None = None
    """frame of a capture, from 1"""
    text: str | None = None
    """the line itself"""

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


@dataclass_like
class Message(QuickValue, frozen=True, gc=False):
    """One sighting of one DHCP message at one node."""

    type: MessageType
    """message type (option 53); BOOTREQUEST and BOOTREPLY where a witness tells no more than the op"""
    node: str
    """node that saw it"""
    role: MessageRole
    """what that node is in the exchange; transit only forwards or listens"""
    direction: Direction
    """seen from that node"""
    time: float | None = None
    """seconds since the epoch, or on the witness's own clock where it writes no dates"""
    src: str | None = None
    """source address"""
    dst: str | None = None
    """destination address"""
    giaddr: str | None = None
    """relay agent address, where it is set"""
    server_id: str | None = None
    """option 54"""
    requested: str | None = None
    """option 50, the address asked for"""
    yiaddr: str | None = None
    """the address given, where it is set"""
    ciaddr: str | None = None
    """the client's own address, where it is set"""
    mac: str | None = None
    """hardware address of the client, from chaddr"""
    client_id: str | None = None
    """option 61, hexadecimal octets with colons"""
    xid: int | None = None
    """transaction identifier"""
    option82: bool | None = None
    """whether option 82 is there; absent where the witness does not tell"""
    relay_options: RelayOptions | None = None
    """sub-options of option 82"""
    lease_seconds: int | None = None
    """option 51"""
    mask: str | None = None
    """option 1"""
    broadcast: bool | None = None
    """broadcast flag"""
    hops: int | None = None
    """relays passed"""
    interface: str | None = None
    """interface of the node, in its own words"""
    vrf: str | None = None
    """VRF of that interface"""
    note: str | None = None
    """what the node said about the message: a reason to drop it, a refusal, a state"""
    dropped: bool = False
    """true where the node dropped it"""
    file: str | None = None
    """file, relative to the folder the document is in, or as it was given"""
    line: int | None = None
    """line of a log, from 1"""
    frame: int | None = None
    """frame of a capture, from 1"""
    text: str | None = None
    """the log line that shows it; not in the JSON form"""
    said: tuple[tuple[str, int, str], ...] = ()
    """parts of the note with line number and text of each, where they are lines of their own; not in the JSON form"""
    vlan: int | None = None
    """VLAN the frame was in"""
    vni: int | None = None
    """VNI the frame was in"""
    outer_vlan: int | None = None
    """VLAN around that one (IEEE 802.1ad)"""
    mpls_label: int | None = None
    """innermost MPLS label around the packet: the VPN, on its way in this direction"""
    tunnel: int | None = None
    """number of the tunnel around the packet: GRE key (RFC 2890), GTP tunnel endpoint, L2TP tunnel and session"""
    copy: bool = False
    """true where the frame repeats another one of the same capture (a mirror of both directions, a router's other side)"""
    cut: bool = False
    """true where the capture holds a part of the packet"""
    link_source: str | None = None
    """MAC address that sent the frame"""
    vendor_class: str | None = None
    """option 60"""
    ipv6_only_wait: int | None = None
    """option 108 (RFC 8925), seconds"""
    renewal_seconds: int | None = None
    """option 58, T1"""
    router: str | None = None
    """option 3, the first one; absent where classless routes (option 121) take its place (RFC 3442)"""
    size: int | None = None
    """octets of the BOOTP packet, as it was sent"""
    largest: int | None = None
    """option 57, octets of the largest IP packet the sender takes"""
    bad_checksum: bool = False
    """true where the UDP checksum of a captured packet is wrong"""
    malformed: str | None = None
    """why options of a captured packet cannot be read, where they break RFC 2132"""
    attempt: int | None = None
    """number of the client's attempt, where its log tells of starts and surrenders"""
    rebinding_seconds: int | None = None
    """option 59, T2"""
    dns: str | None = None
    """option 6, its addresses with commas between them"""
    classless_routes: bool = False
    """whether option 121 is there (RFC 3442)"""
    link_destination: str | None = None
    """MAC address that the frame was sent to"""
    ignored_router: str | None = None
    """option 3 beside an option 121 without a default route: clients that know that one ignore it (RFC 3442)"""
    boots: bool = False
    """whether it tells a machine what to boot: a boot file (field or option 67) or PXE options (43)"""
    secs: int | None = None
    """seconds since the client began, as a captured packet says"""
    source_port: int | None = None
    destination_port: int | None = None
    payload: bytes | None = None
    """the packet, where a capture of a known port shows it; it, the network and the UDP ports have no JSON form, and are not compared"""
    network: tuple[int | None, int | None, int | None] | None = None
    """VLAN, VNI and outer VLAN of the client's network where this one is translated into it"""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and astuple(self)[:_COMPARED] == astuple(other)[:_COMPARED]

    def __hash__(self) -> int:
        return hash(astuple(self)[:_COMPARED])

    @property
    def to_boot_server(self) -> bool:
        """Part of a conversation with a PXE boot server on port 4011 (PXE specification 2.1)."""
        return BOOT_SERVER_PORT in (self.destination_port, self.source_port)

    def to_json(self) -> dict[str, Json]:
        result = scalars(self)
        for name in ("text", "source_port", "destination_port"):
            result.pop(name, None)
        for name in ("dropped", "copy", "cut", "bad_checksum", "classless_routes", "boots"):
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
        known["role"] = MessageRole(str(data["role"]))
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

    @property
    def wanted(self) -> str | None:
        """The address a REQUEST asks for: the one it names, else the client's own; None where it tells none, and of other messages."""
        return (self.requested or self.ciaddr) if self.type is MessageType.REQUEST else None

    def evidence(self) -> Evidence:
        """The place where this sighting can be looked up."""
        return Evidence(node=self.node, file=self.file, line=self.line, frame=self.frame, text=self.text)


_COMPARED = field_names(Message).index("source_port")

sighting = Message
"""What readers call the message that they make of a line or frame."""
