"""`labgen`: the command group. Commands are imported when called, so that `--help` stays quick."""

from __future__ import annotations

import io
import os
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from labgen import __version__
from labgen.cli.completion import register
from labgen.cli.deferred import uncollected
from labgen.ground.errors import LabgenError
from labgen.ground.printable import printable_lines, shortened

_COMMANDS = {
    "scenarios": ("labgen.cli.commands.build", "List the scenarios that come with labgen."),
    "playbooks": ("labgen.cli.commands.explain", "List the playbooks."),
    "devices": ("labgen.cli.commands.explain", "List the devices."),
    "checks": ("labgen.cli.commands.explain", "List the checks."),
    "explain": ("labgen.cli.commands.explain", "Explain a finding, a check, a playbook or a device."),
    "doctor": ("labgen.cli.commands.doctor", "Say what this machine can run, and what is missing."),
    "build": ("labgen.cli.commands.build", "Write the lab folder of a spec."),
    "up": ("labgen.cli.commands.run", "Start a lab and wait until it has converged."),
    "verify": ("labgen.cli.commands.run", "Run playbooks on a running lab, collect, judge, report."),
    "run": ("labgen.cli.commands.run", "Build, start, verify and stop a lab."),
    "judge": ("labgen.cli.commands.judge", "Judge the stored evidence of a run again, without a lab."),
    "down": ("labgen.cli.commands.lab", "Stop a lab; nothing of it remains."),
    "status": ("labgen.cli.commands.lab", "Show running labs, their nodes and daemons."),
    "exec": ("labgen.cli.commands.lab", "Run a command in a node."),
    "connect": ("labgen.cli.commands.lab", "Open a shell in a node."),
    "logs": ("labgen.cli.commands.lab", "Print the logs of a node."),
    "capture": ("labgen.cli.commands.lab", "Stream packets of a node as pcap."),
    "watch": (
        "labgen.cli.commands.watch",
        "Show a running lab live, on the terminal or as a local web page.",
    ),
    "diff": ("labgen.cli.commands.diff", "Say what changed between two runs."),
    "matrix": ("labgen.cli.commands.matrix", "Run a scenario over every client, relay and server."),
    "analyze": ("labgen.cli.commands.analyze", "Explain DHCP logs and captures from anywhere."),
    "compile": (
        "labgen.cli.commands.analyze",
        "Compile the reading of captures with the machine's C compiler.",
    ),
    "import": ("labgen.cli.commands.adopt", "Make a spec of a netlab topology."),
    "intent": (
        "labgen.cli.commands.adopt",
        "Draft an intent, to verify a lab or network that labgen did not make.",
    ),
    "audit": (
        "labgen.cli.commands.adopt",
        "Say what of DHCP relaying cannot work in running configurations.",
    ),
    "conform": (
        "labgen.cli.commands.conform",
        "Run clause-by-clause and attack vectors against a DHCP relay.",
    ),
    "graph": ("labgen.cli.commands.build", "Draw the topology of a spec or lab folder."),
    "schema": ("labgen.cli.commands.schema", "Print the JSON Schema of what labgen reads or writes."),
    "completion": ("labgen.cli.completion", "Print the shell completion script."),
}

EPILOG = """\b
Examples:
  labgen run evpn-redundant-server        boot the flagship lab, verify it, print the verdict
  labgen build my.yml -o lab              write configs, netlab and containerlab topologies
  labgen up lab && labgen verify lab      start and judge in two steps
  labgen matrix relay --server all        which servers work, and which do not
  labgen analyze srv1.log client.pcap     no lab needed

\b
Exit codes: 0 every planned check passed; 1 a check failed; 2 usage or invalid spec; 3 lab not up, tool missing, node
unreachable; 4 fewer checks ran than planned; 130 interrupted.
"""


class _ReaderGoneError(Exception):
    """Nobody reads standard output any more."""


class LazyGroup(click.Group):
    """Finds a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        with uncollected():
            module = import_module(_COMMANDS[cmd_name][0])
        own = (
            f"{cmd_name}_" if cmd_name in ("exec", "import") else cmd_name
        )  # words that Python keeps for itself
        command: click.Command = getattr(module, own)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            close = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f"did you mean `labgen {close[0]}`?" if close else "`labgen --help` lists the commands"
            ctx.fail(f"no command `{args[0]}`; {hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; it takes a reader that is gone for a failure with code 1, which says that a check failed."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderGoneError from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="labgen")
def cli() -> None:
    """Prove how DHCP relaying behaves across VRFs, VXLAN and EVPN, with redundant servers, on a real lab."""


def main() -> None:
    """Console script: errors become one clear text on stderr and the exit code of their kind."""
    if "_LABGEN_COMPLETE" in os.environ:
        register()
    try:
        status = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except (_ReaderGoneError, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(141)
    except Exception as error:  # noqa: BLE001  the outermost boundary: no traceback reaches a user
        code = _ended(error)
        if isinstance(
            error, OSError
        ):  # it may be standard output: what is left for it must not fail once more
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(code)
    sys.exit(status if isinstance(status, int) else 0)


def _ended(error: Exception) -> int:
    """Say why the command ends; returns its exit code."""
    try:
        from labgen.cli import exit_codes  # where tracebacks are kept, which no other end of a command needs
    except OSError as again:
        click.echo(f"error: labgen cannot read its own files: {again.strerror or again}", err=True)
        return 3
    if isinstance(error, click.ClickException):
        text, code = _shown(error), exit_codes.usage_code(error)
    else:
        words, code = (
            (str(error), error.exit_code) if isinstance(error, LabgenError) else exit_codes.message_of(error)
        )
        text = (
            f"{click.style('error', fg='red', bold=True) if _colour() else 'error'}: {printable_lines(words)}"
        )
    try:
        click.echo(shortened(text), err=True)
    except OSError:  # nobody hears it, and the exit code stays
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return code


def _shown(error: click.ClickException) -> str:
    """The words of click about an error: usage, and a sentence."""
    stream = io.StringIO()
    error.show(file=stream)
    return stream.getvalue().rstrip("\n")


def _colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")
