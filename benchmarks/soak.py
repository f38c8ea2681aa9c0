"""Runs scenarios and specs again and again and counts how often the verdict was pass.

    python benchmarks/soak.py --runs 10
    python benchmarks/soak.py --runs 50 evpn-redundant-server my_network.yml
    python benchmarks/soak.py --runs 10 --table soak.jsonl --keep failed

Each run is a `labgen run` of its own: build, start, playbooks of the spec, verdict, stop. The exit status is the number
of runs that did not pass (100 at most); for each of them the checks that failed are named, and with --keep its lab folder
is kept. A scenario that is there to show a failure passes when exactly that failure appears.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from labgen.ground import resources

LABGEN = Path(sys.executable).parent / "labgen"
SECONDS = 900


@dataclass(frozen=True)
class Run:
    """One run: `seconds` of the whole command, the machine's `load` over a minute as it ended, and what did not pass."""

    name: str
    started: str
    status: int
    verdict: str
    checks: str
    seconds: float
    load: float
    faults: tuple[str, ...]
    cause: str = ""
    kept: str = ""


@dataclass
class Tally:
    """What became of the runs of one scenario."""

    runs: list[Run] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return sum(bool(run.faults) for run in self.runs)

    def line(self, name: str, width: int) -> str:
        ordered = sorted(run.seconds for run in self.runs)
        loads = sorted(run.load for run in self.runs)
        times = f"median {ordered[len(ordered) // 2]:5.1f} s, longest {ordered[-1]:5.1f} s"
        counted = Counter(fault for run in self.runs for fault in run.faults)
        faults = ", ".join(f"{fault} ({count})" for fault, count in counted.most_common(6))
        passed = len(self.runs) - self.failed
        return (
            f"{name:{width}}  {passed:3} of {len(self.runs):3} passed  {times}, load {loads[0]:.0f} to {loads[-1]:.0f}"
            + (f"  {faults}" if faults else "")
        )


def once(spec: str, folder: Path) -> Run:
    """One run, its lab folder made below `folder`."""
    name = Path(spec).stem
    started, clock = time.strftime("%H:%M:%S"), time.monotonic()
    command = [str(LABGEN), "run", spec, "-o", str(folder / name), "--force", "--format", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        done = subprocess.CompletedProcess(command, 124, "", f"not done after {SECONDS} s")
    verdict = _verdict(done.stdout)
    return Run(
        name=name,
        started=started,
        status=done.returncode,
        verdict=str(verdict.get("verdict", "")),
        checks=f"{verdict.get('ran', '?')} of {verdict.get('planned', '?')}",
        seconds=round(time.monotonic() - clock, 1),
        load=round(os.getloadavg()[0], 1),
        faults=tuple(_faults(done, verdict)),
        cause=_cause(verdict),
    )


def _verdict(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _cause(verdict: dict[str, object]) -> str:
    diagnosis = verdict.get("diagnosis")
    return str(diagnosis.get("cause", "")) if isinstance(diagnosis, dict) else ""


def _faults(done: subprocess.CompletedProcess[str], verdict: dict[str, object]) -> Iterator[str]:
    if done.returncode == 0:
        return
    checks = verdict.get("checks")
    if not isinstance(checks, list):
        words = done.stderr.strip().splitlines()
        yield f"exit status {done.returncode}: {words[-1] if words else 'no output'}"
        return
    bad = [f"{check['id']} {check['outcome']}" for check in checks if check["outcome"] in ("fail", "error")]
    yield from bad or [f"exit status {done.returncode}"]


def _kept(run: Run, folder: Path, keep: Path | None, number: int) -> str:
    """Where the lab folder of a run that did not pass was moved to; empty where it was not."""
    if not keep or not run.faults or not (folder / run.name).exists():
        return ""
    keep.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f"{run.name}-{number}-", dir=keep))
    shutil.move(folder / run.name, place)
    return str(place / run.name)


def soak(spec: str, options: argparse.Namespace, folder: Path) -> Tally:
    """All runs of a spec; each is written to the table, if one was asked for, as it ends."""
    tally = Tally()
    for number in range(1, options.runs + 1):
        run = once(spec, folder)
        row = {**asdict(run), "kept": _kept(run, folder, options.keep, number)}
        tally.runs.append(run)
        shutil.rmtree(folder / run.name, ignore_errors=True)
        if options.table:
            with options.table.open("a") as table:
                table.write(json.dumps(row) + "\n")
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("specs", nargs="*", help="scenarios or specs to run [all scenarios]")
    parser.add_argument("--runs", type=int, default=1, help="how often each is run [1]")
    parser.add_argument("--table", type=Path, help="file that gets one JSON line for each run")
    parser.add_argument(
        "--keep", type=Path, help="folder that lab folders of runs that did not pass are moved to"
    )
    options = parser.parse_args()
    specs = options.specs or sorted(file.stem for file in resources.topologies().glob("*.yml"))
    width = max(len(Path(spec).stem) for spec in specs)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="labgen-soak-") as folder:
        for spec in specs:
            tally = soak(spec, options, Path(folder))
            failed += tally.failed
            print(tally.line(Path(spec).stem, width), flush=True)
    return min(failed, 100)


if __name__ == "__main__":
    sys.exit(main())
