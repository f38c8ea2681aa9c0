"""The base of all parts of a spec: the closed model, and lists of names."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from labgen.ground.made_once import MadeOnce
from labgen.spec import values
from labgen.spec.addresses import range_text
from labgen.spec.values import Name, Text

NameList = Annotated[
    tuple[Name, ...],
    BeforeValidator(values.one_or_more, json_schema_input_type=Name | list[Name]),
    MadeOnce(),
    Field(examples=[["srv1", "srv2"]]),
]
SomeNames = Annotated[
    tuple[Name, ...],
    BeforeValidator(
        values.one_or_more, json_schema_input_type=Name | Annotated[list[Name], Field(min_length=1)]
    ),
    MadeOnce(),
    Field(examples=[["srv1", "srv2"]]),
]
TextList = Annotated[
    tuple[Text, ...], BeforeValidator(values.one_or_more, json_schema_input_type=str | list[str]), MadeOnce()
]


RangeText = Annotated[Text, BeforeValidator(range_text)]
RangeList = Annotated[
    tuple[RangeText, ...], BeforeValidator(values.one_or_more, json_schema_input_type=str | list[str])
]


class SpecModel(BaseModel):
    """Closed, frozen part of a spec: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
