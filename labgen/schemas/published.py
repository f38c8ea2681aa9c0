"""The schemas by name, as `labgen schema NAME` prints them."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from labgen.adopt.intent.model import Intent
from labgen.dhcp.jsonform import Json
from labgen.dhcp.model import Analysis
from labgen.ground.labplan import LabPlan
from labgen.matrix.model import Matrix
from labgen.schemas import NAMES
from labgen.schemas.forms import FORMS
from labgen.schemas.values import Definitions, Schema, of_model
from labgen.spec.model import Spec
from labgen.verify.playbook_spec import PlaybookSpec
from labgen.verify.verdict import Verdict

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document(name: str) -> Schema:
    """The JSON Schema of this name; KeyError for one that is not in `NAMES`."""
    return {"$schema": DIALECT, "title": f"labgen {name}", **_DOCUMENTS[name]()}


def _value(cls: type) -> Schema:
    definitions = Definitions(FORMS)
    top = definitions.describe(cls)
    return {**top, "$defs": dict(sorted(definitions.made.items()))}


_MAKERS: tuple[Callable[[], Schema], ...] = (
    lambda: of_model(Spec, "validation"),
    lambda: of_model(Intent, "validation"),
    lambda: of_model(PlaybookSpec, "validation"),
    lambda: of_model(LabPlan, "validation"),
    lambda: _value(Verdict),
    lambda: _value(Analysis),
    lambda: _value(Matrix),
)
_DOCUMENTS = MappingProxyType(dict(zip(NAMES, _MAKERS, strict=True)))

__all__ = ["DIALECT", "NAMES", "Json", "document"]
