"""Classes of clients on a segment: told by the vendor class (option 60) or user class (option 77) they send, with options, a range and a
lease time of their own."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from labgen.spec import values
from labgen.spec.base import NameList, RangeList, SpecModel
from labgen.spec.reservations import Options
from labgen.spec.values import LeaseTime, SegmentName

LONGEST_CLASS = 64


def _sent(value: object) -> str:
    if (
        not isinstance(value, str)
        or not value.isascii()
        or not value.isprintable()
        or set(value) & set('"\\')
    ):
        raise values.wrong(
            f"{values.quoted(value)} is no class that a client sends",
            "write printable ASCII without quotes, such as `PXEClient`",
        )
    if not 0 < len(value) <= LONGEST_CLASS:
        raise values.wrong(
            f"a class of {len(value)} characters cannot be configured",
            f"write 1 to {LONGEST_CLASS}; servers compare how it begins",
        )
    return value


SentClass = Annotated[
    str,
    BeforeValidator(
        _sent,
        json_schema_input_type=Annotated[
            str, Field(min_length=1, max_length=LONGEST_CLASS, pattern=r"^[ !#-\[\]-~]+$")
        ],
    ),
]


def _either(schema: dict[str, Any]) -> None:
    """In the JSON Schema: a class is told by one of the two."""
    schema["oneOf"] = [{"required": ["vendor_class"]}, {"required": ["user_class"]}]


class ClassSpec(SpecModel):
    """Clients whose vendor class, or user class, begins so. Those of the lab that are named under `clients` send it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, json_schema_extra=_either)

    vendor_class: SentClass | None = Field(
        default=None,
        description="how option 60 of its clients begins (RFC 2132 section 9.13)",
        examples=["PXEClient"],
    )
    user_class: SentClass | None = Field(
        default=None,
        description="how the first user class in option 77 of its clients begins (RFC 3004)",
        examples=["iPXE"],
    )
    lease: LeaseTime | None = Field(
        default=None,
        description="lease time of its clients; T1 and T2 keep their share of it; the segment's where absent",
        examples=["2h"],
    )
    clients: NameList = Field(
        default=(), description="clients of the segment that send it", examples=[["phone1"]]
    )
    range: RangeList = Field(
        default=(),
        description="addresses for them alone; those of the segment's pool where absent",
        examples=["10.1.1.200-10.1.1.219"],
    )
    options: Options = Field(
        default=(),
        description="options that they get beside, or instead of, the segment's",
        examples=[{"150": "10.9.9.9"}],
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.vendor_class is None) == (self.user_class is None):
            both = self.vendor_class is not None
            raise values.wrong(
                "a class is told by `vendor_class` or by `user_class`"
                + (", and here by both" if both else ", and here by neither"),
                "keep one of them" if both else "write `vendor_class: PXEClient`, or `user_class: iPXE`",
            )
        return self

    @property
    def sent(self) -> str:
        """The class that its clients send."""
        return self.vendor_class or self.user_class or ""


Classes = Annotated[
    dict[SegmentName, ClassSpec],
    BeforeValidator(values.mapping("classes: {phones: {vendor_class: Cisco, clients: [phone1]}}")),
]
