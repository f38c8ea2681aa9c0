"""Sentences of nodes beside their messages: those of logs that explain, refuse or complain.

Every line of a log is a message, a remark, or noise. A remark is shown, belongs to the exchange or the node it speaks of, and
is what findings quote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from labgen.dhcp.jsonform import Json, field_names, scalars
from labgen.dhcp.message import Evidence, MessageRole


class Cause(StrEnum):
    """The cause that a remark is about, where labgen knows; the finding that quotes it depends on it."""

    POOL_EXHAUSTED = "pool-exhausted"
    NO_SCOPE = "no-scope"
    WRONG_NETWORK = "wrong-network"
    PEER_HOLDS = "peer-holds"
    CONFLICT = "conflict"
    DUPLICATE_ID = "duplicate-id"
    RESERVED_IN_USE = "reserved-in-use"
    NO_ADDRESS = "no-address"
    UNTRUSTED = "untrusted"
    DROPPED = "dropped"
    UNTAKEN = "untaken"
    GAVE_UP = "gave-up"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    ROGUE = "rogue"
    FAILED = "failed"
    CLAIMED = "claimed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence of a node that explains, refuses or complains; what it names is in its other fields."""

    node: str
    """node that said it"""
    role: MessageRole
    """what that node is"""
    words: str
    """the sentence, without stamp and program"""
    cause: Cause = Cause.OTHER
    """what it is about, where that is known"""
    time: float | None = None
    """seconds on the clock of the log"""
    mac: str | None = None
    """hardware address it names"""
    client_id: str | None = None
    """client identifier it names"""
    address: str | None = None
    """address it names"""
    giaddr: str | None = None
    """relay agent address it names"""
    interface: str | None = None
    """interface it names"""
    subnet: str | None = None
    """subnet it names"""
    xid: int | None = None
    """transaction identifier it names, as a number"""
    file: str | None = None
    """file, relative to the folder the document is in, or as it was given"""
    line: int | None = None
    """line of a log, from 1"""
    text: str | None = None
    frame: int | None = None
    """frame of a capture, from 1"""

    def evidence(self) -> Evidence:
        """The place where it can be looked up."""
        return Evidence(node=self.node, file=self.file, line=self.line, frame=self.frame, text=self.text)

    def to_json(self) -> dict[str, Json]:
        result = scalars(self)
        result.pop("text", None)
        return result

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Remark:
        known: dict[str, object] = {name: data[name] for name in field_names(cls) if name in data}
        known["role"] = MessageRole(str(data["role"]))
        known["cause"] = Cause(str(data.get("cause", Cause.OTHER.value)))
        return cls(**known)  # type: ignore[arg-type]  # the schema fixes the types
