"""Lines that a mail program or a page broke at some width, made whole: a log's lines begin with a time, what was broken off does not.

Which texts are broken shows by their breaks: a line ends where the next word would not have fit. Logs whose events have several lines
break anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from labgen.dhcp.logs import Line

_BEGINS = re.compile(
    r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} (?:[A-Z][a-z]{2} )?[ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)\S* \S"
)
_NARROWEST, _WIDEST = 48, 100
"""Characters of the width at which pages and mails are broken."""


def width_of(sample: Sequence[str]) -> int | None:
    """The width at which a text was broken; None for one that was not."""
    width = max((len(text.rstrip()) for text in sample), default=0)
    if not _NARROWEST <= width <= _WIDEST or not sample or not _BEGINS.match(sample[0]):
        return None
    broken = heads = 0
    for before, text in pairwise(sample):
        heads += _BEGINS.match(text) is not None
        if _BEGINS.match(text) or not text.strip():
            continue
        if text[0].isspace() or len(before.rstrip()) + 1 + len(text.split()[0]) <= width:
            return None
        broken += 1
    return width if broken and broken <= 4 * (heads + 1) else None


def folded(lines: Iterable[Line], width: int | None) -> Iterator[Line]:
    """The lines, each with what was broken off it, under the number of its first part."""
    if width is None:
        yield from lines
        return
    whole: Line | None = None
    for number, text in lines:
        if whole is not None and text.strip() and not _BEGINS.match(text):
            whole = whole[0], f"{whole[1].rstrip()} {text}"
            continue
        if whole is not None:
            yield whole
        whole = number, text
    if whole is not None:
        yield whole
