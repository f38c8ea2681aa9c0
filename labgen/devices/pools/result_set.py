"""Kea's answers to `stat-lease4-get` and its siblings (hook `stat_cmds`): rows of figures by subnet, in columns that the answer names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from labgen.devices.pools.figures import meaning
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Counter

_MOST_LINES = 200_000
_BEGINS = re.compile(r"[\[{]")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A counter for each figure of a pool whose meaning is known."""
    held: list[Line] = []
    for number, text in lines:
        if len(held) < _MOST_LINES:
            held.append((number, text))
        else:
            reading.miss(number, text)
    found = list(_counters(held, reading))
    for number, text in held:
        (reading.chatter if found else reading.miss)(number, text)
    yield from found


def _counters(held: list[Line], reading: Reading) -> Iterator[Counter]:
    text = "\n".join(line for _, line in held)
    begin = _BEGINS.search(text)
    try:
        data, _ = json.JSONDecoder().raw_decode(text[begin.start() :] if begin is not None else "")
    except (ValueError, RecursionError):
        return
    place = next((number for number, line in held if '"rows"' in line), held[0][0])
    for answer in data if isinstance(data, list) else [data]:
        yield from _rows(answer, reading, place)


def _rows(answer: object, reading: Reading, place: int) -> Iterator[Counter]:
    for key in ("arguments", "result-set"):
        answer = answer.get(key, answer) if isinstance(answer, dict) else None
    if not isinstance(answer, dict):
        return
    columns, rows = answer.get("columns"), answer.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list):
        return
    names = [str(column) for column in columns]
    for row in rows:
        cells = dict(zip(names, row, strict=False)) if isinstance(row, list) else {}
        pool = ".".join(f"{word}[{cells[key]}]" for word, key in _PLACES if key in cells)
        for name, value in cells.items():
            known = meaning(name)
            if known is not None and isinstance(value, int) and pool:
                role = reading.role or MessageRole.SERVER
                yield Counter(reading.node, pool, known, value, role, reading.file, place)


_PLACES = (("subnet", "subnet-id"), ("pool", "pool-id"))
RESULT_SET = LogFormat(
    name="kea-result-set",
    title="Kea's figures by subnet (stat-lease4-get)",
    role=MessageRole.SERVER,
    telling=re.compile(r'"result-set"|"stat-lease4-get: \d+ rows|"(?:total|assigned)-addresses"\s*,'),
    parse=parse,
)
