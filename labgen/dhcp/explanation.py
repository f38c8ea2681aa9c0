"""The explanation of a finding, in one page."""

from __future__ import annotations

from dataclasses import dataclass

from labgen.dhcp.model import Severity


@dataclass(frozen=True, slots=True)
class Explanation:
    """One kind of finding. `what` it is, `why` it happens, the `clause` it follows from, and
    the `change` that removes it, on the device it names.
    """

    code: str
    severity: Severity
    title: str
    what: str
    why: str
    clause: str
    change: str
