"""The one Jinja2 environment of configurations: strict about undefined names, templates found by device folder.

No sandbox: templates come with labgen or with an installed package, never from a spec, and are as trusted as the Python beside them.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from labgen.ground import resources
from labgen.ground.template_cache import template_cache
from labgen.ground.yamltext import quoted


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resources.template_folders()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        auto_reload=False,
        bytecode_cache=template_cache(),
    )
    environment.filters["yaml"] = quoted
    return environment


@cache
def _template(name: str) -> Template:
    """Kept here, with its globals in one dictionary: Jinja2 looks up whose they are, and copies them name by name, each time."""
    found = _environment().get_template(name)
    found.globals = dict(found.globals)
    return found


def render(template: str, **context: object) -> str:
    """Text of a template (`frr/frr.conf.j2`). Every name it uses must be in `context`. Where two packages have a template of one
    name, labgen's own is taken."""
    return _template(template).render(**context)
