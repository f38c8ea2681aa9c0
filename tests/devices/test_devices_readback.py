"""What is rendered is read back by the device's own reader and equals the plan; what is planted in it is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import readback_losses
from devices_specs import EVPN, ROUTED, planned

from labgen.devices import readback, registry, relay_config
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role

ROOT = Path(__file__).parents[2]
SWITCHES = sorted(name for name, device in registry.everything().items() if Role.SWITCH in device.facts.roles)


@pytest.mark.slow
def test_the_table_of_shapes_is_up_to_date_and_nothing_in_it_is_wrong() -> None:
    """Each cell is a lab that was built and read back, or the reason why it is refused."""
    done = subprocess.run([sys.executable, "benchmarks/readback.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run: python benchmarks/readback.py --write, and read the diff"
    page = (ROOT / "docs" / "readback.md").read_text()
    assert "WRONG" not in page
    assert all(f"| `{switch}` | interface | read back |" in page for switch in SWITCHES)


@pytest.mark.parametrize("switch", SWITCHES)
def test_every_switch_has_a_reader_of_its_configuration(switch: str) -> None:
    assert relay_config.reader_of(switch) is not None


@pytest.mark.parametrize("name", ["kea", "dhclient"])
def test_a_device_that_relays_nothing_needs_no_reader(name: str) -> None:
    assert relay_config.read(name, "anything") is None


def lab(switch: str, folder: Path) -> LabPlan:
    """An EVPN fabric where the switch can be in one, else a routed lab."""
    routed = {
        "iosv",
        "iosxr",
        "sonic",
        "srlinux",
        "sros",
        "csr",
        "cumulus_nvue",
        "vyos",
        "frr-dhcrelay",
        "frr-dnsmasq",
    }
    return planned(ROUTED if switch in routed else EVPN, folder, {"switch": switch})


@pytest.mark.parametrize("switch", SWITCHES)
def test_another_server_in_the_configuration_is_found(switch: str, tmp_path: Path) -> None:
    plan = lab(switch, tmp_path)
    node = plan.role(Role.SWITCH)[0]
    text = readback.text(plan, node)
    assert readback.differences(plan, node, text) == []
    server = str(node.relays[0].targets[0].address)
    (found,) = readback.differences(plan, node, text.replace(server, "192.0.2.9"))
    assert "helper addresses [('192.0.2.9'" in found


@pytest.mark.parametrize(
    ("switch", "old", "new", "told"),
    [
        ("eos", "source-interface Loopback0", "source-interface Ethernet1", "giaddr from `Ethernet1`"),
        ("eos", " vrf default", "", "'client')]"),
        ("eos", "ip dhcp relay information option\n", "", "sub-options [], planned"),
        ("iol", "source-interface Loopback0", "", "giaddr from `the device itself`"),
        ("iol", "helper-address global", "helper-address", "'client')]"),
        ("iol", "information option vpn", "information option", "planned [circuit-id, remote-id, link-selection"),
        ("nxos", "feature dhcp\n", "", "relaying is turned off"),
        ("nxos", "information option vpn", "information trust-all", "sub-options [circuit-id, remote-id], planned"),
        ("nxos", "source-interface loopback0", "source-interface loopback1", "giaddr from `loopback1`"),
        ("nxos", " use-vrf default", " use-vrf client", "'client')]"),
        ("vjunos-switch", "server-id-override", "remote-id", "sub-options [circuit-id, remote-id], planned"),
        ("vjunos-switch", "relay-source lo0.0", "relay-source lo0.1", "giaddr from `lo0.1`"),
        ("vjunos-switch", "interface irb.1000", "interface irb.2000", "nothing relays on irb.1000"),
        ("arubacx", "interface loopback0", "interface loopback1", "giaddr from `loopback1`"),
        ("dellos10", "ip vrf client", "ip vrf other", "giaddr from `the device itself`"),
        ("dellos10", "ip dhcp-relay link-selection\n", "", "sub-options [circuit-id, remote-id], planned"),
        ("dellos10", "ip dhcp-relay link", "ip dhcp-relay server-override\nip dhcp-relay link", "server-id-override], planned"),
        ("frr", "giaddr: 10.0.0.2", "giaddr: 10.0.0.3", "giaddr from `10.0.0.3`"),
    ],
)  # fmt: skip
def test_a_line_that_says_otherwise_is_found(
    switch: str, old: str, new: str, told: str, tmp_path: Path
) -> None:
    plan = lab(switch, tmp_path)
    node = plan.role(Role.SWITCH)[0]
    text = readback.text(plan, node)
    assert old in text
    assert any(told in found for found in readback.differences(plan, node, text.replace(old, new)))


def test_a_relay_nobody_planned_is_found(tmp_path: Path) -> None:
    plan = lab("eos", tmp_path)
    node = plan.node("sw1")
    more = "interface Vlan66\n   ip helper-address 192.0.2.1\n"
    (found,) = readback.differences(plan, node, readback.text(plan, node) + more)
    assert found.startswith("Vlan66 relays unplanned")


@pytest.mark.deep
@pytest.mark.slow
def test_lines_that_could_be_lost_unnoticed_are_those_that_are_listed() -> None:
    """Every other line of what is rendered for a switch is one that the read-back misses when it is gone."""
    listed = readback_losses.TABLE.read_text()
    assert readback_losses.table() == listed, (
        "run: python tests/devices/readback_losses.py, and read the diff"
    )
    assert readback_losses.UNEXPLAINED not in listed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("switch", "old", "new", "says"),
    [
        ("eos", "   vrf red\n", "", "is in VRF default, planned red"),
        ("eos", "   ip address 172.16.0.2/24\n", "", "Ethernet2 has no address 172.16.0.2"),
        ("iol", "ip dhcp compatibility suboption link-selection standard\n", "", "the vendor's own sub-options"),
        ("frr", "    vrf: red\n", "", "is in VRF default, planned red"),
        ("cumulus_nvue", "            swp1: {}\n", "", "answers of servers are not taken at swp1"),
        ("eos", "vrf instance red\n", "vrf instance other\n", "VRF red is not made"),
        ("eos", "ip routing\n", "", "does not route"),
        ("iol", "vrf definition red\n", "vrf definition other\n", "VRF red is not made"),
        ("iol", " no shutdown\n", "", "is not turned on"),
        ("sonic", "config vrf add Vrfred\n", "", "nothing relays on Ethernet4"),
        ("sonic", "config vlan member add -u 1001 Ethernet4\n", "", "does not take the place of Ethernet4"),
        ("sonic", "has_sonic_dhcpv4_relay True", "has_sonic_dhcpv4_relay False", "relaying is turned off"),
    ],
)  # fmt: skip
def test_a_port_that_is_somewhere_else_is_found(
    switch: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    found: list[str] = []
    for plan in readback_losses.plans(switch, tmp_path):
        node = plan.node("sw")
        text = readback.text(plan, node)
        assert readback.differences(plan, node, text) == []
        if old in text:
            found += readback.differences(plan, node, text.replace(old, new))
    assert any(says in each for each in found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("switch", "old", "new", "says"),
    [
        ("eos", "vxlan vlan 10 vni 100010", "vxlan vlan 10 vni 100011", "VLAN 10 has VNI 100011"),
        ("eos", "vxlan vrf red vni 200000", "vxlan vrf red vni 200001", "VRF red has transit VNI 200001"),
        ("eos", "route-target import evpn 65000:1\n", "route-target import evpn 65000:9\n", "VRF red has imported route targets"),
        ("eos", "      redistribute connected\n", "", "bgp is not told the routes of connected in VRF red"),
        ("eos", "   ip virtual-router address 172.16.0.1/24\n", "", "shares no address, planned 172.16.0.1/24"),
        ("eos", "ip route vrf services", "ip route vrf red", "no static route to 10.78.0.0/24"),
        ("iol", "member evpn-instance 10 vni 100010", "member evpn-instance 10 vni 100020", "VLAN 10 has VNI none, planned 100010"),
        ("iol", "  advertise l2vpn evpn\n", "", "VRF red has exported route targets none"),
        ("iol", " mac-address 0200.cafe.00ff\n", "", "shares no address, planned 172.16.0.1/24"),
        ("iol", "dead-interval 4", "dead-interval 40", "does not speak as its neighbor"),
        ("iol", "fhrp version vrrp v3\n", "", "has virtual addresses []"),
        ("sonic", "config vrf add_vrf_vni_map Vrfred 200000", "config vrf add_vrf_vni_map Vrfred 200001", "VRF red has transit VNI none"),
        ("sonic", "'route-target import 65000:1'", "'route-target import 65000:9'", "VRF red has imported route targets"),
        ("sonic", "config interface vrf bind Vlan10 Vrfred\n", "", "is in VRF default, planned Vrfred"),
        ("nxos", "  fabric forwarding mode anycast-gateway\n", "", "shares its address with nobody"),
        ("arubacx", "interface loopback 101\n", "interface loopback 102\n", "has no address 10.2.0.67/32 in VRF services"),
    ],
)  # fmt: skip
def test_a_fabric_that_is_built_otherwise_is_found(
    switch: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    found: list[str] = []
    for plan in readback_losses.fabrics(switch, tmp_path):
        for node in (each for each in plan.role(Role.SWITCH) if each.device == switch):
            text = readback.text(plan, node)
            assert readback.differences(plan, node, text) == []
            found += readback.differences(plan, node, text.replace(old, new))
    assert any(says in each for each in found), found[:10]
