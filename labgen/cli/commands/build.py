"""Commands that need no lab: build, graph, schema, scenarios."""

from __future__ import annotations

import click

from labgen.cli.deferred import DeferredCommand
from labgen.cli.options import folder_options, format_option, spec_options


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.build:build",
    epilog="\b\nExamples:\n  labgen build evpn-redundant-server -o lab\n"
    "  labgen build evpn-redundant-server --device switch=eos --device server=csr --device client=iosv -o lab\n"
    "  labgen build my.yml --set segments.cv1.pool.lease=60s",
)
@spec_options
@folder_options("Lab folder [default: labs/NAME].")
def build() -> None:
    """Write the lab folder of SPEC: plan, addresses, device configurations, netlab and containerlab topologies, inventory, drawings.

    SPEC is a YAML file or the name of a scenario. Nothing is started; neither root nor network is needed.
    """


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.build:graph",
    epilog="\b\nExamples:\n  labgen graph evpn-redundant-server --format svg > lab.svg\n  labgen graph lab --format mermaid",
)
@spec_options
@format_option("mermaid", "dot", "svg")
def graph() -> None:
    """Draw the topology of SPEC: a spec, a scenario, or a lab folder."""


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.build:scenarios",
    epilog="\b\nExamples:\n  labgen scenarios\n  labgen scenarios --format json",
)
@format_option("table", "json")
def scenarios() -> None:
    """List the scenarios that come with labgen, or with packages beside it."""
