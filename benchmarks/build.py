"""Wall time, processor time and peak memory of `labgen build` beside `netlab create`, on the same leaf-spine fabrics, in one run.

.venv/bin/python benchmarks/build.py [--nodes 7,24,104,204,404] [--netlab PATH] [--repeat N] [--markdown]
.venv/bin/python benchmarks/build.py --against REF [--nodes ...] [--repeat N] [--markdown]

labgen writes the whole lab folder (plan, netlab and containerlab topologies, every configuration, inventory, drawings);
netlab reads the topology labgen wrote. The ratio is the result, not the absolute time; where the machine has other work, that
of processor time is the one to trust. `cp -r` of the lab folder, in the same run, shows what the file system alone costs: TMPDIR
chooses it.

With `--against` netlab is left alone, and labgen as it is in the work tree is held against labgen as a git commit has it, in turn, with the
same Python and the same packages: a scenario, then the fabrics. The ratios are of processor time, of the least and of the middle run.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

SHAPES = {"shared": "one stretched segment", "per-leaf": "a segment per leaf"}
SLOW = 100
"""Nodes from which on netlab is run once only."""

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = "evpn-redundant-server"
"""The flagship, which older commits have as well."""

RELAY = "{servers: [s1, s2], server_vrf: default, source: loopback, options: [link-selection, server-id-override]}"


@dataclass(frozen=True)
class Cost:
    """Seconds of wall time and of processor time, and peak resident memory in MB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Row:
    shape: str
    nodes: int
    labgen: Cost
    copy: Cost
    netlab: Cost

    @property
    def speedup(self) -> float:
        return self.netlab.wall / self.labgen.wall

    @property
    def cpu_speedup(self) -> float:
        return self.netlab.cpu / self.labgen.cpu


def spec(nodes: int, shape: str) -> str:
    """A leaf-spine fabric: two servers, one or two spines, the rest leaves with one client each."""
    leaves = (nodes - 3) // 2
    spines = [f"sp{number}" for number in range(1, nodes - 2 - 2 * leaves + 1)]
    names = [f"l{number}" for number in range(1, leaves + 1)]
    lines = [
        f"name: fabric-{nodes}",
        f"switches: [{', '.join([*spines, *names])}]",
        f"links: [{', '.join(f'{leaf}-{spine}' for leaf in names for spine in spines)}]",
        f"overlay: {{data: vxlan, control: evpn, asn: 65000, route_reflectors: [{', '.join(spines)}]}}",
        "vrfs: {client: {transit_vni: true}}",
        "addressing: {loopback: 10.0.0.0/16}",
        "servers: {s1: l1, s2: l2}",
        "segments:",
    ]
    return "\n".join([*lines, *_segments(names, shape)]) + "\n"


def _segments(leaves: Sequence[str], shape: str) -> list[str]:
    common = f"vrf: client, gateway: anycast, relay: {RELAY}"
    if shape == "shared":
        attach = ", ".join(f"{leaf}: [c{leaf}]" for leaf in leaves)
        return [f"  users: {{prefix: 172.16.0.0/16, attach: {{{attach}}}, {common}}}"]
    return [
        f"  v{number}: {{prefix: 172.{16 + number // 64}.{number % 64 * 4}.0/22, attach: {{{leaf}: [c{leaf}]}}, {common}}}"
        for number, leaf in enumerate(leaves)
    ]


def measured(command: Sequence[str], folder: Path, tree: Path | None = None) -> Cost:
    """Run a command to its end, with Python's compiled modules kept, as in any installation; `tree` is where it finds labgen instead of
    where that is installed. SystemExit with its output where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(tree)} if tree else {}
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{output.read().decode()[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(nodes: int, shape: str, netlab: str, repeat: int) -> Row:
    """The best of `repeat` runs, in turn; netlab runs once where it is slow."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "spec.yml").write_text(spec(nodes, shape))
        ours, copies, theirs = [], [], []
        for turn in range(repeat):
            ours.append(_labgen(folder))
            copies.append(_copy(folder))
            if turn == 0 or nodes < SLOW:
                theirs.append(_netlab(folder, netlab))
    return Row(shape, nodes, _best(ours), _best(copies), _best(theirs))


def _labgen(folder: Path) -> Cost:
    shutil.rmtree(folder / "lab", ignore_errors=True)
    program = Path(sys.executable).with_name("labgen")
    return measured([str(program), "build", "spec.yml", "-o", "lab"], folder)


def _copy(folder: Path) -> Cost:
    shutil.rmtree(folder / "copy", ignore_errors=True)
    return measured(["cp", "-r", "lab", "copy"], folder)


