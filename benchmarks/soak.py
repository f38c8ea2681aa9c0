"""Runs every scenario again and again and counts how often its verdict was pass.

    python benchmarks/soak.py --runs 10
    python benchmarks/soak.py --runs 50 evpn-redundant-server relay

Each run is a `labgen run` of its own: build, start, playbooks of the scenario, verdict, stop. The exit status is
the number of runs that did not pass; for each of them the checks that failed are named.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labgen.ground import resources

LABGEN = Path(sys.executable).parent / "labgen"
SECONDS = 600


@dataclass
class Tally:
    """What became of the runs of one scenario."""

    passed: int = 0
    seconds: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def runs(self) -> int:
        return len(self.seconds)

    def line(self, name: str, width: int) -> str:
        ordered = sorted(self.seconds)
        times = f"median {ordered[len(ordered) // 2]:5.1f} s, longest {ordered[-1]:5.1f} s"
        faults = ", ".join(f"{fault} ({count})" for fault, count in self.faults.most_common(6))
        return f"{name:{width}}  {self.passed:3} of {self.runs:3} passed  {times}" + (
            f"  {faults}" if faults else ""
        )


def once(name: str, folder: Path) -> tuple[float, tuple[str, ...]]:
    """Seconds of one run and what did not pass in it."""
    started = time.monotonic()
    command = [str(LABGEN), "run", name, "-o", str(folder / name), "--force", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    return time.monotonic() - started, tuple(_faults(done))


def _faults(done: subprocess.CompletedProcess[str]) -> Iterator[str]:
    if done.returncode == 0:
        return
    try:
        checks = json.loads(done.stdout)["checks"]
    except (ValueError, KeyError):
        words = done.stderr.strip().splitlines()
        yield f"exit status {done.returncode}: {words[-1] if words else 'no output'}"
        return
    bad = [f"{check['id']} {check['outcome']}" for check in checks if check["outcome"] in ("fail", "error")]
    yield from bad or [f"exit status {done.returncode}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scenarios", nargs="*", help="scenarios to run [all]")
    parser.add_argument("--runs", type=int, default=1, help="how often each is run [1]")
    options = parser.parse_args()
    names = options.scenarios or sorted(file.stem for file in resources.topologies().glob("*.yml"))
    width = max(len(name) for name in names)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="labgen-soak-") as folder:
        for name in names:
            tally = Tally()
            for _ in range(options.runs):
                seconds, faults = once(name, Path(folder))
                tally.seconds.append(seconds)
                tally.passed += not faults
                tally.faults.update(faults)
            failed += tally.runs - tally.passed
            print(tally.line(name, width), flush=True)
    return min(failed, 100)


if __name__ == "__main__":
    sys.exit(main())
