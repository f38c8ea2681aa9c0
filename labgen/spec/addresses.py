"""Addresses as a spec writes them: what each becomes, and what is wrong with one that is none."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, ip_interface
from typing import Annotated

from pydantic import BeforeValidator, Field

from labgen.ground.made_once import MadeOnce
from labgen.spec.values import quoted, wrong

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def _is_ipv6(value: str) -> bool:
    if ":" not in value:
        return False
    try:
        return ip_interface(value).version == 6
    except ValueError:
        return False


def refuse_ipv6(value: object) -> None:
    """ValueError with a remedy where a text is an IPv6 address or prefix, or a range of them."""
    if isinstance(value, str) and any(_is_ipv6(part.strip()) for part in value.split("-")):
        raise wrong(
            f"{quoted(value)} is an IPv6 address; labgen builds and checks IPv4 so far",
            "write an IPv4 address or prefix",
        )


def range_text(value: object) -> object:
    """A range of addresses as it is written; what it says of the segment is judged with the segment's prefix."""
    refuse_ipv6(value)
    return value


def address(value: object) -> IPv4Address:
    """An IPv4 address."""
    if isinstance(value, IPv4Address):
        return value
    refuse_ipv6(value)
    if isinstance(value, str) and "/" in value:
        raise wrong(
            f"{quoted(value)} has a mask where only an address is expected", f"write `{value.split('/')[0]}`"
        )
    try:
        return IPv4Address(str(value) if isinstance(value, str) else "")
    except ValueError:
        raise wrong(
            f"{quoted(value)} is not an IPv4 address", "write four numbers from 0 to 255, such as 10.1.1.1"
        ) from None


def prefix(value: object) -> IPv4Network:
    """An IPv4 prefix: a network address and its mask."""
    if isinstance(value, IPv4Network):
        return value
    refuse_ipv6(value)
    text = value.strip() if isinstance(value, str) else ""
    if "/" not in text:
        try:
            IPv4Address(text)
        except ValueError:
            raise wrong(
                f"{quoted(value)} is not an IPv4 prefix",
                _with_mask(text) or "write an address and a mask, such as 10.1.1.0/24",
            ) from None
        length = 0 if text == "0.0.0.0" else 24 if text.endswith(".0") else 32
        raise wrong(f"{quoted(value)} has no mask", f"write `{text}/{length}`")
    try:
        found = IPv4Interface(text)
    except ValueError:
        raise wrong(
            f"{quoted(value)} is not an IPv4 prefix",
            "write an address and a mask from 0 to 32, such as 10.1.1.0/24",
        ) from None
    if found.ip != found.network.network_address:
        raise wrong(f"`{text}` is an address within a prefix, not the prefix", f"write `{found.network}`")
    return found.network


def _with_mask(text: str) -> str:
    """The remedy where address and mask stand side by side, or the last octets are missing."""
    ends = ".0" * (4 - text.count(".") - 1)
    with suppress(ValueError):
        if len(text.split()) == 2:
            return f"write `{IPv4Network(text.replace(' ', '/'), strict=False)}`"
        if ends:
            return f"write `{IPv4Network(f'{text}{ends}/{32 - 4 * len(ends)}')}`"
    return ""


def interface(value: object) -> IPv4Interface:
    """An IPv4 address with the mask of its subnet."""
    refuse_ipv6(value)
    text = value if isinstance(value, str) else ""
    if "/" not in text:
        address(value)
        raise wrong(f"{quoted(value)} has no mask", f"write `{text}/30`")
    try:
        return IPv4Interface(text)
    except ValueError:
        raise wrong(f"{quoted(value)} is not an address with a mask", "write it as 10.8.0.1/30") from None


def mac(value: object) -> str:
    """A MAC address, as lower-case pairs with colons."""
    plain = re.sub(r"[.:-]", "", value).lower() if isinstance(value, str) else ""
    found = ":".join(plain[n : n + 2] for n in range(0, len(plain), 2))
    if not _MAC.fullmatch(found):
        raise wrong(
            f"{quoted(value)} is not a MAC address",
            "write six pairs of hexadecimal digits, such as 02:00:00:00:00:01",
        )
    return found


def unicast_mac(value: object) -> str:
    """A MAC address that one station can have."""
    found = mac(value)
    if int(found[:2], 16) & 1 or found == "00:00:00:00:00:00":
        raise wrong(
            f"`{found}` is no address of one station", "its first pair is even, as in 02:00:ca:fe:00:ff"
        )
    return found


_OCTET = r"(25[0-5]|2[0-4]\d|1?\d?\d)"


_OCTETS = rf"{_OCTET}(\.{_OCTET}){{3}}"


_ADDRESS_TEXT = Annotated[str, Field(pattern=rf"^{_OCTETS}$", examples=["10.1.1.1"]), MadeOnce()]


Address = Annotated[
    IPv4Address,
    BeforeValidator(address, json_schema_input_type=_ADDRESS_TEXT),
    MadeOnce(),
    Field(examples=["10.1.1.1"]),
]


_PREFIX_TEXT = Annotated[
    str, Field(pattern=rf"^{_OCTETS}/((3[0-2]|[12]?\d)|{_OCTETS})$", examples=["10.1.1.0/24"]), MadeOnce()
]


Prefix = Annotated[
    IPv4Network,
    BeforeValidator(prefix, json_schema_input_type=_PREFIX_TEXT),
    MadeOnce(),
    Field(examples=["10.1.1.0/24"]),
]


InterfaceAddress = Annotated[
    IPv4Interface,
    BeforeValidator(interface, json_schema_input_type=_PREFIX_TEXT),
    Field(examples=["10.8.0.1/30"]),
]


_MAC_TEXT = Annotated[
    str, Field(pattern=r"^[0-9A-Fa-f][02468ACEace]([:.-]?[0-9A-Fa-f]{2}){5}$", examples=["02:00:ca:fe:00:ff"])
]


Mac = Annotated[str, BeforeValidator(unicast_mac, json_schema_input_type=_MAC_TEXT)]
