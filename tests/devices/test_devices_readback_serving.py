"""What is written for servers is read back and equals the plan: in every scenario, and with whatever a line says otherwise found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from devices_specs import planned

from labgen.devices import readback_serving, registry
from labgen.ground import resources
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.spec.load import load

UNREAD = ["arubacx", "cumulus_nvue", "dellos10", "iosxr", "sros", "vjunos-router", "vjunos-switch", "vyos"]
"""Servers that have no reader yet."""
READ = sorted(
    name
    for name, device in registry.everything().items()
    if Role.SERVER in device.facts.roles and name not in UNREAD and not device.facts.own
)
SPEC = """
name: served
switches: [sw]
segments:
  users: {attach: {sw: [pc1, pc2]}, relay: {servers: [dhcp]}, pool: {lease: 2h}RESERVED}
  guests: {attach: {sw: [pc3]}, relay: {servers: [dhcp]}}
servers: {dhcp: sw}
"""
KEEPS = ", reservations: {pc1: 172.16.0.9}"


def lab(server: str, folder: Path) -> LabPlan:
    """With an address that is kept, where the server can keep one by MAC address."""
    try:
        return planned(SPEC.replace("RESERVED", KEEPS), folder, {"server": server})
    except SpecError:
        return planned(SPEC.replace("RESERVED", ""), folder, {"server": server})


def scenarios(server: str) -> Iterator[LabPlan]:
    for file in sorted(resources.topologies().glob("*.yml")):
        try:
            yield build(load(file.stem, {"server": server}))
        except SpecError:
            continue


@pytest.mark.parametrize("server", UNREAD)
def test_servers_that_nobody_reads_are_named(server: str) -> None:
    plan = next(scenarios(server))
    (found,) = readback_serving.differences(plan, plan.role(Role.SERVER)[0], ["x"])
    assert found == f"nobody reads configurations of server `{server}`"


@pytest.mark.slow
@pytest.mark.parametrize("server", READ)
def test_servers_of_every_scenario_hand_out_what_is_planned(server: str) -> None:
    plans = list(scenarios(server))
    assert plans
    for plan in plans:
        for node in plan.role(Role.SERVER):
            files = readback_serving.texts(plan, node)
            assert readback_serving.differences(plan, node, files) == [], (plan.name, node.name)


@pytest.mark.parametrize("server", READ)
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (r"\b172\.16\.0\.254\b", "172.16.0.250", "172.16.0.0/24 hands out"),
        (r"\b172\.16\.0\.2\b(?!-)", "172.16.0.77", "172.16.0.0/24 "),
        (r"7200|2 hours|lease 0 2|,2h", "MUCH", "172.16.0.0/24 has leases of"),
    ],
    ids=["range", "router", "lease"],
)
def test_a_value_that_is_another_is_found(server: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    plan = lab(server, tmp_path)
    node = plan.node("dhcp")
    files = readback_serving.texts(plan, node)
    assert readback_serving.differences(plan, node, files) == []
    more = {"7200": "720", "2 hours": "3 hours", "lease 0 2": "lease 0 3", ",2h": ",3h"}
    altered = [re.sub(old, lambda match: more.get(match[0], new), text) for text in files]
    if altered == files:
        assert says.endswith("hands out")  # IOS writes what it does not hand out
        return
    assert any(says in each for each in readback_serving.differences(plan, node, altered))


@pytest.mark.parametrize("server", READ)
def test_a_line_of_a_pool_that_is_lost_is_found(server: str, tmp_path: Path) -> None:
    plan = lab(server, tmp_path)
    node = plan.node("dhcp")
    lost = 0
    for number, text in enumerate(files := readback_serving.texts(plan, node)):
        lines = text.splitlines(keepends=True)
        for at, line in enumerate(lines):
            if (
                "172.16.0." in line
                and "option-82" not in line
                and not line.lstrip().startswith(("#", "!", "//"))
            ):
                rest = [*files[:number], "".join(lines[:at] + lines[at + 1 :]), *files[number + 1 :]]
                lost += bool(readback_serving.differences(plan, node, rest))
    assert lost > 1
