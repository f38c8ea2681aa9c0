"""What labgen refuses to build, and why: `refused.txt` beside this file, one reason a line.

Regenerate with `python tests/render/render_refusals.py`, and read the diff: a line that goes is a combination that is now built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from labgen.devices import registry
from labgen.ground import resources
from labgen.ground.errors import SpecError
from labgen.plan.build import build
from labgen.spec.load import load

TABLE = Path(__file__).with_name("refused.txt")
SCENARIOS = sorted(resources.scenario_files())
DEVICES = [
    (role.value, name)
    for name, device in registry.everything().items()
    for role in sorted(device.facts.roles)
]

Combination = tuple[str, str, str]
"""Device, role, scenario."""

_PLACES = (
    (re.compile(r"^--device \S+: "), ""),
    (re.compile(r"\(nodes? [^)]*\)"), ""),
    (re.compile(r"\d+\.\d+\.\d+\.\d+/\d+"), "the subnet"),
)


def reasons(error: SpecError, device: str) -> frozenset[str]:
    """Reasons of a refusal without the names of nodes and subnets, which are the scenario's."""
    found = set()
    for problem in error.problems:
        text = problem.reason.replace(f"`{device}`", "it")
        for pattern, instead in _PLACES:
            text = pattern.sub(instead, text)
        found.add(" ".join(text.split()))
    return frozenset(found)


def refusal(combination: Combination) -> frozenset[str]:
    """Why a combination is not built; nothing where it is."""
    device, role, scenario = combination
    try:
        build(load(scenario, {role: device}))
    except SpecError as error:
        return reasons(error, device)
    return frozenset()


def pinned() -> dict[Combination, frozenset[str]]:
    """The table: reasons by combination; those that are built are not in it."""
    found: dict[Combination, frozenset[str]] = {}
    device = role = reason = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("        "):
            for scenario in line.split():
                key = (device, role, scenario)
                found[key] = found.get(key, frozenset()) | {reason}
        elif line.startswith("    "):
            reason = line.strip()
        elif line and not line.startswith("#"):
            device, _, role = line.partition(" as ")
    return found


def written() -> Iterator[str]:
    """The lines of the table as labgen refuses today."""
    yield "# What is refused: a device in a role, the reason, the scenarios. Written by render_refusals.py."
    for role, device in DEVICES:
        by_reason: dict[str, list[str]] = {}
        for scenario in SCENARIOS:
            for reason in refusal((device, role, scenario)):
                by_reason.setdefault(reason, []).append(scenario)
        if by_reason:
            yield from ("", f"{device} as {role}", *_rows(by_reason.items()))


def _rows(by_reason: Iterable[tuple[str, list[str]]]) -> Iterator[str]:
    for reason, scenarios in sorted(by_reason):
        yield from (f"    {reason}", f"        {' '.join(scenarios)}")


if __name__ == "__main__":
    TABLE.write_text("\n".join(written()) + "\n", encoding="utf-8")
