"""Earlier runs of a lab: what each came to, since when it is so, and what a run is compared with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from labgen.ground import jsonfile
from labgen.ground.errors import InputError
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import Conclusion, Verdict

FILE = "summary.json"
SCHEMA = "labgen/summary/1"


class Summary(BaseModel):
    """One run in a line. `started` is UTC as ISO 8601 has it, `outage` the longest a client was without a lease, in seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    verdict: Conclusion
    planned: int = Field(ge=0)
    passed: int = Field(ge=0)
    failed: int = Field(ge=0)
    seconds: FiniteFloat = 0.0
    outage: FiniteFloat = 0.0
    started: str = ""
    command: str = ""
    labgen: str = ""
    plan: str = ""
    cause: str = ""


def summary(verdict: Verdict, outage: float) -> Summary:
    """The line of one verdict."""
    source = verdict.provenance
    return Summary(
        run=Path(verdict.folder).name,
        verdict=verdict.conclusion,
        planned=verdict.planned,
        passed=verdict.count(Outcome.PASS),
        failed=verdict.count(Outcome.FAIL),
        seconds=round(sum(timing.seconds for timing in verdict.timings if timing.phase.value == "step"), 1),
        outage=round(outage, 1),
        started=source.started if source else "",
        command=source.command if source else "",
        labgen=source.labgen if source else "",
        plan=source.plan if source else "",
        cause=verdict.diagnosis.cause if verdict.diagnosis else "",
    )


def text(line: Summary) -> str:
    """The text that is kept in the run's folder."""
    return json.dumps({"schema": SCHEMA, **line.model_dump(mode="json")}, indent=2) + "\n"


def read(runs: Path) -> tuple[Summary, ...]:
    """The runs below a lab's `runs` folder, oldest first; what cannot be read is left out."""
    found = []
    for file in sorted(runs.glob(f"*/{FILE}")):
        with suppress(InputError, ValidationError):
            line = Summary.model_validate(jsonfile.read(file, ""))
            found.append(line.model_copy(update={"run": file.parent.name}))
    return tuple(found)


def since(line: Summary, earlier: Sequence[Summary]) -> str:
    """Since when runs of the same playbooks come to this: a sentence, empty where there is nothing to compare."""
    alike = [each for each in earlier if playbooks(each.run) == playbooks(line.run) and each.run < line.run]
    if not alike:
        return ""
    same = alike[-1].verdict is line.verdict
    if not same:
        before = alike[-1]
        changed = "" if before.plan == line.plan else "; the plan has changed since"
        return f"new: the run before ({before.run}) was {before.verdict.value.upper()}{changed}"
    first = line
    for each in reversed(alike):
        if each.verdict is not line.verdict:
            break
        first = each
    return f"{line.verdict.value.upper()} since {first.run}"


def playbooks(run: str) -> str:
    """The playbooks in the name of a run's folder."""
    return run.partition("-")[2].partition(".")[0]
