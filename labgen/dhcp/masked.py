"""Values in texts that people made unreadable before they showed them: `aa:bb:??:??`, `<MAC>`, `100.?.?.1`. Unknown is not none."""

from __future__ import annotations

import re

ADDRESS = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_MAC = re.compile(
    r"[0-9a-fA-F]{1,2}(?:[:-][0-9a-fA-F]{1,2}){5,19}|[0-9a-fA-F]{4}(?:[.-][0-9a-fA-F]{4}){2}|[0-9a-fA-F]{12}"
)

_PARTLY = re.compile(
    r"(?<![\w:-])(?=[^ ]*[0-9a-fA-F]{2}[:-])(?=[^ ]*[xX*?#_.]{2})[\w*?#.]{2}(?:([:-])[\w*?#.]{2})(?:\1[\w*?#.]{2}){4}(?![\w:-])"
)

VALUE = r"(?:<[^<>]{1,40}>|\[[^\[\]]{1,40}\]|[^\s,;()]+)"
"""A value in a line, readable or not."""


def address(text: str | None) -> str | None:
    """An IPv4 address; None for a masked one, and for text that is none."""
    if text is None or ADDRESS.fullmatch(text) is None:
        return None
    return text if all(int(part) < 256 for part in text.split(".")) else None


def named(text: str | None) -> str | None:
    """An address that names somebody: 0.0.0.0 names nobody."""
    found = address(text)
    return None if found == "0.0.0.0" else found


def hides(text: str | None) -> bool:
    """True if an address in a line was made unreadable: what else of the text cannot be read then, nobody knows."""
    return text is not None and _HIDDEN.search(text) is not None


_HIDDEN = re.compile(r"(?<![\w.])(?=[\d.]{0,11}[xX*#?])[\dxX*#?]{1,3}(?:\.[\dxX*#?]{1,3}){3}(?![\w.])")


def shape(text: str | None) -> str | None:
    """The readable part of a masked hardware address in a line; two addresses that differ in it are different."""
    found = _PARTLY.search(text) if text is not None else None
    if found is None:
        return None
    parts = re.split("[:-]", found.group().lower())
    return ":".join(part if re.fullmatch("[0-9a-f]{2}", part) else "*" for part in parts)


def mac(text: str | None) -> str | None:
    """A hardware address as lower case octets with colons, in whatever form it was written; None for one made unreadable."""
    if text is None or _MAC.fullmatch(text) is None:
        return None
    if ":" in text or text.count("-") > 3:
        return ":".join(part.zfill(2) for part in re.split("[:-]", text.lower()))
    digits = re.sub("[.-]", "", text).lower()
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
