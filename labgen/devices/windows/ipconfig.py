"""`ipconfig` of Windows in any language: what it says went wrong with DHCP, and addresses that a host gave itself (RFC 3927).

Its rows are `name . . . : value`; words and names differ by language, the values do not. A sentence that is no row and speaks of DHCP is
an error of `/renew` or `/release`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from labgen.dhcp import masked
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import is_of_people, make

_ROW = re.compile(r"^\s+\S.*?(?:\. ?)+ ?: ?(?P<value>.*?)\s*$")
_ADAPTER = re.compile(r"^(?P<name>\S.*\S)\s*:\s*$")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}")
_SELF_GIVEN = re.compile(r"(169\.254\.\d+\.\d+)")
_HEADING = r"^\s*(?=.{9,60}$)(?=.*\bWindows\b)(?=.*\bIP\b)[^:>{}=\"/]*$"
_OTHER = re.compile(_HEADING + r"|^\S+ · |^\S*[A-Z]:\\[^>]*>|^PS [A-Z]:|^\S+[$#] ")
_ENDS = re.compile(r"[.!?`]\s*$")
_CITED = re.compile(r"`([^`]{20,})`")
"""What somebody cites in a sentence of his own."""
_END: Line = (0, "")
_CONTACT = "nable to contact your DHCP server"
"""What stands in one line, whatever people write around it."""


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A remark for each error, and for each adapter that gave itself an address."""
    said: list[Line] = []
    adapter, mac = "", None
    inside = _OUTSIDE
    for number, text in chain(lines, (_END,)):
        row, named = _ROW.match(text), _ADAPTER.match(text)
        known = row is not None or named is not None or _OTHER.match(text) is not None
        inside = _goes_on(text, opens=row is not None or _OTHER.match(text) is not None, inside=inside)
        own = inside != _OUTSIDE and ("DHCP" in text or not is_of_people(text))
        plain = text.strip() and not known and (own or (_CONTACT in text and not _WRITTEN.match(text)))
        if said and (not plain or _ENDS.search(said[-1][1])):
            yield from _error(said, reading)
            said = []
        if plain:
            cited = _CITED.search(text)
            said.append((number, cited[1] if cited is not None else text.strip("`").partition("`")[0]))
        elif named is not None:
            adapter, mac = named["name"], None
            reading.chatter(number, text)
        elif row is not None:
            mac = row["value"] if _MAC.fullmatch(row["value"]) else mac
            given = _SELF_GIVEN.match(row["value"])
            if given is None:
                reading.chatter(number, text)
                continue
            words = f"{adapter or 'an adapter'} has {given.group(1)}, which it gave itself: it got no address by DHCP"
            fields = {"mac": masked.mac(mac), "address": given.group(1)}
            yield make(reading, number, text, words, MessageRole.CLIENT, Cause.FAILED, fields)
        else:
            reading.chatter(number, text)


_WRITTEN = re.compile(r"\s*(?:#{1,6} (?!.*[\"“`].*nable to contact your DHCP)|\[[^\]]+\]\(|https?://)")
_LISTED = re.compile(r"\s*(?:[*+•-] |\d+[.)] )(?=.*\w)")
"""Titles, links and lists: what people write around the output."""


def _goes_on(text: str, *, opens: bool, inside: int) -> int:
    """The place of a line: in output of the program, that is behind its heading, its prompt or a row (all of them in a list, or none),
    and before what people write; or outside.
    """
    listed = _LISTED.match(text) is not None
    if opens:
        return _OUTSIDE if _METADATA.match(text) else _IN_LIST if listed else _INSIDE
    return _OUTSIDE if _WRITTEN.match(text) or (listed and inside == _INSIDE) else inside


_METADATA = re.compile(r"\S+ · ")
_OUTSIDE, _INSIDE, _IN_LIST = range(3)


def _error(said: list[Line], reading: Reading) -> Iterator[Record]:
    """A sentence, with the lines it goes on in."""
    number, text = next((line for line in said if _CONTACT in line[1]), said[0])
    words = text.strip(" #") if _CONTACT in text else " ".join(line.strip() for _, line in said)
    if "DHCP" in words:
        yield make(reading, number, text, words, MessageRole.CLIENT, Cause.FAILED, {})
        return
    for place, line in said:
        reading.chatter(place, line)


LOG = LogFormat(
    name="ipconfig",
    title="ipconfig of Windows",
    role=MessageRole.CLIENT,
    telling=re.compile(
        _HEADING + r"|^\S*[A-Z]:\\[^>]*> ?ipconfig\b|^.{0,90}\b[Uu]nable to contact your DHCP server\b[^:]*$"
    ),
    parse=parse,
    last=True,
)
