"""The options of a captured packet that the exchanges and findings look at, straight from its octets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter, methodcaller
from socket import inet_ntoa
from struct import Struct
from typing import Any, NamedTuple

from labgen.dhcp.octet_cache import kept
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.suboptions import printable, relay_options

_PAST, _ODD, _TWICE = -1, -2, -3
"""Keys, beside the codes, of the option that runs past the end of its field, of the word that some option breaks RFC 2132, and of
another option 82 behind a whole one.
"""


class CapturedOptions(NamedTuple):
    """Options that were found; None where one is absent, or not of the length that RFC 2132 asks for (`malformed` says so)."""

    type: int = 0
    complete: bool = False
    said: str | None = None
    relay_options: RelayOptions | None = None
    server_id: str | None = None
    requested: str | None = None
    client_id: str | None = None
    lease_seconds: int | None = None
    mask: str | None = None
    vendor_class: str | None = None
    ipv6_only_wait: int | None = None
    renewal_seconds: int | None = None
    router: str | None = None
    largest: int | None = None
    malformed: str | None = None
    rebinding_seconds: int | None = None
    dns: str | None = None
    classless_routes: bool | None = None
    """whether option 121 holds a default route"""
    boots: bool = False


NO_OPTIONS = CapturedOptions()
_options: Callable[[type[CapturedOptions], list[Any]], CapturedOptions] = tuple.__new__
"""`CapturedOptions._make`, without a count of the values."""
_LONGEST = 255
"""Octets of the longest value of one option."""
_AREA, _BEGUN = 240, 245
"""Where the options begin, and how far a packet is looked at to tell which layout it may have."""
_MOST_LAYOUTS = 4096
_OVERLOAD, _AGENT, _ROUTER, _CLASSLESS_ROUTES = 52, 82, 3, 121


class OptionReader:
    """Reads the options of packet after packet. Clients of one make, and the replies of one server, have the same options of the same
    lengths in the same places: where a packet is laid out as one before it, its values are where they were.
    """

    def __init__(self) -> None:
        self._likely: dict[tuple[int, bytes], _OptionPlaces] = {}
        self._known: dict[bytes, _OptionPlaces] = {}
        self._given: dict[bytes, list[Any]] = {}

    def read(self, payload: bytes) -> CapturedOptions:
        """Options of a packet with magic cookie. RFC 2131 section 4.1 overload and RFC 3396 splitting are followed."""
        return _options(CapturedOptions, self.values(payload))

    def values(self, payload: bytes, *, given: bool = False) -> list[Any]:
        """The values of `CapturedOptions`, not to be changed. `given`: in a reply; those of one server are often equal to the last octet,
        and read once.
        """
        octets = payload[_AREA:] if given else b""
        if given and (known := self._given.get(octets)) is not None:
            return known
        likely = self._likely.get((len(payload), payload[_AREA:_BEGUN]))
        if likely is None:
            return self._read_anew(payload)
        pieces = likely.unpack(payload, _AREA)
        if pieces[::2] != likely.heads:
            return self._read_anew(payload)
        values = likely.values.copy()
        for place, at, convert in likely.plan:
            values[place] = convert(pieces[at])
        if given:
            if len(self._given) >= _MOST_LAYOUTS:
                self._given.clear()
            self._given[octets] = values
        return values

    @property
    def layouts(self) -> int:
        """The number of layouts that were met."""
        return len(self._known)

    def _read_anew(self, payload: bytes) -> list[Any]:
        found: dict[int, bytes] = {}
        end = _collect(payload, _AREA, len(payload), found)
        if _OVERLOAD in found:
            _overloaded(payload, found)
        elif _ODD not in found and end == _AREA + sum(len(value) + 2 for value in found.values()):
            self._expect(payload, found)  # each once, and no pad among them
        return _values(found, end > 0)

    def _expect(self, payload: bytes, found: dict[int, bytes]) -> None:
        """Expect the next packet that begins like this one to be laid out like it."""
        heads = bytes(octet for code, value in found.items() for octet in (code, len(value)))
        layout = self._known.get(heads)
        if layout is None:
            if len(self._known) >= _MOST_LAYOUTS:
                return
            layout = self._known[heads] = _layout(found)
        if len(self._likely) >= _MOST_LAYOUTS:
            self._likely.clear()
        self._likely[len(payload), payload[_AREA:_BEGUN]] = layout


class _OptionPlaces(NamedTuple):
    """Options of one layout: what takes them to pieces, the codes and lengths that have to be there, the values that packets of this
    layout share, and for each other one its place, its piece and what makes it of that.
    """

    unpack: Callable[[bytes, int], tuple[bytes, ...]]
    heads: tuple[bytes, ...]
    values: list[Any]
    plan: tuple[tuple[int, int, Callable[[bytes], Any]], ...]


def _layout(found: dict[int, bytes]) -> _OptionPlaces:
    pieces = [(code, len(value)) for code, value in found.items()]
    return _OptionPlaces(
        Struct("".join(f"2s{size}s" for _, size in pieces) + "1s").unpack_from,
        (*(bytes(piece) for piece in pieces), b"\xff"),
        list(NO_OPTIONS._replace(complete=True)),
        tuple(
            (meaning.place, at * 2 + 1, meaning.convert)
            for at, (code, size) in enumerate(pieces)
            if (meaning := _meaning(code, size)) is not None
        ),
    )


class _Meaning(NamedTuple):
    """The meaning of an option to a message: the place of the value, the lengths it has, and what makes it of the octets."""

    place: int
    least: int
    most: int
    convert: Callable[[bytes], Any]


def _means(name: str, least: int, most: int, convert: Callable[[bytes], Any]) -> _Meaning:
    return _Meaning(CapturedOptions._fields.index(name), least, most, convert)


def _meaning(code: int, size: int) -> _Meaning | None:
    """The meaning of an option of this code and length; None for those nobody looks at."""
    meaning = _MEANINGS.get(code)
    return meaning if meaning is not None and meaning.least <= size <= meaning.most else None


def _values(found: dict[int, bytes], complete: bool) -> list[Any]:
    """The values of `CapturedOptions`."""
    values: list[Any] = list(NO_OPTIONS)
    for code, value in found.items():
        meaning = _meaning(code, len(value))
        if meaning is not None:
            values[meaning.place] = meaning.convert(value)
    values[_COMPLETE] = complete
    if _ODD in found:
        values[_MALFORMED] = ", ".join(_broken(found)) or None
    return values


_ONLY = bytes({1: 4, 50: 4, 51: 4, 53: 1, 54: 4, 57: 2, 58: 4, 59: 4}.get(code, 0) for code in range(256))
"""Octets of each option that has one length only (RFC 2132), by code; 0 for the others."""
_CLIENT_ID_LEAST = 2
"""Octets of the shortest client identifier (RFC 2132 section 9.14)."""


def _broken(found: dict[int, bytes]) -> Iterator[str]:
    """Faults by RFC 2132 of options that servers look at."""
    for code, value in found.items():
        if code == _PAST:
            yield f"option {value[0]} runs past the end of the packet"
        elif code == _TWICE:
            yield "option 82 is there twice: a relay added its own to another's (RFC 3046 section 2.1)"
        elif code >= 0 and _ONLY[code] and len(value) != _ONLY[code]:
            yield f"option {code} has {len(value)} octets, not {_ONLY[code]}"
        elif code == 61 and len(value) < _CLIENT_ID_LEAST:
            yield f"option 61 has {len(value)} octets, not {_CLIENT_ID_LEAST} or more"


def _overloaded(payload: bytes, found: dict[int, bytes]) -> None:
    """Options in `file` and `sname`, as option 52 says; option 82 is in the options field alone (RFC 3046 section 2.1)."""
    overload, agent = found[_OVERLOAD], found.get(_AGENT)
    if overload and overload[0] & 1:
        _collect(payload, 108, 236, found)
    if overload and overload[0] & 2:
        _collect(payload, 44, 108, found)
    found.pop(_AGENT, None)
    if agent is not None:
        found[_AGENT] = agent


def _collect(payload: bytes, at: int, end: int, found: dict[int, bytes]) -> int:
    """Take in options; where the end option is that closed them, 0 without."""
    while at < end:
        code = payload[at]
        if code == 0:
            at += 1
            continue
        if code == 255 or at + 1 >= end:
            return at if code == 255 else 0
        size, start = payload[at + 1], at + 2
        at = start + size
        if at > end:
            found[_PAST], found[_ODD] = payload[start - 2 : start], b""
            return 0
        if _ONLY[code] not in (0, size) or (code == 61 and size < _CLIENT_ID_LEAST):
            found[_ODD] = b""
        value = payload[start:at]
        if (
            code == _AGENT and 0 < len(found.get(_AGENT, b"")) < _LONGEST
        ):  # RFC 3396 splits what is longer than one option
            found[_TWICE] = found[_ODD] = b""
        found[code] = found[code] + value if code in found else value
    return 0


cached_relay_options: Callable[[bytes], RelayOptions] = kept(relay_options)
"""Of what relays put into packet after packet."""


address_text: Callable[[bytes], str] = kept(inet_ntoa)
"""An IPv4 address in dotted decimals."""


mac_text: Callable[[bytes], str] = kept(methodcaller("hex", ":"))
"""A hardware address as lower case octets with colons."""


@kept
def _addresses(octets: bytes) -> str:
    return ", ".join(inet_ntoa(octets[at : at + 4]) for at in range(0, len(octets) - 3, 4))


def _has_default_route(octets: bytes) -> bool:
    """True if classless routes (RFC 3442) hold one of width 0, or cannot be read."""
    at = 0
    while at < len(octets):
        width = octets[at]
        if not 0 < width <= 32:
            return True
        at += 5 + (width + 7) // 8
    return at != len(octets) or not octets


def _said(octets: bytes) -> str | None:
    return printable(octets).strip("\0 ") or None


_ANY = 1 << 16
_COMPLETE, _MALFORMED = (CapturedOptions._fields.index(name) for name in ("complete", "malformed"))
_MEANINGS = {
    1: _means("mask", 4, 4, address_text),
    _ROUTER: _means("router", 4, _ANY, lambda octets: address_text(octets[:4])),
    6: _means("dns", 4, _ANY, _addresses),
    50: _means("requested", 4, 4, address_text),
    51: _means("lease_seconds", 4, 4, int.from_bytes),
    53: _means("type", 1, _ANY, itemgetter(0)),
    54: _means("server_id", 4, 4, address_text),
    56: _means("said", 0, _ANY, _said),
    57: _means("largest", 2, 2, int.from_bytes),
    58: _means("renewal_seconds", 4, 4, int.from_bytes),
    59: _means("rebinding_seconds", 4, 4, int.from_bytes),
    60: _means("vendor_class", 1, _ANY, printable),
    61: _means("client_id", 1, _ANY, mac_text),
    _AGENT: _means("relay_options", 0, _ANY, cached_relay_options),
    108: _means("ipv6_only_wait", 4, 4, int.from_bytes),
    _CLASSLESS_ROUTES: _means("classless_routes", 0, _ANY, kept(_has_default_route)),
    **dict.fromkeys((43, 67), _means("boots", 1, _ANY, lambda _: True)),
}
"""What options mean, by code."""
