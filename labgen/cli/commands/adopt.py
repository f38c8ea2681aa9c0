"""Commands for networks that labgen did not make: import, intent, audit."""

from __future__ import annotations

from pathlib import Path

import click

from labgen.cli.deferred import DeferredCommand
from labgen.cli.options import format_option


@click.command(
    "import",
    cls=DeferredCommand,
    work="labgen.cli.adopt:import_",
    epilog="\b\nExamples:\n  labgen import topology.yml -o spec.yml && labgen build spec.yml\n"
    "  labgen import topology.yml | less",
)
@click.argument("topology", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Spec to write [default: stdout]."
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
def import_() -> None:
    """Make a spec of the netlab topology TOPOLOGY: the same network, with equal addresses.

    What the spec cannot say is listed on stderr and at its head.
    """


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.adopt:intent",
    epilog="\b\nExamples:\n  labgen intent dc1.clab.yml -o dc1.yml\n  labgen intent configs/ inventory/ -o dc1.yml\n"
    "  labgen intent netlab-lab/ -o lab.yml && labgen verify --intent lab.yml",
)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Name of the network [default: as the sources say].")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write [default: stdout]."
)
@click.option("--offline", is_flag=True, help="Do not look into containers of the sources that run.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
def intent() -> None:
    """Draft an intent: what DHCP relaying of a lab or network that labgen did not make is meant to do.

    A SOURCE is a containerlab or netlab topology (or the folder of one), an inventory of Nornir or Ansible, a folder with running
    configurations, a spec or a lab folder; several are taken together. What they do not tell is marked, for a person to complete;
    `labgen verify --intent` says what is still missing, with file and line. Without a source, the file is an example.
    """


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.adopt:audit",
    epilog="\b\nExamples:\n  labgen audit configs/\n  labgen audit configs/ --device leaf1=eos --device border=nxos\n"
    "  labgen audit sw1.cfg --format json\n  labgen audit configs/ --intent dc1.yml\n\n\b\n"
    "Exit codes: 0 nothing that cannot work; 1 there is; 2 nothing to read.",
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--device",
    "named",
    multiple=True,
    metavar="NODE=DEVICE",
    help="Whose configuration it is; `all=DEVICE` for every file.",
)
@click.option(
    "--intent",
    "meant",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Hold the configurations against this intent, too.",
)
@format_option("table", "json")
def audit() -> None:
    """Say what of DHCP relaying cannot work in the running configurations of PATH, a folder or a file.

    Nothing is started and no device is asked. EOS, IOS and IOS XE, NX-OS, IOS XR, Junos and others are recognised.
    """
