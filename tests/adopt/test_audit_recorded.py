"""Configurations recorded from real devices: sound as they are, and a fault planted in each is named in the right words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from reference_labs import REFERENCE

from labgen.adopt.audit import read, rules
from labgen.adopt.audit.finding import AuditFinding

SONIC = Path(__file__).parents[1] / "devices" / "recorded" / "sonic" / "config_db.json"

LEAF, ROUTER = "evpn-redundant-server", "vrf-relay"
OPTION = "ip dhcp relay information option\n"
HELPER = "ip helper-address 10.0.0.2 vrf default source-interface Loopback0"
INTO = " ip helper-address global 10.0.0.1\n"


def fault(lab: str, node: str, old: str, new: str, code: str, words: str, name: str) -> object:
    return pytest.param(lab, node, old, new, code, words, id=f"{node}: {name}")


EOS = [
    found
    for node, other, loopback, peer in (("sw1", "sw2", "10.0.0.4", "10.0.0.5"), ("sw2", "sw1", "10.0.0.5", "10.0.0.4"))
    for found in (
        fault(LEAF, node, OPTION, "", "giaddr-without-link-selection",
              f"giaddr {loopback} is outside the clients' subnet 172.16.0.0/24", "no link selection"),
        fault(LEAF, node, OPTION, "", "option-82-off-between-vrfs",
              "server 10.0.0.2 is in VRF default, clients are in client, and option 82 is off", "option 82 off"),
        fault(LEAF, node, HELPER, HELPER.replace("vrf default", "vrf tenant"), "helper-vrf-unknown",
              "helper 10.0.0.2 is looked for in VRF tenant, and no interface of the node is in it", "a VRF there is not"),
        fault(LEAF, node, HELPER, HELPER.replace("vrf default ", ""), "no-route-back",
              f"giaddr {loopback} is in VRF default (Loopback0), server 10.0.0.2 in client", "the clients' VRF"),
        fault(LEAF, node, HELPER, HELPER.replace("Loopback0", "Vlan1000"), "no-route-back",
              "is in VRF client (Vlan1000), server 10.0.0.2 in default", "giaddr in the clients' VRF"),
        fault(LEAF, node, "   ip helper-address 10.0.0.3 vrf default source-interface Loopback0\n", "", "helpers-differ",
              f"Vlan1000: relays to 10.0.0.2 on 172.16.0.0/24, where {other} relays to 10.0.0.2, 10.0.0.3", "one server less"),
        fault(LEAF, node, f"{loopback}/32", f"{peer}/32", "anycast-giaddr",
              f"giaddr {peer} is also an address of {other}", "one loopback twice"),
    )
]  # fmt: skip
IOS = [
    fault(ROUTER, "relay", "ip dhcp relay information option vpn\n", "", "option-82-off-between-vrfs",
          "server 10.0.0.1 is in VRF default, clients are in client, and option 82 is off", "option 82 off"),
    fault(ROUTER, "relay", "ip dhcp relay information option vpn\n", "ip dhcp relay source-interface Loopback0\n",
          "giaddr-without-link-selection", "giaddr 10.0.0.2 is outside the clients' subnet 172.16.0.0/24", "no link selection"),
    fault(ROUTER, "relay", INTO, INTO.replace("global ", ""), "helper-in-wrong-vrf",
          "helper 10.0.0.1 is looked for in VRF client, and its subnet is in default", "the clients' VRF"),
    fault(ROUTER, "relay", INTO, INTO.replace("global", "vrf tenant"), "helper-vrf-unknown",
          "helper 10.0.0.1 is looked for in VRF tenant", "a VRF there is not"),
    fault(ROUTER, "relay", INTO, f"{INTO} ip dhcp relay source-interface GigabitEthernet0/2\n", "no-route-back",
          "giaddr 172.16.0.2 is in VRF client", "giaddr in the clients' VRF"),
    fault(ROUTER, "user", " ip address 10.0.0.3 255.255.255.255\n", " ip address 10.1.0.1 255.255.255.255\n",
          "", "", "an address twice that is no giaddr"),
]  # fmt: skip


def audited(folder: Path) -> tuple[AuditFinding, ...]:
    nodes, unreadable = read.folder(folder, {})
    assert unreadable == []
    assert any(node.config.relays for node in nodes)
    return rules.audit(nodes)


def copied(lab: str, folder: Path) -> Path:
    source = REFERENCE / lab / "config"
    if not source.is_dir():
        pytest.skip("no recorded configurations; set LABGEN_REFERENCE")
    return Path(shutil.copytree(source, folder / "config"))


@pytest.mark.reference
@pytest.mark.parametrize("lab", [LEAF, ROUTER])
def test_recorded_configurations_are_sound(tmp_path: Path, lab: str) -> None:
    assert audited(copied(lab, tmp_path)) == ()


@pytest.mark.reference
@pytest.mark.parametrize(("lab", "node", "old", "new", "code", "words"), [*EOS, *IOS])
def test_a_fault_planted_in_a_recorded_configuration_is_named(
    tmp_path: Path, lab: str, node: str, old: str, new: str, code: str, words: str
) -> None:
    folder = copied(lab, tmp_path)
    file = folder / f"{node}.cfg"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    found = audited(folder)
    if not code:
        assert found == ()
        return
    (named, *_) = [each for each in found if each.code == code and each.node == node]
    assert words in named.message
    assert named.file == f"{node}.cfg"
    assert {each.node for each in found} <= {node, "sw1", "sw2"}


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        pytest.param("", "", "", "", id="as recorded"),
        pytest.param(
            '"link_selection": "enable"',
            '"link_selection": "disable"',
            "giaddr-without-link-selection",
            "giaddr 10.0.0.2 is outside the clients' subnet 172.16.0.0/24",
            id="no link selection",
        ),
        pytest.param(
            '"source_interface": "Loopback0"',
            '"source_interface": "Loopback1"',
            "giaddr-of-nobody",
            "giaddr is taken from Loopback1",
            id="giaddr of nobody",
        ),
    ],
)
def test_a_recorded_database_of_sonic_is_sound_until_a_fault_is_planted(
    tmp_path: Path, old: str, new: str, code: str, words: str
) -> None:
    text = SONIC.read_text()
    assert old in text
    (tmp_path / "leaf.json").write_text(text.replace(old, new, 1) if old else text)
    found = audited(tmp_path)
    assert [each.code for each in found] == ([code] if code else [])
    assert all(words in each.message for each in found)


def test_one_sonic_with_the_giaddr_of_another_is_told(tmp_path: Path) -> None:
    for name in ("leaf1", "leaf2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config_db.json").write_text(SONIC.read_text())
    assert {each.code for each in audited(tmp_path)} == {"anycast-giaddr"}
