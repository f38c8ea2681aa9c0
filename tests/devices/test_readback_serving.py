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

from labgen.devices import readback_serving, registry
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
            files = readback_serving.texts(plan, node)
            assert readback_serving.differences(plan, node, files) == [], (plan.name, node.name)


@pytest.mark.parametrize("server", serving_specs.servers())
def test_what_is_asked_of_a_server_is_read_back_or_refused(server: str, tmp_path: Path) -> None:
    """Every option, time, range and reservation; what a device cannot do, it refuses, and everything can serve a segment."""
    done = set()
    for what, plan in serving_specs.plans(server, tmp_path):
        node = plan.node("dhcp")
        assert readback_serving.differences(plan, node, readback_serving.texts(plan, node)) == [], what
        done.add(what)
    assert {"plain", "a lease time", "ranges", "no router"} <= done


@pytest.mark.parametrize(
    ("server", "what", "old", "new", "says"),
    [
        ("vjunos-router", "DNS servers", "10.9.9.10;", "10.9.9.11;", "has option 6 of 0a0909090a09090b, planned 10.9.9.9, 10.9.9.10"),
        ("vjunos-router", "kept by MAC address", "ip-address 172.16.0.9;", "ip-address 172.16.0.8;", "keeps 172.16.0.8 for"),
        ("vyos", "named options", "option ntp-server 10.1.1.1", "option ntp-server 10.1.1.2", "has option 42 of 0a010102"),
        ("vyos", "plain", "listen-address 10.0.0.1", "listen-address 10.0.0.9", "10.0.0.1 is not listened to"),
        ("vyos:1.4", "plain", "default-router 172.16.0.2", "default-router 172.16.0.3", "has router 172.16.0.3"),
        ("arubacx", "options by code", "option 67 hex 7078652e30", "option 67 hex 7078652e31", "has option 67 of 7078652e31"),
        ("arubacx", "plain", "    enable\n", "", "is not served"),
        ("iosxr", "named options", "option 15 hex 6578616d706c652e6e6574\n", "", "has option 15 of nothing"),
        ("iosxr", "plain", "server profile", "relay profile", "is not served"),
        ("sros", "a lease time", "max-lease-time: 7200", "max-lease-time: 7201", "has leases of 7201 s"),
        ("sros", "plain", "   local-dhcp-server: labgen", "   admin-state: enable", "is not served"),
        ("dellos10", "plain", " no disable\n", "", "is not served"),
        ("cumulus_nvue", "DNS servers", "'10.9.9.10': {}", "'10.9.9.12': {}", "has option 6 of 0a0909090a09090c"),
        ("cumulus_nvue:5.15", "DNS and domain", "example.net", "example.org", "has option 15"),
        ("iol", "named options", "domain-name example.net", "domain-name example.org", "has option 15 of example.org"),
        ("eos", "DNS servers", "dns server 10.9.9.9 10.9.9.10", "dns server 10.9.9.9", "has option 6 of 10.9.9.9"),
        ("kea", "T1 and T2", '"renew-timer": 1200', '"renew-timer": 1201', "has T1 and T2 of (1201, 3600) s"),
        ("kea", "bounds of what clients ask for", '"max-valid-lifetime": 14400', '"max-valid-lifetime": 14401', "grants 3600 s to 14401 s"),
        ("isc-dhcpd", "kept by identifiers", "61:62:63", "61:62:64", "172.16.0.9 for client-id 61:62:64, planned"),
        ("isc-dhcpd", "named options", "ntp-servers 10.1.1.1", "ntp-servers 10.1.1.2", "has option 42 of 10.1.1.2"),
        ("dnsmasq", "T1 and T2", "option:T2,3600", "option:T2,3601", "has T1 and T2 of (1200, 3601) s"),
        ("dnsmasq", "options by code", "150,10.9.9.9", "150,10.9.9.8", "has option 150 of 10.9.9.8"),
    ],
)  # fmt: skip
def test_what_a_server_says_otherwise_is_found(
    server: str, what: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    plan = dict(serving_specs.plans(server, tmp_path))[what]
    node = plan.node("dhcp")
    files = readback_serving.texts(plan, node)
    assert any(old in text for text in files)
    found = readback_serving.differences(plan, node, [text.replace(old, new) for text in files])
    assert any(says in each for each in found), found


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
        (r"\b172\.16\.0\.254\b", "172.16.0.250", "172.16.0.0/24 hands out"),
        (r"\b172\.16\.0\.2\b(?!-)", "172.16.0.77", "172.16.0.0/24 "),
        (r"7200|2 hours|lease 0 2|lease 00:02|,2h", "MUCH", "172.16.0.0/24 has leases of"),
    ],
    ids=["range", "router", "lease"],
)
def test_a_value_that_is_another_is_found(server: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    plan = lab(server, tmp_path)
    node = plan.node("dhcp")
    files = readback_serving.texts(plan, node)
    assert readback_serving.differences(plan, node, files) == []
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
                lost += readback_losses.served_otherwise(plan, node, rest)
    assert lost > 1
