"""Templates run in a sandbox whose remembered verdicts are as strict as the first ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from labgen.ground.templating import Sandbox


@dataclass(frozen=True)
class Host:
    name: str
    empty: str | None = None


def rendered(text: str, **context: object) -> str:
    """Text of a template that does everything twice: the first time makes the verdict, the second remembers it."""
    return Sandbox(Path()).from_string("{% for _ in [1, 2] %}" + text + "{% endfor %}").render(**context)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ host.__class__ }}", id="internal attribute"),
        pytest.param("{{ function.__globals__ }}", id="globals of a function"),
        pytest.param("{{ items.append(1) }}", id="change of a list"),
        pytest.param("{{ '{0.__class__}'.format(host) }}", id="internal attribute by str.format"),
        pytest.param("{{ host.name.format_map({}).__class__ }}", id="class of a text"),
    ],
)
def test_what_is_unsafe_is_refused(text: str) -> None:
    sandbox = Sandbox(Path())
    template = sandbox.from_string(text)
    for _ in range(2):
        with pytest.raises(SecurityError):
            template.render(host=Host("sw1"), function=rendered, items=[])


def test_a_method_stored_in_a_field_is_still_wrapped() -> None:
    hostile = Host("{0.__class__}".format)  # type: ignore[arg-type]
    sandbox = Sandbox(Path())
    assert sandbox.from_string("{{ host.name }}").render(host=Host("sw1")) == "sw1"
    template = sandbox.from_string("{{ host.name(host) }}")
    for _ in range(2):
        with pytest.raises(SecurityError):
            template.render(host=hostile)


def test_values_are_given_whatever_they_are() -> None:
    assert rendered("{{ host.name }} {{ host.empty }}|", host=Host("sw1")) == "sw1 None|sw1 None|"


def test_a_name_nobody_defined_is_an_error_each_time() -> None:
    template = Sandbox(Path()).from_string("{{ host.nmae }}")
    for _ in range(2):
        with pytest.raises(UndefinedError, match="nmae"):
            template.render(host=Host("sw1"))
