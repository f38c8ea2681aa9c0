"""The evidence that a run leaves behind, beside raw outputs and captures: enough to judge it again without a lab (`run.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    ValidationError,
)

from labgen.ground import jsonfile
from labgen.ground.errors import InputError
from labgen.ground.labplan import LabPlan
from labgen.ground.plancheck import whole
from labgen.verify.playbook_spec import PlaybookSpec
from labgen.verify.provenance import Provenance
from labgen.verify.remark import NotDone
from labgen.verify.timing import TimedPhase, Timing

RUN_SCHEMA = "labgen/run/1"
RUN_FILE = "run.json"


Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
Span = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
"""Seconds, since the epoch and between two moments, as a run can have them: time lines are drawn from them."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _below(path: str) -> str:
    """A path that stays in the run's folder, which may be anybody's."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or PurePosixPath(path).is_absolute() or not path.isprintable():
        raise ValueError("a file of a run lies in its folder")
    return path


class KeptFile(_Model):
    """A raw output: the first `octets` of `file` are what a node answered to a probe. Later steps may have added to the file."""

    node: str
    probe: str
    file: Annotated[str, AfterValidator(_below)]
    octets: int = Field(ge=0)
    at: Moment


class KeptRemark(_Model):
    what: str
    why: str
    late: float | None = None

    @classmethod
    def of(cls, remark: NotDone) -> Self:
        return cls(what=remark.what, why=remark.why, late=remark.late)

    def remark(self) -> NotDone:
        return NotDone(self.what, self.why, self.late)


class KeptTiming(_Model):
    phase: TimedPhase
    seconds: Span
    name: str = ""
    playbook: str = ""
    step: str = ""

    @classmethod
    def of(cls, timing: Timing) -> Self:
        return cls(
            phase=timing.phase,
            seconds=timing.seconds,
            name=timing.name,
            playbook=timing.playbook,
            step=timing.step,
        )

    def timing(self) -> Timing:
        return Timing(self.phase, self.seconds, self.name, self.playbook, self.step)


class StepEvidence(_Model):
    """One step as it went.

    `since`, `acted` and `at` are as in `Facts`, in seconds since the epoch. `frames` says how many frames each capture had
    at its end. `failed` are probes that brought nothing, with the reason, as `node/probe`. `lost` counts frames that
    captures had no room for up to then. `moved` are seconds by which the wall clock was ahead of these times at the end, since somebody
    set it; `torn`: it was set during the step, and times in captures followed it. `looked`: nothing
    was done, what went on by itself from `since` on is what counts.
    """

    playbook: str
    step: str
    since: Moment
    acted: Moment
    at: Moment
    files: tuple[KeptFile, ...] = ()
    frames: Mapping[str, NonNegativeInt] = {}
    failed: Mapping[str, str] = {}
    unreachable: Mapping[str, str] = {}
    remarks: Mapping[str, KeptRemark] = {}
    roles: Mapping[str, tuple[str, ...]] = {}
    lost: int = Field(default=0, ge=0)
    moved: Span = 0.0
    torn: bool = False
    looked: bool = False


class RunEvidence(_Model):
    """A whole run. `plan` has the MAC addresses its nodes really had; `captures` the files the provider owed, by name."""

    schema_: str = RUN_SCHEMA
    provider: str
    plan: Annotated[LabPlan, AfterValidator(whole)]
    playbooks: tuple[PlaybookSpec, ...]
    steps: tuple[StepEvidence, ...] = ()
    captures: tuple[str, ...] = ()
    timings: tuple[KeptTiming, ...] = ()
    provenance: Provenance | None = None

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        data = json.loads(self.model_dump_json(by_alias=True, exclude={"schema_"}))
        (folder / RUN_FILE).write_text(
            json.dumps({"schema": RUN_SCHEMA, **data}, indent=1) + "\n", encoding="utf-8"
        )

    @property
    def collected(self) -> float | None:
        """The time when the last step was looked at, in seconds since the epoch; None where there was none."""
        return self.steps[-1].at if self.steps else None

    @classmethod
    def kept(cls, folder: Path) -> RunEvidence | None:
        """As `read`; None if a run kept nothing."""
        return cls.read(folder) if (folder / RUN_FILE).is_file() else None

    @classmethod
    def read(cls, folder: Path) -> RunEvidence:
        """InputError where the folder holds no run that this version can judge."""
        file = folder / RUN_FILE
        data = jsonfile.read(file, "name the folder of one run of `labgen verify` or `labgen run`")
        if not isinstance(data, dict) or data.pop("schema", None) != RUN_SCHEMA:
            raise InputError(f"{file} is not of schema {RUN_SCHEMA}: judge it with the version that wrote it")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in fault["loc"])
            raise InputError(f"{file} is damaged at {place}: {fault['msg']}; judge another run") from error


def newest(place: Path) -> Path:
    """The folder of a run that is meant: itself, or the newest run of a lab folder."""
    runs = [] if (place / RUN_FILE).exists() else sorted(place.glob(f"runs/*/{RUN_FILE}"))
    return runs[-1].parent if runs else place
