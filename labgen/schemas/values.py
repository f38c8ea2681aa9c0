"""JSON Schema of values: types from their fields, words from their docstrings."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from labgen.dhcp.jsonform import Json
from labgen.schemas import words

Schema = dict[str, Json]
_SCALARS: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Form:
    """Differences between the JSON form of a dataclass and its fields.

    `hidden` fields have no JSON form; `replaced` and added properties have a schema of their own, with a description where it is not the
    field's; the properties of fields that
    are `merged` stand in their place. `always` are properties that are written whatever they hold, beside fields without default.
    """

    hidden: frozenset[str] = frozenset()
    replaced: Mapping[str, Schema] = field(default_factory=dict)
    merged: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    always: frozenset[str] = frozenset()


class Definitions:
    """Schemas of dataclasses by class name, made as they are referred to."""

    def __init__(self, forms: Mapping[str, Form]) -> None:
        self._forms = forms
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
        return {
            "type": "object",
            "description": words.of_class(cls),
            "properties": dict(properties),
            "required": [*sorted(required)],
            "additionalProperties": False,
        }

    def _properties(self, cls: type, form: Form) -> tuple[dict[str, Schema], set[str]]:
        hints, said = get_type_hints(cls), words.of_fields(cls)
        properties: dict[str, Schema] = {
            name: {"description": said.get(name, ""), **schema} for name, schema in form.replaced.items()
        }
        required = set(form.always)
        for item in fields(cls):
            name = form.renamed.get(item.name, item.name)
            if item.name in form.merged:
                inner = hints[item.name]
                more, needed = self._properties(inner, self._forms.get(inner.__name__, Form()))
                properties |= more
                required |= needed
            elif item.name not in form.hidden and name not in properties:
                properties[name] = {**self.of_type(hints[item.name]), "description": said.get(item.name, "")}
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
        """A reference to a pydantic model, which knows its own schema."""
        schema = of_model(cls, "serialization")
        inner = schema.pop("$defs", {})
        self.made |= {**(inner if isinstance(inner, dict) else {}), cls.__name__: schema}
        return {"$ref": f"#/$defs/{cls.__name__}"}


def of_model(cls: type[BaseModel], mode: Literal["validation", "serialization"]) -> Schema:
    """The schema of a pydantic model and of those it holds, with the words of their docstrings where it has none of its own."""
    schema: Schema = cls.model_json_schema(mode=mode)
    schema.pop("title", None)
    definitions = schema.get("$defs")
    schemas = {**(definitions if isinstance(definitions, dict) else {}), cls.__name__: schema}
    for model in _models(cls, {}).values():
        own = schemas.get(model.__name__)
        properties = own.get("properties") if isinstance(own, dict) else None
        said = words.of_fields(model)
        for name, info in model.model_fields.items():
            shown = properties.get(info.alias or name) if isinstance(properties, dict) else None
            if isinstance(shown, dict) and name in said:
                shown.setdefault("description", said[name])
    return schema


def _models(cls: type[BaseModel], found: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """The model and all that its fields can hold, by name."""
    if cls.__name__ not in found:
        found[cls.__name__] = cls
        for field in cls.model_fields.values():
            for each in _parts(field.annotation):
                if isinstance(each, type) and issubclass(each, BaseModel):
                    _models(each, found)
    return found


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for each in get_args(hint):
        yield from _parts(each)
