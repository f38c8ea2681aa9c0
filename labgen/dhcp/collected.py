"""The state of reading: inputs, the readers that know formats, and the records, sources and vantages collected so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from labgen.dhcp.logs import LogFormat, Reading, Record, Sink
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Source
from labgen.dhcp.naming import node_name
from labgen.dhcp.vantage import Vantage

Recognise = Callable[[Iterable[str]], LogFormat | None]
Tell = Callable[[str], LogFormat | None]
Progress = Callable[[str, int, int], None]
"""Told now and then: the file, frames or lines read, messages found."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file to read. `format` (a name, or `capture`), `node` and `role` override what is detected."""

    file: str
    format: str | None = None
    node: str | None = None
    role: MessageRole | None = None


@dataclass(slots=True)
class Collected:
    """The records read so far; `records` never grows beyond `limit`."""

    limit: int
    records: list[Record] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    vantages: dict[str, Vantage] = field(default_factory=dict)
    progress: Progress | None = None

    def take(self, records: Iterable[Record]) -> bool:
        """Add records; False when the limit stopped it."""
        room = self.limit - len(self.records)
        before = len(self.records)
        self.records.extend(islice(records, room))
        return len(self.records) - before < room

    def limit_note(self, complete: bool) -> tuple[str, ...]:
        """The note about a file that was not read to its end."""
        return () if complete else (f"reading stopped at {self.limit} messages: raise --limit to read on",)


@dataclass(frozen=True, slots=True)
class Readers:
    """The finders of formats: of a sample, by name, of a single line; where lines that no parser understands go; and what reads a text
    that no format could."""

    recognise: Recognise
    named: Callable[[str], LogFormat]
    sink: Sink | None = None
    tell: Tell | None = None
    spare: Callable[[], LogFormat | None] | None = None


def main_role(records: Sequence[Record], otherwise: MessageRole) -> MessageRole:
    """The role most records of a file were seen in."""
    counts = Counter(record.role for record in records)
    return counts.most_common(1)[0][0] if counts else otherwise


def reading_of(
    item: Input, sink: Sink | None, written: float, *, node: str | None = None, by_host: bool = False
) -> Reading:
    """A reading of one file that was written last at `written`."""
    return Reading(
        item.file,
        item.node or node or node_name(item.file),
        item.role,
        year=datetime.fromtimestamp(written, UTC).year,
        by_host=by_host and item.node is None,
        sink=sink,
        latest=written,
    )
