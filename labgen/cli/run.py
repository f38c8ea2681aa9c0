"""Commands that start a lab and judge it: up, verify, run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import click

from labgen.cli.options import say
from labgen.cli.terminal import console
from labgen.ground.labplan import LabPlan
from labgen.lab import find
from labgen.lab.deadline import patience
from labgen.lab.provider import JudgedInside
from labgen.lab.uml import inside
from labgen.pipeline import accounted, began, fitting, judge, prepare, start, verify_intent
from labgen.report import bundle as sending
from labgen.report import console as rendering
from labgen.report import write
from labgen.verify.evidence import RunEvidence
from labgen.verify.observation import ObserveOnly
from labgen.verify.timing import TimedPhase, Timing
from labgen.verify.verdict import Verdict


def up(
    spec: str,
    devices: tuple[tuple[str, str], ...],
    settings: tuple[str, ...],
    provider: str,
    playbooks: tuple[str, ...],
    output: Path | None,
    force: bool,
    kernel: str,
) -> None:
    """Run `labgen up`."""
    if kernel == "uml":
        if provider != "embedded":
            raise click.UsageError("a kernel of its own runs the embedded lab: leave out --provider")
        provider = kernel
    folder, _ = prepare(spec, devices, settings, output, force, playbooks, say)
    lab, seconds = start(folder, provider, say, detach=True)
    click.echo(
        f"{lab.plan.name} is up after {seconds:.1f} s ({len(lab.plan.nodes)} nodes, {provider}, VRFs by {lab.status().vrf_backend})",
        err=True,
    )
    lines = f"labgen connect {lab.plan.nodes[0].name}   labgen down {folder}"
    again = " ".join(("labgen verify", str(folder), *_chosen(playbooks)))
    click.echo(find.naming(folder)(f"next: {again}   {lines}"), err=True)


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
    """Run `labgen verify`; the exit code."""
    if intent is not None:
        if folder is not None:
            raise click.UsageError("name a lab folder or an intent, not both")
        observing = ObserveOnly(seconds, since) if observe else None
        verdict, plan = verify_intent(intent, playbooks, say, observing)
        return show(verdict, plan, form, verbose, bundle)
    if observe or seconds is not None:
        raise click.UsageError(
            "--observe and --for belong to a network that labgen did not make: name its --intent"
        )
    started = began()
    lab = find.adopt(folder)
    if isinstance(lab, JudgedInside):
        return lab.judged(_options(playbooks, form, verbose), *_streams(), bundle)
    verdict = judge(lab, playbooks, say, (started,))
    own = replace(verdict, timings=tuple(t for t in verdict.timings if t.phase is not TimedPhase.STAGE))
    return show(accounted(own), lab.plan, form, verbose, bundle)


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
    """Run `labgen run`; the exit code."""
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

    leading = ["run", str(folder.resolve()), "--patience", f"{patience():g}"]
    arguments = [*leading, *_options(playbooks, form, verbose)]
    say("starting a kernel of its own (user-mode Linux)")
    return inside.run(arguments, folder.resolve(), *_streams(), bundle=bundle)


def _options(playbooks: tuple[str, ...], form: str, verbose: bool) -> list[str]:
    return ["--format", form, *_chosen(playbooks), *["-v"] * verbose]


def _chosen(playbooks: tuple[str, ...]) -> list[str]:
    return [text for name in playbooks for text in ("--playbook", name)]


def _streams() -> tuple[Callable[[bytes], None], Callable[[bytes], None]]:
    return _passing(sys.stdout.buffer), _passing(sys.stderr.buffer)


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
    if form in _REPORTS:
        click.echo((folder / _REPORTS[form]).read_text(encoding="utf-8"), nl=False)
    else:
        run = RunEvidence.kept(folder)
        rendering.render(shown, plan, console(), at=run.collected if run else None, verbose=verbose)
    return verdict.conclusion.exit_code


_REPORTS = {"json": "verdict.json", "junit": "junit.xml", "html": "report.html"}
