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
