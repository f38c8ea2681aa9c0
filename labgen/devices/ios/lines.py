"""Lines of an IOS or IOS XE debug log made whole: a terminal wraps them, and joins some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line

# A line that stops inside a client identifier, or before the address that follows it, goes on in the
# next one.
_OPEN = re.compile(
    r"(?:client|to client|from client|for client) +[0-9a-fA-F.]*$|\((?:\d+\.?){0,4}$|hex dump: [0-9A-F]+$"
)
_HEAD = re.compile(r"DHCP|RAC:|Temp |Allocated|%|\d\d:\d\d:\d\d|^ {2,}\S+ ")
_MIDDLE = re.compile(r"\S(DHCPD ?: )")
_BARE = re.compile(r"^\s*[0-9a-fA-F.()]+(?: |\.|$)")


def whole(lines: Iterable[Line]) -> Iterator[Line]:
    """Join wrapped lines, and split `... (172.16.0.6).DHCPD: ...` into two; the number is the first
    line's.
    """
    held: Line | None = None
    for number, text in lines:
        text = text.rstrip()
        if held is not None:
            if _BARE.match(text) and not _HEAD.search(text):
                held = (held[0], held[1] + text.strip())
                if _is_open(held[1]):
                    continue
                yield from _split(held)
                held = None
                continue
            yield from _split(held)
            held = None
        if text and text[-1] in _OPEN_ENDS and _is_open(text):
            held = (number, text)
        else:
            yield from _split((number, text))
    if held is not None:
        yield from _split(held)


_OPEN_ENDS = frozenset("0123456789abcdefABCDEF.(t")


def _is_open(text: str) -> bool:
    return text.endswith("client") or (not text.endswith(").") and _OPEN.search(text) is not None)


def _split(line: Line) -> Iterator[Line]:
    number, text = line
    if text.find("DHCPD", 30) > 0:
        match = _MIDDLE.search(text, 12)
        if match is not None:
            yield number, text[: match.start(1)]
            yield number, text[match.start(1) :]
            return
    yield line


def octets(dotted: str) -> str:
    """A client identifier or MAC in IOS's dotted hexadecimal as octets with colons."""
    digits = dotted.replace(".", "").lower()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
