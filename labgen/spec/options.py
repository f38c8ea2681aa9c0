"""DHCP options in a spec: names and numbers, and what a value of each looks like.

Names are those of RFC 2132 and the IANA registry as ISC dhcpd and Kea write them, and the short ones people say (`dns`). An
option without a name here is given by its number, and a value that says its own kind: addresses, octets as `0a:0b`, text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from pydantic_core import PydanticCustomError

from labgen.spec.addresses import address, prefix, refuse_ipv6
from labgen.spec.values import closest, elsewhere, quoted, wrong

T = TypeVar("T")
OCTETS = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*")
LONGEST = 255
DOMAIN = 15
LEAST_MTU = 68
"""The least that option 26 may say (RFC 2132 section 5.1)."""
PLANNED_ELSEWHERE: Mapping[int, str] = MappingProxyType(
    {
        1: "the segment's prefix sets the mask",
        3: "the gateway is the segment's `gateway`",
        50: "clients ask for an address with it",
        51: "the lease time is `pool.lease`",
        52: "servers set it themselves",
        53: "it is the message type",
        54: "servers and relays set it themselves",
        55: "clients send it",
        57: "clients send it",
        58: "T1 is `pool.renew`",
        59: "T2 is `pool.rebind`",
        61: "clients send it",
        82: "relays add it: `relay.options`",
    }
)
"""Options that other keys, or the protocol itself, set."""
NAMED_ELSEWHERE: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("subnet-mask", "mask", "netmask"), 1),
        **dict.fromkeys(("router", "routers", "gateway", "default-router", "default-gateway"), 3),
        **dict.fromkeys(("lease", "lease-time", "dhcp-lease-time", "address-lease-time"), 51),
        **dict.fromkeys(("server-id", "server-identifier", "dhcp-server-identifier"), 54),
        **dict.fromkeys(("renewal-time", "dhcp-renewal-time", "t1"), 58),
        **dict.fromkeys(("rebinding-time", "dhcp-rebinding-time", "t2"), 59),
        **dict.fromkeys(("client-id", "dhcp-client-identifier"), 61),
        **dict.fromkeys(("relay-agent-information", "relay-agent-info", "relay-agent-options"), 82),
    }
)
"""Their names."""
MEANT: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("nameserver", "nameservers", "name-server", "name-servers", "resolvers"), "dns")
    | dict.fromkeys(("next-server", "tftp", "boot-server"), "tftp-server")
    | dict.fromkeys(("filename", "boot-file", "bootfile-url"), "bootfile")
    | dict.fromkeys(("static-routes", "routes", "rfc3442-classless-static-routes"), "classless-routes")
    | dict.fromkeys(("timezone", "tz-offset"), "time-offset")
)
"""Words that people have for options."""


class Value(NamedTuple):
    """An option as planned: its octets, and the same for people."""

    code: int
    name: str
    kind: str
    data: bytes
    texts: tuple[str, ...]


Encoded = tuple[bytes, tuple[str, ...]]
Encoder = Callable[[Any], Encoded]


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _addresses(value: Any) -> Encoded:
    listed = isinstance(value, list | tuple)
    parts = re.split(r"[\s,;]+", value.strip()) if isinstance(value, str) else []
    if len(parts) > 1 and all(re.fullmatch(r"\d+(\.\d+){3}", part) for part in parts):
        raise wrong(f"{quoted(value)} are several addresses in one", f"write `[{', '.join(parts)}]`")
    found = [_part(address, each, (n,) if listed else ()) for n, each in enumerate(_several(value))]
    if not found:
        raise wrong("no address is listed", "list at least one, such as [10.9.9.9]")
    return b"".join(each.packed for each in found), tuple(str(each) for each in found)


def _part(parse: Callable[[object], T], value: object, at: tuple[str | int, ...]) -> T:
    """A part of an option's value; what is wrong with it is said with its place."""
    try:
        return parse(value)
    except PydanticCustomError as error:
        raise elsewhere(error, at) from error


def _address(value: Any) -> Encoded:
    if len(_several(value)) != 1:
        raise wrong(f"{quoted(value)} is not one address", "write one address, such as 10.9.9.9")
    return _addresses(value)


def _text(value: Any) -> Encoded:
    one = _several(value)
    text = (
        str(one[0])
        if len(one) == 1 and isinstance(one[0], str | int) and not isinstance(one[0], bool)
        else ""
    )
    if not text or not text.isascii() or not text.isprintable():
        raise wrong(
            f"{quoted(value)} is not text that this option can carry", "write printable ASCII characters"
        )
    return text.encode(), (text,)


def _domain(value: Any) -> Encoded:
    """A domain name, or several with spaces between, which some have option 15 carry."""
    data, texts = _text(value)
    for name in texts[0].split(" "):
        if not all(0 < len(label) <= 63 for label in name.removesuffix(".").split(".")):
            raise wrong(
                f"{quoted(value)} is no domain name: dots stand between names",
                "write one such as example.net",
            )
    return data, texts


