"""Turns files into an analysis: reads them, puts them on one clock, rebuilds exchanges, explains them. `labgen analyze` and `verify`
both end here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from labgen.dhcp.clocks import EPOCH, Aligned, align
from labgen.dhcp.context import Context
from labgen.dhcp.documentation import as_examples
from labgen.dhcp.exchanges import reconstruct
from labgen.dhcp.findings import find
from labgen.dhcp.inputs import CAPTURE, Collected, Input, Progress, Readers, read_input
from labgen.dhcp.logs import Record
from labgen.dhcp.message import Message
from labgen.dhcp.model import Analysis, Binding, Counter, Source
from labgen.dhcp.naming import node_name, node_names
from labgen.dhcp.remarks import Remark
from labgen.dhcp.translations import joined
from labgen.dhcp.vantage import Vantage, jumbled, vantages

# Messages kept in memory, about 1 KiB each with the exchange they end in.
DEFAULT_LIMIT = 500_000


def analyze(
    inputs: Sequence[Input],
    readers: Readers,
    *,
    context: Context | None = None,
    limit: int = DEFAULT_LIMIT,
    progress: Progress | None = None,
) -> Analysis:
    """Read the inputs and explain what happened. Raises InputError for a file that cannot be opened."""
    collected = Collected(limit, progress=progress)
    names = node_names([item.file for item in inputs])
    for item in inputs:
        named = item if item.node or not _is_elsewhere(item, names) else replace(item, node=names[item.file])
        read_input(named, readers, collected)
    return explain_records(collected.records, collected.sources, context, collected.vantages)


def _is_elsewhere(item: Input, names: Mapping[str, str]) -> bool:
    """True if a file's name alone does not tell its node."""
    return names[item.file] != node_name(item.file)


def explain_records(
    records: Iterable[Record],
    sources: Sequence[Source],
    context: Context | None = None,
    known: Mapping[str, Vantage] | None = None,
) -> Analysis:
    """The analysis of records that were read already; `sources` tell the kind of clock of each file, `known` what is known of
    what it can see.
    """
    sorted_out = _SortedOut.of(records)
    aligned = (
        Aligned(tuple(sorted_out.messages), {})
        if len(sources) == 1 and sources[0].format == CAPTURE
        else align(sorted_out.messages, {source.file: source.clock for source in sources})
    )
    one = joined(aligned.messages)
    exchanges = reconstruct(one.messages)
    about = context or Context()
    about = replace(
        about,
        bindings=(*about.bindings, *sorted_out.bindings),
        counters=tuple(sorted_out.counters),
        remarks=tuple(sorted_out.remarks),
        vantages=vantages(
            one.messages, _moved(known if known is not None else _of_sources(sources), aligned.offsets)
        ),
    )
    for file in jumbled(sorted_out.messages):
        if about.vantages is not None and file in about.vantages:
            about.vantages[file].jumbled = True
    return Analysis(
        sources=tuple(
            _with_words(_with_clock(source, aligned), one.words.get(source.file, ())) for source in sources
        ),
        exchanges=exchanges,
        findings=tuple(as_examples(find(exchanges, about), about.vantages)),
        bindings=tuple(sorted_out.bindings),
        counters=tuple(sorted_out.counters),
        remarks=tuple(sorted_out.remarks),
    )


@dataclass
class _SortedOut:
    """Records by kind."""

    messages: list[Message] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    counters: list[Counter] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @classmethod
    def of(cls, records: Iterable[Record]) -> _SortedOut:
        found = cls()
        for record in records:
            if isinstance(record, Message):
                found.messages.append(record)
            elif isinstance(record, Binding):
                found.bindings.append(record)
            elif isinstance(record, Counter):
                found.counters.append(record)
            else:
                found.remarks.append(record)
        return found


def _of_sources(sources: Sequence[Source]) -> dict[str, Vantage]:
    return {s.file: Vantage(s.file, s.format == CAPTURE, first=s.began, last=s.ended) for s in sources}


def _moved(
    known: Mapping[str, Vantage], offsets: Mapping[tuple[str, str | None], float]
) -> dict[str, Vantage]:
    """Vantages whose times are laid on the common clock as their messages are."""
    by_file = {file: offset for (_, file), offset in offsets.items() if offset}
    return {file: vantage.moved(by_file.get(file, 0.0)) for file, vantage in known.items()}


def _with_words(source: Source, words: Sequence[str]) -> Source:
    return replace(source, problems=(*source.problems, *words)) if words else source


def _with_clock(source: Source, aligned: Aligned) -> Source:
    """The source with the seconds its times were moved by, said in words where its clock had dates, or why they were not."""
    place = (source.node, source.file)
    offset, doubt = aligned.offsets.get(place, 0.0), aligned.doubts.get(place)
    said = source.problems
    if doubt is not None:
        said = (*said, f"its clock cannot be compared with that of {doubt}: times are as written")
    if offset and source.clock == EPOCH:
        said = (
            *said,
            f"its clock was moved by {offset:+.3f} s: the same messages are in another file at that distance",
        )
    return replace(source, clock_offset=offset, problems=said) if offset or doubt else source
