"""Values of the DHCP domain: messages, exchanges, findings, and their JSON form (`labgen/analysis/1`).

Addresses are canonical text, so the same types can carry IPv4 and IPv6. Hardware addresses are lower
case with colons. Client identifiers are lower case hexadecimal octets with colons, type octet included
(RFC 2132 9.14). Fields that a witness does not show are None; they are left out of the JSON form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from labgen.dhcp.bindings import Binding, Counter
from labgen.dhcp.fast_values import QuickValue, dataclass_like
from labgen.dhcp.jsonform import Json, as_list, as_mapping, as_text, field_names, scalars, xid_text
from labgen.dhcp.message import Direction, Evidence, Message, MessageRole, MessageType
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.segments import NOWHERE, Segment

__all__ = [
    "ANALYSIS_SCHEMA",
    "Analysis",
    "Binding",
    "Cause",
    "Client",
    "Counter",
    "Direction",
    "Evidence",
    "Exchange",
    "ExchangeOutcome",
    "Finding",
    "Json",
    "Kind",
    "Message",
    "MessageRole",
    "MessageType",
    "RelayOptions",
    "Remark",
    "Segment",
    "Severity",
    "Source",
]

ANALYSIS_SCHEMA = "labgen/analysis/1"


class Kind(StrEnum):
    """The wish of the client (RFC 2131 section 3 and 4.4). `bootp`: an address by BOOTP (RFC 951); `boot-server`: a boot file by PXE on
    port 4011; `leasequery`: a relay or access device asks about a lease (RFC 4388); `forcerenew`: the server asks (RFC 3203)."""

    ACQUIRE = "acquire"
    RENEW = "renew"
    REBIND = "rebind"
    RELEASE = "release"
    INFORM = "inform"
    DECLINE = "decline"
    BOOTP = "bootp"
    BOOT_SERVER = "boot-server"
    LEASEQUERY = "leasequery"
    FORCERENEW = "forcerenew"

    __hash__ = str.__hash__


class ExchangeOutcome(StrEnum):
    """The end of an exchange. `no-reply`: no answer was seen; `incomplete`: it stopped, or was seen, half way. `answered`: options or a
    boot file were given, nothing is bound; `declined` and `sent` have no answer; `active`, `unassigned` and `unknown` are the states of
    a lease that was asked about."""

    BOUND = "bound"
    RENEWED = "renewed"
    RELEASED = "released"
    NAK = "nak"
    NO_REPLY = "no-reply"
    INCOMPLETE = "incomplete"
    ANSWERED = "answered"
    DECLINED = "declined"
    SENT = "sent"
    ACTIVE = "active"
    UNASSIGNED = "unassigned"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__


GRANTED = frozenset({ExchangeOutcome.BOUND, ExchangeOutcome.RENEWED})
"""Outcomes by which a client has a lease."""
FULFILLED = GRANTED | {ExchangeOutcome.RELEASED}
"""Outcomes by which a client's lease is as it wants it."""


