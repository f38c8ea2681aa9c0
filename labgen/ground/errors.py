"""Every exception labgen raises on purpose.

    LabgenError                     root; `exit_code` is what the command line returns
    ├── UsageError            2     the command line asks for something that cannot be
    ├── SpecError             2     the spec (or a playbook, or a relay configuration) is wrong
    │   └── PlanError         2     the spec reads well but cannot be built
    ├── InfrastructureError   3     lab not up, tool missing, node unreachable
    │   ├── MissingToolError  3     a program this machine lacks
    │   ├── LabNotUpError     3     nothing runs under that name or folder
    │   ├── LabStuckError     3     a lab runs, and what holds it does not answer
    │   ├── ToolHungError     3     a program labgen asked had not ended in its time
    │   ├── LabStartError     3     the lab did not come up
    │   ├── NodeUnreachableError 3  a node of a running lab does not answer
    │   ├── LabHeldError      3     somebody else verifies the lab
    │   └── WriteError        3     a file or folder that the system does not let labgen write
    ├── IncompleteError       4     the work ended before all of it was done
    └── InputError            2     a log, capture or artifact that cannot be read

The text of each error says what happened and what to do next.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class LabgenError(Exception):
    """Root of labgen's exceptions. No exit code of theirs is 1, which says that a check failed."""

    exit_code = 2


class IncompleteError(LabgenError):
    """Less was done than was asked for: an input was recognised and could not be read, say."""

    exit_code = 4


class UsageError(LabgenError):
    """The command line, not the spec, asks for something that cannot be."""

    exit_code = 2


class Problem(NamedTuple):
    """One thing wrong in a file the user wrote.

    `line` and `column` count from 1; None where the file as a whole is meant.
    """

    reason: str
    remedy: str
    file: Path | None = None
    line: int | None = None
    column: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        lines = [f"{place}: {self.reason}" if place else self.reason]
        if self.text is not None:
            lines.append(f"    {self.text.strip()}")
        lines.append(f"  {self.remedy}")
        return "\n".join(lines)


SHOWN_PROBLEMS = 40


class SpecError(LabgenError):
    """A spec, playbook or configuration file does not say something labgen can build. Its text names the first problems only."""

    exit_code = 2

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        shown = [str(problem) for problem in problems[:SHOWN_PROBLEMS]]
        if len(problems) > SHOWN_PROBLEMS:
            shown.append(f"and {len(problems) - SHOWN_PROBLEMS} more problems; mend these first")
        super().__init__("\n".join(shown))


class PlanError(SpecError):
    """The spec is well formed, but no working lab follows from it."""


class InputError(LabgenError):
    """A file handed to labgen cannot be read as what it should be."""

    exit_code = 2


class InfrastructureError(LabgenError):
    """Something outside the spec stands in the way: tools, rights, nodes."""

    exit_code = 3


class MissingToolError(InfrastructureError):
    """A program or kernel feature is not there; the text holds the command that installs it."""


class LabNotUpError(InfrastructureError):
    """No running lab answers for this name or folder."""


class LabStuckError(InfrastructureError):
    """A lab runs, and the process that holds it does not answer: stopped, or starved."""


class ToolHungError(InfrastructureError):
    """A program that labgen runs, such as docker or netlab, had not ended in its time; the text names it. It was killed."""


class LabStartError(InfrastructureError):
    """The lab was started and did not reach the state it should."""


class NodeUnreachableError(InfrastructureError):
    """A node of a running lab does not answer over SSH."""


class WriteError(InfrastructureError):
    """The system does not let labgen write: missing rights, a read-only or full file system."""


class LabHeldError(InfrastructureError):
    """Somebody else does something to the lab that must not be disturbed."""
