"""Stop and kill each daemon of a lab, its SSH servers, capture process and supervisor: `python benchmarks/faults.py [--scenario NAME]`.

Each fault is made in a lab of its own, before or during `labgen verify`; one row tells the exit code, the seconds beside those of a
healthy run, and what the verdict opens with. Ends with 1 where a fault was a pass, left a traceback, or took more than --longest seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from labgen.lab.embedded.client import EmbeddedLab
from labgen.lab.embedded.provider import EmbeddedProvider

LABGEN = (sys.executable, "-c", "from labgen.cli.main import main; main()")
SIGNALS = {"STOP": signal.SIGSTOP, "KILL": signal.SIGKILL}
LIMIT = 400.0


@dataclass(frozen=True)
class Outcome:
    """How a command ended: exit code (None where it had not after LIMIT seconds), seconds, and its first words on what is wrong."""

    code: int | None
    seconds: float
    told: str
    traceback: bool


def labgen(*arguments: str, folder: Path) -> tuple[subprocess.Popen[str], float]:
    command = [*LABGEN, *arguments]
    process = subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return process, time.monotonic()


def ended(process: subprocess.Popen[str], began: float) -> Outcome:
    try:
        out, err = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Outcome(None, LIMIT, "it had not ended", False)
    return Outcome(
        process.returncode, time.monotonic() - began, _told(out) or _last(err), "Traceback" in out + err
    )


def _told(out: str) -> str:
    try:
        verdict = json.loads(out)
    except ValueError:
        return ""
    cause = verdict.get("diagnosis") or {}
    return (
        str(cause.get("cause") or cause.get("title") or verdict["verdict"])
        if cause
        else str(verdict["verdict"])
    )


def _last(err: str) -> str:
    lines = [line for line in err.splitlines() if line.startswith("error")] or err.splitlines()[-1:]
    return lines[0][:200] if lines else ""


@contextmanager
def lab(scenario: str, place: Path, playbook: str) -> Iterator[EmbeddedLab]:
    """A running lab of its own."""
    folder = place / "lab"
    up = [*LABGEN, "up", scenario, "-o", str(folder), "--force", "--playbook", playbook]
    subprocess.run(up, check=True, capture_output=True, cwd=place)
    try:
        yield EmbeddedProvider().find(folder)
    finally:
        subprocess.run([*LABGEN, "down", str(folder)], check=False, capture_output=True, cwd=place)


def processes(running: EmbeddedLab) -> dict[str, int]:
    """The processes of a lab that can be hit, by name: `node/daemon`, supervisor, captures."""
    status = running.status()
    found = {"supervisor": status.pid}
    spaces: dict[str, str] = {}
    for node in status.nodes:
        link = running.execute(node.name, ["readlink", "/proc/self/ns/pid"]).stdout.decode().strip()
        spaces[link] = node.name
    inside = {
        (node.name, daemon.pid): daemon.name for node in status.nodes for daemon in node.daemons if daemon.pid
    }
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            text = path.read_text()
            ids = next(line for line in text.splitlines() if line.startswith("NSpid:")).split()
            node_name = spaces.get(str((path.parent / "ns/pid").readlink()))
            comm = (path.parent / "comm").read_text().strip()
            parent = int(next(line for line in text.splitlines() if line.startswith("PPid:")).split()[1])
        except (OSError, StopIteration):
            continue
        if node_name and (name := inside.get((node_name, int(ids[-1])))):
            found[f"{node_name}/{name}"] = int(path.parent.name)
        if comm == "labgen-capture" and parent == status.pid:
            found["captures"] = int(path.parent.name)
    return found


def one(scenario: str, playbook: str, victim: str, how: str, after: float | None) -> Outcome:
    """One fault in one lab: before `verify`, or some seconds after its start."""
    with tempfile.TemporaryDirectory() as name, lab(scenario, Path(name), playbook) as running:
        pid = processes(running)[victim]
        if after is None:
            os.kill(pid, SIGNALS[how])
        arguments = ("verify", str(running.folder), "--playbook", playbook, "--format", "json")
        process, began = labgen(*arguments, folder=Path(name))
        if after is not None:
            time.sleep(after)
            os.kill(pid, SIGNALS[how])
        outcome = ended(process, began)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        return outcome


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenario", default="relay")
    parser.add_argument("--playbook", default="acquire")
    parser.add_argument(
        "--victim", action="append", help="such as srv/kea-dhcp4, captures; all where none is named"
    )
    parser.add_argument(
        "--after",
        type=float,
        action="append",
        help="seconds after the start of verify; before it where none is named",
    )
    parser.add_argument("--longest", type=float, default=30.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        lab(options.scenario, Path(name), options.playbook) as running,
    ):
        victims = options.victim or sorted(processes(running))
        arguments = ("verify", str(running.folder), "--playbook", options.playbook, "--format", "json")
        healthy = ended(*labgen(*arguments, folder=Path(name)))
    print(f"healthy: exit {healthy.code}, {healthy.seconds:.1f} s: {healthy.told}", flush=True)
    wrong = 0
    for victim in victims:
        for how in SIGNALS:
            for after in options.after or [None]:
                got = one(options.scenario, options.playbook, victim, how, after)
                waited = got.seconds - healthy.seconds
                bad = got.traceback or got.code not in (0, 1, 3, 4) or waited > options.longest
                wrong += bad
                when = "before" if after is None else f"after {after:g} s"
                mark = "WRONG " if bad else ""
                print(
                    f"{mark}{how} {victim} {when}: exit {got.code}, {waited:+.1f} s: {got.told}", flush=True
                )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
