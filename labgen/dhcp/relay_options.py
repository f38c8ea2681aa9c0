"""Option 82 of a message, decoded. By itself, since a relay that starts needs no more of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labgen.dhcp.jsonform import Json, as_mapping, field_names, scalars


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """Decoded sub-options of option 82 (RFC 3046): text where it is printable, else `0x` and hexadecimal octets."""

    circuit_id: str | None = None
    """sub-option 1"""
    remote_id: str | None = None
    """sub-option 2"""
    link_selection: str | None = None
    """sub-option 5 (RFC 3527): an address of the client's subnet"""
    subscriber_id: str | None = None
    """sub-option 6"""
    unicast: bool | None = None
    """flag of sub-option 10 (RFC 5010): the relay got the message as unicast"""
    server_id_override: str | None = None
    """sub-option 11 (RFC 5107): the address that replies are to name as server"""
    cisco_link_selection: str | None = None
    """Cisco's private sub-option 150"""
    vss: str | None = None
    """sub-option 151 (RFC 6607): the client's VPN"""
    vss_control: bool | None = None
    """sub-option 152 (RFC 6607), true where it is there, empty: nobody has acted on 151"""
    cisco_server_id_override: str | None = None
    """Cisco's private sub-option 152"""
    other: tuple[tuple[int, str], ...] = ()
    """other sub-options, and repeated ones: code to hexadecimal octets"""
    malformed: str | None = None
    """why sub-options could not be read to the end"""

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
