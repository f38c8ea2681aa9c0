"""The table of docs/readback.md: every switch, every shape of relaying, written and read back, or refused.

.venv/bin/python benchmarks/readback.py [--write | --check]
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import readback_shapes
from pagetable import PageTable
from readback_shapes import GIADDR, SHAPES, spec

from labgen.devices.readback import switches
from labgen.ground.errors import SpecError
from labgen.plan.build import build
from labgen.spec.load import load

PAGE = Path(__file__).parent.parent / "docs" / "readback.md"
MARK = "readback"
SAME = "read back"


def outcome(switch: str, giaddr: str, shape: str, folder: Path) -> list[str]:
    """[`read back`], what was read otherwise than planned, or the reasons of a refusal."""
    file = folder / "shape.yml"
    file.write_text(spec(switch, giaddr, shape))
    try:
        plan = build(load(str(file)))
    except SpecError as error:
        return [f"refused: {_plain(problem.reason, switch)}" for problem in error.problems]
    node = plan.node("sw")
    found = switches.differences(plan, node, switches.text(plan, node))
    return [f"WRONG: {each}" for each in found] or [SAME]


def _plain(reason: str, switch: str) -> str:
    """A reason without names of devices and their ports, so that it is one note for all."""
    reason = reason.removeprefix(f"`{switch}` ").removesuffix(" (node `sw`)")
    reason = re.sub(r"for interface `[^`]+`", "for each interface", reason)
    for known, word in ((" in VRF `red` (", " in VRF `red`"), (" in VRF `blue` (", " in VRF `blue`")):
        head, found, _ = reason.partition(known)
        reason = head + word if found else reason
    return reason


def table() -> str:
    notes: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        rows = list(_rows(Path(folder), notes))
    return "\n".join([*rows, "", *(f"{number}. {text}" for text, number in notes.items())])


def _rows(folder: Path, notes: dict[str, int]) -> Iterator[str]:
    yield f"| switch | giaddr | {' | '.join(SHAPES)} |"
    yield "|---" * (len(SHAPES) + 2) + "|"
    for switch in readback_shapes.switches():
        for giaddr in GIADDR:
            cells = [_cell(outcome(switch, giaddr, shape, folder), notes) for shape in SHAPES]
            yield f"| `{switch}` | {giaddr} | {' | '.join(cells)} |"


def _cell(found: list[str], notes: dict[str, int]) -> str:
    if found == [SAME]:
        return SAME
    words = dict.fromkeys(each.partition(": ")[0] for each in found)
    reasons = [each.partition(": ")[2] for each in found]
    numbers = sorted({notes.setdefault(reason, len(notes) + 1) for reason in reasons})
    return f"{' '.join(words)} ({', '.join(map(str, numbers))})"


if __name__ == "__main__":
    sys.exit(PageTable(PAGE, MARK, table).main((__doc__ or "").splitlines()[0]))
