"""What topology.yml has no words for is told before netlab starts a lab that would not be the spec's."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from labgen.cli.main import cli
from labgen.ground.errors import UsageError
from labgen.plan.build import build
from labgen.render import netlab
from labgen.spec import load

SPEC = """
name: beyond
switches: [b1]
vrfs: {users: {}}
segments:
  a: {SEGMENT attach: {b1: [pc1]}, relay: {servers: [s1], options: [circuit-id]}}
EXTERNALS
servers: {s1: b1}
"""
OUTSIDE = "externals: {fw1: {attach: {b1: {address: 10.8.0.1/30}}, reaches: [10.9.9.0/24]}}"


def file(folder: Path, segment: str = "", externals: str = "") -> str:
    path = folder / "beyond.yml"
    path.write_text(SPEC.replace("SEGMENT", segment).replace("EXTERNALS", externals))
    return str(path)


@pytest.mark.parametrize(
    ("segment", "externals", "told"),
    [
        ("", "", ""),
        ("prefix: 10.1.1.0/24, secondary: [10.1.2.0/24],", "", "secondary subnets"),
        ("", OUTSIDE, "routers beyond the fabric"),
    ],
    ids=["nothing", "secondary", "external"],
)
def test_what_netlab_would_leave_out_is_known(
    segment: str, externals: str, told: str, tmp_path: Path
) -> None:
    assert netlab.beyond(build(load.load(file(tmp_path, segment, externals)))) == told


def test_such_a_lab_is_not_started_by_netlab(tmp_path: Path) -> None:
    lab = str(tmp_path / "lab")
    result = CliRunner().invoke(cli, ["up", file(tmp_path, "", OUTSIDE), "--provider", "netlab", "-o", lab])
    assert isinstance(result.exception, UsageError)
    assert result.exception.exit_code == 2
    assert "topology.yml has no words for routers beyond the fabric" in str(result.exception)
