"""Answers of a node: the text of a probe, the end of an action."""

from __future__ import annotations

from dataclasses import dataclass

from labgen.devices.base import Probe


@dataclass(frozen=True, slots=True)
class Output:
    """The result of a probe. `error` is empty when it worked; then `text` is what the node said, and `at` when it had
    (seconds since the epoch).
    """

    node: str
    probe: Probe
    text: str
    error: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """The end of an action on a node: `seconds` it took on the monotonic clock; `error` empty when it took effect. `late`: it was begun,
    and had not taken effect when its time was over. `lost`: the node could not be spoken to, so nobody knows."""

    node: str
    seconds: float
    error: str = ""
    late: bool = False
    lost: bool = False
