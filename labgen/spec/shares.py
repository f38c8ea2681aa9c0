"""Shares of a lease time, as a spec writes them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from labgen.spec import values


def _share(value: object) -> float:
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(SHARE, text):
        near = f"{value}%" if isinstance(value, int) and 0 < value < 100 else "25%"
        raise values.wrong(
            f"{values.quoted(value)} is no share of a lease", f"write `{near}`; it goes from 1% to 99%"
        )
    return int(text.rstrip("%")) / 100


SHARE = r"[1-9][0-9]?%"
Share = Annotated[
    float, BeforeValidator(_share, json_schema_input_type=Annotated[str, Field(pattern=rf"^{SHARE}$")])
]
