"""Faults of a spec: what is wrong with a link, a node or a server, on purpose."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from labgen.ground.vocabulary import Reply
from labgen.spec import values
from labgen.spec.addresses import Prefix
from labgen.spec.base import SpecModel

PERCENT = r"^(100(\.0+)?|\d{1,2}(\.\d+)?)\s*%$"
DELAY = r"^\d{1,5}(\.\d+)?\s*(ms|s)$"
LONGEST_DELAY = 60000
SMALLEST_MTU, LARGEST_MTU = 68, 9216
REPLIES = tuple(reply.value for reply in Reply)


def _percent(value: object) -> float:
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(PERCENT, text):
        near = f"{value}%" if isinstance(value, int | float) and not isinstance(value, bool) else "10%"
        raise values.wrong(
            f"{values.quoted(value)} is no percentage", f"write `{near}`; it goes from 0% to 100%"
        )
    return float(text.rstrip("% "))


def _delay(value: object) -> int:
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(DELAY, text):
        near = f"{value}ms" if isinstance(value, int) and not isinstance(value, bool) else "20ms"
        raise values.wrong(
            f"{values.quoted(value)} is no delay", f"write a number and its unit, such as `{near}`"
        )
    number = float(text.rstrip("ms "))
    found = round(number * (1 if text.endswith("ms") else 1000))
    if found > LONGEST_DELAY:
        raise values.wrong(f"{values.quoted(value)} is longer than any network delays", "60s is the longest")
    return found


def _blackhole(value: object) -> object:
    if isinstance(value, str) and any(sign in value for sign in ".:/"):
        return (value,)
    if isinstance(value, list | tuple):
        return value
    return ("0.0.0.0/0",) if values.yes_or_no(value) else ()


Percent = Annotated[
    float, BeforeValidator(_percent, json_schema_input_type=Annotated[str, Field(pattern=PERCENT)])
]
Delay = Annotated[int, BeforeValidator(_delay, json_schema_input_type=Annotated[str, Field(pattern=DELAY)])]
Blackhole = Annotated[
    tuple[Prefix, ...], BeforeValidator(_blackhole, json_schema_input_type=bool | Prefix | list[Prefix])
]


Mtu = Annotated[int, Field(ge=SMALLEST_MTU, le=LARGEST_MTU), values.number(SMALLEST_MTU, LARGEST_MTU, "MTU")]


class FaultSpec(SpecModel):
    """Faults of one link, or of every link of one node. A server's replies may be wrong, too."""

    loss: Percent = Field(
        default=0.0, description="share of frames that get lost, each way", examples=["10%"]
    )
    delay: Delay = Field(default=0, description="how much later frames arrive, each way", examples=["20ms"])
    duplicate: Percent = Field(
        default=0.0, description="share of frames that arrive twice, each way", examples=["5%"]
    )
    blackhole: Blackhole = Field(
        default=(),
        description="`true`: nothing gets through; or only packets to these prefixes are lost",
        examples=[["10.0.0.0/24"]],
    )
    mtu: Mtu | None = Field(
        default=None,
        description="longer packets are lost in silence, as where jumbo frames were forgotten",
        examples=[1500],
    )
    rp_filter: Annotated[Literal["strict", "loose"], values.choice("strict", "loose")] | None = Field(
        default=None,
        description="the nodes at its ends, or the node, check the source of what comes in (RFC 3704)",
        examples=["strict"],
    )
    reply: Annotated[Reply, values.choice(*REPLIES)] | None = Field(
        default=None,
        description="of a server: what becomes of the DHCP replies it sends",
        examples=["drop"],
    )


Fault = Annotated[
    FaultSpec,
    BeforeValidator(values.mapping("core-1-spine-1: {loss: 10%}"), json_schema_input_type=FaultSpec),
]
