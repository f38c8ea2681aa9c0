"""From files to an analysis: read, lay on one clock, rebuild, explain. `labgen analyze` and `verify`
both end here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from labgen.dhcp.clocks import align
from labgen.dhcp.context import Context
from labgen.dhcp.exchanges import reconstruct
from labgen.dhcp.findings import find
from labgen.dhcp.inputs import Collected, Input, Readers, read_input
from labgen.dhcp.logs import Record
from labgen.dhcp.message import Message
from labgen.dhcp.model import Analysis, Binding, Counter, Source

# Messages kept in memory, about 1 KiB each with the exchange they end in.
DEFAULT_LIMIT = 500_000


def analyze(
    inputs: Sequence[Input],
    readers: Readers,
    *,
    context: Context | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Analysis:
    """Read the inputs and explain what happened. Raises InputError for a file that cannot be opened."""
    collected = Collected(limit)
    for item in inputs:
        read_input(item, readers, collected)
    return explain_records(collected.records, collected.sources, context)


def explain_records(
    records: Iterable[Record], sources: Sequence[Source], context: Context | None = None
) -> Analysis:
    """The analysis of records that were read already; `sources` tell the kind of clock of each file."""
    messages: list[Message] = []
    bindings: list[Binding] = []
    counters: list[Counter] = []
    for record in records:
        if isinstance(record, Message):
            messages.append(record)
        elif isinstance(record, Binding):
            bindings.append(record)
        else:
            counters.append(record)
    aligned = align(messages, {source.file: source.clock for source in sources})
    exchanges = reconstruct(aligned.messages)
    known = context or Context()
    known = replace(known, bindings=(*known.bindings, *bindings))
    return Analysis(
        sources=tuple(replace(s, clock_offset=aligned.offsets.get((s.node, s.file), 0.0)) for s in sources),
        exchanges=exchanges,
        findings=tuple(find(exchanges, known)),
        bindings=tuple(bindings),
        counters=tuple(counters),
    )
