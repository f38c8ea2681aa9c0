"""Commands that need no lab: build, graph, schema, scenarios."""

from __future__ import annotations

import json
from pathlib import Path

import click

from labgen.cli.deferred import imported, uncollected
from labgen.ground import resources
from labgen.ground.errors import Problem
from labgen.ground.planfile import read_plan
from labgen.plan.build import build as make_plan
from labgen.render import folder
from labgen.render import graph as drawing
from labgen.spec.load import load


def build(
    spec: str,
    devices: tuple[tuple[str, str], ...],
    settings: tuple[str, ...],
    output: Path | None,
    force: bool,
) -> None:
    """Run `labgen build`."""
    # Plan and texts stay to the end as well: to look among them would be a fifth of a build.
    with uncollected():
        loaded = load(spec, dict(devices), settings)
        plan = make_plan(loaded)
        if loaded.spec.expect.failures:
            # It brings the checks, and few specs name one.
            imported("labgen.verify.references:require")(loaded, plan)
        unfit: list[Problem] = []
        as_published = not settings and spec in resources.scenario_files()
        if loaded.spec.playbooks != ("acquire",) and not as_published:
            # So does this, and the playbooks of labgen's own scenarios fit.
            unfit = list(imported("labgen.verify.references:unfit")(loaded, plan))
        target = output or folder.default(plan.name)
        written = folder.write(plan, target, force=force)
    for warning in plan.warnings:
        click.echo(f"warning: {warning.message} ({warning.code})", err=True)
    for problem in unfit:
        click.echo(f"warning: {problem}", err=True)
    click.echo(f"{target}: {len(plan.nodes)} nodes, {len(plan.links)} links, {len(written)} files", err=True)
    click.echo(f"next: labgen up {target}", err=True)


def graph(spec: str, devices: tuple[tuple[str, str], ...], settings: tuple[str, ...], form: str) -> None:
    """Run `labgen graph`."""
    is_folder = Path(spec).is_dir()
    plan = read_plan(Path(spec)) if is_folder else make_plan(load(spec, dict(devices), settings))
    click.echo({"mermaid": drawing.mermaid, "dot": drawing.dot, "svg": drawing.svg}[form](plan), nl=False)


def scenarios(form: str) -> None:
    """Run `labgen scenarios`."""
    plans = [make_plan(load(str(file))) for file in resources.scenario_files().values()]
    if form == "json":
        rows = [
            {"name": p.name, "summary": p.summary, "nodes": len(p.nodes), "playbooks": list(p.playbooks)}
            for p in plans
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    width = max(len(plan.name) for plan in plans)
    for plan in plans:
        click.echo(f"{plan.name:{width}}  {len(plan.nodes):3} nodes  {plan.summary}")
