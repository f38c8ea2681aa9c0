"""A spec as text: short values in one line, long ones below each other, and what was lost as comments at its head."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labgen.adopt.netlab import topology
from labgen.adopt.netlab.translate import Imported, translate
from labgen.ground import yamldoc
from labgen.ground.errors import PlanError, SpecError
from labgen.render.flow import flow

WIDTH = 110


def imported(file: Path, name: str | None = None) -> Imported:
    """The spec of a netlab topology file. SpecError where it is none, or builds nothing a spec can say."""
    document = yamldoc.read(file)
    found = topology.read(document)
    own = name or str(found.get("name") or file.stem)
    result = translate(found, _name(own))
    if all(_ipv6_only(link) for link in found.links if _dynamic(link)) and any(map(_dynamic, found.links)):
        raise SpecError(
            [
                document.problem(
                    ("links",), "its clients use DHCPv6 alone", "labgen builds and checks IPv4 so far"
                )
            ]
        )
    if not result.data["switches"]:
        raise PlanError(
            [document.problem(("nodes",), "it has no switch or router", "labgen's segments hang on switches")]
        )
    return result


def _name(text: str) -> str:
    """A lab's name: what can be the name of a folder."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:63] or "imported"


def _dynamic(link: topology.TopologyLink) -> bool:
    return any("dhcp" in (end.attributes.get("ipv4"), end.attributes.get("ipv6")) for end in link.ends)


def _ipv6_only(link: topology.TopologyLink) -> bool:
    return not any(end.attributes.get("ipv4") == "dhcp" for end in link.ends)


def text(result: Imported, source: str) -> str:
    """The spec's text."""
    lines = [f"# From the netlab topology {source}."]
    lines += [f"# Not in this spec: {each}." for each in result.lost]
    lines += [f"# Chosen: {each}." for each in result.chosen]
    lines += list(_mapping(result.data, 0))
    return "\n".join(lines) + "\n"


def _mapping(data: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, value in data.items():
        line = f"{indent}{key}: {flow(value)}"
        if (
            isinstance(value, Mapping)
            and value
            and (len(line) > WIDTH or (depth == 0 and key in ("segments", "nodes")))
        ):
            yield f"{indent}{key}:"
            yield from _mapping(value, depth + 1)
        else:
            yield line
