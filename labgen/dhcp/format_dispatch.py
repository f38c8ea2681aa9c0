"""Lines to the parser of the program that wrote them: which formats speak in a text, its parts, and a source for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from labgen.dhcp.collected import Collected, Readers, main_role
from labgen.dhcp.complaints import complaint, is_logged
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message
from labgen.dhcp.model import Source
from labgen.dhcp.remarks import Remark
from labgen.dhcp.stamps import host
from labgen.dhcp.texts import TextTally
from labgen.dhcp.vantage import Vantage

_TAG = re.compile(r"(?:\S+ +){1,6}?(?P<tag>[A-Za-z][\w./-]*?)(?:\[\d+\])?: ")


def spoken(readers: Readers, texts: Iterable[str]) -> dict[str, LogFormat]:
    """The formats whose own lines are in a text, by name."""
    found: dict[str, LogFormat] = {}
    if readers.tell is not None:
        for text in texts:
            one = readers.tell(text)
            if one is not None:
                found.setdefault(one.name, one)
    return found


def parted(
    readers: Readers, lines: Iterable[Line]
) -> tuple[dict[str, tuple[LogFormat, list[Line]]], list[Line]]:
    """Lines by the format that they are of, and lines of other programs. A line without a mark goes with the one before."""
    parts: dict[str, tuple[LogFormat, list[Line]]] = {}
    foreign: list[Line] = []
    early: list[Line] = []
    last: list[Line] | None = None
    for line in lines:
        one = readers.tell(line[1]) if readers.tell is not None else None
        if one is not None:
            last = parts.setdefault(one.name, (one, []))[1]
            last.extend(early)
            early = []
            last.append(line)
        elif _TAG.match(line[1]) and host(line[1]) is not None:
            foreign.append(line)
        elif last is None:
            early.append(line)
        else:
            last.append(line)
    foreign.extend(early)
    return parts, foreign


def parse_into(
    found: LogFormat, lines: Iterable[Line], reading: Reading, into: Collected, tally: TextTally
) -> None:
    """Run a parser, and add a source with its tally."""

    before = len(into.records)
    reading.overhears = True
    complete = into.take(found.parse(_watched(lines, reading, into), reading))
    into.records.extend(_overheard(reading))
    own = into.records[before:]
    cut = (f"{tally.cut} lines are longer than 64 KiB and were cut",) if tally.cut else ()
    stopped = (tally.stopped,) if tally.stopped else ()
    events = max(0, len(own) - reading.remarks)
    last = lines[-1][0] if isinstance(lines, list) and lines else tally.lines
    _seen_to(into, reading, _ends(own, reading) or last, tally)
    unread = (
        (f"recognised as {found.title}, but no line of it could be read",)
        if not own and complete and (reading.unparsed_dhcp if reading.shared else reading.unparsed)
        else ()
    )
    into.sources.append(
        Source(
            reading.file,
            found.name,
            reading.node,
            reading.role or main_role(own, found.role),
            lines=tally.lines,
            events=events,
            unparsed=reading.unparsed,
            unparsed_dhcp=reading.unparsed_dhcp,
            clock=reading.stamps.kind,
            problems=(*cut, *stopped, *unread, *into.limit_note(complete)),
            remarks=reading.remarks,
            noise=reading.noise,
            ended=reading.now,
        )
    )


def _ends(own: Sequence[Record], reading: Reading) -> int | None:
    """The line of the last message, where it is a packet printed field by field."""
    last = next((record for record in reversed(own) if isinstance(record, Message)), None)
    return last.line if last is not None and last.line == reading.open_packet else None


def _overheard(reading: Reading) -> Iterator[Remark]:
    """Complaints in lines about DHCP that the parser did not understand."""
    for number, text, time in reading.unheard:
        remark = complaint(reading, number, text, time) if is_logged(text) else None
        if remark is None:
            reading.tell(number, text)
            continue
        reading.unparsed -= 1
        reading.unparsed_dhcp -= 1
        yield remark
    reading.unheard.clear()


def _seen_to(into: Collected, reading: Reading, line: int, tally: TextTally) -> None:
    """Note how far the file goes: its last time, its last line, the last one that was not understood."""
    known = into.vantages.get(reading.file) or Vantage(reading.file)
    now = reading.now
    known.last = now if known.last is None or (now is not None and now > known.last) else known.last
    known.lines = max(line, known.lines or 0)
    known.missed = max(reading.missed, known.missed)
    known.miss_lease(*reading.missed_lease)
    known.blank = tally.blank / tally.lines if tally.lines else 0.0
    into.vantages[reading.file] = known


def _watched(lines: Iterable[Line], reading: Reading, into: Collected) -> Iterable[Line]:
    """The lines, with progress said now and then where somebody listens."""
    return lines if into.progress is None else _telling(lines, reading, into)


def _telling(lines: Iterable[Line], reading: Reading, into: Collected) -> Iterator[Line]:
    for count, line in enumerate(lines, 1):
        if count % 200_000 == 0 and into.progress is not None:
            into.progress(reading.file, count, len(into.records))
        yield line
