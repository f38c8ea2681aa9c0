"""The gateway of a segment, as the spec says it: the nodes that route, and the address."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from labgen.spec import values
from labgen.spec.addresses import Address
from labgen.spec.base import SpecModel
from labgen.spec.values import Name

GATEWAY_WORDS = ("anycast", "vrrp", "hsrp", "switch", "none")
Protocol = Literal["anycast", "vrrp", "hsrp", "switch", "none"]


class GatewaySpec(SpecModel):
    """The gateway of the segment: the nodes that route, and the address.

    `anycast`: the same address on every switch that routes; `vrrp`: one of them has it at a time; `hsrp`: the same by Cisco's own
    protocol, between switches of Cisco; `switch`: the first switch's own; `none`: nobody. `nodes` are the switches that route, with
    addresses of their own where they are given; others only bridge.
    """

    address: Address | None = Field(default=None, description="its address", examples=["10.1.1.254"])
    protocol: Annotated[Protocol, values.choice(*GATEWAY_WORDS)] | None = Field(
        default=None, description="how the switches share it", examples=["anycast"]
    )
    nodes: Annotated[
        Mapping[Name, Address | None],
        BeforeValidator(lambda value: _nodes(value), json_schema_input_type=list[Name] | dict[Name, Address]),
    ] = Field(
        default={},
        description="switches that route, and their own addresses",
        examples=[["core-1", "core-2"]],
    )


def _nodes(value: object) -> object:
    if isinstance(value, dict):
        return value
    several = values.one_or_more(value)
    return dict.fromkeys(several) if isinstance(several, list | tuple) else several


def gateway_entry(value: object) -> object:
    """The mapping that a word, an address or a mapping stands for."""
    if isinstance(value, dict | GatewaySpec):
        return value
    if value is None or value is False:
        return {"protocol": "none"} if value is False else {}
    text = str(value)
    if re.fullmatch(r"[a-z]+ +[0-9.]+(/\d+)?", text):
        protocol, address = text.partition("/")[0].split()
        remedy = f"write `{{address: {address}, protocol: {protocol}}}`"
        raise values.wrong(f"{values.quoted(value)} is a word and an address in one", remedy)
    return {"address": value} if any(c in text for c in ".:/") else {"protocol": value}


GatewayEntry = Annotated[
    GatewaySpec, BeforeValidator(gateway_entry, json_schema_input_type=Protocol | Address | GatewaySpec)
]
