"""Names that a shell completes: playbooks, running labs, their nodes, interfaces and daemons."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from labgen.cli.deferred import imported
from labgen.ground.errors import LabgenError
from labgen.ground.paths import from_here

if TYPE_CHECKING:
    from labgen.lab.provider import Lab


class PlaybookName(click.ParamType[str]):
    """A playbook that comes with labgen, or a file."""

    name = "playbook"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [
            *starting(imported("labgen.ground.resources:playbook_files")(), incomplete),
            CompletionItem(incomplete, type="file"),
        ]


class LabFolder(click.Path):
    """The folder of a lab; running ones are offered."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        names = [str(from_here(status.folder)) for status in imported("labgen.lab.find:running")()]
        return [*starting(names, incomplete), CompletionItem(incomplete, type="dir")]


class RunFolder(click.ParamType[Path]):
    """A run: its folder, its name, or a lab folder for the newest one."""

    name = "run"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        return Path(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        names = sorted(path.parent.name for path in Path("labs").glob("*/runs/*/verdict.json"))
        return [*starting(reversed(names), incomplete), CompletionItem(incomplete, type="dir")]


class NodeName(click.ParamType[str]):
    """A node of the lab that the command is about."""

    name = "node"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        lab = _lab(ctx)
        return starting(lab.plan.by_name, incomplete) if lab else []


class TapName(click.ParamType[str]):
    """NODE or NODE:INTERFACE."""

    name = "node[:if]"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        lab = _lab(ctx)
        nodes = lab.plan.nodes if lab else ()
        taps = (f"{node.name}:{port.linux}" for node in nodes for port in node.interfaces)
        return starting((*(node.name for node in nodes), *taps), incomplete)


class DaemonName(click.ParamType[str]):
    """A daemon of the node named before."""

    name = "daemon"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        lab, node = _lab(ctx), ctx.params.get("node")
        found = [each for each in lab.status().nodes if each.name == node] if lab else []
        return starting((daemon.name for each in found for daemon in each.daemons), incomplete)


def starting(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """The names that go on as what was typed."""
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _lab(ctx: click.Context) -> Lab | None:
    """The lab meant by what was typed so far; None where none runs, or it is not said which."""
    try:
        lab: Lab = imported("labgen.lab.find:find_or_only")(ctx.params.get("folder"))
        return lab
    except LabgenError:
        return None
