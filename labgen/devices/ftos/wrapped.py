"""Debug of FTOS and OS9 as terminals wrap it: an event goes on in the lines without head."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, Reading


def events(
    lines: Iterable[Line], reading: Reading, head: re.Pattern[str], prompt: re.Pattern[str]
) -> Iterator[list[Line]]:
    """The lines of each event. `head` is found in its first one; what is before an event, or begins with a `prompt`, is chatter."""
    held: list[Line] = []
    for number, text in lines:
        headed = head.search(text) is not None
        if not headed and held and not prompt.match(text):
            held.append((number, text))
            continue
        if held:
            yield held
        held = [(number, text)] if headed else []
        if not headed:
            reading.chatter(number, text)
    if held:
        yield held
