"""The run's folder: raw outputs and captures, kept so that every proof can be looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labgen.collect.session import Output
from labgen.devices.observed import Raw


@dataclass(frozen=True, slots=True)
class Store:
    """`folder` is `runs/<UTC time>-<playbooks>`; paths in proofs are relative to it."""

    folder: Path

    @property
    def captures(self) -> Path:
        return self.folder / "captures"

    def keep(self, outputs: Iterable[Output]) -> dict[str, dict[str, Raw]]:
        """Write what was collected; by node and probe name. Failed probes are kept as `.error.txt` and left out."""
        found: dict[str, dict[str, Raw]] = {}
        for output in outputs:
            own = found.setdefault(output.node, {})
            name = re.sub(r"[^A-Za-z0-9._-]+", "-", output.probe.name)
            base = self.folder / "raw" / output.node
            if output.error:
                _write(base / f"{name}.error.txt", output.error + "\n")
                continue
            file = _place(base, name, output.text)
            _write(file, output.text)
            own[output.probe.name] = Raw(output.text, str(file.relative_to(self.folder)), output.at)
        return found


def _place(base: Path, name: str, text: str) -> Path:
    """`<name>.txt`; a numbered one where an earlier output is not simply continued, so that no proof loses its line."""
    file, number = base / f"{name}.txt", 1
    while file.exists() and not text.startswith(file.read_text(encoding="utf-8")):
        number += 1
        file = base / f"{name}.{number}.txt"
    return file


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
