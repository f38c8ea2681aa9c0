"""Files of other tools that people hand to labgen instead of a spec, and what to do with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labgen.ground.errors import Problem, SpecError
from labgen.ground.yamldoc import Document


def refuse(document: Document, file: Path) -> None:
    """SpecError, with the next step, for a topology of netlab or containerlab, and for an intent."""
    if is_containerlab(document.data):
        reason = "this is a containerlab topology: it has nodes and links, and nothing of addresses and DHCP, which a spec says"
        remedy = "write a spec (docs/spec.md), or check the running lab: `labgen intent` and `labgen verify --intent`"
    elif is_intent(document.data):
        reason = "this is an intent, which says what a network that stands already is meant to do"
        remedy = f"`labgen verify --intent {file}` verifies that network"
    elif is_netlab(document.data):
        reason = "this is a netlab topology, not a spec"
        remedy = f"`labgen import {file} -o spec.yml` makes a spec that builds the same network"
    else:
        return
    raise SpecError([Problem(reason, remedy, file, 1)])


def is_netlab(data: Any) -> bool:
    """True if a YAML file looks like a netlab topology: nodes or links, and none of what makes a spec."""
    if not isinstance(data, Mapping) or {"segments", "switches", "servers", "generate", "topology"} & set(
        data
    ):
        return False
    links = data.get("links")
    return "nodes" in data or (isinstance(links, list) and any(isinstance(each, dict) for each in links))


def is_intent(data: Any) -> bool:
    """True if a YAML file looks like an intent: nodes that say their role, and segments."""
    nodes = data.get("nodes") if isinstance(data, Mapping) else None
    roles = (
        [isinstance(each, Mapping) and "role" in each for each in nodes.values()]
        if isinstance(nodes, Mapping)
        else []
    )
    return (
        isinstance(data, Mapping)
        and "segments" in data
        and "switches" not in data
        and bool(roles)
        and all(roles)
    )


def is_containerlab(data: Any) -> bool:
    """True if a document is a containerlab topology."""
    topology = data.get("topology") if isinstance(data, Mapping) else None
    return isinstance(topology, Mapping) and "nodes" in topology
