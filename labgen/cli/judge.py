"""The command that judges stored evidence."""

from __future__ import annotations

from pathlib import Path

import click

from labgen.cli.deferred import deferring
from labgen.cli.options import say
from labgen.cli.run import bundle_option, format_option, show, verbose_option

with deferring():
    from labgen.verify.evidence import RunEvidence, newest
    from labgen.verify.provenance import digest
    from labgen.verify.rejudge import rejudge


@click.command(
    epilog="\b\nExamples:\n  labgen judge labs/my-lab/runs/20260101T120000Z-acquire\n  labgen judge RUN --format json"
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@format_option
@verbose_option
@bundle_option
def judge(run: Path, form: str, verbose: bool, bundle: Path | None) -> int:
    """Judge the stored evidence of RUN again, without a lab: the folder of one run below `runs/` of a lab folder.

    The verdict is the one of the run, with newer checks where there are any. The reports in the folder are written anew.
    """
    folder = newest(run).resolve()
    verdict = rejudge(folder)
    source = verdict.provenance
    if source is not None and source.evidence and digest(folder) != source.evidence:
        say(
            f"warning: the evidence in {run} is not what the run left: its digest is another than in run.json"
        )
    return show(verdict, RunEvidence.read(folder).plan, form, verbose, bundle)
