"""Files of unknown kind into messages and bindings: captures, logs, lease files, tables, pages with
logs in them.
"""

from __future__ import annotations

import gzip
import io
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from labgen.dhcp.capture import CaptureTally, Tap, read_stream
from labgen.dhcp.logs import Line, LogFormat, Reading, Record, Sink
from labgen.dhcp.message import Role
from labgen.dhcp.model import Source
from labgen.dhcp.pcap import is_capture
from labgen.dhcp.stamps import host
from labgen.dhcp.texts import TextTally, blocks, is_page, looks_binary, numbered, unpacked
from labgen.ground.errors import InputError

CAPTURE = "capture"
STANDARD_INPUT = "-"
_SAMPLE_LINES = 2000
_PROMPT = re.compile(r"^([A-Za-z][\w.-]{0,40})(?:\([\w-]+\))?[#>] ?(?:sh|show|debug|do|term)\b")
_HOSTNAME = re.compile(r"\bHostname: (\S+)\s*$")
_VERB = re.compile(r"^(?:request|renew|rebind|release|acquire|discover|debug|log|show)[-_.](.+)$")

Recognise = Callable[[Iterable[str]], LogFormat | None]


@dataclass(frozen=True, slots=True)
class Input:
    """One file to read. `format` (a name, or `capture`), `node` and `role` override what is detected."""

    file: str
    format: str | None = None
    node: str | None = None
    role: Role | None = None


@dataclass(slots=True)
class Collected:
    """What was read so far; `records` never grows beyond `limit`."""

    limit: int
    records: list[Record] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)

    def take(self, records: Iterable[Record]) -> bool:
        """Add records; False when the limit stopped it."""
        room = self.limit - len(self.records)
        before = len(self.records)
        self.records.extend(islice(records, room))
        return len(self.records) - before < room


@dataclass(frozen=True, slots=True)
class Readers:
    """How formats are found, and where lines that no parser understands go."""

    recognise: Recognise
    named: Callable[[str], LogFormat | None]
    sink: Sink | None = None


def node_name(file: str) -> str:
    """A node's name from a file's: `logs/renew-srv1.log` is `srv1`'s."""
    if file == STANDARD_INPUT:
        return "stdin"
    name = Path(file).name
    while Path(name).suffix and not name.startswith("."):
        name = Path(name).stem
    match = _VERB.match(name)
    return match.group(1) if match else name


def read_input(item: Input, readers: Readers, into: Collected) -> None:
    """Read one file. Raises InputError when it cannot be opened; what is wrong inside goes to the
    source.
    """
    stream, year = _open(item.file)
    with stream:
        try:
            _read(item, readers, into, unpacked(stream), year)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            into.sources.append(_unreadable(item, f"the compressed file is damaged: {error}"))
        except OSError as error:
            raise InputError(f"{item.file}: {error.strerror}: it cannot be read") from error


def _open(file: str) -> tuple[BinaryIO, int]:
    if file == STANDARD_INPUT:
        return sys.stdin.buffer, datetime.now(UTC).year
    try:
        path = Path(file)
        return path.open("rb"), datetime.fromtimestamp(path.stat().st_mtime, UTC).year
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}: check the name and the permissions") from error


def _read(item: Input, readers: Readers, into: Collected, stream: io.BufferedReader, year: int) -> None:
    head = stream.peek(8192)[:8192]
    if item.format == CAPTURE or is_capture(head):
        _read_capture(item, into, stream)
    elif looks_binary(head):
        into.sources.append(_unreadable(item, "neither text nor a capture (pcap, pcapng): not read"))
    else:
        _read_text(item, readers, into, stream, year)


def _unreadable(item: Input, problem: str) -> Source:
    return Source(item.file, "unknown", item.node or node_name(item.file), item.role, problems=(problem,))


def _read_capture(item: Input, into: Collected, stream: BinaryIO) -> None:
    node, tally = item.node or node_name(item.file), CaptureTally()
    tap = Tap(node, item.role or Role.TRANSIT)
    before = len(into.records)
    complete = into.take(read_stream(stream, item.file, tap, tally))
    if tally.undecoded:
        tally.problems.append(f"{tally.undecoded} DHCP packets are too short to decode")
    into.sources.append(
        Source(
            item.file,
            CAPTURE,
            node,
            tap.role,
            lines=tally.frames,
            events=len(into.records) - before,
            unparsed=tally.undecoded,
            unparsed_dhcp=tally.undecoded,
            clock="epoch",
            problems=(*tally.problems, *_limit_note(complete, into)),
        )
    )


