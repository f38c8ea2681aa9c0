"""Kill labgen, its supervisor or `unshare` at random moments: `python benchmarks/kills.py [--times N]`. Nothing may be left.

Prints how often each was killed and what was left: processes, mounts, interfaces, files below /etc, control sockets. Ends with
1 where anything was.
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "lab"))

from lab_host import MARK, Host, eventually, marked

from labgen.lab.embedded import names

LABGEN = [sys.executable, "-c", "from labgen.cli.main import main; main()"]
LONGEST = 12.0
VICTIMS = ("labgen", "labgen-lab", "unshare", "labgen-capture")


def victims(mark: str, kind: str, command: int) -> list[int]:
    """Processes of that kind which the marked command started."""
    if kind == "labgen":
        return [command]
    return [pid for pid in marked(mark) if _comm(pid) == kind]


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def attempt(folder: Path, chance: random.Random, kind: str) -> tuple[float, list[str]]:
    """Run a scenario, kill one of its processes at a random moment; what is left, each with its kind."""
    mark, moment = uuid.uuid4().hex, chance.uniform(0.0, LONGEST)
    before = Host.now()
    process = subprocess.Popen(
        [*LABGEN, "run", "relay", "-o", str(folder / mark)],
        env={**os.environ, MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(moment)
    for pid in victims(mark, kind, process.pid):
        os.kill(pid, signal.SIGKILL)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        return moment, ["labgen hung"]
    left = [] if eventually(lambda: not marked(mark)) else [f"processes {marked(mark)}"]
    if names.running(names.of_folder(folder / mark)):
        left.append("control socket")
    after = Host.now()
    left += [
        what
        for what in ("interfaces", "mounts", "etc", "resolv_conf")
        if getattr(before, what) != getattr(after, what)
    ]
    return moment, left


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance, wrong = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory() as place:
        for number in range(options.times):
            kind = VICTIMS[number % len(VICTIMS)]
            moment, left = attempt(Path(place), chance, kind)
            wrong += bool(left)
            if left:
                print(f"{number} {kind} killed after {moment:.2f} s: {', '.join(left)}", flush=True)
    print(f"{options.times} kills ({', '.join(VICTIMS)} in turn), {wrong} left something")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
