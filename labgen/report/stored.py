"""A verdict read back from a run's folder, as far as runs are compared by it. The folder may be anybody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, ValidationError

from labgen.dhcp.jsonform import Json, as_mapping
from labgen.dhcp.model import Exchange, Finding
from labgen.ground import jsonfile
from labgen.ground.errors import InputError
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import VERDICT_SCHEMA, Conclusion

VERDICT = "verdict.json"
_AGAIN = "have it written anew: `labgen judge` of that folder"

T = TypeVar("T")


def _by(reader: Callable[[Mapping[str, Json]], T]) -> BeforeValidator:
    """A validator that reads an object with `reader`; what it stumbles over is a fault of the file."""

    def value(data: Any) -> T:
        try:
            return reader(as_mapping(data))
        except KeyError as error:
            raise ValueError(f"`{error.args[0]}` is missing") from error
        except (TypeError, AttributeError, OverflowError) as error:
            raise ValueError(str(error)) from error

    return BeforeValidator(value)


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)


class StoredCheck(_Stored):
    id: str = ""
    playbook: str
    step: str
    title: str
    outcome: Outcome
    observed: str = ""


class StoredSource(_Stored):
    """The origin of the run as `Provenance` wrote it; empty in runs of older releases."""

    labgen: str = ""
    python: str = ""
    kernel: str = ""
    provider: str = ""
    vrfs: str = ""
    started: str = ""
    daemons: Mapping[str, str] = {}


class StoredVerdict(_Stored):
    schema_: Literal["labgen/verdict/1"] = Field(alias="schema")
    verdict: Conclusion
    planned: int = Field(ge=0)
    checks: tuple[StoredCheck, ...]
    exchanges: tuple[Annotated[Exchange, _by(Exchange.from_json)], ...] = ()
    findings: tuple[Annotated[Finding, _by(Finding.from_json)], ...] = ()
    timings: Mapping[str, FiniteFloat] = {}
    provenance: StoredSource | None = None

    @property
    def source(self) -> StoredSource:
        return self.provenance or StoredSource()


def read(run: Path) -> StoredVerdict:
    """The verdict in a run's folder. InputError, with the place, where there is none that can be read."""
    file = run / VERDICT
    data = jsonfile.read(file, _AGAIN)
    if not isinstance(data, dict) or data.get("schema") != VERDICT_SCHEMA:
        raise InputError(f"{file} is not of schema {VERDICT_SCHEMA}; {_AGAIN}")
    try:
        return StoredVerdict.model_validate(data)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise InputError(f"{file} is damaged at {place}: {fault['msg']}; {_AGAIN}") from error