def _limit_note(complete: bool, into: Collected) -> tuple[str, ...]:
    return () if complete else (f"reading stopped at {into.limit} messages: raise --limit to read on",)


def _read_text(item: Input, readers: Readers, into: Collected, stream: io.BufferedReader, year: int) -> None:
    tally = TextTally()
    with closing(numbered(stream, tally)) as lines:
        sample = list(islice(lines, _SAMPLE_LINES))
        everything = chain(sample, lines)
        if item.format is None and is_page(text for _, text in sample):
            _read_page(item, readers, into, everything, year)
        else:
            _read_log(item, readers, into, (sample, everything), tally, year)


def _read_log(
    item: Input,
    readers: Readers,
    into: Collected,
    lines: tuple[list[Line], Iterator[Line]],
    tally: TextTally,
    year: int,
) -> None:
    sample, everything = lines
    found = readers.named(item.format) if item.format else readers.recognise(text for _, text in sample)
    if found is None:
        if item.format:
            raise InputError(f"{item.file}: no format is called {item.format!r}: see `labgen analyze --help`")
        into.sources.append(_nothing_known(item, everything, readers.sink, tally))
        return
    hosts = {name for _, text in sample[:200] if (name := host(text)) is not None}
    reading = _reading(item, year, readers.sink, by_host=len(hosts) > 1)
    _parse(found, everything, reading, into, tally)


def _reading(item: Input, year: int, sink: Sink | None, *, by_host: bool) -> Reading:
    node = item.node or node_name(item.file)
    return Reading(item.file, node, item.role, year=year, by_host=by_host and item.node is None, sink=sink)


def _parse(
    found: LogFormat, lines: Iterable[Line], reading: Reading, into: Collected, tally: TextTally
) -> None:
    before = len(into.records)
    complete = into.take(found.parse(lines, reading))
    cut = (f"{tally.cut} lines are longer than 64 KiB and were cut",) if tally.cut else ()
    into.sources.append(
        Source(
            reading.file,
            found.name,
            reading.node,
            reading.role or _main_role(into.records[before:], found.role),
            lines=tally.lines,
            events=len(into.records) - before,
            unparsed=reading.unparsed,
            unparsed_dhcp=reading.unparsed_dhcp,
            clock=reading.stamps.kind,
            problems=(*cut, *_limit_note(complete, into)),
        )
    )


def _main_role(records: list[Record], otherwise: Role) -> Role:
    counts = Counter(record.role for record in records)
    return counts.most_common(1)[0][0] if counts else otherwise


def _nothing_known(item: Input, lines: Iterable[Line], sink: Sink | None, tally: TextTally) -> Source:
    """Text in which no format was recognised: every line counts as not understood."""
    node = item.node or node_name(item.file)
    reading = Reading(item.file, node, item.role, sink=sink)
    for number, text in lines:
        reading.miss(number, text)
    problem = "no DHCP log, lease file or table was recognised: name one with --as FILE=FORMAT:NODE"
    return Source(
        item.file,
        "unknown",
        node,
        item.role,
        lines=tally.lines,
        unparsed=reading.unparsed,
        unparsed_dhcp=reading.unparsed_dhcp,
        problems=(problem,),
    )


def _read_page(item: Input, readers: Readers, into: Collected, lines: Iterator[Line], year: int) -> None:
    """Each code block of a page is a log of its own; a prompt or a `Hostname:` in it names the node."""
    count = 0
    for block in blocks(lines):
        block = [(number, text) for number, text in block if text.strip(" .…") != ""]
        found = readers.recognise(text for _, text in block)
        if found is None:
            continue
        count += 1
        node = item.node or _speaker(block) or f"{node_name(item.file)}-{count}"
        reading = Reading(item.file, node, item.role, year=year, sink=readers.sink)
        _parse(found, iter(block), reading, into, TextTally(lines=len(block)))
    if not count:
        problem = "a page without any code block that holds a DHCP log"
        into.sources.append(_unreadable(item, problem))


def _speaker(block: list[Line]) -> str | None:
    for _, text in block:
        match = _PROMPT.match(text) or _HOSTNAME.search(text)
        if match is not None:
            return match.group(1)
    return None
