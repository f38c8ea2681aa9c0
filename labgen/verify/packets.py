"""Packets behind sightings: what two sightings of one message have in common, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address

from labgen.dhcp.model import Message
from labgen.dhcp.options import OptionCode, join_long
from labgen.dhcp.packet import Packet
from labgen.ground.errors import InputError

PAD, END = 0, 255
FIELDS = (
    "op",
    "htype",
    "hlen",
    "xid",
    "secs",
    "flags",
    "ciaddr",
    "yiaddr",
    "siaddr",
    "chaddr",
    "sname",
    "file",
)
"""What a relay may not touch in the fixed header (RFC 1542 section 4.1)."""


def packet(message: Message) -> Packet | None:
    """The packet of a captured sighting; None for what a log shows."""
    return None if message.payload is None else _decoded(message.payload)


@lru_cache(maxsize=4096)
def _decoded(payload: bytes) -> Packet | None:
    try:
        return Packet.decode(payload)
    except InputError:
        return None


def value(found: Packet, code: int) -> bytes | None:
    """An option's octets, joined; those in `file` and `sname` count."""
    return join_long(found.all_options(), code)


def differences(sent: Packet, copy: Packet) -> Iterator[str]:
    """Changes of a relayed copy that are not allowed: header fields, and every option but 82."""
    for name in FIELDS:
        if getattr(sent, name) != getattr(copy, name):
            yield f"{name} {_shown(getattr(sent, name))} became {_shown(getattr(copy, name))}"
    before, after = _options(sent), _options(copy)
    if before == after:
        return
    for code in dict.fromkeys((*(c for c, _ in before), *(c for c, _ in after))):
        was, now = ([data for own, data in side if own == code] for side in (before, after))
        if was != now:
            yield f"option {code} {_octets(was)} became {_octets(now)}"
    if sorted(before) == sorted(after):
        yield "the order of options changed"


def _options(found: Packet) -> list[tuple[int, bytes]]:
    left_out = (PAD, OptionCode.RELAY_AGENT)
    return [(option.code, option.data) for option in found.options if option.code not in left_out]


def _octets(values: list[bytes]) -> str:
    return " ".join(f"0x{each.hex()}" for each in values) if values else "absent"


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return f"0x{value.rstrip(bytes(1)).hex() or '00'}"
    return f"{value:#x}" if isinstance(value, int) else str(value)


def addresses(octets: bytes) -> str:
    """Addresses of an option's octets, in words; hexadecimal where they are none."""
    if not octets or len(octets) % 4:
        return f"0x{octets.hex()}"
    return " ".join(str(IPv4Address(octets[at : at + 4])) for at in range(0, len(octets), 4))


def number(octets: bytes) -> str:
    return f"{int.from_bytes(octets, 'big')} s" if len(octets) == 4 else f"0x{octets.hex()}"


def shown(messages: Iterable[Message]) -> tuple[tuple[Message, Packet], ...]:
    """The sightings that show their packet."""
    found = ((message, packet(message)) for message in messages)
    return tuple((message, own) for message, own in found if own is not None)
