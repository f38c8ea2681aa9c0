"""Kill labgen or what it started at random moments: `python benchmarks/kills.py [--times N] [--command NAME]...`.

Nothing may be left: no process, mount, interface, file below /etc or in the temporary folder, no control socket.
A lab that `up` had started before the moment, or that `verify` judges, is ended with `labgen down` first. What a
killed command left in the temporary folder may stay until the next command that keeps anything there. Prints what
was left; ends with 1 where anything was.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "lab"))

from lab_host import MARK, Host, eventually, marked

from labgen.lab.embedded import socket_names

LABGEN = (sys.executable, "-c", "from labgen.cli.main import main; main()")
IN_LABS = ("labgen", "labgen-lab", "unshare", "labgen-capture")
ENDS_SECONDS = 60.0
ACCOUNTS = frozenset({"", "passwd", "shadow", "group", "gshadow", "subuid", "subgid"})


@dataclass(frozen=True)
class Command:
    """A command under test: its arguments (FOLDER stands for the lab's), and what of it is killed in turn."""

    arguments: tuple[str, ...]
    victims: tuple[str, ...] = IN_LABS
    lab_first: bool = False


COMMANDS = {
    "run": Command(("run", "relay", "-o", "FOLDER")),
    "up": Command(("up", "relay", "-o", "FOLDER")),
    "verify": Command(("verify", "FOLDER"), lab_first=True),
    "matrix": Command(("matrix", "relay", "--client", "dhclient,udhcpc", "-o", "FOLDER")),
    "conform": Command(("conform", "labgen-relay", "--vector", "requests"), ("labgen", "unshare")),
}


@dataclass(frozen=True)
class Place:
    """Where one attempt happens: a temporary folder of its own, and a mark on all its processes."""

    top: Path
    mark: str

    @property
    def lab(self) -> Path:
        return self.top / "lab"

    @property
    def environment(self) -> Mapping[str, str]:
        return {**os.environ, MARK: self.mark, "TMPDIR": str(self.temporary)}

    @property
    def temporary(self) -> Path:
        return self.top / "tmp"

    def labgen(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*LABGEN, *(str(self.lab) if word == "FOLDER" else word for word in arguments)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.top,
        )


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _strike(place: Place, kind: str, command: int) -> int:
    """Kill the processes of that kind; how many there were."""
    found = [command] if kind == "labgen" else [pid for pid in marked(place.mark) if _comm(pid) == kind]
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return len(found)


def attempt(place: Place, command: Command, kind: str, moment: float) -> tuple[int, list[str]]:
    """Run a command and kill one kind of its processes at a moment; how many were killed, and what is left."""
    place.temporary.mkdir(parents=True)
    if command.lab_first and place.labgen("up", "relay", "-o", "FOLDER").wait():
        return 0, ["the lab did not start"]
    before, etc = Host.now(), _etc()
    process = place.labgen(*command.arguments)
    time.sleep(moment)
    struck = _strike(place, kind, process.pid)
    left: list[str] = []
    try:
        process.wait(ENDS_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        left.append(f"labgen had not ended after {ENDS_SECONDS:.0f} s")
    place.labgen("down", "FOLDER").wait()
    left += _left(place, before)
    return struck, [*left, *sorted(_etc() ^ etc)]


def _left(place: Place, before: Host) -> list[str]:
    left = [] if eventually(lambda: not marked(place.mark)) else [f"processes {marked(place.mark)}"]
    if socket_names.running(socket_names.of_folder(place.lab)):
        left.append("control socket")
    after = Host.now()
    left += [what for what in ("interfaces", "resolv_conf") if getattr(before, what) != getattr(after, what)]
    left += [f"mount {line}" for line in sorted(after.mounts - before.mounts)]
    return [*left, *_files(place)]


def _etc() -> frozenset[str]:
    """Everything below /etc, with its time and size, but the files of accounts, which others may make meanwhile."""
    found: set[str] = set()
    for path in Path("/etc").rglob("*"):
        try:
            if path.is_file() and path.name.split(".")[0].rstrip("-") not in ACCOUNTS:
                found.add(f"{path} {path.lstat().st_mtime_ns} {path.lstat().st_size}")
        except OSError:  # it is gone
            continue
    return frozenset(found)


def _files(place: Place) -> list[str]:
    """What stays in the temporary folder when the next command that keeps anything there has run."""
    if any(place.temporary.iterdir()):
        place.labgen("conform", "labgen-relay", "--vector", "bootp").wait()
    return [f"file {path.name}" for path in place.temporary.iterdir()]


def _duration(top: Path, command: Command) -> float:
    """Seconds the command takes when nobody kills anything."""
    place = Place(top, uuid.uuid4().hex)
    place.temporary.mkdir(parents=True)
    if command.lab_first:
        place.labgen("up", "relay", "-o", "FOLDER").wait()
    began = time.monotonic()
    place.labgen(*command.arguments).wait()
    seconds = time.monotonic() - began
    place.labgen("down", "FOLDER").wait()
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--command", action="append", choices=COMMANDS, help="in turn; all where none is named"
    )
    options = parser.parse_args()
    chance, wrong, struck = random.Random(options.seed), 0, 0
    lasts: dict[str, float] = {}
    chosen = options.command or list(COMMANDS)
    with tempfile.TemporaryDirectory() as top:
        for number in range(options.times):
            name = chosen[number % len(chosen)]
            command = COMMANDS[name]
            kind = command.victims[number // len(chosen) % len(command.victims)]
            if name not in lasts:
                lasts[name] = _duration(Path(top, name), command)
            moment = chance.uniform(0.0, lasts[name])
            mark = uuid.uuid4().hex
            hit, left = attempt(Place(Path(top, mark), mark), command, kind, moment)
            struck += bool(hit)
            wrong += bool(left)
            if left:
                print(f"{number} {name}: {kind} killed after {moment:.2f} s: {', '.join(left)}", flush=True)
    print(
        f"{options.times} attempts ({', '.join(chosen)} in turn), {struck} killed something, {wrong} left something"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
