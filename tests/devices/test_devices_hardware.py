"""MAC addresses that ports really have, as every device tells them before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import devices_texts as texts
import pytest
from devices_specs import EVPN, ONE_VRF, ROUTED, planned
from devices_vendors import ANSWERS, case, transcript
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labgen.devices import readers, registry
from labgen.devices.base import Probe
from labgen.devices.hardware import octets
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role

REFUSAL = "% Invalid input: nonsense\n"
EXPECTED: dict[str, dict[str, str]] = {
    "srlinux-switch": {
        "ethernet-1/1": "1a:2b:01:ff:00:01",
        "ethernet-1/2": "1a:2b:01:ff:00:02",
        "ethernet-1/3": "1a:2b:01:ff:00:03",
        "irb0.1000": "1a:2b:01:ff:00:41",
    },
    "srlinux-client": {"ethernet-1/1": "1a:2b:03:ff:00:01"},
    "sros-switch": {
        "eth-1/1/c1": "0c:00:5a:00:02:01",
        "eth-1/1/c2": "0c:00:5a:00:02:02",
        "svi.1000": "0c:00:5a:00:02:00",
    },
    "sros-server": {"eth-1/1/c1": "0c:00:5a:00:01:01"},
    "sros-client": {"eth-1/1/c1": "0c:00:5a:00:03:01"},
    "junos-switch": {
        "ge-0/0/0.0": "2c:6b:f5:00:02:00",
        "ge-0/0/1.0": "2c:6b:f5:00:02:01",
        "ge-0/0/2.0": "2c:6b:f5:00:02:02",
        "irb.1000": "2c:6b:f5:00:02:f0",
    },
    "junos-server": {"ge-0/0/0.0": "2c:6b:f5:00:01:00"},
    "junos-client": {"ge-0/0/0.0": "2c:6b:f5:00:03:00"},
    "nxos-switch": {
        "mgmt0": "52:00:00:00:02:00",
        "Ethernet1/1": "52:00:0a:00:02:07",
        "Ethernet1/2": "52:00:0a:00:02:07",
        "Ethernet1/3": "52:00:0a:00:02:03",
        "vlan1000": "52:00:0a:00:02:07",
    },
    "iosxr-switch": {
        "MgmtEth0/RP0/CPU0/0": "02:42:ac:14:14:04",
        "GigabitEthernet0/0/0/0": "02:fe:08:02:00:00",
        "GigabitEthernet0/0/0/1": "02:fe:08:02:00:01",
        "BVI1000": "02:fe:08:02:00:f0",
    },
    "iosxr-server": {"GigabitEthernet0/0/0/0": "02:fe:08:01:00:00"},
    "iosxr-client": {"GigabitEthernet0/0/0/0": "02:fe:08:03:00:00"},
}


def macs(observed: Observed) -> dict[str, str]:
    return {found.interface: found.mac for found in observed.hardware}


def asked(plan: LabPlan, node: NodePlan) -> tuple[Probe, ...]:
    return tuple(probe for probe in readers.get(node.device).probes(node) if probe.early)


def observed(plan: LabPlan, node: NodePlan, answers: Mapping[str, str]) -> Observed:
    """What the early probes find in these answers by command, and nothing else."""
    raw = {p.name: Raw(answers[p.text], f"raw/{p.name}.txt") for p in asked(plan, node) if p.text in answers}
    return readers.get(node.device).observe(node, raw)


@pytest.mark.parametrize("name", EXPECTED)
def test_early_answers_alone_tell_the_addresses_of_all_ports(name: str, tmp_path: Path) -> None:
    vendor = case(name, tmp_path)
    facts = observed(vendor.plan, vendor.node, vendor.answers)
    assert facts.problems == ()
    assert macs(facts) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_ports_that_send_are_called_as_the_plan_calls_them(name: str, tmp_path: Path) -> None:
    vendor = case(name, tmp_path)
    routed = {port.name for port in vendor.node.interfaces if port.kind != "access"}
    assert routed <= set(macs(vendor.observe()))


@pytest.mark.parametrize(
    ("device", "text", "expected"),
    [
        pytest.param(
            "arubacx",
            texts.CX_INTERFACES,
            {"1/1/1": "08:00:09:aa:02:00", "1/1/3": "08:00:09:aa:02:03", "vlan1000": "08:00:09:aa:02:00"},
            id="AOS-CX",
        ),
        pytest.param(
            "dellos10",
            texts.OS10_INTERFACES,
            {
                "ethernet1/1/1": "0c:59:02:00:02:11",
                "ethernet1/1/3": "0c:59:02:00:02:03",
                "virtual-network1000": "0c:59:02:00:02:f1",
            },
            id="OS10",
        ),
    ],
)
def test_switch_tells_the_addresses_in_use(
    device: str, text: str, expected: dict[str, str], tmp_path: Path
) -> None:
    plan = planned(EVPN, tmp_path, {"switch": device})
    node = plan.node("sw1")
    facts = observed(plan, node, {probe.text: text for probe in asked(plan, node)})
    assert facts.problems == ()
    assert macs(facts) == expected


@pytest.mark.parametrize(
    ("device", "spec", "node"),
    [("cumulus_nvue", ONE_VRF, "sw1"), ("vyos", ONE_VRF, "sw1"), ("sonic", ROUTED, "relay")],
)
def test_kernel_of_a_linux_switch_calls_ports_as_the_plan_does(
    device: str, spec: str, node: str, tmp_path: Path
) -> None:
    plan = planned(spec, tmp_path, {"switch": device})
    switch = plan.node(node)
    kernel = {port.name: f"02:00:00:00:00:{number:02x}" for number, port in enumerate(switch.interfaces)}
    facts = observed(plan, switch, {probe.text: texts.ip_link(**kernel) for probe in asked(plan, switch)})
    assert macs(facts) == kernel
    assert all(name.startswith(("swp", "vlan", "eth", "br0.", "Ethernet")) for name in kernel)


def test_sonic_relays_from_the_vlan_made_of_the_port(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": "sonic"})
    switch = plan.node("relay")
    relaying = switch.relays[0].interface
    link = texts.ip_link(**{"Vlan1001": "02:00:00:00:00:20", relaying: "02:00:00:00:00:04"})
    facts = observed(plan, switch, {probe.text: link for probe in asked(plan, switch)})
    assert macs(facts)[relaying] == "02:00:00:00:00:20"


@pytest.mark.parametrize(
    "printed", ["0C:00:5E:0A:01:FF", "0c-00-5e-0a-01-ff", "0c00.5e0a.01ff", " 0C00.5E0A.01FF\n"]
)
def test_every_notation_becomes_the_one_captures_have(printed: str) -> None:
    assert octets(printed) == "0c:00:5e:0a:01:ff"


@pytest.mark.parametrize(
    "printed", ["", "n/a", "Unspecified", "0c:00:5e:0a:01", "0c00.5e0a.01ff.22", "10.0.0.1"]
)
def test_what_is_no_mac_address_is_refused(printed: str) -> None:
    with pytest.raises(ValueError, match="no MAC address"):
        octets(printed)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("srlinux-switch", "1A:2B:01:FF:00:02", "1A:2B:01"),
        ("junos-switch", "2c:6b:f5:00:02:01", "none"),
        ("nxos-switch", "5200.0A00.0207", "5200.0A00"),
    ],
)
def test_address_that_is_none_is_a_problem_with_its_file(
    name: str, old: str, new: str, tmp_path: Path
) -> None:
    vendor = case(name, tmp_path)
    broken = {command: text.replace(old, new) for command, text in vendor.answers.items()}
    facts = observed(vendor.plan, vendor.node, broken)
    assert len(facts.problems) == 1
    assert facts.problems[0].startswith("raw/")
    assert "no MAC address" in facts.problems[0]


CASES = [
    (name, role) for name, device in registry.everything().items() for role in sorted(device.facts.roles)
]
"""Every device in every role it can have: relays are switches."""

TOLD: dict[str, str] = {
    "arubacx": texts.CX_INTERFACES,
    "dellos10": texts.OS10_INTERFACES,
    "eos": '{"interfaces": {"Ethernet1": {"physicalAddress": "52:54:00:AA:00:01"}}}',
}
VENDORS = {
    "vptx": "junos",
    "srlinux": "srlinux",
    "sros": "sros",
    "vjunos": "junos",
    "nxos": "nxos",
    "iosxr": "iosxr",
}
IOS = (
    "{port} is up, line protocol is up\n  Hardware is iGbE, address is 5254.00aa.0001 (bia 5254.00aa.0001)\n"
)


def told(device: str, role: Role, node: NodePlan) -> Mapping[str, str] | str:
    """Answers by command, or the one answer to all that is asked, in the format that the device has."""
    family = VENDORS.get(device.partition("-")[0])
    if family:
        answers = transcript(ANSWERS / f"{family}-{role.value}.txt")
        ports = "et-" if device == "vptx" else "ge-"
        return {command: text.replace("ge-", ports) for command, text in answers.items()}
    if registry.get(device).facts.netmiko in ("cisco_ios", "cisco_xe"):
        return IOS.format(port=node.interfaces[0].name)
    return TOLD.get(device) or texts.ip_link(**{node.interfaces[0].name: "02:00:00:00:00:01"})


@pytest.mark.parametrize(("name", "role"), CASES, ids=[f"{name}-{role}" for name, role in CASES])
def test_every_relay_server_and_client_is_asked_early_and_tells_its_first_ports_address(
    name: str, role: Role, tmp_path: Path
) -> None:
    plan = planned(ROUTED, tmp_path, {role.value: name})
    node = plan.role(role)[0]
    probes = asked(plan, node)
    assert probes
    text = told(name, role, node)
    answers = {p.text: text for p in probes} if isinstance(text, str) else text
    facts = observed(plan, node, answers)
    assert facts.problems == ()
    assert node.interfaces[0].name in macs(facts)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "role"), CASES, ids=[f"{name}-{role}" for name, role in CASES])
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60) | st.sampled_from([REFUSAL, "{}", "[]", '{"interface": 3}', "null"]))
def test_garbage_raises_nothing_and_tells_no_address(
    name: str, role: Role, text: str, tmp_path: Path
) -> None:
    plan = planned(ROUTED, tmp_path, {role.value: name})
    node = plan.role(role)[0]
    assert observed(plan, node, {probe.text: text for probe in asked(plan, node)}).hardware == ()
