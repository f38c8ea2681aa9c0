"""Running labs as a table and as JSON (`"schema": "labgen/status/1"`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labgen.lab.provider import DaemonStatus, LabStatus

SCHEMA = "labgen/status/1"


def to_json(labs: Sequence[LabStatus]) -> str:
    """All labs, nodes and daemons."""
    value = {"schema": SCHEMA, "labs": [asdict(lab) | {"folder": str(lab.folder)} for lab in labs]}
    return json.dumps(value, indent=2)


def render(labs: Sequence[LabStatus]) -> None:
    """A heading and a table of nodes for each lab, on standard output."""
    console = Console()
    for lab in labs:
        if lab.problem:
            console.print(f"[bold]{lab.lab}[/bold]  {lab.provider}, pid {lab.pid}", highlight=False)
            console.print(str(lab.folder), highlight=False, soft_wrap=True)
            console.print(f"[red]{escape(lab.problem)}[/red]", highlight=False, soft_wrap=True)
            continue
        uptime = timedelta(seconds=round(lab.uptime))
        whose = ", started by hand" if lab.adopted else ""
        process = f", pid {lab.pid}" if lab.pid else ""
        console.print(
            f"[bold]{lab.lab}[/bold]  up {uptime}  {lab.provider}{whose}, VRFs by {lab.vrf_backend}{process}",
            highlight=False,
        )
        console.print(str(lab.folder), highlight=False, soft_wrap=True)
        console.print(_nodes(lab))
        for sentence in (*lab.given_up, *lab.mended):
            console.print(f"[yellow]{escape(sentence)}[/yellow]", highlight=False, soft_wrap=True)


def _nodes(lab: LabStatus) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("NODE", "RUNNING", "NOT RUNNING"):
        table.add_column(heading, overflow="fold")
    for node in lab.nodes:
        running = ", ".join(daemon.name for daemon in node.daemons if daemon.state == "running")
        others = ", ".join(_not_running(daemon) for daemon in node.daemons if daemon.state != "running")
        table.add_row(node.name, running, others)
    return table


def _not_running(daemon: DaemonStatus) -> str:
    if daemon.state == "idle":
        return f"{daemon.name} (not started)"
    if daemon.state == "frozen":
        return f"[red]{daemon.name} (frozen, SIGSTOP)[/red]"
    if daemon.exit_code == 0:
        return f"{daemon.name} (done)"
    how = "ended" if daemon.exit_code is None else f"ended with {daemon.exit_code}"
    return f"[red]{daemon.name} ({how})[/red]"
