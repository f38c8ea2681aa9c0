"""The run's folder: raw outputs and captures, kept so that every proof can be looked up."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labgen.collect.output import Output
from labgen.devices.observed import Raw
from labgen.verify.evidence import KeptFile


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

    def read(self, files: Iterable[KeptFile]) -> tuple[dict[str, dict[str, Raw]], dict[str, str]]:
        """The outputs that `keep` wrote, by node and probe name; and, as `node/probe`, why a file cannot be read or is shorter than it
        was."""
        found: dict[str, dict[str, Raw]] = {}
        failed: dict[str, str] = {}
        for kept in files:
            try:
                with (self.folder / kept.file).open("rb") as stream:
                    octets = stream.read(min(kept.octets, os.fstat(stream.fileno()).st_size))
            except OSError as error:
                failed[f"{kept.node}/{kept.probe}"] = f"{kept.file}: {error.strerror}"
                continue
            if len(octets) < kept.octets:
                failed[f"{kept.node}/{kept.probe}"] = (
                    f"{kept.file}: {len(octets)} of {kept.octets} octets are left"
                )
                continue
            text = octets.decode("utf-8", "replace")
            found.setdefault(kept.node, {})[kept.probe] = Raw(text, kept.file, kept.at)
        return found, failed


def kept(raw: Mapping[str, Mapping[str, Raw]]) -> tuple[KeptFile, ...]:
    """The paths of raw outputs, to find them again."""
    return tuple(
        KeptFile(node=node, probe=probe, file=each.file, octets=len(each.text.encode()), at=each.at)
        for node, own in raw.items()
        for probe, each in own.items()
    )


def _place(base: Path, name: str, text: str) -> Path:
    """`<name>.txt`; a numbered one where an earlier output is not simply continued, so that no proof loses its line."""
    file, number = base / f"{name}.txt", 1
    while file.exists() and not text.encode().startswith(file.read_bytes()):
        number += 1
        file = base / f"{name}.{number}.txt"
    return file


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
