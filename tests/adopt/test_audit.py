"""Running configurations: sound ones are not complained about, and each planted fault is named with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from labgen.adopt.audit import read, rules
from labgen.cli.main import cli

LEAF = """\
hostname leaf{n}
!
ip dhcp relay information option
!
vrf instance tenant
!
interface Ethernet1
   no switchport
   ip address 10.1.0.{link}/30
!
interface Loopback0
   ip address 10.0.0.{n}/32
!
interface Vlan100
   vrf tenant
   ip address 172.16.0.{n}/24
   ip helper-address 10.9.9.1 vrf default source-interface Loopback0
   ip helper-address 10.9.9.2 vrf default source-interface Loopback0
   ip virtual-router address 172.16.0.254/24
!
interface Vlan200
   ip address 172.17.{n}.1/24
   ip helper-address 10.9.9.1
!
interface Vlan900
   ip address 10.9.9.{svi}/24
!
ip routing
"""
ROUTER = """\
version 15.9
hostname border
ip dhcp relay information option vpn
ip dhcp relay information option
vrf definition blue
 rd 1:1
interface Loopback0
 ip address 10.0.0.9 255.255.255.255
interface GigabitEthernet0/1
 ip address 10.1.0.14 255.255.255.252
interface GigabitEthernet0/2
 vrf forwarding blue
 ip dhcp relay source-interface Loopback0
 ip address 192.168.7.1 255.255.255.0
 ip helper-address global 10.9.9.1
"""


def network(folder: Path, *changes: tuple[str, str, str]) -> Path:
    files = {f"leaf{n}": LEAF.format(n=n, link=4 * n + 1, svi=250 + n) for n in (1, 2)} | {"border": ROUTER}
    for node, old, new in changes:
        assert old in files[node]
        files[node] = files[node].replace(old, new, 1)
    for name, text in files.items():
        (folder / f"{name}.cfg").write_text(text)
    return folder


def found(folder: Path) -> list[tuple[str, str, str]]:
    nodes, unreadable = read.folder(folder, {})
    assert unreadable == []
    return [(each.severity, each.code, each.node) for each in rules.audit(nodes)]


def test_a_network_that_works_has_nothing_to_complain_about(tmp_path: Path) -> None:
    assert found(network(tmp_path)) == []


def test_the_reader_of_each_file_is_found_by_what_it_understands(tmp_path: Path) -> None:
    nodes, _ = read.folder(network(tmp_path), {})
    assert {node.node: node.device for node in nodes if node.node != "border"} == {
        "leaf1": "eos",
        "leaf2": "eos",
    }
    (border,) = (node for node in nodes if node.node == "border")
    assert border.device in {"cat8000v", "csr", "iol", "iosv"}


FAULTS = [
    pytest.param(
        "leaf1",
        "ip dhcp relay information option\n",
        "",
        ("error", "option-82-off-between-vrfs", "leaf1"),
        id="option 82 off",
    ),
    pytest.param(
        "leaf1",
        " source-interface Loopback0\n   ip helper-address 10.9.9.2",
        "\n   ip helper-address 10.9.9.2",
        None,
        id="EOS takes the outgoing port",
    ),
    pytest.param(
        "leaf1",
        "   ip helper-address 10.9.9.2 vrf default source-interface Loopback0\n",
        "",
        ("warning", "helpers-differ", "leaf1"),
        id="one helper missing",
    ),
    pytest.param(
        "leaf1",
        "   ip helper-address 10.9.9.1 vrf default source-interface Loopback0\n"
        "   ip helper-address 10.9.9.2 vrf default source-interface Loopback0\n",
        "",
        ("error", "helpers-differ", "leaf1"),
        id="no helper at all",
    ),
    pytest.param(
        "leaf1",
        "10.9.9.1 vrf default source-interface Loopback0",
        "10.9.9.1 source-interface Vlan100",
        ("error", "helper-in-wrong-vrf", "leaf1"),
        id="helper in the clients' VRF",
    ),
    pytest.param(
        "leaf1",
        "10.9.9.1 vrf default",
        "10.9.9.1 vrf srevices",
        ("error", "helper-vrf-unknown", "leaf1"),
        id="a VRF nobody has",
    ),
    pytest.param(
        "leaf1",
        "10.9.9.1 vrf default source-interface Loopback0",
        "10.9.9.1 vrf default source-interface Vlan100",
        ("error", "no-route-back", "leaf1"),
        id="giaddr in the clients' VRF",
    ),
    pytest.param(
        "leaf1",
        "10.9.9.1 vrf default source-interface Loopback0",
        "10.9.9.1 vrf default source-address 10.99.0.1",
        ("error", "giaddr-of-nobody", "leaf1"),
        id="giaddr of nobody",
    ),
    pytest.param(
        "leaf2",
        "ip address 10.0.0.2/32",
        "ip address 10.0.0.1/32",
        ("error", "anycast-giaddr", "leaf2"),
        id="one loopback on two leaves",
    ),
    pytest.param(
        "leaf1",
        "   ip helper-address 10.9.9.1\n",
        "   ip helper-address 10.9.9.1\n   ip helper-address 10.9.9.1\n",
        ("warning", "helper-twice", "leaf1"),
        id="a helper twice",
    ),
    pytest.param(
        "border",
        "ip dhcp relay information option vpn\nip dhcp relay information option\n",
        "",
        ("error", "giaddr-without-link-selection", "border"),
        id="loopback giaddr without link selection",
    ),
    pytest.param(
        "border",
        "hostname border\n",
        "hostname border\nno service dhcp\n",
        ("error", "relaying-off", "border"),
        id="no service dhcp",
    ),
]


@pytest.mark.parametrize(("node", "old", "new", "expected"), FAULTS)
def test_a_planted_fault_is_named(
    tmp_path: Path, node: str, old: str, new: str, expected: tuple[str, str, str] | None
) -> None:
    told = found(network(tmp_path, (node, old, new)))
    if expected is None:
        assert told == []
    else:
        assert expected in told


def test_a_finding_has_its_file_and_line_and_says_what_to_do(tmp_path: Path) -> None:
    nodes, _ = read.folder(network(tmp_path, ("leaf1", "10.9.9.1 vrf default", "10.9.9.1 vrf srevices")), {})
    (finding,) = (each for each in rules.audit(nodes) if each.code == "helper-vrf-unknown")
    assert finding.file == "leaf1.cfg"
    assert "srevices" in (tmp_path / "leaf1.cfg").read_text().splitlines()[finding.line - 1]
    assert finding.remedy == "use one of: default, tenant"


def test_the_command_fails_for_errors_alone_and_says_what_it_did_not_look_at(tmp_path: Path) -> None:
    sound = CliRunner().invoke(cli, ["audit", str(network(tmp_path))], standalone_mode=False)
    assert sound.return_value == 0
    assert "0 errors, 0 warnings. Not looked at:" in sound.stdout
    network(tmp_path, ("leaf1", "ip dhcp relay information option\n", ""))
    broken = CliRunner().invoke(cli, ["audit", str(tmp_path), "--format", "json"], standalone_mode=False)
    assert broken.return_value == 1
    document = json.loads(broken.stdout)
    assert document["schema"] == "labgen/audit/1"
    assert {each["code"] for each in document["findings"]} >= {"option-82-off-between-vrfs"}
