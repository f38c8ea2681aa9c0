"""The schemas by name, as `labgen schema NAME` prints them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pydantic import BaseModel

from labgen.dhcp.jsonform import Json
from labgen.dhcp.model import Analysis
from labgen.ground.labplan import LabPlan
from labgen.matrix.model import Matrix
from labgen.schemas import NAMES
from labgen.schemas.descriptions import DESCRIPTIONS
from labgen.schemas.forms import FORMS
from labgen.schemas.plan_descriptions import PLAN, PLAYBOOK
from labgen.schemas.values import Definitions, Schema
from labgen.spec.model import Spec
from labgen.verify.playbook_spec import PlaybookSpec
from labgen.verify.verdict import Verdict

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document(name: str) -> Schema:
    """The JSON Schema of this name; KeyError for one that is not in `NAMES`."""
    return {"$schema": DIALECT, "title": f"labgen {name}", **_DOCUMENTS[name]()}


def _value(cls: type) -> Schema:
    definitions = Definitions(FORMS, DESCRIPTIONS)
    top = definitions.describe(cls)
    return {**top, "$defs": dict(sorted(definitions.made.items()))}


def _model(cls: type[BaseModel], words: Mapping[str, Mapping[str, str]]) -> Schema:
    """The schema of a pydantic model; `words` describe what its fields do not."""
    schema: Schema = cls.model_json_schema(mode="validation")
    schema.pop("title", None)
    definitions = schema.get("$defs")
    for name, own in {**(definitions if isinstance(definitions, dict) else {}), cls.__name__: schema}.items():
        if isinstance(own, dict):
            _describe(own, words.get(name, {}))
    return schema


def _describe(schema: Schema, words: Mapping[str, str]) -> None:
    properties = schema.get("properties")
    for name, own in (properties if isinstance(properties, dict) else {}).items():
        if isinstance(own, dict) and name in words:
            own.setdefault("description", words[name])


_MAKERS: tuple[Callable[[], Schema], ...] = (
    lambda: _model(Spec, {}),
    lambda: _model(PlaybookSpec, PLAYBOOK),
    lambda: _model(LabPlan, PLAN),
    lambda: _value(Verdict),
    lambda: _value(Analysis),
    lambda: _value(Matrix),
)
_DOCUMENTS = MappingProxyType(dict(zip(NAMES, _MAKERS, strict=True)))

__all__ = ["DIALECT", "NAMES", "Json", "document"]
