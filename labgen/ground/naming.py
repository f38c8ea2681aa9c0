"""Names as a tool takes them that allows less than a spec: short, of its letters, still unique; and which is which."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from labgen.ground.labplan import LabPlan

NETLAB_NODE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,15}")
NETLAB_VLAN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,15}")
NETLAB_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,15}")
LENGTH = 16
NAME_LENGTH = 32
"""Characters that every device takes in the name of a pool or a VLAN: nokia-types-sros has 1..32, EOS' VLAN names are as long."""
VRF_LENGTH = 15
"""Characters of a VRF's name where it is an interface of Linux."""


def short(name: str, length: int = NAME_LENGTH) -> str:
    """A name cut to a length, with a mark of what it was: two that begin alike stay two."""
    if len(name) <= length:
        return name
    mark = blake2b(name.encode(), digest_size=2).hexdigest()
    return f"{name[: length - len(mark) - 1]}-{mark}"


def shortened(names: Iterable[str], allowed: re.Pattern[str], length: int = LENGTH) -> dict[str, str]:
    """A name for each that is not `allowed`: its beginning and end, told apart by a number where two are alike."""
    known = list(names)
    taken = {name for name in known if allowed.fullmatch(name)}
    found: dict[str, str] = {}
    for name in (name for name in known if name not in taken):
        word = re.sub(r"[^A-Za-z0-9_-]", "_", name)
        word = word if word[0].isalpha() else f"n{word}"
        candidates = [word[:length], f"{word[: length - 5]}_{word[-4:]}"]
        candidates += [f"{word[: length - 4]}_{number}" for number in range(2, 1000)]
        short = next(each for each in candidates if allowed.fullmatch(each) and each not in taken)
        taken.add(short)
        found[name] = short
    return found


def for_netlab(plan: LabPlan) -> dict[str, str]:
    """netlab's names of nodes and segments whose own it refuses."""
    nodes = shortened([node.name for node in plan.nodes], NETLAB_NODE)
    return nodes | shortened([segment.name for segment in plan.segments], NETLAB_VLAN)


def renamed(plan: LabPlan, names: Mapping[str, str]) -> LabPlan:
    """The plan with other names of nodes and segments, wherever they stand."""
    if not names:
        return plan
    return LabPlan.model_validate(_renamed(json.loads(plan.to_json()), names))


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(each, names) for key, each in value.items()}
    return value


def table(names: Mapping[str, str]) -> str:
    """Text of names.txt."""
    width = max(map(len, names))
    head = "# name in the spec and in the lab, and in netlab's topology"
    return "\n".join([head, *(f"{name:{width}}  {short}" for name, short in names.items())]) + "\n"
