"""The end of an action or a wait at a node, where it was not simply done in time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotDone:
    """`what` was asked for, `why` it is not done. `late` is how many seconds after its beginning it was done after all;
    None where it never was. `lost`: the node could not be spoken to.
    """

    what: str
    why: str
    late: float | None = None
    lost: bool = False

    def __str__(self) -> str:
        would = "" if self.late is None else f"; would have passed after {self.late:.1f} s"
        return f"{self.what}: {self.why}{would}"
