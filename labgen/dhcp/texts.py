"""Lines of text files of any size and quality: compressed, binary, endless lines, pages with logs in
them.
"""

from __future__ import annotations

import bz2
import gzip
import html
import io
import lzma
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from labgen.dhcp.logs import Line

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Characters of a line that are looked at; no log of any device writes longer ones.
LONGEST_LINE = 65536
# Empty lines in a row that end the reading of a text, and octets that a compressed file is unpacked to.
MOST_BLANK = 1_000_000
MOST_UNPACKED = 64 * 1024**3
_GZIP, _XZ, _BZIP2 = b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh"
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_PRE_OPEN = re.compile(r"<(?:pre|code)\b[^>]*>", re.IGNORECASE)
_PRE_CLOSE = re.compile(r"</(?:pre|code)>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_PAGE = re.compile(r"<!DOCTYPE html|<html[\s>]|<pre[\s>]", re.IGNORECASE)


@dataclass(slots=True)
class TextTally:
    """Counts while lines were read: how many, how many were empty, how many were cut, and why reading stopped before the end."""

    lines: int = 0
    blank: int = 0
    cut: int = 0
    stopped: str = ""


def unpacked(stream: BinaryIO) -> io.BufferedReader:
    """The stream itself, or what is in it when it is a gzip, xz or bzip2 file. The result can be peeked into."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(_Raw(stream))
    head = buffered.peek(6)[:6]
    if head[:2] == _GZIP:
        return io.BufferedReader(_Raw(gzip.GzipFile(fileobj=buffered)))
    if head == _XZ:
        return io.BufferedReader(_Raw(lzma.LZMAFile(buffered)))
    if head[:3] == _BZIP2:
        return io.BufferedReader(_Raw(bz2.BZ2File(buffered)))
    return buffered


class _Raw(io.RawIOBase):
    """Any readable stream as what BufferedReader takes."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile | lzma.LZMAFile | bz2.BZ2File) -> None:
        self._stream = stream
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._stream.read(len(view))
        self._read += len(data)
        if self._read > MOST_UNPACKED:
            raise EOFError(
                f"unpacking stopped at {MOST_UNPACKED // 1024**3} GiB: unpack it, and name the part to read"
            )
        view[: len(data)] = data
        return len(data)


def looks_binary(head: bytes) -> bool:
    """True for data that is no text: octets of value 0, or mostly control characters. A log that was cut while its writer went
    on holds one long run of zeros, and text around it.
    """
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        around = [part for part in head.split(b"\0") if part]
        return not (0 < len(around) <= 2 and all(map(_is_plain, around)))
    if b"\0" in head:
        return False
    odd = sum(octet < 9 or 13 < octet < 27 for octet in head)
    return bool(head) and odd * 10 > len(head)


def _is_plain(part: bytes) -> bool:
    return len(part) > 16 and all(octet > 31 or octet in b"\t\r\n" for octet in part)


def numbered(stream: io.BufferedReader, tally: TextTally) -> Generator[Line, None, None]:
    """Lines with their numbers from 1; octets that are not UTF-8 are replaced, endless lines are cut."""
    encoding = "utf-16" if stream.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace")
    number, blank, readline = 0, 0, text.readline
    try:
        while line := readline(LONGEST_LINE):
            number += 1
            tally.lines = number
            if number == 1:
                line = line.removeprefix("\ufeff")
            if line in ("\n", "\r\n"):
                blank += 1
                tally.blank += 1
                if blank >= MOST_BLANK:
                    tally.stopped = (
                        f"reading stopped after {MOST_BLANK:,} empty lines in a row, at line {number:,}"
                    )
                    return
                continue
            blank = 0
            if line[-1] != "\n" and len(line) >= LONGEST_LINE:
                tally.cut += 1
                _skip_line(text)
            yield number, line.rstrip()
    finally:
        # The stream is its opener's to close.
        if not stream.closed:
            text.detach()


def _skip_line(text: io.TextIOWrapper) -> None:
    while rest := text.readline(LONGEST_LINE):
        if rest[-1] == "\n":
            return


def is_page(sample: Iterable[str]) -> bool:
    """True when the lines are a Markdown or HTML page with code in it, not a log."""
    lines = list(sample)
    fences = sum(_FENCE.match(line) is not None for line in lines)
    return fences >= 2 or any(_PAGE.search(line) for line in lines)


@dataclass(slots=True)
class PageBlock:
    """A code block of a page: its lines with the page's numbers, and the text before it, back to the block before."""

    lines: list[Line]
    caption: str = ""
    fenced: bool = True
    """whether marks say that it is code; a block that is only indented (Markdown) may be a paragraph of a list"""
    logged: bool = False
    """whether it is lines of a log that stand among the sentences of a page, without any marks"""


def captioned_blocks(lines: Iterable[Line]) -> Iterator[PageBlock]:
    """The code blocks of a Markdown or HTML page, without markup."""
    block: PageBlock | None = None
    fence, caption, before, markdown, loose = "", "", -1, True, False
    for number, text in lines:
        rest: str | None = text
        stamped = markdown and not fence and _LOGGED.match(text) is not None
        indented = markdown and (stamped if loose else _INDENTED.match(text) is not None)
        if block is not None and not block.fenced and not indented:
            yield block
            block, caption, loose = None, "", False
            indented = markdown and _INDENTED.match(text) is not None
        if block is None and (stamped or (indented and number > before + 1)):
            block, loose = PageBlock([], _plain(caption), fenced=False, logged=stamped), stamped
        before = number
        if block is not None and not block.fenced:
            block.lines.append((number, text))
            continue
        markdown = markdown and (block is not None or _HTML.search(text) is None)
        while rest is not None:
            if block is None:
                caption = f"{caption} {rest}"[-_LONGEST_CAPTION:] if rest.strip() else caption
                opened, fence, rest = _opens(rest)
                block = PageBlock([], _plain(caption)) if opened else None
                continue
            inside, rest, closed = _until_close(rest, fence)
            if inside is not None:
                block.lines.append((number, inside))
            if closed:
                yield block
                block, caption = None, ""
    if block is not None and block.lines:
        yield block


_LOGGED = re.compile(
    r"\W{0,4}(?:(?:\d{4}-\d\d-\d\d[T ]|[A-Z][a-z]{2} +\d{1,2} )\d\d:\d\d:\d\d|[A-Za-z][\w.-]*\[\d+\]: |\[ *\d+\.\d{3,}\] )"
)
"""A line of a log that stands among the sentences of a page."""
_INDENTED = re.compile(r"(?: {4}|\t)\s*\S")
_HTML = re.compile(r"<(?:!DOCTYPE|html|head|body|div|p|pre|table|section|article)\b", re.IGNORECASE)
"""In a page of HTML indentation means nothing."""
_LONGEST_CAPTION = 2000


def _until_close(text: str, fence: str) -> tuple[str | None, str | None, bool]:
    """The part of a line that belongs to the block, what follows it, and whether the block ends here."""
    if fence:
        ends = _FENCE.match(text) is not None and text.strip().startswith(fence)
        return (None, None, True) if ends else (text, None, False)
    parts = _PRE_CLOSE.split(text, maxsplit=1)
    inside = _plain(parts[0])
    return (inside, parts[1], True) if len(parts) > 1 else (inside, None, False)


def _opens(text: str) -> tuple[bool, str, str | None]:
    """True if a block begins, the fence that will end it, and what follows on the same line."""
    match = _FENCE.match(text)
    if match is not None:
        return True, match.group(1), None
    match = _PRE_OPEN.search(text)
    if match is None:
        return False, "", None
    rest = text[match.end() :]
    inner = _PRE_OPEN.match(rest)
    return True, "", rest[inner.end() :] if inner else rest


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", text))
