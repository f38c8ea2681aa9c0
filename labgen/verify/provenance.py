"""The origin of a run: who made it, with what, on what, from what; and the digest of its files."""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from labgen import __version__
from labgen.devices import registry
from labgen.ground.errors import LabgenError
from labgen.ground.labplan import LabPlan
from labgen.ground.packages import installed
from labgen.lab.provider import Lab, Versioned

FOLDERS = ("captures", "raw")
"""What is evidence in a run's folder; everything else is made from it."""


class Provenance(BaseModel):
    """The origin of a run: who made it, with what, on what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labgen: str
    """release of labgen"""
    python: str
    """release of Python"""
    kernel: str
    """kernel and its release"""
    machine: str
    """architecture"""
    system: str
    """operating system"""
    processors: int
    """number of processors"""
    memory: int
    """MiB"""
    provider: str
    """what ran the lab"""
    vrfs: str
    """how VRFs were made"""
    command: str
    """the command line"""
    lab: str
    """name of the lab"""
    started: str
    """UTC, ISO 8601"""
    daemons: Mapping[str, str] = {}
    """versions of Debian packages or images, by name"""
    plan: str = ""
    """SHA-256 of plan.json"""
    evidence: str = ""
    """SHA-256 over names and contents below captures and raw"""

    def of(self, folder: Path) -> Self:
        """The same, with the digest of the evidence that is in a run's folder now."""
        return self.model_copy(update={"evidence": digest(folder)})

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Labels and values, for people."""
        versions = ", ".join(f"{name} {version}" for name, version in self.daemons.items())
        found = (
            ("command", self.command),
            ("started", self.started),
            ("labgen", f"{self.labgen} on Python {self.python}"),
            ("daemons" if self.provider == "embedded" else "images", versions),
            ("kernel", f"{self.kernel} {self.machine}"),
            ("host", f"{self.system}, {self.processors} processors, {self.memory} MiB"),
            ("lab", f"{self.lab} ({self.provider}, VRFs by {self.vrfs})"),
            ("plan", f"sha256 {self.plan}"),
            ("evidence", f"sha256 {self.evidence}"),
        )
        return tuple((label, value) for label, value in found if value not in ("", "sha256 "))


def gather(lab: Lab, provider: str, vrfs: str, moment: float) -> Provenance:
    """The facts that can be told before a run. `moment` is its start in seconds since the epoch."""
    plan = lab.plan
    return Provenance(
        labgen=__version__,
        python=platform.python_version(),
        kernel=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        system=_system(),
        processors=os.cpu_count() or 1,
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
        provider=provider,
        vrfs=vrfs,
        command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        lab=plan.name,
        started=datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds"),
        daemons=_daemons(plan) if provider == "embedded" else _images(lab),
        plan=hashlib.sha256(plan.to_json().encode()).hexdigest(),
    )


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _daemons(plan: LabPlan) -> dict[str, str]:
    """Versions of what the nodes of an embedded lab run."""
    devices = {node.device for node in plan.nodes}
    packages = {package for name in devices for package in registry.get(name).facts.packages}
    return dict(sorted(installed(packages).items()))


def _images(lab: Lab) -> Mapping[str, str]:
    """Images of a lab's nodes; none where nobody can tell."""
    try:
        return lab.versions() if isinstance(lab, Versioned) else {}
    except (LabgenError, OSError, KeyError, ValueError):
        return {}


def digest(folder: Path) -> str:
    """SHA-256 over names and contents of a run's evidence; empty where there is none."""
    files = sorted(_files(folder))
    if not files:
        return ""
    whole = hashlib.sha256()
    for name, path in files:
        whole.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _files(folder: Path) -> Iterable[tuple[str, Path]]:
    for name in FOLDERS:
        for path in (folder / name).rglob("*"):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path