def _domains(value: Any) -> Encoded:
    """A search list (RFC 3397), uncompressed."""
    names = _several(value)
    data = b""
    for name in names:
        labels = str(name).strip(".").split(".")
        if not isinstance(name, str) or not all(
            re.fullmatch(r"[A-Za-z0-9_-]{1,63}", label) for label in labels
        ):
            raise wrong(f"{quoted(name)} is no domain name", "write names such as example.net")
        data += b"".join(bytes((len(label),)) + label.encode() for label in labels) + b"\0"
    return data, tuple(str(name) for name in names)


def _whole(octets: int, *, signed: bool = False, lowest: int = 0) -> Encoder:
    low, high = (
        (-(1 << (8 * octets - 1)), (1 << (8 * octets - 1)) - 1)
        if signed
        else (lowest, (1 << (8 * octets)) - 1)
    )

    def encode(value: Any) -> Encoded:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise wrong(
                f"{quoted(value)} is no number for this option", f"write a whole number from {low} to {high}"
            )
        return value.to_bytes(octets, "big", signed=signed), (str(value),)

    return encode


def _flag(value: Any) -> Encoded:
    if not isinstance(value, bool):
        raise wrong(f"{quoted(value)} is neither true nor false", "write `true` or `false`")
    return bytes((int(value),)), ("true" if value else "false",)


def _octets(value: Any) -> Encoded:
    if not isinstance(value, str) or not OCTETS.fullmatch(value):
        raise wrong(
            f"{quoted(value)} is not a row of octets",
            'write hexadecimal pairs in quotes, such as "f1:04:0a:05"',
        )
    data = bytes.fromhex(value.replace(":", ""))
    return data, (data.hex(":"),)


