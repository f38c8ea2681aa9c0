"""Commands that start a lab and judge it: up, verify, run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import click

from labgen.cli.deferred import deferring
from labgen.cli.names import LabFolder, PlaybookName
from labgen.cli.options import Seconds, say, spec_options
from labgen.cli.patience import patience_option
from labgen.lab.deadline import patience

with deferring():
    from rich.console import Console

    from labgen.ground.labplan import LabPlan
    from labgen.lab import find
    from labgen.lab.provider import Lab
    from labgen.lab.uml import inside
    from labgen.pipeline import accounted, began, fitting, judge, prepare, start, verify_intent
    from labgen.report import bundle as sending
    from labgen.report import console, write
    from labgen.verify.looking import Looking
    from labgen.verify.timing import TimedPhase, Timing
    from labgen.verify.verdict import Verdict

PROVIDERS = ["embedded", "containerlab", "netlab", "clabernetes"]
PIPED_WIDTH = 110
FORMATS = ["table", "json", "junit", "html"]

provider_option = click.option(
    "--provider",
    type=click.Choice(PROVIDERS),
    default="embedded",
    show_default=True,
    help="What runs the lab.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="What goes to stdout.",
)
playbook_option = click.option(
    "--playbook",
    "playbooks",
    multiple=True,
    type=PlaybookName(),
    metavar="NAME",
    help="Playbook to run instead of the spec's; repeatable.",
)
bundle_option = click.option(
    "--bundle",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report, all evidence and all frames into one HTML file to send.",
)
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Every check on a line of its own.")


@click.command(
    epilog="\b\nExamples:\n  labgen up evpn-redundant-server\n  labgen up labs/my-lab\n  labgen up my.yml --device server=kea-plain"
)
@spec_options
@patience_option
@provider_option
@playbook_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Lab folder [default: labs/NAME].",
)
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited.")
def up(
    spec: str,
    devices: tuple[tuple[str, str], ...],
    settings: tuple[str, ...],
    provider: str,
    playbooks: tuple[str, ...],
    output: Path | None,
    force: bool,
) -> None:
    """Start the lab of SPEC (a spec, a scenario or a lab folder) and wait until it has converged.

    A lab folder is started as it is, with whatever was edited in it.
    """
    folder, _ = prepare(spec, devices, settings, output, force, playbooks, say)
    lab, seconds = start(folder, provider, say, detach=True)
    click.echo(
        f"{lab.plan.name} is up after {seconds:.1f} s ({len(lab.plan.nodes)} nodes, {provider}, VRFs by {lab.status().vrf_backend})",
        err=True,
    )
    click.echo(
        find.naming(folder)(
            f"next: labgen verify {folder}   labgen connect {lab.plan.nodes[0].name}   labgen down {folder}"
        ),
        err=True,
    )


@click.command(
    epilog="\b\nExamples:\n  labgen verify\n  labgen verify labs/my-lab --format json\n  labgen verify --playbook acquire -v\n"
    "  labgen verify --intent dc1.yml\n  labgen verify --intent dc1.yml --observe --for 60s"
)
@click.argument("folder", metavar="[DIR]", required=False, type=LabFolder())
@playbook_option
@patience_option
@format_option
@verbose_option
@bundle_option
@click.option(
    "--intent",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Verify a lab or network that labgen did not make, as this intent says it should be.",
)
@click.option("--observe", is_flag=True, help="With --intent: only look; nothing is done to any node.")
@click.option(
    "--for",
    "seconds",
    type=Seconds(),
    metavar="TIME",
    help="With --observe: how long to look [default: 30s with captures, else 0s].",
)
@click.option(
    "--since",
    type=Seconds(),
    default="1h",
    show_default=True,
    metavar="TIME",
    help="With --observe: how long ago what logs tell may be.",
)
def verify(
    folder: Path | None,
    playbooks: tuple[str, ...],
    form: str,
    verbose: bool,
    bundle: Path | None,
    intent: Path | None,
    observe: bool,
    seconds: int | None,
    since: int,
) -> int:
    """Run playbooks on the running lab of DIR [default: the only running lab], collect, judge, report.

    With --intent, on a lab or network that labgen did not make; see `labgen intent`.
    """
    if intent is not None:
        if folder is not None:
            raise click.UsageError("name a lab folder or an intent, not both")
        looking = Looking(seconds, since) if observe else None
        verdict, plan = verify_intent(intent, playbooks, say, looking)
        return show(verdict, plan, form, verbose, bundle)
    if observe or seconds is not None:
        raise click.UsageError(
            "--observe and --for belong to a network that labgen did not make: name its --intent"
        )
    started = began()
    lab = find.adopt(folder)
    verdict = judge(lab, playbooks, say, (started,))
    own = replace(verdict, timings=tuple(t for t in verdict.timings if t.phase is not TimedPhase.STAGE))
    return show(accounted(own), lab.plan, form, verbose, bundle)


@click.command(
    epilog="\b\nExamples:\n  labgen run evpn-redundant-server\n  labgen run evpn-redundant-server --format json > verdict.json\n"
    "  labgen run my.yml --keep-on-fail"
)
@spec_options
@patience_option
@provider_option
@playbook_option
@format_option
@verbose_option
@bundle_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Lab folder [default: labs/NAME].",
)
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited.")
@click.option(
    "--kernel",
    type=click.Choice(["host", "uml"]),
    default="host",
    show_default=True,
    help="Whose kernel the embedded lab runs in: this machine's, or one of its own (user-mode Linux), which has VRFs and needs no root.",
)
@click.option("--quick", is_flag=True, help="Only have clients acquire a lease.")
@click.option("--keep", is_flag=True, help="Leave the lab running.")
@click.option("--keep-on-fail", is_flag=True, help="Leave the lab running unless every check passed.")
def run(
    spec: str,
    devices: tuple[tuple[str, str], ...],
    settings: tuple[str, ...],
    provider: str,
    playbooks: tuple[str, ...],
    form: str,
    verbose: bool,
    bundle: Path | None,
    output: Path | None,
    force: bool,
    kernel: str,
    quick: bool,
    keep: bool,
    keep_on_fail: bool,
) -> int:
    """Build SPEC, start the lab, run its playbooks, print the verdict, stop the lab.

    A spec that names no playbooks is run with all that fit it and end within a minute; with --quick, only with `acquire`.
    """
    if kernel == "uml" and (provider != "embedded" or keep or keep_on_fail):
        raise click.UsageError(
            "a kernel of its own runs the embedded lab and ends with it: leave out --provider, --keep and --keep-on-fail"
        )
    started = began()
    playbooks = playbooks or (("acquire",) if quick else fitting(spec, devices, settings))
    folder, timings = prepare(spec, devices, settings, output, force, playbooks, say)
    if kernel == "uml":
        return _in_own_kernel(folder, playbooks, form, verbose, bundle)
    lab, _ = start(folder, provider, say, detach=keep or keep_on_fail)
    passed = False
    try:
        verdict = judge(lab, playbooks, say, (started, *timings))
        passed = verdict.conclusion.exit_code == 0
    finally:
        ending = time.monotonic()
        if not (keep or (keep_on_fail and not passed)):
            lab.down()
    down = Timing(TimedPhase.DOWN, time.monotonic() - ending)
    return show(accounted(verdict, down), lab.plan, form, verbose, bundle)


def _in_own_kernel(
    folder: Path, playbooks: tuple[str, ...], form: str, verbose: bool, bundle: Path | None
) -> int:
    """The lab of a built folder, from start to verdict, in user-mode Linux; its exit code."""

    arguments = ["run", str(folder.resolve()), "--format", form, "--patience", f"{patience():g}"]
    arguments += [text for name in playbooks for text in ("--playbook", name)] + ["-v"] * verbose
    say("starting a kernel of its own (user-mode Linux)")
    streams = (_passing(sys.stdout.buffer), _passing(sys.stderr.buffer))
    return inside.run(arguments, folder.resolve(), *streams, bundle=bundle)


def _passing(stream: BinaryIO) -> Callable[[bytes], None]:
    """Writes what comes at once."""

    def write(text: bytes) -> None:
        stream.write(text)
        stream.flush()

    return write


def show(verdict: Verdict, plan: LabPlan, form: str, verbose: bool, bundle: Path | None = None) -> int:
    """Write the reports beside the evidence, one of them to stdout; the exit code follows the verdict."""
    folder, began_writing = Path(verdict.folder), time.monotonic()
    write.write(verdict, plan, folder)
    if bundle is not None:
        sending.write(verdict, plan, folder, bundle)
    written = Timing(TimedPhase.REPORT, time.monotonic() - began_writing)
    shown = replace(verdict, timings=(*verdict.timings, written)) if verdict.timings else verdict
    _printers()[form](shown, plan, folder, verbose)
    return verdict.conclusion.exit_code


def _printers() -> dict[str, Callable[..., Any]]:
    return {
        "table": _table,
        "json": lambda verdict, plan, folder, verbose: click.echo(
            (folder / "verdict.json").read_text(), nl=False
        ),
        "junit": lambda verdict, plan, folder, verbose: click.echo(
            (folder / "junit.xml").read_text(), nl=False
        ),
        "html": lambda verdict, plan, folder, verbose: click.echo(
            (folder / "report.html").read_text(), nl=False
        ),
    }


def _table(verdict: Verdict, plan: LabPlan, folder: Path, verbose: bool) -> None:
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    console.render(verdict, plan, Console(width=None if known else PIPED_WIDTH), verbose=verbose)


__all__ = ["Lab", "run", "show", "up", "verify"]
