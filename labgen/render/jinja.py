"""The one Jinja2 environment: sandboxed, strict about undefined names, templates found by device folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from labgen import resources


@cache
def _environment(folder: Path) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        auto_reload=False,
    )


def render(template: str, **context: object) -> str:
    """Text of a template (`frr/frr.conf.j2`). Every name it uses must be in `context`."""
    return _environment(resources.templates()).get_template(template).render(**context)