def _routes(value: Any) -> Encoded:
    """Classless static routes (RFC 3442)."""
    data, texts = b"", []
    for number, each in enumerate(_several(value)):
        if not isinstance(each, dict) or set(each) != {"to", "via"}:
            raise wrong(f"{quoted(each)} is no route", "write `{to: 10.0.0.0/8, via: 10.1.1.1}`", (number,))
        to = _part(prefix, each["to"], (number, "to"))
        via = _part(address, each["via"], (number, "via"))
        data += bytes((to.prefixlen,)) + to.network_address.packed[: (to.prefixlen + 7) // 8] + via.packed
        texts.append(f"{to} via {via}")
    if not texts:
        raise wrong("no route is listed", "list at least one, such as [{to: 10.0.0.0/8, via: 10.1.1.1}]")
    return data, tuple(texts)


def _any(value: Any) -> Encoded:
    """A value that says its own kind, for options known by number only."""
    many = _several(value)
    if many and all(isinstance(each, str) and re.fullmatch(r"\d+(\.\d+){3}", each) for each in many):
        return _addresses(value)
    if isinstance(value, str) and ":" in value and OCTETS.fullmatch(value):
        return _octets(value)
    for each in many:
        refuse_ipv6(each)
    if isinstance(value, bool):
        return _flag(value)
    if isinstance(value, int) and value >= 0:
        return _whole(1 if value < 1 << 8 else 2 if value < 1 << 16 else 4)(value)
    return _text(value)


KINDS: Mapping[str, Encoder] = MappingProxyType(
    {
        "addresses": _addresses,
        "address": _address,
        "text": _text,
        "domains": _domains,
        "uint8": _whole(1),
        "uint16": _whole(2),
        "uint32": _whole(4),
        "mtu": _whole(2, lowest=LEAST_MTU),
        "int32": _whole(4, signed=True),
        "flag": _flag,
        "octets": _octets,
        "routes": _routes,
        "any": _any,
    }
)


class Known(NamedTuple):
    """An option by its names; the first is the one in messages."""

    code: int
    kind: str
    names: tuple[str, ...]


KNOWN: tuple[Known, ...] = (
    Known(2, "int32", ("time-offset",)),
    Known(4, "addresses", ("time-servers",)),
    Known(6, "addresses", ("dns", "domain-name-servers", "dns-servers", "dns-server")),
    Known(7, "addresses", ("log-servers", "syslog")),
    Known(12, "text", ("host-name", "hostname")),
    Known(15, "text", ("domain", "domain-name")),
    Known(17, "text", ("root-path",)),
    Known(19, "flag", ("ip-forwarding",)),
    Known(26, "mtu", ("mtu", "interface-mtu")),
    Known(28, "address", ("broadcast-address", "broadcast")),
    Known(42, "addresses", ("ntp", "ntp-servers", "ntp-server")),
    Known(43, "octets", ("vendor", "vendor-encapsulated-options")),
    Known(44, "addresses", ("wins", "netbios-name-servers")),
    Known(46, "uint8", ("netbios-node-type",)),
    Known(60, "text", ("vendor-class", "vendor-class-identifier")),
    Known(66, "text", ("tftp-server", "tftp-server-name")),
    Known(67, "text", ("bootfile", "bootfile-name", "boot-file-name")),
    Known(119, "domains", ("domain-search", "search")),
    Known(121, "routes", ("classless-routes", "classless-static-route", "classless-static-routes")),
    Known(138, "addresses", ("capwap", "capwap-ac-v4")),
    Known(150, "addresses", ("tftp-servers", "tftp-server-address", "voip-tftp-server")),
    Known(160, "text", ("captive-portal-160",)),
    Known(252, "text", ("wpad", "wpad-url")),
)

BY_NAME: Mapping[str, Known] = MappingProxyType({name: each for each in KNOWN for name in each.names})
BY_CODE: Mapping[int, Known] = MappingProxyType({each.code: each for each in KNOWN})


def identify(key: str) -> Known:
    """The option that a key of a spec names, by name or number."""
    if key.isascii() and key.isdecimal():
        code = int(key)
        if not 1 <= code <= 254:
            raise wrong(f"{key} is no DHCP option", "options are numbered from 1 to 254")
        if code in PLANNED_ELSEWHERE:
            raise wrong(f"option {code} is not set here", PLANNED_ELSEWHERE[code])
        return BY_CODE.get(code) or Known(code, "any", (f"option-{code}",))
    name = key.lower().replace("_", "-")
    if name in NAMED_ELSEWHERE:
        code = NAMED_ELSEWHERE[name]
        raise wrong(f"{quoted(key)}, option {code}, is not set here", PLANNED_ELSEWHERE[code])
    found = BY_NAME.get(name)
    if found is None:
        near = MEANT.get(name) or closest(key, BY_NAME)
        hint = f"did you mean `{near}`? " if near else ""
        raise wrong(f"there is no DHCP option {quoted(key)}", f"{hint}Any option can be given by its number")
    return found


def parse(key: str, value: Any) -> Value:
    """One option of a spec."""
    known = identify(key)
    data, texts = _domain(value) if known.code == DOMAIN else KINDS[known.kind](value)
    if len(data) > LONGEST:
        raise wrong(f"{quoted(value)} is longer than an option can be", f"{LONGEST} octets are the most")
    kind = _shape(value) if known.kind == "any" else known.kind
    return Value(known.code, known.names[0], kind, data, texts)


def _shape(value: Any) -> str:
    encoded = _any(value)
    for kind in ("addresses", "octets", "flag"):
        try:
            if KINDS[kind](value) == encoded:
                return kind
        except ValueError:
            continue
    return f"uint{8 * len(encoded[0])}" if isinstance(value, int) else "text"


def parse_all(value: object) -> tuple[Value, ...]:
    """The `options` of a segment, in order of their numbers. A number set twice, by whatever names, is an error."""
    if isinstance(value, tuple):
        return value
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise wrong(
            f"{quoted(value)} stands where options are expected", "write `{dns: [10.9.9.9], 150: 10.9.9.9}`"
        )
    found: dict[int, Value] = {}
    for key, each in value.items():
        try:
            option = parse(str(key), each)
        except PydanticCustomError as error:
            raise elsewhere(error, (key,)) from error
        if option.code in found:
            raise wrong(
                f"option {option.code} is set twice, the second time as {quoted(key)}",
                "keep one of them",
                (key,),
            )
        found[option.code] = option
    return tuple(found[code] for code in sorted(found))


def below(key: str, value: object) -> tuple[Value, ...]:
    """The options under a key; an error in one is reported with its place."""
    try:
        return parse_all(value)
    except PydanticCustomError as error:
        raise elsewhere(error, (key,)) from error


_ADDRESSES = {"type": "string", "format": "ipv4", "pattern": r"^\d{1,3}(\.\d{1,3}){3}$"}
_PREFIX = {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,3}){3}/(3[0-2]|[12]?\d)$"}
_DOMAIN_FORM = {
    "type": ["string", "integer"],
    "pattern": r"^[^. ]{1,63}(\.[^. ]{1,63})*\.?( [^. ]{1,63}(\.[^. ]{1,63})*\.?)*$",
}
_FORMS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "addresses": {"anyOf": [_ADDRESSES, {"type": "array", "items": _ADDRESSES, "minItems": 1}]},
        "address": _ADDRESSES,
        "text": {"type": ["string", "integer"]},
        "domains": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
        },
        "flag": {"type": "boolean"},
        "mtu": {"type": "integer", "minimum": LEAST_MTU, "maximum": 65535},
        "octets": {"type": "string", "pattern": f"^{OCTETS.pattern}$"},
        "any": {"type": ["string", "integer", "boolean", "array"]},
        "routes": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["to", "via"],
                "additionalProperties": False,
                "properties": {"to": _PREFIX, "via": _ADDRESSES},
            },
        },
    }
)
_CODES = r"^([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-4])$"


def json_schema() -> dict[str, Any]:
    """JSON Schema of `options`: every name with the form of its value, and any other number."""
    by_name = {name: _form(each) for each in KNOWN for name in each.names}
    by_code = {str(each.code): _form(each) for each in KNOWN}
    refused = {str(code): {"not": {}, "description": why} for code, why in PLANNED_ELSEWHERE.items()}
    return {
        "type": "object",
        "properties": by_name | by_code | refused,
        "patternProperties": {_CODES: {}},
        "additionalProperties": False,
    }


def _form(known: Known) -> dict[str, Any]:
    form = _DOMAIN_FORM if known.code == DOMAIN else _FORMS.get(known.kind, {"type": "integer"})
    return {**form, "description": f"option {known.code}"}
