"""Configurations in the syntax of each vendor, old forms and new: what cannot work is named, and nothing else is said."""

from __future__ import annotations

from pathlib import Path

import audit_syntaxes_ios
import audit_syntaxes_others
import pytest

from labgen.adopt.audit import read, rules

FAMILIES = {"ios": {"cat8000v", "csr", "iol", "iosv"}, "junos": {"vjunos-router", "vjunos-switch", "vptx"}}


@pytest.mark.parametrize(
    ("device", "expected", "text"), [*audit_syntaxes_ios.CASES, *audit_syntaxes_others.CASES]
)
def test_each_syntax_is_read_and_judged(tmp_path: Path, device: str, expected: set[str], text: str) -> None:
    (tmp_path / "node.cfg").write_text(text)
    nodes, unreadable = read.folder(tmp_path, {})
    assert unreadable == []
    assert nodes[0].device in FAMILIES.get(device, {device})
    told = rules.audit(nodes)
    assert {f"{each.severity}:{each.code}" for each in told} == expected, [each.message for each in told]
    lines = text.splitlines()
    assert all(0 <= each.line <= len(lines) for each in told)


PORT = """\
interface Ethernet1/1
   no switchport
   ip address 192.0.2.7/24
   ip helper-address 192.0.2.8
"""


@pytest.mark.parametrize(
    ("head", "device"),
    [
        pytest.param("! device: sw1 (DCS-7260, EOS-4.30.1M)\n", "eos", id="EOS says its release"),
        pytest.param("service routing protocols model multi-agent\n", "eos", id="a line of EOS alone"),
        pytest.param("!Version ArubaOS-CX FL.10.13\n", "arubacx", id="AOS-CX says its release"),
    ],
)
def test_a_line_that_one_system_alone_writes_tells_whose_a_configuration_is(
    head: str, device: str, tmp_path: Path
) -> None:
    """What both read alike was taken for the one that comes first in the alphabet."""
    (tmp_path / "sw1.cfg").write_text(f"{head}hostname sw1\n{PORT}")
    (found,), unreadable = read.folder(tmp_path, {})
    assert (found.device, len(found.config.relays), unreadable) == (device, 1, [])
