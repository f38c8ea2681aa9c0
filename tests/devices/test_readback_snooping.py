"""DHCP snooping on vendors' access switches: what is written, what is read back, what is refused with its source."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices_specs import planned
from test_devices_golden import GOLDEN, compare

from labgen.devices import registry, relay_config
from labgen.devices.readback import switches
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import RelayOption, Role

SNOOPING = "{trust: [pc2]}"
CAMPUS = """
name: campus
switches: [core, access]
links: [access-core]
timers: device
segments:
  users:
    vlan: 10
    gateway: {nodes: [core], address: 10.1.10.254}
    prefix: 10.1.10.0/24
    bridge: [access]
    snooping: SNOOPING
    attach: {access: [pc1, pc2, pc3]}
    relay: {servers: [dhcp]TRUST}
  voice:
    vlan: 20
    gateway: {nodes: [core], address: 10.1.20.254}
    prefix: 10.1.20.0/24
    bridge: [access]
    attach: {access: [ph1]}
    relay: {servers: [dhcp]}
servers: {dhcp: core}
"""
ABLE = ("arubacx", "dellos10", "iosxr", "nxos", "vjunos-router", "vjunos-switch", "vptx")
TRUSTING = ("arubacx", "iosxr", "nxos", "vjunos-router", "vjunos-switch", "vptx")
SWITCHES = sorted(
    name
    for name, device in registry.everything().items()
    if Role.SWITCH in device.facts.roles and not device.facts.embedded
)
VLANS = [name for name in SWITCHES if registry.get(name).facts.fabric.trunk]


def campus(switch: str, folder: Path, snooping: str = SNOOPING) -> LabPlan:
    text = CAMPUS.replace("SNOOPING", snooping).replace(
        "TRUST", ", trust: true" if switch in TRUSTING else ""
    )
    return planned(text, folder, {"switch": switch})


def access(switch: str, folder: Path, snooping: str = SNOOPING) -> tuple[LabPlan, NodePlan, str]:
    plan = campus(switch, folder, snooping)
    node = plan.node("access")
    return plan, node, switches.text(plan, node)


@pytest.mark.parametrize("switch", ABLE)
def test_snooping_is_the_golden_one_and_is_read_back(switch: str, tmp_path: Path) -> None:
    plan, node, text = access(switch, tmp_path)
    compare(GOLDEN / f"snooping-switch-{switch}.txt", text)
    assert switches.differences(plan, node, text) == []
    core = plan.node("core")
    assert switches.differences(plan, core, switches.text(plan, core)) == []


@pytest.mark.parametrize("switch", ABLE)
def test_a_device_puts_in_what_it_knows_and_nobody_else(switch: str, tmp_path: Path) -> None:
    """The wire is asked for both sub-options, and not for a text of theirs."""
    _, node, _ = access(switch, tmp_path)
    (port, other) = node.snooping[0].ports
    assert (port.client, other.client) == ("pc1", "pc3")
    assert port.own == (RelayOption.CIRCUIT_ID, RelayOption.REMOTE_ID)
    assert (port.circuit_id, port.remote_id, port.inserts) == ("", "", True)


@pytest.mark.parametrize(
    ("switch", "old", "new", "told"),
    [
        ("arubacx", "vlan 10\n    dhcpv4-snooping", "vlan 10", "VLAN 10 is not snooped on"),
        ("arubacx", "interface 1/1/3\n    dhcpv4-snooping trust\n", "", "ports ['1/1/1'] are trusted"),
        ("arubacx", "vlan 10", "no dhcpv4-snooping option 82\nvlan 10", "without option 82"),
        ("arubacx", "dhcpv4-snooping\nvlan", "vlan", "VLAN 10 is not snooped on"),
        ("nxos", "snooping vlan 10", "snooping vlan 10,20", "VLAN 20 is snooped on"),
        ("nxos", "ip dhcp snooping information option\n", "", "without option 82"),
        ("nxos", "ip dhcp snooping\n", "", "VLAN 10 is not snooped on"),
        ("nxos", "interface Ethernet1/3", "interface Ethernet1/2", "ports ['ethernet1/1', 'ethernet1/2'] are trusted"),
        ("dellos10", " no ip dhcp snooping\n", "", "VLAN 20 is snooped on"),
        ("dellos10", "\nip dhcp snooping\n", "\n", "VLAN 10 is not snooped on"),
        ("vjunos-switch", "users {", "others {", "VLAN 10 is not snooped on"),
        ("vjunos-switch", "interface ge-0/0/2.0;", "", "ports ['ge-0/0/0.0'] are trusted"),
        ("vjunos-router", "vlan-10 {", "vlan-20 {", "VLAN 20 is snooped on"),
        ("iosxr", "   dhcp ipv4 snoop profile LABGEN-SNOOP-82\n", "", "VLAN 10 is not snooped on"),
        ("iosxr", "profile LABGEN-SNOOP-82\n   !\n   interface", "profile LABGEN-SNOOP\n   !\n   interface", "without option 82"),
        ("iosxr", "  trusted\n", "", "ports [] are trusted"),
        ("vjunos-router", "trusted;", "untrusted;", "ports [] are trusted"),
    ],
)  # fmt: skip
def test_a_line_that_says_otherwise_is_found(
    switch: str, old: str, new: str, told: str, tmp_path: Path
) -> None:
    plan, node, text = access(switch, tmp_path)
    assert old in text
    found = switches.differences(plan, node, text.replace(old, new))
    assert any(told in each for each in found), found


@pytest.mark.parametrize("switch", ["arubacx", "nxos", "vjunos-switch"])
def test_option_82_is_left_out_where_it_is_not_asked_for(switch: str, tmp_path: Path) -> None:
    plan, node, text = access(switch, tmp_path, "{options: none}")
    config = relay_config.read(switch, text)
    assert config is not None
    assert [inserts for _, inserts in config.snooped] == [False]
    assert switches.differences(plan, node, text) == []


@pytest.mark.parametrize("switch", [name for name in VLANS if name not in ABLE])
def test_who_cannot_snoop_says_who_says_so(switch: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        campus(switch, tmp_path)
    (told,) = [each for each in refused.value.problems if "snooping" in each.reason]
    assert f"`{switch}` knows no DHCP snooping that labgen could configure, says " in told.reason
    assert all(name in told.remedy for name in ("nxos", "frr"))


@pytest.mark.parametrize("switch", ABLE)
@pytest.mark.parametrize(
    ("snooping", "told"),
    [
        ('{circuit_id: "{host}/{port}"}', "has no words of its own for circuit_id and remote_id at access ports"),
        ("{options: circuit-id}", "puts circuit-id and remote-id in at access ports together"),
    ],
)  # fmt: skip
def test_what_option_82_holds_is_the_devices(switch: str, snooping: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        campus(switch, tmp_path, snooping)
    (problem,) = [each for each in refused.value.problems if told in each.reason]
    assert ", says " in problem.reason


@pytest.mark.parametrize("switch", ["iosv"])
def test_who_has_no_vlans_says_so_of_all_that_is_of_vlans(switch: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        campus(switch, tmp_path)
    told = [each.reason for each in refused.value.problems]
    assert [reason for reason in told if ", says netlab 26.10: no VLAN module" not in reason] == []
    for what in ("VLANs with routed interfaces", "trunks", "DHCP snooping"):
        assert any(f"knows no {what}" in reason for reason in told)


def test_os10_snoops_with_option_82_alone(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="snoops with option 82 alone, says OS10 user guide"):
        campus("dellos10", tmp_path, "{options: none}")


LONG = "users-of-the-seventh-floor"


def test_a_vlan_is_called_what_netlab_calls_it(tmp_path: Path) -> None:
    """Under another name Junos would make a second VLAN, which nobody is in."""
    text = (
        CAMPUS.replace("users:", f"{LONG}:").replace("SNOOPING", SNOOPING).replace("TRUST", ", trust: true")
    )
    plan = planned(text, tmp_path, {"switch": "vjunos-switch"})
    node = plan.node("access")
    config = switches.text(plan, node)
    assert f"{LONG[:16]} {{" in config
    assert switches.differences(plan, node, config) == []
    assert "VLAN 10 is not snooped on" in switches.differences(plan, node, config.replace(LONG[:16], LONG))


FABRIC = """
name: fabric
switches: [sw1, sw2]
links: [sw1-sw2]
overlay: {data: vxlan, control: evpn, asn: 65000}
segments:
  cv1: {vni: 11000, snooping: true, attach: {sw1: [cl_a], sw2: [cl_b]}, relay: {servers: [srv]}}
servers: {srv: sw1}
"""


@pytest.mark.parametrize(
    ("switch", "source"), [("nxos", "Cisco's NX-API reference"), ("dellos10", "OS10 user guide")]
)
def test_a_tunnel_is_no_place_to_snoop_in(switch: str, source: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=f"does no DHCP snooping in stretched VLANs, says {source}"):
        planned(FABRIC, tmp_path, {"switch": switch})


def test_aos_cx_trusts_tunnels_by_itself(tmp_path: Path) -> None:
    plan = planned(FABRIC, tmp_path, {"switch": "arubacx"})
    node = plan.node("sw1")
    text = switches.text(plan, node)
    assert "dhcpv4-snooping\n" in text
    assert "vxlan" not in text
    assert switches.differences(plan, node, text) == []
