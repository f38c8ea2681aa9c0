"""Margins of texts: quote marks, indentation, numbers, marks of a list, borders of a table, before all lines or behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

_QUOTE = re.compile(r"(?:> ?)+|[ \t]+")


def common_prefix(sample: Sequence[str]) -> str:
    """Quote marks or indentation that every line which is not empty starts with."""
    found: str | None = None
    for text in sample:
        if text.strip(" \t>") == "":
            continue
        match = _QUOTE.match(text)
        own = match.group() if match is not None else ""
        found = own if found is None else _shared(found, own)
        if not found:
            return ""
    return found or ""


def _shared(one: str, other: str) -> str:
    size = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        size += 1
    return one[:size]


_AROUND = (re.compile(r"^[-*+•] (?=\S)|^[-*+•]$"), re.compile(r"(?: \|)+ *$"))
"""What pages put in front of the lines of a log, or behind them: marks of a list, borders of a table's columns."""
_ALMOST_ALL = 0.8


def without_marks(sample: Sequence[str]) -> Callable[[str], str] | None:
    """A function that takes these marks off the lines of a text of which almost all have them; None for a text without."""
    prefix = common_prefix(sample)
    texts = [text.removeprefix(prefix) for text in sample if text.strip()]
    found = tuple(mark for mark in _AROUND if _is_around([mark.search(text) is not None for text in texts]))
    if not found or len(texts) < _FEWEST:
        return None

    def unmarked(text: str) -> str:
        text = text.removeprefix(prefix)
        for mark in found:
            text = mark.sub("", text, count=1)
        return text

    return unmarked


def _is_around(marked: Sequence[bool]) -> bool:
    """True if almost all lines have a mark, but for what a page has above and below them."""
    count = sum(marked)
    if count < max(_FEWEST, _HALF * len(marked)):
        return False
    first, last = marked.index(True), len(marked) - 1 - marked[::-1].index(True)
    return count >= _ALMOST_ALL * (last - first + 1)


def bared(sample: Sequence[str]) -> Callable[[str], str]:
    """A function that takes quote marks, indentation and numbers away in front of all lines of a text which begins with these."""
    prefix = common_prefix(sample)
    counted = counting([text.removeprefix(prefix) for text in sample])

    def bare(text: str) -> str:
        inner = text.removeprefix(prefix)
        found = counted.match(inner) if counted is not None else None
        return inner[found.end() :] if found is not None else inner

    return bare


_COUNTS = (
    re.compile(r" *(\d{1,7})(?:\t|$|[:.)|](?: |(?!\d)))(?! *\d+\.\d{3})"),
    re.compile(r" *(\d{1,7})(?: {1,4}(?! *\d+\.\d{3})|$)"),
)
"""Numbers of lines in front of them, as `cat -n`, editors and pages print them."""


def counting(sample: Sequence[str]) -> re.Pattern[str] | None:
    """The pattern of the numbers of lines, in a text that counts them one by one; None for one that does not."""
    texts = [text for text in sample if text.strip()]
    if len(texts) < _FEWEST:
        return None
    for pattern in _COUNTS:
        found = [pattern.match(text) for text in texts]
        numbers = [int(match[1]) for match in found if match is not None]
        steps = [later - earlier for earlier, later in pairwise(numbers)]
        if _listed(numbers) >= max(_LISTING, _HALF * len(texts)):
            return pattern
        if (
            len(numbers) >= max(_FEWEST, _ALMOST_ALL * len(texts))
            and all(0 < step < _FEWEST for step in steps)
            and steps.count(1) * 2 >= len(steps)
        ):
            return (
                pattern if pattern is _COUNTS[0] else _apart([match for match in found if match is not None])
            )
    return None


def _listed(numbers: Sequence[int]) -> int:
    """The number of the numbers that count on from a 1 without a gap."""
    longest = run = 0
    for number in numbers:
        run = run + 1 if number == run + 1 else int(number == 1)
        longest = max(longest, run)
    return longest


_FEWEST = 4
_LISTING, _HALF = 12, 0.5
"""Lines that are numbered from 1 on without a gap are a listing, whatever a page has around it."""


def _apart(found: Sequence[re.Match[str]]) -> re.Pattern[str]:
    """Numbers with as many blanks behind them as stand there at least: more are the line's own."""
    blanks = min(
        (len(match[0]) - len(match[0].rstrip(" ")) for match in found if match[0].endswith(" ")), default=1
    )
    return re.compile(rf" *\d{{1,7}}(?: {{{blanks}}}|$)")
