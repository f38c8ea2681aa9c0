"""Bindings and numbers of a device, by its tables, lease files and counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labgen.dhcp.jsonform import Json, as_mapping, field_names, scalars
from labgen.dhcp.message import Evidence, MessageRole
from labgen.dhcp.relay_options import RelayOptions


@dataclass(frozen=True, slots=True)
class Binding:
    """A lease or binding as a table or lease file shows it."""

    address: str
    """leased address"""
    node: str
    """node that shows it"""
    mac: str | None = None
    """hardware address of the client"""
    client_id: str | None = None
    """option 61 of the client"""
    state: str = "active"
    """the device's word in lower case: active, selecting, released, ..."""
    expires: float | None = None
    """seconds since the epoch; absent: never, or unknown"""
    lease_seconds: int | None = None
    """length of the lease"""
    server_id: str | None = None
    """server, where a client shows its lease"""
    vrf: str | None = None
    """VRF"""
    interface: str | None = None
    """interface"""
    role: MessageRole = MessageRole.SERVER
    """what the node that shows it is"""
    relay_options: RelayOptions | None = None
    """option 82 the lease was given with"""
    file: str | None = None
    """file, relative to the folder the document is in, or as it was given"""
    line: int | None = None
    """line of a log, from 1"""
    text: str | None = None
    """the line itself"""

    def to_json(self) -> dict[str, Json]:
        result = scalars(self)
        if self.relay_options is not None:
            result["relay_options"] = self.relay_options.to_json()
        return result

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Binding:
        known: dict[str, object] = {name: data[name] for name in field_names(cls) if name in data}
        known["role"] = MessageRole(str(data.get("role", MessageRole.SERVER.value)))
        if "relay_options" in data:
            known["relay_options"] = RelayOptions.from_json(as_mapping(data["relay_options"]))
        return cls(**known)  # type: ignore[arg-type]  # the schema fixes the types

    def evidence(self) -> Evidence:
        """The place where this binding can be looked up."""
        return Evidence(node=self.node, file=self.file, line=self.line, text=self.text)


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that a device shows."""

    node: str
    """node that shows it"""
    subject: str
    """pool, interface or server it counts"""
    name: str
    """its name, in the device's words"""
    value: int
    """the number"""
    role: MessageRole = MessageRole.SERVER
    """what the node is"""
    file: str | None = None
    """file, relative to the folder the document is in, or as it was given"""
    line: int | None = None
    """line of a log, from 1"""

    def to_json(self) -> dict[str, Json]:
        return scalars(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Counter:
        known: dict[str, object] = {name: data[name] for name in field_names(cls) if name in data}
        known["role"] = MessageRole(str(data.get("role", MessageRole.SERVER.value)))
        return cls(**known)  # type: ignore[arg-type]  # the schema fixes the types
