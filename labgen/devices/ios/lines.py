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
_HEAD = re.compile(
    r"(?:\d{3,}: |<\d+>)?[*.]?(?:\d{1,4}:\d\d:\d\d|[A-Z][a-z]{2} +\d+ [\d ]*\d\d:\d\d:\d\d|\d+[ywd]\d+[wdh]: )"
    r"|\s*(?:DHCPD? ?:|RAC:|Temp |Allocated|%[A-Z])| {2,}\S+ |\S+[#>]"
)
_MIDDLE = re.compile(r"\S(DHCPD ?: )")
_BARE = re.compile(r"^\s*[0-9a-fA-F.()]+(?: |\.|$)")


def whole(lines: Iterable[Line]) -> Iterator[Line]:
    """Join wrapped lines, and split `... (172.16.0.6).DHCPD: ...` into two; the number is the first
    line's.
    """
    held: Line | None = None
    for number, raw in lines:
        text = raw.rstrip()
        if held is not None and _goes_on(held[1], text):
            text, number = held[1] + text, held[0]
        elif held is not None:
            yield from _split((held[0], held[1].rstrip()))
        held = None
        if len(raw) in _TERMINAL_WIDTHS or (text and text[-1] in _OPEN_ENDS and _is_open(text)):
            held = (number, text if len(raw) not in _TERMINAL_WIDTHS else text + raw[len(raw.rstrip()) :])
        else:
            yield from _split((number, text))
    if held is not None:
        yield from _split((held[0], held[1].rstrip()))


def _goes_on(held: str, text: str) -> bool:
    """True when `text` is the rest of the line before it, not a line of its own."""
    if not text or _HEAD.match(text):
        return False
    return _BARE.match(text) is not None if _is_open(held) else not text.startswith(" ")


# Where terminals break lines: 80 and 132 columns, with or without the last one.
_TERMINAL_WIDTHS = frozenset({79, 80, 131, 132})
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
