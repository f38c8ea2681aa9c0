"""Text as an input of `labgen analyze`: logs of one or of several programs and hosts, pages with blocks of them.

Lines come unwrapped (`labgen.dhcp.unwrap`), oldest first. A file in which several programs speak is split by program; each part is
read by its own parser, with the page's or file's line numbers.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain, islice, pairwise

from labgen.dhcp.claims import claims
from labgen.dhcp.collected import Collected, Input, Readers, reading_of
from labgen.dhcp.documentation import is_documentation
from labgen.dhcp.format_dispatch import parse_into, parted, spoken
from labgen.dhcp.logs import Line, Reading
from labgen.dhcp.margins import bared
from labgen.dhcp.model import Source
from labgen.dhcp.naming import node_name
from labgen.dhcp.pages import read_page
from labgen.dhcp.quotes import quoted_in_sentences
from labgen.dhcp.remarks import Remark
from labgen.dhcp.sniff import looks_configured, unknown_text
from labgen.dhcp.stamps import Stamps, host
from labgen.dhcp.texts import TextTally, is_page, numbered
from labgen.dhcp.unwrap import unwrapped
from labgen.dhcp.vantage import Vantage

_SAMPLE_LINES = 2000
# Lines of a text of unknown kind that are counted.
_MOST_UNKNOWN = 2_000_000
# Lines of a file in which several programs speak that are kept; more than a day of a busy site's collector.
MOST_MIXED = 3_000_000


def read_text(
    item: Input, readers: Readers, into: Collected, stream: io.BufferedReader, written: float
) -> None:
    """Read a text into `into`. `written`: when the file was written last, seconds since the epoch."""
    tally, known = TextTally(), len(into.records)
    with closing(numbered(stream, tally)) as raw:
        head = list(islice(raw, _SAMPLE_LINES))
        first = [text for _, text in head]
        bare = bared(first)
        if item.format is None and is_page(map(bare, first)):
            inner = ((number, bare(text)) for number, text in chain(head, raw))
            read_page(item, readers, into, inner, written)
        else:
            lines = unwrapped(chain(head, raw), first)
            sample = list(islice(lines, len(head)))
            _read_log(item, readers, into, (sample, chain(sample, lines)), tally, written)
        if is_documentation([bare(text) for text in first]):
            into.vantages.setdefault(item.file, Vantage(item.file)).example = True
            return
        if not any(record.file == item.file for record in into.records[known:]):
            into.records.extend(quoted_in_sentences(head, _reading(item, readers, written, by_host=False)))
        quoted = frozenset(record.line for record in into.records[known:] if isinstance(record, Remark))
        into.records.extend(claims(head, _reading(item, readers, written, by_host=False), quoted))


def _read_log(
    item: Input,
    readers: Readers,
    into: Collected,
    lines: tuple[list[Line], Iterator[Line]],
    tally: TextTally,
    written: float,
) -> None:
    sample, everything = lines
    found = readers.named(item.format) if item.format else readers.recognise(text for _, text in sample)
    if found is None:
        if not read_spare(item, readers, into, (sample, everything), tally, written):
            into.sources.append(
                _nothing_known(item, everything, readers, tally, [text for _, text in sample])
            )
        return
    if is_newest_first([text for _, text in sample], written):
        everything = reversed(list(islice(everything, MOST_MIXED)))
    hosts = {name for _, text in sample[:200] if (name := host(text)) is not None}
    if item.format is None and len(spoken(readers, (text for _, text in sample))) > 1:
        _read_mixed(item, readers, into, everything, tally, written, by_host=len(hosts) > 1)
        return
    parse_into(found, everything, _reading(item, readers, written, by_host=len(hosts) > 1), into, tally)
    source = into.sources[-1]
    if item.format or source.events or source.remarks or not source.unparsed:
        return
    if read_spare(item, readers, into, (sample, iter(sample)), tally, written):
        into.sources.remove(source)
    elif found.guessed:
        why = unknown_text([text for _, text in sample], source.unparsed_dhcp)
        into.sources[-1] = replace(source, format="unknown", role=item.role, problems=(why,))


def read_spare(
    item: Input,
    readers: Readers,
    into: Collected,
    lines: tuple[list[Line], Iterator[Line]],
    tally: TextTally,
    written: float,
) -> bool:
    """Read what no format could, if a first look at the sample shows that it tells something; not what is known to be no log."""
    spare = readers.spare() if readers.spare is not None else None
    sample, everything = lines
    if spare is None or looks_configured([text for _, text in sample]):
        return False
    trial = reading_of(item, None, written)
    if next(iter(spare.parse(sample, trial)), None) is None:
        return False
    parse_into(spare, everything, _reading(item, readers, written, by_host=False), into, tally)
    return True


def _reading(item: Input, readers: Readers, written: float, *, by_host: bool) -> Reading:

    return reading_of(item, readers.sink, written, by_host=by_host)


def is_newest_first(sample: Sequence[str], written: float) -> bool:
    """True if time runs backwards through the file, as log pages of firewalls show it."""
    stamps = Stamps(2000, None)
    times = [time for text in sample if (time := stamps.read(text)) is not None]
    steps = [b - a for a, b in pairwise(times) if a != b]
    back = sum(step < 0 for step in steps)
    return back >= 1 and back * 4 > len(steps) * 3 and max(steps) < 86400 * 300


def _read_mixed(
    item: Input,
    readers: Readers,
    into: Collected,
    lines: Iterable[Line],
    tally: TextTally,
    written: float,
    *,
    by_host: bool,
) -> None:
    """A file in which several programs speak: a source for each of them."""
    parts, foreign = parted(readers, islice(lines, MOST_MIXED))
    sources = []
    for found, own in parts.values():
        reading = _reading(item, readers, written, by_host=by_host)
        reading.shared = True
        parse_into(found, own, reading, into, TextTally(lines=len(own)))
        sources.append(into.sources[-1])
    other = readers.recognise(text for _, text in foreign[:_SAMPLE_LINES])
    if other is not None and other.last:
        parse_into(
            other,
            foreign,
            _reading(item, readers, written, by_host=by_host),
            into,
            TextTally(lines=len(foreign)),
        )
    elif foreign:
        reading = _reading(item, readers, written, by_host=False)
        for number, text in foreign:
            reading.miss(number, text)
        into.vantages.setdefault(item.file, Vantage(item.file)).miss_lease(*reading.missed_lease)
        into.sources.append(
            Source(
                item.file,
                "other programs",
                reading.node,
                lines=len(foreign),
                unparsed=reading.unparsed,
                unparsed_dhcp=reading.unparsed_dhcp,
            )
        )
    if tally.lines > MOST_MIXED:
        note = f"only the first {MOST_MIXED} of {tally.lines} lines were read: split the file by program"
        into.sources.append(Source(item.file, "unread", node_name(item.file), problems=(note,)))


def _nothing_known(
    item: Input, lines: Iterable[Line], readers: Readers, tally: TextTally, sample: Sequence[str]
) -> Source:
    """Text in which no format was recognised: every line counts as not understood."""
    node = item.node or node_name(item.file)
    reading = Reading(item.file, node, item.role, sink=readers.sink)
    for number, text in islice(lines, _MOST_UNKNOWN):
        reading.miss(number, text)
    if tally.lines >= _MOST_UNKNOWN and not tally.stopped:
        tally.stopped = f"not looked at beyond line {tally.lines:,}"
    return Source(
        item.file,
        "unknown",
        node,
        item.role,
        lines=tally.lines,
        unparsed=reading.unparsed,
        unparsed_dhcp=reading.unparsed_dhcp,
        problems=(unknown_text(sample, reading.unparsed_dhcp), *((tally.stopped,) if tally.stopped else ())),
    )