class Severity(StrEnum):
    """The weight of a finding: an error breaks a client now or at its next renewal."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass_like
class Client(QuickValue, frozen=True, gc=False):
    """The client that an exchange is about; at least one of the two is known, unless no witness showed either."""

    mac: str | None = None
    """hardware address, lower case with colons; null where no witness shows it"""
    client_id: str | None = None
    """option 61 (RFC 2132 section 9.14), hexadecimal octets with colons, type octet included; null where unknown"""

    def __str__(self) -> str:
        return self.mac or self.client_id or "unknown client"

    def to_json(self) -> dict[str, Json]:
        return {"mac": self.mac, "client_id": self.client_id}

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Client:
        return cls(mac=as_text(data.get("mac")), client_id=as_text(data.get("client_id")))


@dataclass_like
class Exchange(QuickValue, frozen=True, gc=False):
    """One client transaction, first message to outcome, with every sighting of it in order of time."""

    client: Client
    """who it is about"""
    kind: Kind
    """what the client wanted (RFC 2131)"""
    outcome: ExchangeOutcome
    """how it ended; no-reply: no server answered, incomplete: it stopped, or was seen, half way"""
    messages: tuple[Message, ...]
    """every sighting, in order of time"""
    xid: int | None = None
    """transaction identifier; null where it has several"""
    address: str | None = None
    """address the client ended up with, or tried to renew or release"""
    server_id: str | None = None
    """server identifier the client ended up with"""
    lease_seconds: int | None = None
    """length of the lease"""
    segment: Segment = NOWHERE
    """VLAN, VNI, VPN or interface it was seen in; absent where no witness tells"""

    @property
    def started(self) -> float | None:
        """Time of the first sighting that has one, seconds."""
        first = self.messages[0].time if self.messages else None
        if first is not None:
            return first
        return next((message.time for message in self.messages if message.time is not None), None)

    @property
    def ended(self) -> float | None:
        """Time of the last sighting that has one, seconds."""
        last = self.messages[-1].time if self.messages else None
        if last is not None:
            return last
        return next((m.time for m in reversed(self.messages) if m.time is not None), None)

    def seen(
        self,
        type_: MessageType | None = None,
        *,
        role: MessageRole | None = None,
        direction: Direction | None = None,
        node: str | None = None,
    ) -> tuple[Message, ...]:
        """The sightings that match all of the given criteria, in order."""
        return tuple(
            message
            for message in self.messages
            if (type_ is None or message.type is type_)
            and (role is None or message.role is role)
            and (direction is None or message.direction is direction)
            and (node is None or message.node == node)
        )

    def to_json(self) -> dict[str, Json]:
        return {
            "client": self.client.to_json(),
            "kind": self.kind.value,
            "xid": None if self.xid is None else xid_text(self.xid),
            "outcome": self.outcome.value,
            "address": self.address,
            "server_id": self.server_id,
            "lease_seconds": self.lease_seconds,
            **({"segment": str(self.segment)} if self.segment != NOWHERE else {}),
            "messages": [message.to_json() for message in self.messages],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Exchange:
        xid, lease = data.get("xid"), data.get("lease_seconds")
        return cls(
            client=Client.from_json(as_mapping(data["client"])),
            kind=Kind(str(data["kind"])),
            outcome=ExchangeOutcome(str(data["outcome"])),
            messages=tuple(Message.from_json(as_mapping(item)) for item in as_list(data["messages"])),
            xid=None if xid is None else int(str(xid), 0),
            address=as_text(data.get("address")),
            server_id=as_text(data.get("server_id")),
            lease_seconds=None if lease is None else int(str(lease)),
            segment=Segment.parse(as_text(data.get("segment"))),
        )


@dataclass_like
class Finding(QuickValue, frozen=True, gc=False):
    """Something a network engineer wants to know, and where it shows. `labgen.dhcp.explain` has
    the page for `code`.
    """

    code: str
    """name of the finding; docs/reference/findings.md explains it"""
    severity: Severity
    """an error breaks a client now or at its next renewal"""
    message: str
    """one sentence about this case"""
    node: str | None = None
    """node it is about"""
    client: str | None = None
    """client it is about"""
    evidence: tuple[Evidence, ...] = ()
    """where it shows"""

    def to_json(self) -> dict[str, Json]:
        result = scalars(self)
        result["evidence"] = [item.to_json() for item in self.evidence]
        return result

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Finding:
        return cls(
            code=str(data["code"]),
            severity=Severity(str(data["severity"])),
            message=str(data["message"]),
            node=as_text(data.get("node")),
            client=as_text(data.get("client")),
            evidence=tuple(Evidence.from_json(as_mapping(item)) for item in as_list(data.get("evidence"))),
        )


@dataclass(frozen=True, slots=True)
class Source:
    """One input and how much of it was understood."""

    file: str
    """the file as it was given"""
    format: str
    """name of its format"""
    node: str
    """node whose it is"""
    role: MessageRole | None = None
    """what that node is, where it was told or is known"""
    lines: int = 0
    """lines of a log, frames of a capture"""
    events: int = 0
    """lines or frames that became messages or bindings"""
    unparsed: int = 0
    """lines that were not understood"""
    unparsed_dhcp: int = 0
    """those of them that speak of DHCP"""
    clock: str = "none"
    """epoch, uptime or none"""
    clock_offset: float = 0.0
    """seconds added to its times to lay them on the common clock"""
    problems: tuple[str, ...] = ()
    """what could not be read"""
    remarks: int = 0
    """lines that explain"""
    noise: int = 0
    """lines of a known kind that say nothing about DHCP messages"""
    began: float | None = None
    """time of the first record of any kind"""
    ended: float | None = None
    """time of the last record of any kind"""

    def to_json(self) -> dict[str, Json]:
        result = scalars(self)
        result["problems"] = list(self.problems)
        return result

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Source:
        known: dict[str, object] = {name: data[name] for name in field_names(cls) if name in data}
        known["role"] = None if data.get("role") is None else MessageRole(str(data["role"]))
        known["problems"] = tuple(str(item) for item in as_list(data.get("problems")))
        return cls(**known)  # type: ignore[arg-type]  # the schema fixes the types


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result of `labgen analyze`: the inputs, the exchanges rebuilt from them, and the findings about those."""

    sources: tuple[Source, ...] = ()
    """the inputs"""
    exchanges: tuple[Exchange, ...] = ()
    """exchanges rebuilt from them"""
    findings: tuple[Finding, ...] = ()
    """what is odd about those"""
    bindings: tuple[Binding, ...] = ()
    """leases that tables and lease files show"""
    counters: tuple[Counter, ...] = ()
    """numbers that devices show"""
    remarks: tuple[Remark, ...] = ()
    """sentences of logs that explain"""

    def to_json(self) -> dict[str, Json]:
        return {
            "schema": ANALYSIS_SCHEMA,
            "sources": [item.to_json() for item in self.sources],
            "exchanges": [item.to_json() for item in self.exchanges],
            "findings": [item.to_json() for item in self.findings],
            "bindings": [item.to_json() for item in self.bindings],
            "counters": [item.to_json() for item in self.counters],
            "remarks": [item.to_json() for item in self.remarks],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Analysis:
        """Raises ValueError when `data` is of another schema."""
        if data.get("schema") != ANALYSIS_SCHEMA:
            raise ValueError(f"expected schema {ANALYSIS_SCHEMA}, not {data.get('schema')!r}")
        return cls(
            sources=tuple(Source.from_json(as_mapping(item)) for item in as_list(data.get("sources"))),
            exchanges=tuple(Exchange.from_json(as_mapping(item)) for item in as_list(data.get("exchanges"))),
            findings=tuple(Finding.from_json(as_mapping(item)) for item in as_list(data.get("findings"))),
            bindings=tuple(Binding.from_json(as_mapping(item)) for item in as_list(data.get("bindings"))),
            counters=tuple(Counter.from_json(as_mapping(item)) for item in as_list(data.get("counters"))),
            remarks=tuple(Remark.from_json(as_mapping(item)) for item in as_list(data.get("remarks"))),
        )
