"""Single values of the configuration: what an address, a name or a marking may be."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address
from string import hexdigits
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LAST_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_LONGEST_NAME = 253
_PATTERN_MARKS = frozenset("*?[")
_CLASSES = ("default", "CS1", "CS2", "CS3", "CS4", "CS5", "CS6", "CS7", "EF")
_EXPEDITED = 46
_VPN_ID = re.compile(r"([0-9A-Fa-f]{1,6}):([0-9A-Fa-f]{1,8})")


def is_unicast(value: IPv4Address) -> bool:
    """True for an address that can be an endpoint."""
    try:
        return _unicast(value) == value
    except ValueError:
        return False


def _unicast(value: IPv4Address) -> IPv4Address:
    """An address that can be an endpoint (RFC 1122 section 3.2.1.3, RFC 1542 section 4.1.1)."""
    number = int(value)
    if number >> 24 == 0:
        raise ValueError(f"{value} is no host's address: network 0 means `this host`")
    if value.is_loopback:
        raise ValueError(f"{value} is a loopback address: nobody else reaches it")
    if value.is_multicast:
        raise ValueError(f"{value} is a multicast address")
    if number >> 28 == 0xF:
        raise ValueError(f"{value} is reserved or the broadcast address, and no host's")
    return value


def _written(value: object) -> object:
    """Four numbers as text: `1` and `true` are addresses to Python."""
    if not isinstance(value, str | IPv4Address):
        raise ValueError("write an IPv4 address")
    return value


Unicast = Annotated[IPv4Address, BeforeValidator(_written), AfterValidator(_unicast)]
"""The address of one host, or, for a server, the broadcast address of a subnet."""


def _server_address(value: object) -> object:
    """An address, or a host name as it is. A name ends in a label that begins with a letter, so that no mistyped address is one."""
    if not isinstance(value, str):
        raise ValueError("write an IPv4 address or a host name")
    if _is_host_name(value):
        return value
    try:
        return _unicast(IPv4Address(value))
    except AddressValueError:
        raise ValueError(f"{value!r} is neither an IPv4 address nor a host name") from None


def _is_host_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    fits = all(_LABEL.fullmatch(label) for label in labels) and len(text) <= _LONGEST_NAME
    return fits and _LAST_LABEL.fullmatch(labels[-1]) is not None


ServerAddress = Annotated[IPv4Address | str, BeforeValidator(_server_address)]
"""Where a server is: an IPv4 address, or a name that is looked up (and looked up again)."""


def _dscp(value: object) -> object:
    """The number of a DSCP given by name (RFC 2474, 2597, 3246)."""
    if not isinstance(value, str):
        return value
    name = value.upper()
    if name == "EF":
        return _EXPEDITED
    if name == "DEFAULT":
        return 0
    if re.fullmatch(r"CS[1-7]", name):
        return int(name[2]) * 8
    if re.fullmatch(r"AF[1-4][1-3]", name):
        return int(name[2]) * 8 + int(name[3]) * 2
    if value.isdecimal():
        return int(value)
    raise ValueError(
        f"no DSCP is called {value!r}; there are {', '.join(_CLASSES)}, AF11 to AF43, and 0 to 63"
    )


Dscp = Annotated[int, BeforeValidator(_dscp), Field(ge=0, le=63)]
"""Differentiated services code point, by number or name."""


def _vpn_id(value: str) -> str:
    if not _VPN_ID.fullmatch(value):
        raise ValueError(
            f"{value!r} is no VPN-ID: write OUI:index in hexadecimal, such as 00005E:2A (RFC 2685)"
        )
    return value


VpnId = Annotated[str, AfterValidator(_vpn_id)]
"""Global VPN identifier of RFC 2685: three octets OUI and four octets index, in hexadecimal."""

Printable = Annotated[str, Field(pattern=r"^[ -~]+$")]
InterfaceName = Annotated[str, Field(pattern=r"^[!-.0-~]+$", max_length=15)]
"""What Linux takes as the name of an interface, or a pattern for such names."""


def _whole_octets(value: str) -> str:
    """A value, refused where it begins as octets do and is none."""
    if value[:2].lower() == "0x" and octets(value) == value.encode():
        raise ValueError(f"{value!r} is no octets: behind `0x` stands an even number of hexadecimal digits")
    return value


def _placeholders(known: tuple[str, ...]) -> AfterValidator:
    def check(value: str) -> str:
        for word in re.findall(r"\{\w*\}", value):
            if word not in known:
                there = f"there are {', '.join(known)}" if known else "write the text itself"
                raise ValueError(f"{word} is filled in by nothing: {there}")
        return value

    return AfterValidator(check)


_Text = Annotated[
    Printable,
    Field(max_length=80, description="text, or octets as 0x and hexadecimal digits"),
    AfterValidator(_whole_octets),
]
CircuitId = Annotated[_Text, _placeholders(("{host}", "{interface}", "{port}"))]
Identifier = Annotated[_Text, _placeholders(("{host}", "{interface}"))]
PortIdentifier = Annotated[_Text, _placeholders(())]
"""Of an access port that snoops: it is one port, and has its text."""


def filled(text: str, host: str, interface: str) -> str:
    """An identifier with the names it asks for; `{port}` stays."""
    return text.replace("{host}", host).replace("{interface}", interface)


def _sub_option_value(value: str) -> str:
    if len(octets(_whole_octets(value))) > 255:
        raise ValueError("a sub-option holds 255 octets at most")
    return value


SubOptionValue = Annotated[
    str, Field(pattern=r"^[ -~]*$", max_length=1024), AfterValidator(_sub_option_value)
]
"""Octets of a sub-option: text, `0x` and hexadecimal digits, or nothing."""


def octets(text: str) -> bytes:
    """Text as it is, or what 0x and an even number of hexadecimal digits stand for."""
    digits = text.removeprefix("0x")
    if digits != text and len(digits) % 2 == 0 and set(digits) <= set(hexdigits):
        return bytes.fromhex(digits)
    return text.encode()


def vpn_id_octets(text: str) -> bytes:
    """The seven octets of a VPN-ID."""
    oui, _, index = text.partition(":")
    return int(oui, 16).to_bytes(3, "big") + int(index, 16).to_bytes(4, "big")


def is_pattern(name: str) -> bool:
    """True for an interface name that stands for several, as fnmatch(3) reads it."""
    return not _PATTERN_MARKS.isdisjoint(name)
