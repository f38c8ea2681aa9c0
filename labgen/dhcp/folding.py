"""Lines that a mail program, a page or a terminal broke at some width, made whole: a log's lines begin with a time, what was broken off
does not.

Which texts are broken shows by their breaks: between words a line ends where the next word would not have fit, a terminal breaks at
its last column whatever stands there. Logs whose events have several lines break anywhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from labgen.dhcp.logs import Line

_BEGINS = re.compile(
    r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} (?:[A-Z][a-z]{2} )?[ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)\S* \S"
)
_STARTS = re.compile(
    r"\s*(?:<\d{1,3}>)?[*.\[(\"]?(?:[A-Za-z]{3}[ /]+\d{1,2}[ /]|\d{4}[-/]\d\d[-/]\d\d|\d\d:\d\d:\d\d|\d\d/\d\d/\d\d|date=|time=|ts="
    r"|(?:\d+ +)?\d+\.\d{6}\b|\{\"|(?:\S+:)?@[0-9a-f]{24} |DHCP[A-Z]*: |udhcpc|[A-Z][a-z]{2} [A-Z][a-z]{2} )"
)
"""How a line begins that a terminal broke none of."""
_NARROWEST, _WIDEST = 48, 100
"""Characters of the width at which pages and mails are broken."""
_TERMINALS = range(60, 260)


@dataclass(frozen=True, slots=True)
class Width:
    """The width at which a text was broken: `hard` in the last column, else between words."""

    columns: int
    hard: bool = False


def width_of(sample: Sequence[str]) -> Width | None:
    """The width at which a text was broken; None for one that was not."""
    width = max((len(text.rstrip()) for text in sample), default=0)
    if not sample:
        return None
    if width in _TERMINALS and _is_hard(sample, width):
        return Width(width, hard=True)
    if not _NARROWEST <= width <= _WIDEST or not _BEGINS.match(sample[0]):
        return None
    broken = heads = 0
    for before, text in pairwise(sample):
        heads += _BEGINS.match(text) is not None
        if _BEGINS.match(text) or not text.strip():
            continue
        if text[0].isspace() or len(before.rstrip()) + 1 + len(text.split()[0]) <= width:
            return None
        broken += 1
    return Width(width) if broken and broken <= 4 * (heads + 1) else None


def _is_hard(sample: Sequence[str], width: int) -> bool:
    """True if lines that fill the last column, or end a blank before it, go on in the next one, most of them within a word."""
    full = [(text, after) for text, after in pairwise(sample) if len(text) == width]
    if len(full) < 2 or Counter(map(len, sample))[width] < 2:
        return False
    starts = sum(_starts(text, after) for text, after in full)
    within = sum(_joins(text, after) for text, after in full)
    whole = sum(_STARTS.match(text) is not None for text in sample)
    if starts * 8 > len(full) or whole * 4 < len(full):
        return False
    return 1 < within >= len(full) / 2 or (not starts and _all_broken(sample, width))


def _all_broken(sample: Sequence[str], width: int) -> bool:
    """True if every line without a time follows one that fills the last column, and is no deeper in than by the blank it was broken at."""
    if not _BEGINS.match(sample[0]):
        return False
    rest = [(before, text) for before, text in pairwise(sample) if text.strip() and not _BEGINS.match(text)]
    return all(len(before) == width and not text.startswith("  ") for before, text in rest)


def _starts(before: str, text: str) -> bool:
    """True if a line begins anew: a hardware address that was broken looks like a time of day."""
    in_address = before[-1:] in (":", "-") and _OCTETS.match(text) is not None
    return _STARTS.match(text) is not None and not in_address


_OCTETS = re.compile(r"[0-9a-fA-F]{2}[:-][0-9a-fA-F]{2}[:-][0-9a-fA-F]{2}\b(?![.,]\d)")


def _joins(text: str, after: str) -> bool:
    """True if a break stands within a word."""
    return (
        not text[-1].isspace() and bool(after) and not after[0].isspace() and not after.startswith(("{", "["))
    )


def folded(lines: Iterable[Line], width: Width | None) -> Iterator[Line]:
    """The lines, each with what was broken off it, under the number of its first part."""
    if width is None:
        yield from lines
        return
    whole: Line | None = None
    last = ""
    for number, text in lines:
        if whole is not None and _goes_on(last, text, width):
            glue = _glue(last, text, width)
            whole, last = (whole[0], f"{whole[1].rstrip()}{glue}{text}"), text
            continue
        if whole is not None:
            yield whole
        whole, last = (number, text), text
    if whole is not None:
        yield whole


def _goes_on(before: str, text: str, width: Width) -> bool:
    if width.hard:
        return len(before) >= width.columns - 1 and not _starts(before, text)
    return bool(text.strip()) and not _BEGINS.match(text)


def _glue(before: str, text: str, width: Width) -> str:
    """A blank in the last column is not kept at the end of a line."""
    return "" if width.hard and len(before) >= width.columns else " "
