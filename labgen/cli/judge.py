"""The command that judges stored evidence."""

from __future__ import annotations

from pathlib import Path

from labgen.cli.options import say
from labgen.cli.run import show
from labgen.verify.evidence import RunEvidence, newest
from labgen.verify.provenance import digest
from labgen.verify.rejudge import rejudge


def judge(run: Path, form: str, verbose: bool, bundle: Path | None) -> int:
    """Run `labgen judge`; the exit code."""
    folder = newest(run).resolve()
    verdict = rejudge(folder)
    source = verdict.provenance
    if source is not None and source.evidence and digest(folder) != source.evidence:
        say(
            f"warning: the evidence in {run} is not what the run left: its digest is another than in run.json"
        )
    return show(verdict, RunEvidence.read(folder).plan, form, verbose, bundle)
