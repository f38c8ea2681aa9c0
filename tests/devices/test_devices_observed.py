"""ObserveOnly at vendors' machines over SSH: every line that is typed at them is recorded, and none does anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from devices_rack import running
from devices_world import World

from labgen.devices import readers, registry
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec import load
from labgen.verify import playbook, runner
from labgen.verify.observation import ObserveOnly
from labgen.verify.verdict import Conclusion

HARMLESS = re.compile(r"^(?:show .*|terminal (?:width|length) \d+|enable|exit|)$")
"""What asks, and what is about the session alone."""
DOES = re.compile(
    r"\b(?:conf(?:ig(?:ure)?)? t|clear |debug |undebug |reload|write |copy |touch |rm |mkdir |mv |chown |kill -(?!0)"
    r"|systemctl (?!list-units)|ip -?\S* ?(?:address|link|route) (?:add|del|set|flush)|(?:exec|;|&&) ?dhclient|delete )"
)


@pytest.fixture(scope="module")
def plan() -> LabPlan:
    return build(load.load("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}))


def test_looking_types_nothing_at_cisco_and_arista_that_does_anything(plan: LabPlan, tmp_path: Path) -> None:
    with running(World(plan), tmp_path, {}, captured=False) as lab:
        book = playbook.load("observe", plan)
        verdict = runner.verify(
            lab, [book], tmp_path / "run", "recorded", lambda line: None, observing=ObserveOnly(0)
        )
        typed = {name: device.typed for name, device in lab.rack.devices.items()}
    assert {name for name, lines in typed.items() if any(line.startswith("show") for line in lines)} == set(
        typed
    )
    assert [line for lines in typed.values() for line in lines if not HARMLESS.match(line)] == []
    assert verdict.conclusion is not Conclusion.FAIL


def test_acting_on_the_same_machines_does_type_what_looking_does_not(plan: LabPlan, tmp_path: Path) -> None:
    """The control: the machines would have recorded it."""
    with running(World(plan), tmp_path, {}, captured=True) as lab:
        book = playbook.load("acquire", plan)
        runner.verify(lab, [book], tmp_path / "run", "recorded", lambda line: None)
        typed = [line for device in lab.rack.devices.values() for line in device.typed]
    assert "clear logging" in typed
    assert any(line.startswith("debug ") for line in typed)


def test_no_question_to_any_device_does_anything(plan: LabPlan) -> None:
    asked = []
    for name, device in registry.everything().items():
        for node in plan.nodes:
            if node.role in device.facts.roles:
                own = node.model_copy(update={"device": name})
                asked += [
                    (name, probe.text) for probe in readers.of(own).probes(own) if probe.kind == "command"
                ]
    assert len({name for name, _ in asked}) > 20
    assert [(name, text) for name, text in asked if DOES.search(text)] == []
