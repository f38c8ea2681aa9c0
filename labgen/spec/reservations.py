"""Addresses kept for clients, and DHCP options, in a spec."""

import re
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from labgen.spec import addresses, values
from labgen.spec import options as dhcp_options
from labgen.spec.addresses import Address
from labgen.spec.base import SpecModel

Options = Annotated[
    tuple[dhcp_options.Value, ...],
    BeforeValidator(dhcp_options.parse_all),
    WithJsonSchema(dhcp_options.json_schema()),
]


class ReservedSpec(SpecModel):
    """An address that is kept for a client, and options that it gets beside, or instead of, the segment's."""

    address: Address = Field(description="its address", examples=["10.1.1.10"])
    options: Options = Field(
        default=(), description="its options", examples=[{"tftp-server": "boot.example.net"}]
    )
    lease: values.LeaseTime | None = Field(
        default=None, description="its lease time; the segment's where absent", examples=["30d"]
    )


class Reservation(SpecModel):
    """An address kept for one client: known by its node, its MAC address, its client identifier or its circuit."""

    by: Literal["client", "mac", "client-id", "circuit-id"]
    value: str
    key: str = ""
    """what stands in the file: `circuit-id vlan10`, for instance"""
    address: IPv4Address
    options: tuple[dhcp_options.Value, ...] = ()
    lease: int | None = None


def _identified(key: str) -> tuple[str, str]:
    word, _, rest = key.strip().partition(" ")
    if word == "circuit-id" and rest:
        return "circuit-id", rest
    if word == "client-id" and rest:
        return "client-id", rest
    if word == "mac" and rest:
        return "mac", addresses.mac(rest)
    if re.fullmatch(
        r"[0-9A-Fa-f]{2}([:.-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(\.[0-9A-Fa-f]{4}){2}", key.strip()
    ):
        return "mac", addresses.mac(key)
    kind = word.lower().replace("_", "-")
    if kind in ("circuit-id", "client-id") and rest:
        raise values.wrong(f"{values.quoted(key)} names no client", f'write `"{kind} {rest}"`', (key,))
    if not re.fullmatch(values.NAME, key):
        raise values.wrong(
            f"{values.quoted(key)} names no client",
            "write a client's name, a MAC address, `client-id ...` or `circuit-id ...`",
            (key,),
        )
    return "client", key


def _whole_key(key: object, value: object) -> None:
    """Refuse an identifier that does not stand in the key, behind its word, but below it."""
    below = next(iter(value), "ID") if isinstance(value, dict) else "ID"
    if key in ("circuit-id", "client-id", "mac") and (isinstance(value, dict) and "address" not in value):
        raise values.wrong(
            f"`{key}` stands without what the client sends",
            f'write `"{key} {below}": 10.1.1.10`',
            (str(key),),
        )


def _reservations(value: object) -> object:
    if value is None or isinstance(value, tuple):
        return value or ()
    if not isinstance(value, dict):
        raise values.wrong(
            f"{values.quoted(value)} stands where keys are expected", "write `{pc1: 10.1.1.10}`"
        )
    found: list[dict[str, Any]] = []
    for key, each in value.items():
        _whole_key(key, each)
        by, name = _identified(str(key))
        try:
            found.append({"by": by, "value": name, "key": str(key), **_kept(each)})
        except PydanticCustomError as error:
            raise values.elsewhere(error, (key,)) from error
    return tuple(found)


def _kept(value: object) -> dict[str, Any]:
    """An address, or an address with options and a lease time."""
    if not isinstance(value, dict):
        return {"address": addresses.address(value)}
    options = dhcp_options.below("options", value.get("options"))
    unknown = next((key for key in value if key not in ("address", "options", "lease")), None)
    if unknown is not None or "address" not in value:
        reason = f"unknown key `{unknown}` in a reservation" if unknown else "a reservation has no address"
        raise values.wrong(reason, "write `{address: 10.1.1.10, options: {tftp-server: 10.9.9.9}}`")
    return {
        "address": addresses.address(value["address"]),
        "options": options,
        "lease": _lease(value.get("lease")),
    }


def _lease(value: object) -> int | None:
    try:
        return None if value is None else values.lease_time(value)
    except PydanticCustomError as error:
        context = error.context or {}
        raise values.wrong(context["reason"], context["remedy"], ("lease",)) from error


Reservations = Annotated[
    tuple[Reservation, ...],
    BeforeValidator(_reservations, json_schema_input_type=dict[str, Address | ReservedSpec]),
]
