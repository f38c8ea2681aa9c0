"""What is rendered for a relay is read back by the device's own reader and equals the plan; what is planted in it is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import readback_losses
from devices_specs import EVPN, ROUTED, planned

from labgen.devices import registry, relay_config
from labgen.devices.readback import switches
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
    text = switches.text(plan, node)
    assert switches.differences(plan, node, text) == []
    server = str(node.relays[0].targets[0].address)
    (found,) = switches.differences(plan, node, text.replace(server, "192.0.2.9"))
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
    text = switches.text(plan, node)
    assert old in text
    assert any(told in found for found in switches.differences(plan, node, text.replace(old, new)))


def test_a_relay_nobody_planned_is_found(tmp_path: Path) -> None:
    plan = lab("eos", tmp_path)
    node = plan.node("sw1")
    more = "interface Vlan66\n   ip helper-address 192.0.2.1\n"
    (found,) = switches.differences(plan, node, switches.text(plan, node) + more)
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
