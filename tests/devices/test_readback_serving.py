"""What is written for servers is read back and equals the plan: in every scenario, and with whatever a line says otherwise found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import readback_losses
import serving_specs
from devices_specs import planned
from serving_faults import PLANTED

from labgen.devices import registry
from labgen.devices.readback import servers
from labgen.ground import resources
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.spec.load import load

READ = sorted(
    name
    for name, device in registry.everything().items()
    if Role.SERVER in device.facts.roles and not device.facts.own
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
    """With an address that is kept, where the server can keep one by MAC address, and two segments, where it serves more than one."""
    for text in (SPEC.replace("RESERVED", KEEPS), SPEC.replace("RESERVED", "")):
        with suppress(SpecError):
            return planned(text, folder, {"server": server})
    one = "".join(line for line in SPEC.splitlines(keepends=True) if "guests" not in line)
    return planned(one.replace("RESERVED", ""), folder, {"server": server})


def scenarios(server: str) -> Iterator[LabPlan]:
    for file in sorted(resources.topologies().glob("*.yml")):
        try:
            yield build(load(file.stem, {"server": server}))
        except SpecError:
            continue


@pytest.mark.slow
@pytest.mark.parametrize("server", READ)
def test_servers_of_every_scenario_hand_out_what_is_planned(server: str) -> None:
    plans = list(scenarios(server))
    assert plans
    for plan in plans:
        for node in plan.role(Role.SERVER):
            files = servers.texts(plan, node)
            assert servers.differences(plan, node, files) == [], (plan.name, node.name)


@pytest.mark.parametrize("server", serving_specs.servers())
def test_what_is_asked_of_a_server_is_read_back_or_refused(server: str, tmp_path: Path) -> None:
    """Every option, time, range and reservation; what a device cannot do, it refuses, and everything can serve a segment."""
    done = set()
    for what, plan in serving_specs.plans(server, tmp_path):
        node = plan.node("dhcp")
        assert servers.differences(plan, node, servers.texts(plan, node)) == [], what
        done.add(what)
    assert {"plain", "a lease time", "ranges", "no router"} <= done


@pytest.mark.slow
def test_everything_that_is_asked_is_built_by_some_server(tmp_path: Path) -> None:
    """A spec that every server refuses would be read back of none. Bounds are Kea's and dhcpd's, a lease without an end is not dhcpd's."""
    built = {
        name: {what for what, _ in serving_specs.plans(name, tmp_path)}
        for name in ("kea", "isc-dhcpd", "dnsmasq")
    }
    assert built["kea"] == set(serving_specs.SPECS)
    assert built["isc-dhcpd"] == set(serving_specs.SPECS) - {"a lease without an end"}
    bounded = {"bounds of what clients ask for", "a class and bounds", "a lease that a client asks for"}
    assert built["dnsmasq"] == set(serving_specs.SPECS) - bounded


@pytest.mark.parametrize(("server", "what", "old", "new", "says"), PLANTED)
def test_what_a_server_says_otherwise_is_found(
    server: str, what: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    plan = serving_specs.plan(server, what, tmp_path)
    node = plan.node("dhcp")
    files = servers.texts(plan, node)
    assert any(old in text for text in files)
    found = servers.differences(plan, node, [text.replace(old, new) for text in files])
    said = re.compile(re.escape(says).replace(re.escape(" ... "), ".* "))
    assert any(said.search(each) for each in found), found


@pytest.mark.slow
def test_lines_of_servers_that_could_be_lost_unnoticed_are_those_that_are_listed() -> None:
    listed = readback_losses.SERVING.read_text()
    assert readback_losses.serving_table() == listed, (
        "run: python tests/devices/readback_losses.py, and read the diff"
    )
    assert readback_losses.UNEXPLAINED not in listed


@pytest.mark.parametrize("server", READ)
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (r"\b172\.16\.0\.254\b", "172.16.0.250", r"172\.16\.0\.0/24 hands out"),
        (r"\b172\.16\.0\.2\b(?!-)", "172.16.0.77", r"172\.16\.0\.0/24 "),
        (r"7200|2 hours|lease 0 2|lease 00:02|,2h", "MUCH", r"172\.16\.0\.0/24 (has leases|gets a lease) of"),
    ],
    ids=["range", "router", "lease"],
)
def test_a_value_that_is_another_is_found(server: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    plan = lab(server, tmp_path)
    node = plan.node("dhcp")
    files = servers.texts(plan, node)
    assert servers.differences(plan, node, files) == []
    more = {
        "7200": "720",
        "2 hours": "3 hours",
        "lease 0 2": "lease 0 3",
        "lease 00:02": "lease 00:03",
        ",2h": ",3h",
    }
    altered = [re.sub(old, lambda match: more.get(match[0], new), text) for text in files]
    if altered == files:
        assert says.endswith("hands out")  # IOS writes what it does not hand out
        return
    assert any(re.search(says, each) for each in servers.differences(plan, node, altered))


@pytest.mark.parametrize("server", READ)
def test_a_line_of_a_pool_that_is_lost_is_found(server: str, tmp_path: Path) -> None:
    plan = lab(server, tmp_path)
    node = plan.node("dhcp")
    lost = 0
    for number, text in enumerate(files := servers.texts(plan, node)):
        lines = text.splitlines(keepends=True)
        for at, line in enumerate(lines):
            if (
                "172.16.0." in line
                and "option-82" not in line
                and not line.lstrip().startswith(("#", "!", "//"))
            ):
                rest = [*files[:number], "".join(lines[:at] + lines[at + 1 :]), *files[number + 1 :]]
                lost += readback_losses.served_otherwise(plan, node, rest)
    assert lost > 1
