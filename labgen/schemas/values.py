"""JSON Schema of values that are frozen dataclasses: types from their fields, words from `descriptions`."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from labgen.dhcp.jsonform import Json

Schema = dict[str, Json]
_SCALARS: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Form:
    """How the JSON form of a dataclass differs from its fields.

    `hidden` fields have no JSON form; `replaced` and added properties have a schema of their own; the properties of fields that
    are `merged` stand in their place. `always` are properties that are written whatever they hold, beside fields without default.
    """

    hidden: frozenset[str] = frozenset()
    replaced: Mapping[str, Schema] = field(default_factory=dict)
    merged: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    always: frozenset[str] = frozenset()


class Definitions:
    """Schemas of dataclasses by class name, made as they are referred to."""

    def __init__(self, forms: Mapping[str, Form], words: Mapping[str, Mapping[str, str]]) -> None:
        self._forms = forms
        self._words = words
        self.made: dict[str, Json] = {}

    def reference(self, cls: type) -> Schema:
        """A reference to a dataclass's schema, which is made where it was not yet."""
        if cls.__name__ not in self.made:
            self.made[cls.__name__] = {}
            self.made[cls.__name__] = self.describe(cls)
        return {"$ref": f"#/$defs/{cls.__name__}"}

    def describe(self, cls: type) -> Schema:
        """The schema of a dataclass."""
        form = self._forms.get(cls.__name__, Form())
        properties, required = self._properties(cls, form)
        for name, own in properties.items():
            own["description"] = self._word(cls.__name__, name)
        return {
            "type": "object",
            "description": self._word(cls.__name__, ""),
            "properties": dict(properties),
            "required": [*sorted(required)],
            "additionalProperties": False,
        }

    def _properties(self, cls: type, form: Form) -> tuple[dict[str, Schema], set[str]]:
        hints = get_type_hints(cls)
        properties: dict[str, Schema] = {name: dict(schema) for name, schema in form.replaced.items()}
        required = set(form.always)
        for item in fields(cls):
            name = form.renamed.get(item.name, item.name)
            if item.name in form.merged:
                inner = hints[item.name]
                more, needed = self._properties(inner, self._forms.get(inner.__name__, Form()))
                properties |= more
                required |= needed
            elif item.name not in form.hidden and name not in properties:
                properties[name] = self.of_type(hints[item.name])
                if item.default is MISSING and item.default_factory is MISSING:
                    required.add(name)
        return properties, required

    def of_type(self, hint: Any) -> Schema:
        """The schema of an annotation."""
        origin, inner = get_origin(hint), get_args(hint)
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of_type(each) for each in inner]}
        if origin is tuple:
            return {"type": "array", "items": self.of_type(inner[0])}
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of_type(inner[1])}
        if hint is type(None):
            return {"type": "null"}
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return {"type": "string", "enum": [member.value for member in hint]}
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            return self._model(hint)
        if is_dataclass(hint) and isinstance(hint, type):
            return self.reference(hint)
        return {"type": _SCALARS[hint]}

    def _model(self, cls: type[BaseModel]) -> Schema:
        """A reference to a pydantic model, which knows its own schema; where that has no words, `descriptions` has them."""
        schema: Schema = cls.model_json_schema(mode="serialization", ref_template="#/$defs/{model}")
        inner = schema.pop("$defs", {})
        found = {**(inner if isinstance(inner, dict) else {}), cls.__name__: schema}
        for name, own in found.items():
            properties = own.get("properties") if isinstance(own, dict) else None
            for key, each in (properties if isinstance(properties, dict) else {}).items():
                if isinstance(each, dict):
                    each.setdefault("description", self._word(name, key))
        self.made |= found
        return {"$ref": f"#/$defs/{cls.__name__}"}

    def _word(self, owner: str, name: str) -> str:
        return self._words.get(owner, {}).get(name, "")
