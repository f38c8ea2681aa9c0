"""The labgen-relay command."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import click

from labgen.ground.errors import LabgenError
from labgen.ground.printable import shortened
from labgen.relay.check import describe
from labgen.relay.compile import compile_fast_path
from labgen.relay.config import CONTROL_SOCKET, RelayConfig, load_config
from labgen.relay.control import ask_reload, ask_stats
from labgen.relay.service import Relay
from labgen.relay.snoop.config import SnoopConfig
from labgen.relay.snoop.config import load_config as load_snoop_config
from labgen.relay.snoop.service import Snooper
from labgen.relay.stats import prometheus, table

_CONFIG = click.option(
    "-c",
    "--config",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    help="Configuration file (YAML).",
)
_SOCKET = click.option(
    "-s",
    "--socket",
    "control",
    default=CONTROL_SOCKET,
    show_default=True,
    type=click.Path(path_type=Path),
    help="Control socket, as `control` in the configuration names it.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """DHCPv4 relay agent that forwards between VRFs."""


@cli.command()
@_CONFIG
def run(path: Path) -> None:
    """Relay in the foreground until SIGTERM; SIGHUP reads the configuration again."""

    # Until `start` is done nothing that is made goes away again: looking for garbage would be half of the work.
    gc.disable()
    relay = Relay(load_config(path), path)
    relay.start()
    relay.run()


@cli.command()
@_CONFIG
def snoop(path: Path) -> None:
    """Snoop DHCP on access ports of a bridge in the foreground, and put option 82 in, until SIGTERM."""

    snooper = Snooper(load_snoop_config(path))
    snooper.start()
    snooper.run()


@cli.command()
@_CONFIG
def check(path: Path) -> None:
    """Read a configuration, and say what is wrong with it or what it comes to."""

    for line in describe(load_config(path)):
        click.echo(line)


@cli.command()
@_SOCKET
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "prometheus"]), default="table", show_default=True
)
def stats(control: Path, form: str) -> None:
    """Print the counters of a running relay."""

    snapshot = ask_stats(control)
    if form == "json":
        click.echo(snapshot.model_dump_json(indent=2))
    else:
        click.echo(prometheus(snapshot) if form == "prometheus" else table(snapshot), nl=form == "table")


@cli.command()
@_SOCKET
def reload(control: Path) -> None:
    """Have a running relay read its configuration again."""

    ask_reload(control)


@cli.command()
def compile() -> None:
    """Compile the forwarding path, with the machine's C compiler; the relay does the same without, and slower."""

    click.echo(f"compiled: {compile_fast_path()}; a relay uses it from its next start")


@cli.command()
@click.option("--snoop", is_flag=True, help="That of `labgen-relay snoop`.")
def schema(snoop: bool) -> None:
    """Print the JSON Schema of the configuration."""

    model = SnoopConfig if snoop else RelayConfig
    click.echo(json.dumps(model.model_json_schema(), indent=2))


def main() -> None:
    """Console script: errors go to standard error, the exit code is the error's."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except LabgenError as error:
        click.echo(shortened(str(error)), err=True)
        sys.exit(error.exit_code)
