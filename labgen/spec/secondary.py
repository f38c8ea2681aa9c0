"""Secondary subnets of a segment: more addresses on the same wire, in a prefix of their own."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from labgen.spec import values
from labgen.spec.addresses import Address, Prefix
from labgen.spec.base import RangeList, SpecModel


class SecondarySpec(SpecModel):
    """A further subnet of the same broadcast domain. Servers hand out its addresses once those of the segment's prefix are gone."""

    prefix: Prefix = Field(description="the subnet", examples=["10.1.2.0/24"])
    gateway: Address | None = Field(
        default=None,
        description="its gateway; the host number that the segment's gateway has where absent",
        examples=["10.1.2.254"],
    )
    range: RangeList = Field(
        default=(),
        description="addresses handed out; all that are nobody's where absent",
        examples=["10.1.2.50-10.1.2.99"],
    )


def several(value: object) -> object:
    """A list of subnets; one stands for a list of one."""
    if value is None:
        return ()
    return [value] if isinstance(value, str | dict) else values.as_list(value)


SecondaryEntry = Annotated[
    SecondarySpec,
    BeforeValidator(values.first_word("prefix", empty=False), json_schema_input_type=Prefix | SecondarySpec),
]
Secondaries = Annotated[
    tuple[SecondaryEntry, ...],
    BeforeValidator(
        several,
        json_schema_input_type=Prefix | SecondarySpec | list[Prefix | SecondarySpec],
    ),
]
