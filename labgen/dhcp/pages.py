"""Pages of Markdown or HTML: each code block is a text of its own, and the blocks tell one story.

A prompt or a `Hostname:` in a block names the node, and so does the sentence before it; a block that nobody names is called after
the page. Blocks that are not read are listed as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from labgen.dhcp.collected import Collected, Input, Readers, reading_of
from labgen.dhcp.complaints import is_logged
from labgen.dhcp.format_dispatch import parse_into, parted, spoken
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Source
from labgen.dhcp.naming import node_name
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sniff import looks_configured
from labgen.dhcp.stamps import host
from labgen.dhcp.texts import TextTally, captioned_blocks
from labgen.dhcp.unwrap import unwrapped
from labgen.dhcp.vantage import Vantage

_PROMPT = re.compile(
    r"^(?:[\w.-]+@)?([A-Za-z][\w.-]{0,40})(?:\([\w-]+\))?(?::[\w/~]*)?[#>$] ?(?:sh|show|debug|do|term|display|tail|cat|journalctl|grep)\b"
)
_HOSTNAME = re.compile(r"\bHostname: (\S+)\s*$")
_MARKED = r"[*_`]{1,3}([A-Za-z][\w.-]{0,30})[*_`]{1,3}"
_NODE = re.compile(
    rf"\b(?:on|of|from|at|by|for)\s+(?:the\s+)?(?:\w+\s+)?{_MARKED}"
    rf"|\b(?:client|server|relay|switch|router|host|node|leaf|spine|firewall)s?\s+\(?{_MARKED}"
    rf"|{_MARKED}\)?(?:'s)? (?:log|debug|output|printout|says|said|logs|logged|shows|capture|tells|reports)"
    r"|\b(?:[Ll]og|[Dd]ebug|[Oo]utput|[Cc]apture|[Pp]rintout)s? (?:on|of|from) (?:the )?([A-Za-z]+[\w-]*\d[\w-]*)\b"
)


def read_page(item: Input, readers: Readers, into: Collected, lines: Iterable[Line], written: float) -> None:
    """Read every block of a page into `into`."""
    read = 0
    unread: list[list[Line]] = []
    for one in captioned_blocks(lines):
        block, caption = _block(one.lines), one.caption
        if not block or not (one.fenced or one.logged or any(is_logged(text) for _, text in block)):
            continue
        found = readers.recognise(text for _, text in block) or _spare(item, readers, block, written)
        if found is None:
            unread.append(block)
            continue
        read += 1
        said = _speaker(block) or _named(caption)
        node = item.node or said or f"{node_name(item.file)}-{read}"
        before = len(into.records)
        several = said is None and len({name for _, text in block if (name := host(text)) is not None}) > 1
        _read_block(item, readers, into, (found, block), node, written, by_host=several)
        if _MAY.search(caption):
            into.records[before:] = [_as_note(record) for record in into.records[before:]]
        if _SHOULD.search(caption):
            into.vantages.setdefault(item.file, Vantage(item.file)).examples.append(
                (block[0][0], block[-1][0])
            )
    _list_unread(item, readers, into, unread, read)


_MAY = re.compile(
    r"\b(?:can|may|might|could) (?:\w+ )?(?:log|say|print|show|report|emit|look|return)\b[^.\n]{0,60}:\s*(?:(?:`{3}|~{3}|<pre).*)?$"
)
"""How a sentence ends before what a program may say, and has not said here."""


_SHOULD = re.compile(
    r"\byou (?:should|will|would|might|may) (?:now |then |also )?(?:see|get|find)\b[^\n]{0,80}:\s*(?:(?:`{3}|~{3}|<pre).*)?$",
    re.I,
)
"""How a sentence ends before what its reader is to see on his own machine."""


def _as_note(record: Record) -> Record:
    return replace(record, cause=Cause.OTHER) if isinstance(record, Remark) else record


def _spare(item: Input, readers: Readers, block: list[Line], written: float) -> LogFormat | None:
    """The format that reads a block which no other could, where that tells something."""
    spare = readers.spare() if readers.spare is not None else None
    if spare is None or looks_configured([text for _, text in block]):
        return None
    first = next(iter(spare.parse(block, reading_of(item, None, written))), None)
    return spare if first is not None else None


def _block(raw: list[Line]) -> list[Line]:
    block = [(number, text) for number, text in raw if text.strip(" .…") != ""]
    return list(unwrapped(block, [text for _, text in block]))


def _read_block(
    item: Input,
    readers: Readers,
    into: Collected,
    whole: tuple[LogFormat, list[Line]],
    node: str,
    written: float,
    *,
    by_host: bool,
) -> None:
    parts, block = [whole], whole[1]
    if len(spoken(readers, (text for _, text in block))) > 1:
        parts = list(parted(readers, block)[0].values())
    for kind, own in parts:
        reading = reading_of(item, readers.sink, written, node=node, by_host=by_host)
        parse_into(kind, own, reading, into, TextTally(lines=len(own)))


def _speaker(block: list[Line]) -> str | None:
    for _, text in block:
        match = _PROMPT.match(text) or _HOSTNAME.search(text)
        if match is not None:
            return match.group(1)
    return None


def _named(caption: str) -> str | None:
    """The node a sentence before the block names, in code, bold or italics."""
    found = list(_NODE.finditer(caption))
    return next((name for name in found[-1].groups() if name), None) if found else None


def _list_unread(item: Input, readers: Readers, into: Collected, unread: list[list[Line]], read: int) -> None:
    name = node_name(item.file)
    for block in unread:
        reading = Reading(item.file, name, MessageRole.TRANSIT, sink=readers.sink)
        for number, text in block:
            reading.miss(number, text)
        if not reading.unparsed_dhcp:
            continue
        place = f"the block at line {block[0][0]} speaks of DHCP and is in no form that is known"
        into.sources.append(
            Source(
                item.file,
                "unknown block",
                name,
                lines=len(block),
                unparsed=reading.unparsed,
                unparsed_dhcp=reading.unparsed_dhcp,
                problems=(f"{place}: it begins {block[0][1].strip()[:60]!r}",),
            )
        )
    if not read:
        problem = "a page without any code block that holds a DHCP log"
        into.sources.append(Source(item.file, "unknown", item.node or name, item.role, problems=(problem,)))
