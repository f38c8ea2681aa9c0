"""Text that XML can hold."""

from __future__ import annotations


def clean(text: str) -> str:
    """The text with what is outside XML 1.0's Char production (section 2.2) replaced by U+FFFD: an option's value may be
    any octets.
    """
    return "".join(c if _legal(ord(c)) else "\N{REPLACEMENT CHARACTER}" for c in text)


def _legal(code: int) -> bool:
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
