"""The addresses that a Linux node reaches: echo requests to addresses that are known only when leases are."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

from labgen.devices.base import Probe
from labgen.devices.observed import Observed, Raw, Reached
from labgen.ground import resources
from labgen.ground.labplan import NodePlan

NAME = "reach"
_SEPARATOR = "neighbors"


def probe(wanted: Sequence[str], other: Sequence[str]) -> Probe:
    """Asks addresses that should answer, and others that should not; with the node's neighbor table after it."""
    program = shlex.quote((resources.templates() / "linux" / "reach.pl").read_text(encoding="utf-8"))
    targets = " ".join((*wanted, "--", *other))
    return Probe(NAME, f"perl -e {program} {targets}; echo {_SEPARATOR}; ip -j -4 neighbor show")


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """The addresses that answered, with the hardware address the node sent to."""
    text = raw.get(NAME)
    if text is None:
        return Observed()
    answers, _, table = text.text.partition(_SEPARATOR)
    try:
        known = {str(e["dst"]): str(e["lladdr"]) for e in json.loads(table or "[]") if "lladdr" in e}
    except (ValueError, KeyError, TypeError):
        return Observed(problems=(f"{text.file}: the neighbor table cannot be read",))
    found = [line.split() for line in answers.splitlines() if line.startswith(("answered ", "silent "))]
    return Observed(
        reached=tuple(
            Reached(node.name, address, word == "answered", known.get(address), text.file)
            for word, address in found
        )
    )
