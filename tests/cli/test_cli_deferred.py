"""Imports that wait until a command runs."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest

from labgen.cli.deferred import deferring
from labgen.cli.main import cli

COMMANDS = cli.list_commands(click.Context(cli))
HEAVY = {
    "yaml",
    "pydantic",
    "jinja2",
    "rich",
    "nornir",
    "pyroute2",
    "labgen.plan",
    "labgen.ground.labplan",
    "labgen.verify",
}
HELP = """
import json, sys
import click
from labgen.cli.main import cli

loaded = {}
for name in cli.list_commands(click.Context(cli)):
    before = set(sys.modules)
    cli.get_command(click.Context(cli), name).get_help(click.Context(cli))
    loaded[name] = sorted(set(sys.modules) - before)
print(json.dumps(loaded))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """What the help of each command imports, beside what the help of those before it did."""
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return {name: set(modules) for name, modules in found.items()}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_imports_nothing_it_works_with(
    command: str, loaded: dict[str, set[str]]
) -> None:
    assert not HEAVY & loaded[command]


def test_a_deferred_function_does_what_it_stands_for() -> None:
    with deferring():
        from colorsys import rgb_to_hls
    assert rgb_to_hls(1, 1, 1) == (0, 1, 0)


def test_a_deferred_submodule_is_found() -> None:
    with deferring():
        from xml.dom import minidom
    assert minidom.Node.ELEMENT_NODE == 1


def test_nothing_is_imported_until_it_is_used() -> None:
    program = (
        "import sys\n"
        "from labgen.cli.deferred import deferring\n"
        "with deferring():\n"
        "    from colorsys import rgb_to_hls\n"
        "before = 'colorsys' in sys.modules\n"
        "rgb_to_hls(1, 1, 1)\n"
        "print(before, 'colorsys' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_an_import_that_cannot_wait_is_refused() -> None:
    with pytest.raises(TypeError, match="only `from MODULE import NAME`"), deferring():
        import colorsys  # noqa: F401


def test_imports_afterwards_are_as_usual() -> None:
    with deferring():
        from colorsys import rgb_to_hls  # noqa: F401
    from colorsys import hls_to_rgb

    assert hls_to_rgb.__module__ == "colorsys"


def test_a_name_that_a_module_lacks_is_said_when_it_is_used() -> None:
    with deferring():
        from colorsys import nothing_of_this_name  # type: ignore[attr-defined]
    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        nothing_of_this_name()
