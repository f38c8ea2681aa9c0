"""The one Jinja2 environment: sandboxed, strict about undefined names, templates found by device folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import BuiltinMethodType, MethodType
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from labgen.ground import resources

_METHODS = (MethodType, BuiltinMethodType)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, which judges each attribute of each type once.

    Its verdicts follow from the type of the object and the name of the attribute, not from the object; a fabric's
    templates ask for the same hundred attributes tens of thousands of times.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
            auto_reload=False,
        )
        self._verdicts: dict[tuple[type, str], bool] = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Straight to the value where the verdict is known; what may be `str.format` is wrapped by Jinja2's own way."""
        if self._verdicts.get((type(obj), attribute)):
            value = getattr(obj, attribute, _METHODS)
            if value is not _METHODS and not isinstance(value, _METHODS):
                return value
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        known = self._verdicts.get((type(obj), attr))
        if known is None:
            known = self._verdicts[type(obj), attr] = super().is_safe_attribute(obj, attr, value)
        return known


@cache
def _environment(folder: Path) -> Sandbox:
    return Sandbox(folder)


def render(template: str, **context: object) -> str:
    """Text of a template (`frr/frr.conf.j2`). Every name it uses must be in `context`."""
    return _environment(resources.templates()).get_template(template).render(**context)
