"""The containers that containerlab has deployed on an engine, whoever told it to: labgen, netlab, or the user by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labgen.lab.containers.engine import Engine

LAB, TOPOLOGY, NODE = "containerlab", "clab-topo-file", "clab-node-name"
"""Labels containerlab puts on every container."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The containers of one topology file. `containers` are names by node; `running` says whether any of them runs;
    `started` is when the first one was made, in seconds since the epoch."""

    lab: str
    topology: Path
    containers: Mapping[str, str]
    running: bool
    started: float


def deployments(engine: Engine) -> tuple[Deployment, ...]:
    """Every deployment of an engine, stopped containers included."""
    ids = engine.run("ps", "-aq", "--no-trunc", "--filter", f"label={LAB}").stdout.decode().split()
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in engine.inspect("container", ids):
        labels = entry["Config"].get("Labels") or {}
        if LAB in labels:
            found.setdefault((labels[LAB], labels.get(TOPOLOGY, "")), []).append(entry)
    return tuple(_deployment(lab, Path(file), entries) for (lab, file), entries in found.items())


def _deployment(lab: str, topology: Path, entries: Sequence[dict[str, Any]]) -> Deployment:
    return Deployment(
        lab,
        topology,
        {str(entry["Config"]["Labels"].get(NODE)): str(entry["Name"]).lstrip("/") for entry in entries},
        any(entry["State"].get("Running") for entry in entries),
        min(_seconds(str(entry.get("Created", ""))) for entry in entries),
    )


def _seconds(stamp: str) -> float:
    """Docker's time stamps have nanoseconds, which Python's reader does not take; 0 where it is something else."""
    try:
        return datetime.fromisoformat(stamp[:19] + "+00:00").timestamp()
    except ValueError:
        return 0.0
