"""Whatever is broken in the flagship lab, the verdict fails and names the cause."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from members import some
from verify_labs import failures, flagship, judged, running, shell, state, story

from labgen.ground.errors import LabNotUpError
from labgen.ground.labplan import LabPlan
from labgen.lab.find import find
from labgen.lab.provider import Lab
from labgen.verify import conclusions, playbook
from labgen.verify.verdict import Conclusion, Verdict

pytestmark = pytest.mark.lab

KEA = "/etc/kea/kea-dhcp4.conf"
RELAY = "/etc/labgen-relay/relay.yml"
OTHER_POOL = (
    "s/172.16.0.2 - 172.16.0.3/172.16.0.200 - 172.16.0.220/;"
    " s/172.16.0.6 - 172.16.0.128/172.16.0.221 - 172.16.0.250/"
)


@dataclass(frozen=True)
class Sabotage:
    """What is broken and how it is repaired; `cause` is a check that must fail, with words of its message."""

    break_it: Callable[[Lab], object]
    repair: Callable[[Lab], object]
    cause: str
    words: tuple[str, ...]


def edited(
    node: str, daemon: str, file: str, change: str
) -> tuple[Callable[[Lab], object], Callable[[Lab], object]]:
    """A changed configuration, and the true one again; the daemon restarts for both."""

    def break_it(lab: Lab) -> None:
        shell(lab, node, f"cp {file} /tmp/true && sed -i '{change}' {file} && ! cmp -s /tmp/true {file}")
        lab.control(node, daemon, "restart")

    def repair(lab: Lab) -> None:
        shell(lab, node, f"cp /tmp/true {file}")
        lab.control(node, daemon, "restart")

    return break_it, repair


SABOTAGES = {
    "a server stopped": Sabotage(
        lambda lab: lab.control("srv2", "kea-dhcp4", "stop"),
        lambda lab: lab.control("srv2", "kea-dhcp4", "start"),
        "server.running:srv2",
        ("server does not run on srv2", "labgen logs srv2"),
    ),
    "one relay not running": Sabotage(
        lambda lab: lab.control("sw2", "labgen-relay", "stop"),
        lambda lab: lab.control("sw2", "labgen-relay", "start"),
        "server.copies:cl_a:srv1",
        ("10.0.0.4", "nothing came through sw2", "labgen logs sw2"),
    ),
    "a wrong pool on one server": Sabotage(
*edited("srv1", "kea-dhcp4", KEA, OTHER_POOL),
        "server.pool:cl_a:srv1",
        ("172.16.0.2", "pool configured on srv1", "double leases"),
    ),
    "the relay without link-selection": Sabotage(
        *edited("sw1", "labgen-relay", RELAY, "s/, *link-selection//; s/link-selection, *//; /- link-selection/d"),
        "server.sub-options:cl_a:srv1",
        ("via 10.0.0.4", "no link-selection (5)", "RFC 3527"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> LabPlan:
    return flagship()


@pytest.fixture(scope="module")
def lab(plan: LabPlan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(plan, tmp_path_factory.mktemp("lab") / "sabotage") as lab:
        yield lab


def acquire(lab: Lab, folder: Path, plan: LabPlan | None = None) -> Verdict:
    book = playbook.load("acquire", plan or lab.plan)
    verdict = judged(lab, [book], folder, plan)
    assert verdict.planned == conclusions.planned(plan or lab.plan, [book]) == len(verdict.checks)
    return verdict


def test_the_flagship_as_built_passes(lab: Lab, tmp_path: Path) -> None:
    verdict = acquire(lab, tmp_path)
    assert verdict.conclusion is Conclusion.PASS, story(verdict)


@pytest.mark.parametrize("name", some(SABOTAGES, "one relay not running", "the relay without link-selection"))
def test_sabotage_fails_and_the_message_names_the_cause(lab: Lab, tmp_path: Path, name: str) -> None:
    sabotage = SABOTAGES[name]
    sabotage.break_it(lab)
    try:
        verdict = acquire(lab, tmp_path)
    finally:
        sabotage.repair(lab)
    assert verdict.conclusion is Conclusion.FAIL, story(verdict)
    judgement = failures(verdict)[sabotage.cause].judgement
    message = " ".join((judgement.expected, judgement.observed, judgement.hint))
    assert not [word for word in sabotage.words if word not in message], message


def test_a_frozen_relay_is_named_where_nothing_has_to_go_through_it(lab: Lab, tmp_path: Path) -> None:
    """The release goes through the other switch; a playbook that needs nothing of a daemon still says that it does not run."""
    shell(lab, "sw2", "kill -STOP $(cat /run/labgen/labgen-relay.pid)")
    try:
        verdict = judged(lab, [playbook.load("release", lab.plan)], tmp_path)
    finally:
        shell(lab, "sw2", "kill -CONT $(cat /run/labgen/labgen-relay.pid)")
    assert verdict.conclusion is Conclusion.FAIL, story(verdict)
    found = failures(verdict)["node.daemons:sw2"].judgement
    assert found.observed == "labgen-relay is frozen (SIGSTOP)"
    assert "node.daemons:sw1" not in failures(verdict)


def test_a_different_vni_on_one_switch_is_named(plan: LabPlan, tmp_path: Path) -> None:
    def edit(folder: Path) -> None:
        data = json.loads((folder / "plan.json").read_text())
        sw2 = next(node for node in data["nodes"] if node["name"] == "sw2")
        sw2["vlans"][0]["vni"] += 7
        (folder / "plan.json").write_text(json.dumps(data))

    with running(plan, tmp_path / "vni", edit) as lab:
        verdict = acquire(lab, tmp_path / "run", plan)
    assert verdict.conclusion is Conclusion.FAIL, story(verdict)
    found = failures(verdict)
    vni = plan.node("sw2").vlans[0].vni
    assert vni is not None
    judgement = found["control-plane.vni:sw2:cv1"].judgement
    assert judgement.observed == f"VNIs on sw2: {vni + 7}"
    assert "compare the VNI of VLAN 1000 on sw1, sw2" in judgement.hint
    assert "relay.forwards:cl_a:sw2" in found
    assert "check VNI and VTEPs on both switches" in found["relay.forwards:cl_a:sw2"].judgement.hint


def test_a_lab_that_is_not_up_is_an_infrastructure_error(tmp_path: Path) -> None:
    with pytest.raises(LabNotUpError, match="labgen up") as caught:
        find(tmp_path)
    assert caught.value.exit_code == 3


def test_no_evidence_is_never_a_pass(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither captures nor collected outputs: a lab whose nodes cannot be reached and whose taps are gone."""
    monkeypatch.setattr(type(lab), "save_captures", lambda self, target: ())
    monkeypatch.setattr("labgen.collect.session.Session.collect", lambda self, probes: ())
    verdict = acquire(lab, tmp_path)
    assert verdict.conclusion is not Conclusion.PASS
    assert [check.id for check in verdict.checks if check.judgement.outcome.value == "pass"] == []


BROKEN_OFF = """
name: broken-off
steps:
  - name: fault
    do:
      - {action: stop-server, on: srv1}
      - {action: stop-relay, on: sw2}
      - {wait: renew, on: clients}
"""


def test_an_interrupted_playbook_takes_its_faults_back(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        seen.append(state(lab, "srv1", "server-state"))
        raise KeyboardInterrupt

    seen: list[str] = []
    monkeypatch.setattr("labgen.verify.recording.Watch.wait", interrupt)
    (tmp_path / "x.yml").write_text(BROKEN_OFF)
    with pytest.raises(KeyboardInterrupt):
        judged(lab, [playbook.load(str(tmp_path / "x.yml"), lab.plan)], tmp_path / "run")
    states = [state(lab, "srv1", "server-state"), state(lab, "sw2", "relay-state")]
    assert (seen, states) == (["stopped"], ["running", "running"])
