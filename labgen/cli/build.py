"""Commands that need no lab: build, graph, schema, scenarios."""

from __future__ import annotations

import json
from pathlib import Path

import click

from labgen.cli.deferred import deferring, uncollected
from labgen.cli.options import spec_options

with deferring():
    from labgen.ground import resources
    from labgen.ground.planfile import read_plan
    from labgen.plan.build import build as make_plan
    from labgen.render import folder
    from labgen.render import graph as drawing
    from labgen.spec.load import load
    from labgen.verify import references


@click.command(
    epilog="\b\nExamples:\n  labgen build evpn-redundant-server -o lab\n"
    "  labgen build evpn-redundant-server --device switch=eos --device server=csr --device client=iosv -o lab\n"
    "  labgen build my.yml --set segments.cv1.pool.lease=60s"
)
@spec_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Lab folder [default: labs/NAME].",
)
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited.")
def build(
    spec: str,
    devices: tuple[tuple[str, str], ...],
    settings: tuple[str, ...],
    output: Path | None,
    force: bool,
) -> None:
    """Write the lab folder of SPEC: plan, addresses, device configurations, netlab and containerlab topologies, inventory, drawings.

    SPEC is a YAML file or the name of a scenario. Nothing is started; neither root nor network is needed.
    """
    # Plan and texts stay to the end as well: to look among them would be a fifth of a build.
    with uncollected():
        loaded = load(spec, dict(devices), settings)
        plan = make_plan(loaded)
        if loaded.spec.expect.failures:
            references.require(loaded, plan)
        target = output or folder.default(plan.name)
        written = folder.write(plan, target, force=force)
    for warning in plan.warnings:
        click.echo(f"warning: {warning.message} ({warning.code})", err=True)
    click.echo(f"{target}: {len(plan.nodes)} nodes, {len(plan.links)} links, {len(written)} files", err=True)
    click.echo(f"next: labgen up {target}", err=True)


@click.command(
    epilog="\b\nExamples:\n  labgen graph evpn-redundant-server --format svg > lab.svg\n  labgen graph lab --format mermaid"
)
@spec_options
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "dot", "svg"]), default="mermaid", show_default=True
)
def graph(spec: str, devices: tuple[tuple[str, str], ...], settings: tuple[str, ...], form: str) -> None:
    """Draw the topology of SPEC: a spec, a scenario, or a lab folder."""
    is_folder = Path(spec).is_dir()
    plan = read_plan(Path(spec)) if is_folder else make_plan(load(spec, dict(devices), settings))
    click.echo({"mermaid": drawing.mermaid, "dot": drawing.dot, "svg": drawing.svg}[form](plan), nl=False)


@click.command(epilog="\b\nExamples:\n  labgen scenarios\n  labgen scenarios --format json")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def scenarios(form: str) -> None:
    """List the scenarios that come with labgen, or with packages beside it."""
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
