"""The case that preflight looks at: the spec, the places of what it says, and what follows from it by counting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from labgen.ground.errors import Problem
from labgen.ground.yamldoc import Place
from labgen.plan.ledger import Ledger
from labgen.spec.load import LoadedSpec
from labgen.spec.model import SegmentSpec, Spec
from labgen.spec.service import RelaySpec, written_at


class PreflightCase:
    """A spec with its places in the file, and what follows from it by counting."""

    def __init__(self, loaded: LoadedSpec, ledger: Ledger) -> None:
        self.loaded = loaded
        self.ledger = ledger

    @property
    def spec(self) -> Spec:
        return self.loaded.spec

    def problem(self, path: Sequence[str | int], reason: str, remedy: str) -> Problem:
        return self.loaded.source.problem(path, reason, remedy)

    def place_of(self, path: Sequence[str | int]) -> str:
        """` (line 12)`, for messages that name a second place."""
        return self.loaded.source.place_of(path)

    @cached_property
    def groups(self) -> tuple[AskedGroup, ...]:
        """Every group of servers that some segment relays to."""
        return tuple(self._groups())

    def _groups(self) -> Iterator[AskedGroup]:
        for name, segment in self.spec.segments.items():
            written = self._written(name)
            for relay, at in zip(segment.relay, written_at(written), strict=False):
                place = ("segments", name, "relay", *at)
                switches = tuple(switch for switch in segment.routers if relay in segment.groups_of(switch))
                yield AskedGroup(name, segment, relay, place, switches)

    def _written(self, segment: str) -> object:
        data = self.loaded.source.data
        segments = data.get("segments") if isinstance(data, dict) else None
        entry = segments.get(segment) if isinstance(segments, dict) else None
        return entry.get("relay") if isinstance(entry, dict) else None


class AskedGroup(NamedTuple):
    """A group of servers, the switches that relay to it, and where the spec says so."""

    name: str
    segment: SegmentSpec
    relay: RelaySpec
    place: Place
    switches: tuple[str, ...]


Check = Callable[[PreflightCase], Iterator[Problem]]
