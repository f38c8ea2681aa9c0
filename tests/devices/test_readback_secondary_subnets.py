"""Secondary subnets on vendors' switches: each address is written, giaddr stays the first, and what is missing is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices_specs import planned

from labgen.devices import registry
from labgen.devices.readback import switches
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role

SPEC = """
name: further
switches: [sw]
timers: device
segments:
  users: {prefix: 10.1.1.0/24, secondary: [10.1.2.0/24, 10.1.0.0/24], attach: {sw: [pc1]}, relay: {servers: [dhcp]}}
servers: {dhcp: sw}
"""
OLDER = {"cumulus_nvue", "vyos"}
"""Their relays take the first address that the kernel lists, which nothing they are told orders."""
SWITCHES = sorted(
    name
    for name, device in registry.everything().items()
    if Role.SWITCH in device.facts.roles and not device.facts.embedded
)
ABLE = [name for name in SWITCHES if name not in OLDER]


def further(switch: str, folder: Path) -> LabPlan:
    return planned(SPEC, folder, {"switch": switch})


@pytest.mark.parametrize("switch", ABLE)
def test_addresses_of_secondary_subnets_are_written_and_read_back(switch: str, tmp_path: Path) -> None:
    plan = further(switch, tmp_path)
    node = plan.node("sw")
    text = switches.text(plan, node)
    assert switches.differences(plan, node, text) == []
    assert any(
        "has no address 10.1.0.2/24" in each
        for each in switches.differences(plan, node, text.replace("10.1.0.2", "10.1.0.3"))
    )


@pytest.mark.parametrize("switch", sorted(OLDER))
def test_who_does_not_say_which_address_is_giaddr_is_refused(switch: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="knows no secondary subnets that labgen could configure"):
        further(switch, tmp_path)


@pytest.mark.parametrize(
    ("switch", "line"),
    [
        ("eos", "   ip address 10.1.2.2/24 secondary\n"),
        ("iol", " ip address 10.1.2.2 255.255.255.0 secondary\n"),
        ("nxos", "  ip address 10.1.2.2/24 secondary\n"),
        ("iosxr", " ipv4 address 10.1.2.2/24 secondary\n"),
        ("sonic", "config interface ip add Vlan1001 10.1.2.2/24 --secondary\n"),
    ],
)
def test_words_are_the_devices(switch: str, line: str, tmp_path: Path) -> None:
    plan = further(switch, tmp_path)
    assert line in switches.text(plan, plan.node("sw"))


@pytest.mark.parametrize(
    ("switch", "line"),
    [
        ("arubacx", "    ip bootp-gateway 10.1.1.2\n"),
        ("srlinux", "    - ip-prefix: 10.1.1.2/24\n      primary: [ null ]\n"),
        ("vjunos-switch", "primary;"),
    ],
)
def test_the_lowest_address_is_not_giaddr_where_a_device_would_take_it(
    switch: str, line: str, tmp_path: Path
) -> None:
    """AOS-CX, SR Linux and Junos take the lowest unless they are told."""
    plan = further(switch, tmp_path)
    assert line in switches.text(plan, plan.node("sw"))


def test_another_first_address_is_found(tmp_path: Path) -> None:
    plan = further("srlinux", tmp_path)
    node = plan.node("sw")
    text = switches.text(plan, node).replace("      primary: [ null ]\n", "")
    text = text.replace(
        "    - ip-prefix: 10.1.0.2/24\n", "    - ip-prefix: 10.1.0.2/24\n      primary: [ null ]\n"
    )
    assert "ethernet-1/2 has 10.1.0.2/24 first, planned 10.1.1.2/24" in switches.differences(plan, node, text)


@pytest.mark.parametrize("switch", ["eos", "nxos", "arubacx"])
def test_gateways_that_switches_share_are_not_written_there_yet(switch: str, tmp_path: Path) -> None:
    text = SPEC.replace("[sw]", "[sw, other]", 1).replace(
        "attach: {sw: [pc1]}", "gateway: vrrp, attach: {sw: [pc1], other: [pc2]}"
    )
    with pytest.raises(SpecError, match="gateways of secondary subnets that labgen could configure"):
        planned(text.replace("switches:", "links: [sw-other]\nswitches:"), tmp_path, {"switch": switch})
