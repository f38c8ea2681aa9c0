"""A message's fields in words, for whoever wants all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from labgen.dhcp.jsonform import xid_text
from labgen.dhcp.ladder import duration
from labgen.dhcp.message import Message
from labgen.dhcp.relay_options import RelayOptions

_PLAIN = {
    "src": "source",
    "dst": "destination",
    "giaddr": "giaddr",
    "server_id": "server id",
    "requested": "requested address",
    "yiaddr": "yiaddr",
    "ciaddr": "ciaddr",
    "mac": "chaddr",
    "client_id": "client id",
    "mask": "subnet mask",
    "hops": "hops",
}
_SUB_OPTIONS = {
    "circuit_id": "1 circuit id",
    "remote_id": "2 remote id",
    "link_selection": "5 link selection",
    "subscriber_id": "6 subscriber id",
    "unicast": "10 unicast",
    "server_id_override": "11 server id override",
    "cisco_link_selection": "150 Cisco link selection",
    "vss": "151 VSS",
    "vss_control": "152 VSS control",
    "cisco_server_id_override": "152 Cisco server id override",
    "malformed": "malformed",
}


def fields(sightings: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    """Labels and values of one message that was seen at several places; each field from the first that shows it."""
    return tuple(_fields(sightings))


def _fields(sightings: Sequence[Message]) -> Iterator[tuple[str, str]]:
    for name, label in _PLAIN.items():
        value = _first(getattr(message, name) for message in sightings)
        if value is not None:
            yield label, str(value)
    xid = _first(message.xid for message in sightings)
    if isinstance(xid, int):
        yield "xid", xid_text(xid)
    lease = _first(message.lease_seconds for message in sightings)
    if isinstance(lease, int):
        yield "lease", duration(lease)
    broadcast = _first(message.broadcast for message in sightings)
    if broadcast is not None:
        yield "flags", "broadcast" if broadcast else "0"
    options = next((m.relay_options for m in sightings if m.relay_options is not None), None)
    if options is not None:
        yield "option 82", ", ".join(_sub_options(options)) or "empty"
    elif any(message.option82 is False for message in sightings):
        yield "option 82", "none"


def _sub_options(options: RelayOptions) -> Iterator[str]:
    for name, label in _SUB_OPTIONS.items():
        value = getattr(options, name)
        if value is not None:
            yield f"{label} {str(value).lower() if isinstance(value, bool) else value}"
    yield from (f"{code} 0x{octets}" for code, octets in options.other)


def _first(values: Iterable[object]) -> object:
    return next((value for value in values if value is not None), None)
