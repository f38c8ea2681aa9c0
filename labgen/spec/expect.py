"""The expectations that a scenario is there to show."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from labgen.spec import values
from labgen.spec.base import NameList, SpecModel, TextList
from labgen.spec.values import SegmentName


def _count(value: object) -> tuple[int, int]:
    text = str(value)
    match = re.fullmatch(r"(\d{1,5}) of (\d{1,5})", text.strip())
    if match is None or int(match[1]) > int(match[2]):
        raise values.wrong(f"{values.quoted(value)} is no count of leases", "write it as `2 of 4`")
    return int(match[1]), int(match[2])


LeaseCount = Annotated[
    tuple[int, int],
    BeforeValidator(_count, json_schema_input_type=Annotated[str, Field(pattern=r"^\d{1,5} of \d{1,5}$")]),
]
LeaseCounts = Annotated[
    dict[SegmentName, LeaseCount], BeforeValidator(values.mapping("leases: {users: 2 of 4}"))
]


class ExpectSpec(SpecModel):
    """Findings and failed checks the scenario is there to show; then exactly those make it pass."""

    findings: TextList = Field(
        default=(), description="codes of findings that must show", examples=[["server-id-override-ignored"]]
    )
    failures: TextList = Field(
        default=(),
        description="patterns of checks that must fail, or names of planned `faults`",
        examples=[["renew.answer:*"]],
    )
    leases: LeaseCounts = Field(
        default={}, description="how many clients of a segment get a lease", examples=[{"users": "2 of 4"}]
    )
    no_lease: NameList = Field(
        default=(), description="clients that must get no lease", examples=[["printer"]]
    )
