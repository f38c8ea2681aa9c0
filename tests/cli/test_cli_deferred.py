"""What a command works with is imported when the command runs."""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys

import click
import pytest

from labgen.cli.deferred import DeferredCommand, without
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


@pytest.mark.parametrize("command", ["checks", "playbooks", "devices", "scenarios"])
def test_a_list_of_what_there_is_imports_nothing_that_reaches_nodes(command: str) -> None:
    code = f"import sys; sys.argv[1:] = [{command!r}]\nfrom labgen.cli.entry import main\n"
    code += "try: main()\nexcept SystemExit as end: print(sorted(sys.modules), end.code, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout
    assert "'labgen.ground.errors'" in done.stderr
    assert not [name for name in ("netmiko", "nornir", "paramiko", "pyroute2") if f"'{name}'" in done.stderr]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "completion"])
def test_the_work_of_a_command_takes_what_the_command_is_given(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert isinstance(command, DeferredCommand)
    given = {parameter.name for parameter in command.params if parameter.expose_value}
    assert set(inspect.signature(command.work()).parameters) == given


def test_every_command_but_the_script_of_completion_is_deferred() -> None:
    direct = [
        name
        for name in COMMANDS
        if not isinstance(cli.get_command(click.Context(cli), name), DeferredCommand)
    ]
    assert direct == ["completion"]


def test_a_deferred_command_ends_with_what_its_work_returns() -> None:
    sides = [click.Argument(["a"], type=int), click.Argument(["b"], type=int)]
    command = DeferredCommand("alike", work="math:isclose", params=sides)
    assert command.main(["4", "4"], standalone_mode=False) is True
    assert command.main(["4", "5"], standalone_mode=False) is False


def test_a_work_that_is_not_there_is_said_when_the_command_is_called() -> None:
    command = DeferredCommand("lost", work="math:nothing_of_this_name")
    assert command.get_help(click.Context(command))
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        command.main([], standalone_mode=False)


def test_nothing_is_imported_until_the_command_is_called() -> None:
    program = (
        "import sys, click\n"
        "from labgen.cli.deferred import DeferredCommand\n"
        "hue = DeferredCommand('hue', work='colorsys:rgb_to_hls', params=[click.Argument([n], type=float) for n in 'rgb'])\n"
        "hue.get_help(click.Context(hue))\n"
        "before = 'colorsys' in sys.modules\n"
        "hue.main(['1', '1', '1'], standalone_mode=False)\n"
        "print(before, 'colorsys' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


PARAMIKO = """
import sys
from labgen.cli.deferred import imported
imported("labgen.cli.run:run")
assert "paramiko" in sys.modules
assert "invoke" not in sys.modules
import invoke
assert invoke.run
"""


def test_what_paramiko_can_do_without_is_not_loaded_and_can_be_by_others() -> None:
    subprocess.run([sys.executable, "-c", PARAMIKO], check=True)


def test_what_is_loaded_stays_loaded() -> None:
    with without("json"):
        assert sys.modules["json"] is json


def test_a_package_that_is_left_out_is_as_if_it_were_not_installed() -> None:
    sys.modules.pop("this", None)
    with without("this"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("this")
    assert "this" not in sys.modules
