"""The JSON form of an analysis, piece by piece: as a whole it takes several times the memory of what it says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from labgen.dhcp.jsonform import Json
from labgen.dhcp.model import ANALYSIS_SCHEMA, Analysis

_BATCH = 64
"""Items of a list that are written at once."""


def chunks(analysis: Analysis) -> Iterator[str]:
    """The text of `analysis.to_json()` with an indent of two, and a newline at its end, in pieces; one item is in memory at a time."""
    yield f'{{\n  "schema": {json.dumps(ANALYSIS_SCHEMA)}'
    parts: dict[str, Iterable[dict[str, Json]]] = {
        "sources": (item.to_json() for item in analysis.sources),
        "exchanges": (item.to_json() for item in analysis.exchanges),
        "findings": (item.to_json() for item in analysis.findings),
        "bindings": (item.to_json() for item in analysis.bindings),
        "counters": (item.to_json() for item in analysis.counters),
        "remarks": (item.to_json() for item in analysis.remarks),
    }
    for name, items in parts.items():
        yield f',\n  "{name}": ['
        yield from _listed(items)
    yield "\n}\n"


def _listed(items: Iterable[dict[str, Json]]) -> Iterator[str]:
    held: list[str] = []
    first = True
    for item in items:
        held.append(("\n    " if first else ",\n    ") + json.dumps(item, indent=2).replace("\n", "\n    "))
        first = False
        if len(held) == _BATCH:
            yield "".join(held)
            held = []
    yield "".join(held) + ("]" if first else "\n  ]")
