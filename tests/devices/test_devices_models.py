"""Every line labgen renders for these devices was looked up in the vendor's own model, and no model contradicts one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from devices_lines import SOURCES, lines, shape
from devices_models import RESULTS, controls, walk

MODELS = os.environ.get("LABGEN_MODELS")
UNKNOWN = {
    "cat8000v": {
        "interface GigabitEthernet * ip helper-address global *",
        "ip dhcp excluded-address *",
        "ip dhcp excluded-address vrf * *",
    },
    "iosxr": {
        "dhcp ipv4 profile * relay helper-address vrf * *",
        "dhcp ipv4 profile * relay helper-address vrf * * giaddr *",
        "dhcp ipv4 profile * server default-router *",
        "dhcp ipv4 profile * server lease * * *",
        "interface *",
        "interface * ipv4 address * *",
        "interface * ipv4 address dhcp",
        "interface * l2transport",
        "interface * l2transport encapsulation dot1q *",
        "interface * l2transport rewrite ingress tag pop * symmetric",
        "interface * no ipv4 address",
        "interface * no shutdown",
        "pool vrf * ipv4 *",
        "pool vrf * ipv4 * address-range * *",
        "router ospf *",
        "router ospf * area *",
        "router ospf * area * interface *",
        "router ospf * area * interface * passive enable",
    },
}
"""Lines that the walk finds in no model: the model has them in another shape than the command line."""


def results() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RESULTS.read_text())
    return found


@pytest.mark.parametrize("device", SOURCES)
def test_every_rendered_line_was_looked_up(device: str) -> None:
    known = results()[device]["lines"]
    rendered = {role: {" ".join(shape(words)) for words in told} for role, told in lines(device).items()}
    assert rendered == {role: set(told) for role, told in known.items()}, (
        "fetch the models with scripts/models.sh, run tests/devices/devices_models.py, and read the diff"
    )


@pytest.mark.parametrize("device", SOURCES)
def test_no_model_contradicts_a_line(device: str) -> None:
    told = [item for each in results()[device]["lines"].values() for item in each.items()]
    assert [line for line, verdict in told if verdict == "contradicted"] == []
    assert {line for line, verdict in told if verdict == "unknown"} == UNKNOWN.get(device, set())
    assert any(verdict == "confirmed" for _, verdict in told)


@pytest.mark.parametrize("device", SOURCES)
def test_lines_that_no_release_has_were_not_confirmed(device: str) -> None:
    """Without this a walk that takes anything would pass."""
    assert "confirmed" not in results()[device]["controls"].values()


@pytest.mark.parametrize("device", SOURCES)
def test_the_walk_says_the_same_again(device: str) -> None:
    if not MODELS:
        pytest.skip("no models: fetch them with scripts/models.sh FOLDER and set LABGEN_MODELS=FOLDER")
    known = results()[device]
    assert walk(device, Path(MODELS)) == known["lines"]
    assert controls(device, Path(MODELS)) == known["controls"]
