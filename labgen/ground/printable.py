"""Text from outside, made safe to show: logs, option values and host names may hold sequences that command a terminal.

Control characters become visible escapes (`\\x1b`), and so do the characters that reorder what a reader sees (Unicode Standard Annex 9),
hide in it, or begin lines of their own.
"""

from __future__ import annotations

import re
from functools import cache

_UNSAFE = (
    "[\x00-\x08\x0a-\x1f\x7f-\x9f"  # C0 but tab, DEL, C1: ESC, CSI and OSC among them
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_UNSAFE_IN_TEXT = _UNSAFE.replace("\x0a-\x1f", "\x0b-\x1f")


@cache
def _pattern(unsafe: str) -> re.Pattern[str]:
    """Compiled when something is shown: that takes longer than the rest of this module, and most commands show nothing."""
    return re.compile(unsafe)


def printable(text: str) -> str:
    """One line of text with everything that is not to be printed as a visible escape."""
    return text if text.isascii() and text.isprintable() else _pattern(_UNSAFE).sub(_escape, text)


def printable_lines(text: str) -> str:
    """`printable` for text that may have several lines."""
    return _pattern(_UNSAFE_IN_TEXT).sub(_escape, text)


LONGEST_WORD, LONGEST_LINE = 300, 2000
_BEGINNING, _END = 2 / 3, 1 / 6
"""What is shown of something too long, as parts of the length it may have."""


def shortened(text: str) -> str:
    """Text for a message, in which nothing is longer than a reader takes: no word, and no line."""
    words = re.sub(rf"\S{{{LONGEST_WORD + 1},}}", lambda match: _cut(match[0], LONGEST_WORD), text)
    return "\n".join(_cut(line, LONGEST_LINE) for line in words.split("\n"))


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return (
        f"{text[: int(longest * _BEGINNING)]}...({len(text):,} characters)...{text[-int(longest * _END) :]}"
    )


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
