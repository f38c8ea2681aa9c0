"""A finding of an audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing: where (`line` from 1, 0 where the file as a whole is meant), what, why, and what to do."""

    code: str
    severity: Severity
    node: str
    file: str
    line: int
    message: str
    remedy: str
