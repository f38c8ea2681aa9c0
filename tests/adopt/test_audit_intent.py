"""Configurations held against an intent: what differs from what was meant is named, and what agrees is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from intent_files import planned, written

from labgen.adopt.audit import read
from labgen.adopt.audit.against_intent import against
from labgen.cli.main import cli

LEAF = """\
hostname leaf1
ip dhcp relay information option
vrf instance red
interface Loopback0
   ip address 10.0.0.1/32
interface Vlan100
   vrf red
   ip address 10.1.1.2/24
   ip virtual-router address 10.1.1.1
   ip helper-address 10.9.0.2 vrf default source-interface Loopback0
"""


def told(folder: Path, old: str = "", new: str = "") -> list[tuple[str, str]]:
    assert old in LEAF
    (folder / "leaf1.cfg").write_text(LEAF.replace(old, new, 1) if old else LEAF)
    nodes, _ = read.folder(folder / "leaf1.cfg", {})
    return [(each.severity, each.code) for each in against(nodes, planned(folder))]


def test_what_is_configured_as_it_is_meant_has_nothing_to_say(tmp_path: Path) -> None:
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("10.9.0.2 vrf", "10.9.0.3 vrf", ("error", "intent-servers"), id="another server"),
        pytest.param(
            "vrf default source", "vrf red source", ("error", "intent-servers"), id="server in another VRF"
        ),
        pytest.param(
            " source-interface Loopback0",
            " source-interface Vlan100",
            ("error", "intent-giaddr"),
            id="giaddr",
        ),
        pytest.param("   vrf red\n", "   vrf blue\n", ("error", "intent-vrf"), id="clients in another VRF"),
        pytest.param("Vlan100", "Vlan101", ("error", "intent-interface-missing"), id="another interface"),
        pytest.param(
            "   ip helper-address 10.9.0.2 vrf default source-interface Loopback0\n",
            "",
            ("error", "intent-no-relay"),
            id="no helper",
        ),
        pytest.param(
            "hostname leaf1", "hostname leaf9", ("warning", "intent-node-missing"), id="another node"
        ),
    ],
)
def test_what_is_meant_otherwise_is_named(
    tmp_path: Path, old: str, new: str, expected: tuple[str, str]
) -> None:
    assert expected in told(tmp_path, old, new)


def test_a_relay_the_intent_does_not_speak_of_is_a_warning(tmp_path: Path) -> None:
    more = "interface Vlan200\n   ip address 10.2.2.1/24\n   ip helper-address 10.9.0.2\n"
    assert told(tmp_path, "hostname leaf1\n", f"hostname leaf1\n{more}") == [("warning", "intent-unmeant")]


def test_the_command_holds_configurations_against_an_intent(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "leaf1.cfg").write_text(LEAF.replace("10.9.0.2 vrf", "10.9.0.3 vrf"))
    arguments = ["audit", str(tmp_path / "configs"), "--intent", str(written(tmp_path))]
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert done.return_value == 1
    assert "the intent has 10.9.0.2 (VRF default)" in done.stdout
