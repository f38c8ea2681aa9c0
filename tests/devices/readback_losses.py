"""Lines of switches' configurations whose loss the read-back does not notice: `unnoticed.txt` beside this file.

Regenerate with `python tests/devices/readback_losses.py`, and read the diff: a line that comes is one that could be lost. The golden
files hold every line as well, and are written by the templates that they hold.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from labgen.devices import readback
from labgen.ground.errors import LabgenError, SpecError
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec.load import load

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from readback_shapes import GIADDR, SHAPES, spec, switches

TABLE = Path(__file__).with_name("unnoticed.txt")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+(/\d+)?")


def plans(switch: str, folder: Path) -> Iterator[LabPlan]:
    """The labs of docs/readback.md that are built with a switch."""
    file = folder / "shape.yml"
    for giaddr in GIADDR:
        for shape in SHAPES:
            file.write_text(spec(switch, giaddr, shape))
            try:
                yield build(load(str(file)))
            except SpecError:
                continue


def unnoticed(switch: str, folder: Path) -> set[str]:
    """Lines that can be taken out of every configuration they are in, and what is left still reads as planned."""
    noticed: set[str] = set()
    seen: set[str] = set()
    for plan in plans(switch, folder):
        node = plan.node("sw")
        lines = readback.text(plan, node).splitlines(keepends=True)
        for number, line in enumerate(lines):
            words = _ADDRESS.sub("ADDRESS", " ".join(line.split()))
            if words in noticed or not words or words.startswith(("!", "#", "/*")):
                continue
            seen.add(words)
            if _differs(plan, "".join(lines[:number] + lines[number + 1 :])):
                noticed.add(words)
    return seen - noticed


def _differs(plan: LabPlan, text: str) -> bool:
    try:
        return bool(readback.differences(plan, plan.node("sw"), text))
    except (LabgenError, ValueError):
        return True  # it is no configuration any more


def table() -> str:
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            f"{switch}: {line}" for switch in switches() for line in sorted(unnoticed(switch, Path(folder)))
        ]
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    TABLE.write_text(table())