def _netlab(folder: Path, program: str) -> Cost:
    target = folder / "netlab"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    shutil.copy(folder / "lab" / "topology.yml", target)
    shutil.copytree(folder / "lab" / "netlab", target / "netlab")
    return measured([program, "create"], target)


def _best(costs: Sequence[Cost]) -> Cost:
    """The least of each: other work on the machine only ever adds to them."""
    return Cost(
        min(cost.wall for cost in costs), min(cost.cpu for cost in costs), min(cost.memory for cost in costs)
    )


@dataclass(frozen=True)
class Step:
    """Seconds of processor time of every run, of a commit and of the work tree."""

    fabric: str
    before: tuple[float, ...]
    now: tuple[float, ...]

    @property
    def least(self) -> float:
        return min(self.now) / min(self.before)

    @property
    def middle(self) -> float:
        return statistics.median(self.now) / statistics.median(self.before)


def held_against(ref: str, nodes: Sequence[int], repeat: int) -> list[Step]:
    """Building with the work tree and with a commit, in turn; each is run once before, for modules and templates to be compiled."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = folder / "before"
        _unpack(ref, before)
        specs = {SCENARIO: SCENARIO}
        for shape in SHAPES:
            for count in nodes:
                file = folder / f"{shape}-{count}.yml"
                file.write_text(spec(count, shape))
                specs[f"{SHAPES[shape]}, {count} nodes"] = str(file)
        return [_step(label, text, before, folder, repeat) for label, text in specs.items()]


def _unpack(ref: str, folder: Path) -> None:
    packed = subprocess.run(["git", "archive", ref], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        raise SystemExit(packed.stderr.decode())
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")


def _step(label: str, text: str, before: Path, folder: Path, repeat: int) -> Step:
    runs: dict[Path, list[float]] = {before: [], ROOT: []}
    for _ in range(repeat + 1):
        for tree, costs in runs.items():
            shutil.rmtree(folder / "lab", ignore_errors=True)
            costs.append(measured([*_program(tree), "build", text, "-o", "lab"], folder, tree).cpu)
    step = Step(label, tuple(runs[before][1:]), tuple(runs[ROOT][1:]))
    print(json.dumps(asdict(step) | {"load": os.getloadavg()[0]}), file=sys.stderr, flush=True)
    return step


def _program(tree: Path) -> list[str]:
    """How Python runs the command `labgen` of a tree."""
    named = tomllib.loads((tree / "pyproject.toml").read_text())["project"]["scripts"]["labgen"]
    module, _, function = named.partition(":")
    return [sys.executable, "-c", f"from {module} import {function}; {function}()"]


def steps_markdown(steps: Sequence[Step]) -> str:
    lines = ["| lab | before | now | ratio of the least | of the middle |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {step.fabric} | {1000 * min(step.before):.0f} ms | {1000 * min(step.now):.0f} ms | {step.least:.2f} | {step.middle:.2f} |"
        for step in steps
    ]
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    lines = [
        "| fabric | nodes | labgen build | processor | memory | `cp -r` of the folder | netlab create | processor | memory "
        "| faster | in processor time |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {SHAPES[row.shape]} | {row.nodes} | {row.labgen.wall:.2f} s | {row.labgen.cpu:.2f} s | {row.labgen.memory:.0f} MB "
        f"| {row.copy.wall:.2f} s | {row.netlab.wall:.1f} s | {row.netlab.cpu:.1f} s | {row.netlab.memory:.0f} MB "
        f"| {row.speedup:.0f}x | {row.cpu_speedup:.0f}x |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--nodes", default="7,24,104,204,404")
    options.add_argument(
        "--netlab", default=os.environ.get("LABGEN_NETLAB", "").split(":")[0] or shutil.which("netlab")
    )
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--markdown", action="store_true")
    options.add_argument("--against", metavar="REF", help="a git commit to hold the work tree against")
    given = options.parse_args()
    if given.against:
        counts = [int(nodes) for nodes in given.nodes.split(",")]
        print(steps_markdown(held_against(given.against, counts, given.repeat)))
        return
    if not given.netlab:
        raise SystemExit("put netlab on PATH, or name it with --netlab")
    netlab = str(Path(given.netlab).absolute())
    rows = []
    for shape in SHAPES:
        for nodes in given.nodes.split(","):
            rows.append(compare(int(nodes), shape, netlab, given.repeat))
            told = {
                "speedup": rows[-1].speedup,
                "cpu_speedup": rows[-1].cpu_speedup,
                "load": os.getloadavg()[0],
            }
            print(json.dumps(asdict(rows[-1]) | told), file=sys.stderr, flush=True)
    print(markdown(rows) if given.markdown else json.dumps([asdict(row) for row in rows], indent=2))


if __name__ == "__main__":
    main()
