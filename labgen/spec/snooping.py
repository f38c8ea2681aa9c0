"""DHCP snooping in a spec: access switches that put option 82 in, and let no server answer from an access port."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from labgen.ground.vocabulary import RelayOption
from labgen.spec import values
from labgen.spec.base import NameList, SpecModel
from labgen.spec.service import Identifier

INSERTED = (RelayOption.CIRCUIT_ID, RelayOption.REMOTE_ID)


def _options(value: object) -> object:
    """`[circuit-id, remote-id]`, or `none`: then it only keeps servers away."""
    if value is False or value == "none":
        return ()
    found = values.one_or_more(value)
    for each in found if isinstance(found, list | tuple) else ():
        if each not in INSERTED:
            raise values.wrong(
                f"an access switch does not put {values.quoted(each)} into option 82",
                f"{values.choose(str(each), INSERTED)}; a relay sends the others",
            )
    return found


Inserted = Literal["circuit-id", "remote-id"]
InsertedList = Annotated[
    tuple[RelayOption, ...],
    BeforeValidator(_options, json_schema_input_type=list[Inserted] | Inserted | Literal["none"]),
]


class SnoopingSpec(SpecModel):
    """Switches of a segment that look into the DHCP of their access ports (RFC 3046 section 2.1, RFC 7513).

    What clients send gets option 82, which is taken out of the answers; servers' messages and others' option 82 from an access port
    are dropped. Ports of other switches and of servers are trusted, and so are those of `trust`.
    """

    switches: NameList = Field(
        default=(),
        description="switches that snoop; those that bridge where absent, else all of the segment",
        examples=[["access-1"]],
    )
    options: InsertedList = Field(
        default=INSERTED,
        description="what they put into option 82; `none`: nothing",
        examples=[["circuit-id", "remote-id"]],
    )
    circuit_id: Identifier | None = Field(
        default=None,
        description="format of the circuit-id: `{host}`, `{interface}`, `{vlan}`, `{segment}`, `{vrf}` and `{port}` are filled in; "
        "the device's own where absent, which for FRR switches is `{port}:{vlan}`",
        examples=["{host}:{port}"],
    )
    remote_id: Identifier | None = Field(
        default=None,
        description="format of the remote-id, as `circuit_id`; that of FRR switches is `{host}`",
        examples=["{host}"],
    )
    trust: NameList = Field(
        default=(), description="clients whose ports are left alone", examples=[["wifi-controller"]]
    )


def _snooping(value: object) -> object:
    match value:
        case None | False | "none":
            return None
        case True:
            return {}
        case str() | list() | tuple():
            return {"switches": value}
    return value


Snooping = Annotated[
    SnoopingSpec | None,
    BeforeValidator(_snooping, json_schema_input_type=bool | list[values.Name] | SnoopingSpec),
]
