"""How long the flagship takes: from nothing to both clients bound, and for a whole run.

    python benchmarks/lab.py [--runs N]

Beside it, in the same run, any script that boots the same lab and prints `[seconds] dhcp bound`: name it in LABGEN_PEER_LAB.
It runs in private mount and network namespaces, with WORK set to an empty folder.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LABGEN = Path(sys.executable).with_name("labgen")


@dataclass(frozen=True)
class Sample:
    """Seconds from the start of the command."""

    bound: float
    total: float


def labgen(folder: Path) -> Sample:
    """One `labgen run`; bound is when the last client's ACK was on its wire."""
    started_epoch, started = time.time(), time.monotonic()
    command = [
        str(LABGEN),
        "run",
        "evpn-redundant-server",
        "--playbook",
        "acquire",
        "--format",
        "json",
        "-o",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    total = time.monotonic() - started
    exchanges = json.loads(done.stdout)["exchanges"]
    acks = [
        max(m["time"] for m in exchange["messages"] if m["role"] == "client" and m["type"] == "ACK")
        for exchange in exchanges
        if exchange["kind"] == "acquire"
    ]
    return Sample(max(acks) - started_epoch, total)


def peer(script: str) -> float:
    """One run of the peer; seconds to bound by its own clock."""
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run(
            ["unshare", "-m", "-n", "--propagation", "private", "bash", script],
            capture_output=True,
            text=True,
            env={**os.environ, "WORK": work},
        )
    found = re.search(r"^\[([\d.]+)\] dhcp bound", done.stdout, re.MULTILINE)
    if found is None:
        raise SystemExit(f"{script} printed no line `[seconds] dhcp bound`")
    return float(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    script = os.environ.get("LABGEN_PEER_LAB")
    samples: list[Sample] = []
    peers: list[float] = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as work:
            samples.append(labgen(Path(work) / "lab"))
        if script:
            peers.append(peer(script))
    bound = statistics.median(sample.bound for sample in samples)
    print(f"labgen: both clients bound after {bound:.2f} s (median of {runs}; "
          f"{min(s.bound for s in samples):.2f} to {max(s.bound for s in samples):.2f})")  # fmt: skip
    print(f"labgen: whole run, verified and reported, {statistics.median(s.total for s in samples):.2f} s")
    if peers:
        other = statistics.median(peers)
        print(
            f"peer:   both clients bound after {other:.2f} s; labgen takes {bound / other:.2f} times as long"
        )


if __name__ == "__main__":
    main()
