"""Verdicts for tests: of the flagship scenario's plan, and read back from verdict.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from labgen.dhcp.jsonform import Json, as_list, as_mapping
from labgen.dhcp.model import Binding, Exchange, Finding
from labgen.verify.judgement import Judgement, Outcome, Proof, Witness
from labgen.verify.verdict import CheckResult, Verdict


def read(path: Path) -> Verdict:
    """The verdict that a run wrote."""
    data = as_mapping(json.loads(path.read_text()))
    return Verdict(
        lab=str(data["lab"]),
        scenario=str(data["scenario"]),
        provider=str(data["provider"]),
        devices={name: str(device) for name, device in as_mapping(data["devices"]).items()},
        planned=int(str(data["planned"])),
        checks=tuple(_check(as_mapping(item)) for item in as_list(data["checks"])),
        bindings=tuple(Binding.from_json(as_mapping(item)) for item in as_list(data["bindings"])),
        exchanges=tuple(Exchange.from_json(as_mapping(item)) for item in as_list(data["exchanges"])),
        findings=tuple(Finding.from_json(as_mapping(item)) for item in as_list(data["findings"])),
        timings={name: float(str(value)) for name, value in as_mapping(data["timings"]).items()},
        folder=str(data["folder"]),
    )


def _check(data: Mapping[str, Json]) -> CheckResult:
    return CheckResult(
        id=str(data["id"]),
        title=str(data["title"]),
        playbook=str(data["playbook"]),
        step=str(data["step"]),
        reference=str(data["reference"]),
        judgement=Judgement(
            Outcome(str(data["outcome"])),
            str(data["expected"]),
            str(data["observed"]),
            str(data["hint"]),
            tuple(_proof(as_mapping(item)) for item in as_list(data["evidence"])),
        ),
    )


def _proof(data: Mapping[str, Json]) -> Proof:
    line, frame, file = data.get("line"), data.get("frame"), data.get("file")
    return Proof(
        Witness(str(data["witness"])),
        str(data["node"]),
        None if file is None else str(file),
        None if line is None else int(str(line)),
        None if frame is None else int(str(frame)),
    )
