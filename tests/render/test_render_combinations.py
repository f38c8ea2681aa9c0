"""Every scenario with every device in every role it can have: a lab folder, or an error that says what to use instead."""

from __future__ import annotations

import pytest
import yaml

from labgen.devices import registry
from labgen.ground import resources
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SCENARIOS = sorted(path.stem for path in resources.topologies().glob("*.yml"))
DEVICES = [
    (role, name) for name, device in registry.everything().items() for role in sorted(device.facts.roles)
]
ALL_VENDORS = {"switch": "eos", "server": "csr", "client": "iosv"}


def attempt(scenario: str, devices: dict[str, str]) -> LabPlan | None:
    """The plan, or None where it was refused with a way out."""
    try:
        return build(load.load(scenario, devices))
    except SpecError as error:
        assert all(problem.remedy for problem in error.problems)
        return None


@pytest.mark.parametrize(("role", "device"), DEVICES, ids=[f"{device}-as-{role}" for role, device in DEVICES])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_combination_is_built_or_refused_with_a_remedy(scenario: str, role: Role, device: str) -> None:
    plan = attempt(scenario, {role.value: device})
    if plan is None:
        return
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
    assert attempt(scenario, ALL_VENDORS | {"switch": switch}) is not None


@pytest.mark.parametrize("scenario", ["relay", "evpn-redundant-server"])
@pytest.mark.parametrize("devices", [{}, ALL_VENDORS], ids=["open", "vendors"])
def test_the_same_plan_gives_the_same_octets(scenario: str, devices: dict[str, str]) -> None:
    first, second = (folder.artifacts(build(load.load(scenario, devices))) for _ in range(2))
    assert first == second
