"""Every scenario with every device in every role it can have: a lab folder, or the refusal that `refused.txt` has for it."""

from __future__ import annotations

import pytest
import yaml
from members import some
from render_refusals import DEVICES, SCENARIOS, pinned, reasons

from labgen.ground.errors import SpecError
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PINNED = pinned()
KEPT = (
    "relay",
    "vrf-relay-loopback",
    "evpn-redundant-server",
    "overlapping-vrfs",
    "leaf-spine",
    "unnumbered-lan",
)
ALL_VENDORS = {"switch": "eos", "server": "csr", "client": "iosv"}


@pytest.mark.slow
@pytest.mark.parametrize(("role", "device"), DEVICES, ids=[f"{device}-as-{role}" for role, device in DEVICES])
@pytest.mark.parametrize("scenario", some(SCENARIOS, *KEPT))
def test_combination_is_built_or_refused_for_the_pinned_reasons(
    scenario: str, role: str, device: str
) -> None:
    refused = PINNED.get((device, role, scenario))
    try:
        plan = build(load.load(scenario, {role: device}))
    except SpecError as error:
        assert reasons(error, device) == refused
        return
    assert refused is None, "it is built now: run tests/render/render_refusals.py and read the diff"
    texts = {artifact.path: artifact.text for artifact in folder.artifacts(plan)}
    for name in ("topology.yml", "clab.yml"):
        assert yaml.load(texts[name], Loader=LOADER)
    for node in plan.nodes:
        if node.device == device and (node.relays or node.server or node.client):
            assert any(path.startswith(f"config/{node.name}/") for path in texts), node.name


@pytest.mark.parametrize(
    "scenario",
    ["relay", "vrf-relay", "vxlan-relay", "evpn-relay", "vxlan-redundant-server", "evpn-redundant-server"],
)
def test_the_labs_of_the_series_are_built_for_their_own_devices(scenario: str) -> None:
    """With the switches, servers and clients the series used; iosv is the switch where there is no fabric."""
    switch = "eos" if "vxlan" in scenario or "evpn" in scenario else "iosv"
    plan = build(load.load(scenario, ALL_VENDORS | {"switch": switch}))
    assert {node.device for node in plan.nodes} == {switch, "csr", "iosv"}


@pytest.mark.parametrize("scenario", ["relay", "evpn-redundant-server"])
@pytest.mark.parametrize("devices", [{}, ALL_VENDORS], ids=["open", "vendors"])
def test_the_same_plan_gives_the_same_octets(scenario: str, devices: dict[str, str]) -> None:
    first, second = (folder.artifacts(build(load.load(scenario, devices))) for _ in range(2))
    assert first == second


def test_every_refusal_says_who_says_so() -> None:
    """A device's own word, its model's or its manual's: what is labgen's doing alone is written instead."""
    unsaid = {reason for reasons in pinned().values() for reason in reasons if ", says " not in reason}
    assert unsaid == set()
    assert len(pinned()) > 100


def test_the_table_of_refusals_names_what_there_is() -> None:
    known = {(device, role, scenario) for role, device in DEVICES for scenario in SCENARIOS}
    assert set(PINNED) <= known
    assert len(PINNED) > 200
