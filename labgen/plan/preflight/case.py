"""What preflight looks at: the spec, where it says what, and what follows from it by counting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from labgen.ground.errors import Problem
from labgen.plan.ledger import Ledger
from labgen.spec.load import LoadedSpec
from labgen.spec.model import Spec


@dataclass(frozen=True)
class Case:
    loaded: LoadedSpec
    ledger: Ledger

    @property
    def spec(self) -> Spec:
        return self.loaded.spec

    def problem(self, path: Sequence[str | int], reason: str, remedy: str) -> Problem:
        return self.loaded.source.problem(path, reason, remedy)

    def place_of(self, path: Sequence[str | int]) -> str:
        """` (line 12)`, for messages that name a second place."""
        return self.loaded.source.place_of(path)


Check = Callable[[Case], Iterator[Problem]]
