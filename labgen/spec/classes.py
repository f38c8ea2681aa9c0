"""Classes of clients on a segment: told by the vendor class they send (option 60), with options and a range of their own."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from labgen.spec import values
from labgen.spec.base import NameList, SpecModel, TextList
from labgen.spec.reservations import Options
from labgen.spec.values import Name

LONGEST_CLASS = 64


def _vendor_class(value: object) -> str:
    if (
        not isinstance(value, str)
        or not value.isascii()
        or not value.isprintable()
        or set(value) & set('"\\')
    ):
        raise values.wrong(
            f"{values.quoted(value)} is no vendor class",
            "write printable ASCII without quotes, such as `PXEClient`",
        )
    if not 0 < len(value) <= LONGEST_CLASS:
        raise values.wrong(
            f"a vendor class of {len(value)} characters cannot be configured",
            f"write 1 to {LONGEST_CLASS}; servers compare how it begins",
        )
    return value


VendorClass = Annotated[
    str,
    BeforeValidator(
        _vendor_class,
        json_schema_input_type=Annotated[
            str, Field(min_length=1, max_length=LONGEST_CLASS, pattern=r"^[ !#-\[\]-~]+$")
        ],
    ),
]


class ClassSpec(SpecModel):
    """Clients whose vendor class begins so. Those of the lab that are named under `clients` send it."""

    vendor_class: VendorClass = Field(
        description="how option 60 of its clients begins (RFC 2132 section 9.13)", examples=["PXEClient"]
    )
    clients: NameList = Field(
        default=(), description="clients of the segment that send it", examples=[["phone1"]]
    )
    range: TextList = Field(
        default=(),
        description="addresses for them alone; those of the segment's pool where absent",
        examples=["10.1.1.200-10.1.1.219"],
    )
    options: Options = Field(
        default=(),
        description="options that they get beside, or instead of, the segment's",
        examples=[{"150": "10.9.9.9"}],
    )


Classes = Annotated[
    dict[Name, ClassSpec],
    BeforeValidator(values.mapping("classes: {phones: {vendor_class: Cisco, clients: [phone1]}}")),
]
