"""What becomes of option 82 of others, on devices that have ISC's four words for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices_specs import planned
from test_devices_words import POLICY, text

from labgen.ground.errors import SpecError

MODES = {"keep": "forward", "append": "append", "replace": "replace", "drop": "discard"}


@pytest.mark.parametrize("asked", MODES)
def test_sonic_is_told_for_each_vlan_what_becomes_of_option_82_of_others(asked: str, tmp_path: Path) -> None:
    """In the words that were recorded, of which the relay has `discard` by itself."""
    found = text(planned(POLICY % f"existing: {asked}", tmp_path, {"switch": "sonic"}))
    lines = [line for line in found.splitlines() if "--agent-relay-mode" in line]
    (line,) = lines
    assert line.endswith(f" --agent-relay-mode {MODES[asked]} Vlan1001")


@pytest.mark.parametrize("asked", MODES)
def test_vyos_is_told_once_what_becomes_of_option_82_of_others(asked: str, tmp_path: Path) -> None:
    both = POLICY.replace("[circuit-id]}", f"[circuit-id], existing: {asked}}}") % f"existing: {asked}"
    found = text(planned(both, tmp_path, {"switch": "vyos"}))
    assert found.count(f" relay-agents-packets {MODES[asked]}\n") == 1
    assert found.count("relay-agents-packets") == 1
    with pytest.raises(SpecError, match="has one policy for option 82 of others for the whole device"):
        planned(POLICY % f"existing: {asked}", tmp_path, {"switch": "vyos"})
