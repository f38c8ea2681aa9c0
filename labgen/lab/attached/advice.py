"""Advice for networks that labgen did not make: its own commands for labs do not reach them."""

from __future__ import annotations

import re

_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"`labgen logs(?: (\S+))?(?: \S+)?` and `labgen status`"), "the nodes' own logs"),
    (re.compile(r"`labgen logs (\S+?)(?: \S+)?`"), r"the log of \1"),
    (re.compile(r"`labgen (?:logs|status)`"), "the nodes' own logs"),
    (re.compile(r"`labgen exec (\S+) -- ([^`]+)`"), r"`\2` on \1"),
    (re.compile(r"`labgen connect (\S+)`"), r"log in to \1"),
)


def by_hand(text: str) -> str:
    """The same advice, with what somebody does who logs in to the nodes."""
    for pattern, words in _WORDS:
        text = pattern.sub(words, text)
    return text
