"""Whole playbooks on labs of Arista EOS, IOS XE and IOS machines over SSH: every check, and every sabotage.

The machines are played (`devices_world`): their logs and tables are written by hand in the formats of the vendors, their
captures with labgen's own codec. Recorded logs are played where they are at hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from devices_answers import COUNTERS, counters, flood
from devices_rack import Change, answering, running
from devices_recorded import Device
from devices_recordings import EVPN, VRF, Playback
from devices_world import Sabotage, World

from labgen.collect import session as session_module
from labgen.ground.labplan import LabPlan
from labgen.lab.provider import Lab
from labgen.plan.build import build
from labgen.report.leases import leases
from labgen.report.parties import parties
from labgen.spec import load
from labgen.verify import playbook, runner
from labgen.verify.judgement import Outcome, Witness
from labgen.verify.verdict import CheckResult, Conclusion, Verdict

pytestmark = pytest.mark.slow
BOTH = ("acquire", "renew")
ALL = (*BOTH, "release")
NOT_IN_LOGS = {"relay.strips", "lease.witnesses", "renew.witnesses"}
"""What takes a capture: option 82 at the client, and the wire as a witness of its own."""
NEEDS_A_CAPTURE = {"relay.requests", "relay.replies", "server.replies", "evidence.captures"}
"""What only packets show; nobody promised captures here."""


@pytest.fixture(scope="module")
def plan() -> LabPlan:
    return build(load.load("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}))


@pytest.fixture(scope="module")
def routed() -> LabPlan:
    return build(load.load("vrf-relay", {"switch": "iosv", "server": "csr", "client": "iosv"}))


@dataclass
class Run:
    """What to verify, and how. `before` sees the lab before it is verified, `devices` are its machines."""

    world: World
    folder: Path
    books: tuple[str, ...] = ("acquire",)
    captured: bool = True
    changes: Mapping[str, Change] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)

    def verdict(self, before: Callable[[Lab], object] = lambda lab: None) -> Verdict:
        """Verified over SSH; whatever came of it, every machine is left as it was."""
        plan = self.world.plan
        with running(self.world, self.folder, self.changes, captured=self.captured) as lab:
            self.devices = lab.rack.devices
            before(lab)
            books = [playbook.load(name, plan) for name in self.books]
            found = runner.verify(lab, books, self.folder / "run", "recorded", lambda line: None)
        assert found.planned == len(found.checks)
        assert {name: device.debugs for name, device in self.devices.items() if device.debugs} == {}
        assert [name for name, device in self.devices.items() if device.sessions] == []
        return found


def story(verdict: Verdict) -> str:
    """Everything that did not pass, for assertion messages."""
    bad = (c for c in verdict.checks if c.judgement.outcome is not Outcome.PASS)
    shown = (
        f"{c.step} {c.id} {c.judgement.outcome}: {c.judgement.expected} | {c.judgement.observed}" for c in bad
    )
    return "\n".join([f"{verdict.conclusion}: {verdict.ran} of {verdict.planned}", *shown])


def outcomes(verdict: Verdict, outcome: Outcome) -> set[str]:
    return {check.id for check in verdict.checks if check.judgement.outcome is outcome}


def names(ids: set[str]) -> set[str]:
    return {each.partition(":")[0] for each in ids}


def check(verdict: Verdict, name: str) -> CheckResult:
    return next(each for each in verdict.checks if each.id == name)


@dataclass(frozen=True)
class Passed:
    """The whole fabric, verified once for several tests."""

    run: Run
    verdict: Verdict


@pytest.fixture(scope="module")
def fabric(plan: LabPlan, tmp_path_factory: pytest.TempPathFactory) -> Passed:
    run = Run(World(plan), tmp_path_factory.mktemp("fabric"), ALL)
    return Passed(run, run.verdict())


def test_a_fabric_of_eos_with_ios_xe_servers_passes_every_check(fabric: Passed) -> None:
    verdict = fabric.verdict
    assert verdict.conclusion is Conclusion.PASS, story(verdict)
    assert verdict.ran == verdict.planned >= 98
    witnesses = check(verdict, "lease.witnesses:cl_a").judgement.proofs
    assert {proof.witness for proof in witnesses} == {Witness.CLIENT, Witness.SERVER, Witness.WIRE}


def test_machines_need_not_have_the_planned_mac_addresses(plan: LabPlan, fabric: Passed) -> None:
    world, verdict = fabric.run.world, fabric.verdict
    planned = {port.mac for node in plan.nodes for port in node.interfaces}
    assert planned.isdisjoint(world.wires.macs.values())
    clients = {e.client.mac: verdict.macs.get(e.client.mac or "") for e in verdict.exchanges}
    assert clients == {world.party(name).mac: name for name in ("cl_a", "cl_b")}


def test_nothing_but_the_session_itself_is_changed_on_a_machine(fabric: Passed) -> None:
    allowed = (
        "show ", "terminal ", "debug ", "undebug all", "clear logging", "renew dhcp ", "release dhcp ", "exit",
    )  # fmt: skip
    for device in fabric.run.devices.values():
        assert [line for line in device.typed if line and not line.startswith(allowed)] == []


def test_a_client_that_is_bound_is_not_bound_again(fabric: Passed) -> None:
    """`bind` before `renew` finds a lease: one renewal, and one `renew dhcp` each to start and to renew."""
    kinds = [e.kind.value for e in fabric.verdict.exchanges]
    assert sorted(kinds) == ["acquire"] * 2 + ["release"] * 2 + ["renew"] * 2
    typed = fabric.run.devices["cl_a"].typed
    assert typed.count("renew dhcp GigabitEthernet0/1") == 2


def test_a_vrf_behind_an_ios_relay_passes_every_check(routed: LabPlan, tmp_path: Path) -> None:
    verdict = Run(World(routed), tmp_path, ALL).verdict()
    assert verdict.conclusion is Conclusion.PASS, story(verdict)


SLOW: Change = lambda device: replace(device, pause=0.005)  # noqa: E731


def test_slow_machines_that_page_are_verified_all_the_same(plan: LabPlan, tmp_path: Path) -> None:
    run = Run(World(plan), tmp_path, changes={"sw1": SLOW, "srv1": SLOW, "cl_b": SLOW})
    verdict = run.verdict()
    assert verdict.conclusion is Conclusion.PASS, story(verdict)
    assert {"terminal length 0"} <= set(run.devices["sw1"].typed)


UPTIME = {
    name: time.time() - age
    for name, age in (("srv1", 9000.3), ("srv2", 5000.7), ("cl_a", 700.1), ("cl_b", 90.9))
}


@pytest.mark.parametrize(
    "booted",
    [
        pytest.param({}, id="dates of a wrong clock"),
        pytest.param(UPTIME, id="uptimes"),
        pytest.param(UPTIME | {"srv1": None, "srv2": None}, id="servers without stamps"),
    ],
)
def test_without_captures_logs_carry_all_but_the_wire(
    plan: LabPlan, tmp_path: Path, booted: Mapping[str, float | None]
) -> None:
    verdict = Run(World(plan, booted=booted), tmp_path, ALL, captured=False).verdict()
    assert (verdict.conclusion, verdict.conclusion.exit_code) == (Conclusion.INCOMPLETE, 4), story(verdict)
    assert names(outcomes(verdict, Outcome.BLOCKED)) == NOT_IN_LOGS, story(verdict)
    assert names(outcomes(verdict, Outcome.SKIPPED)) == NEEDS_A_CAPTURE
    unjudged = outcomes(verdict, Outcome.BLOCKED)
    assert unjudged | outcomes(verdict, Outcome.SKIPPED) == {
        each.id for each in verdict.checks if each.judgement.outcome is not Outcome.PASS
    }
    proofs = [proof for each in verdict.checks for proof in each.judgement.proofs]
    assert Witness.WIRE not in {proof.witness for proof in proofs}
    assert all(proof.file and (tmp_path / "run" / proof.file).is_file() for proof in proofs)


def test_captures_of_clients_and_logs_of_the_others_make_a_whole(plan: LabPlan, tmp_path: Path) -> None:
    """The servers' clocks are wrong, and the relays have neither captures nor logs."""
    world = World(plan, booted={"srv2": time.time() - 5000.7}, pace=1.0)
    clients = lambda target: tuple(f for f in world.wires.save(target) if _of_client(f))  # noqa: E731
    with running(world, tmp_path, {}, captured=False) as lab:
        seen = replace(lab, captures=clients)
        verdict = runner.verify(
            seen, [playbook.load("acquire", plan)], tmp_path / "run", "recorded", lambda line: None
        )
    assert verdict.conclusion is Conclusion.PASS, story(verdict)
    rows = [
        (row.client, row.address, row.servers, row.state) for row in leases(verdict, parties(verdict, plan))
    ]
    assert rows == [
        ("cl_a", "172.16.0.129", ("srv2",), "selecting"), ("cl_a", "172.16.0.6", ("srv1",), ""),
        ("cl_b", "172.16.0.130", ("srv2",), "selecting"), ("cl_b", "172.16.0.7", ("srv1",), ""),
    ]  # fmt: skip
    witnesses = {proof.witness for each in verdict.checks for proof in each.judgement.proofs}
    assert witnesses == {Witness.CLIENT, Witness.SERVER, Witness.RELAY, Witness.WIRE, Witness.CONTROL_PLANE}


def _of_client(file: Path) -> bool:
    """Whether a capture is of a client's port; any other is taken away."""
    if file.name.startswith("cl_"):
        return True
    file.unlink()
    return False


def test_logs_of_an_ios_relay_are_its_word(routed: LabPlan, tmp_path: Path) -> None:
    verdict = Run(World(routed), tmp_path, captured=False).verdict()
    assert names(outcomes(verdict, Outcome.BLOCKED)) == NOT_IN_LOGS - {"renew.witnesses"}, story(verdict)
    proofs = check(verdict, "relay.forwards:user:relay").judgement.proofs
    assert {(proof.witness, proof.node) for proof in proofs} == {(Witness.RELAY, "relay")}


def test_nobody_who_was_watched_means_nothing_is_judged(plan: LabPlan, tmp_path: Path) -> None:
    """Neither captures nor debugs: what clients and servers did is unknown, and neither passes nor fails."""
    silent = {
        name: answering("show logging", "Syslog logging: enabled\n")
        for name in ("srv1", "srv2", "cl_a", "cl_b")
    }
    verdict = Run(World(plan), tmp_path, captured=False, changes=silent).verdict()
    assert verdict.conclusion is Conclusion.INCOMPLETE, story(verdict)
    passed = names(outcomes(verdict, Outcome.PASS))
    assert {name for name in passed if name.startswith(("client.", "relay.f", "relay.s", "server."))} == {
        "server.running",
        "client.configured",
    }
    assert "nobody watched cl_a" in check(verdict, "client.discover:cl_a").judgement.observed


def session_down(device: Device) -> Device:
    shown = device.answers["show bgp evpn summary | json"]
    assert isinstance(shown, str)
    return answering("show bgp evpn summary | json", shown.replace("Established", "Active", 1))(device)


def counting_nothing(plan: LabPlan) -> Change:
    return answering(COUNTERS, counters(plan.node("sw1").relays[0], 0))


@dataclass(frozen=True)
class Case:
    """What is wrong, and which checks must fail for it, no other; `words` are in the message of the first."""

    failing: tuple[str, ...]
    words: str
    sabotage: Sabotage = field(default_factory=Sabotage)
    changes: Callable[[LabPlan], Mapping[str, Change]] = lambda plan: {}


CASES = {
    "a server's table shows another address": Case(
        ("lease.witnesses:cl_a", "lease.witnesses:cl_b"), "server: 172.16.0.99", Sabotage(server_says="172.16.0.99")
    ),
    "clients say they got another address": Case(
        ("lease.witnesses:cl_a", "lease.witnesses:cl_b"), "client: 172.16.0.66", Sabotage(client_says="172.16.0.66")
    ),
    "a second server answers": Case(
        ("server.loser-silent:cl_a", "server.loser-silent:cl_b", "lease.single-binding:cl_a", "lease.single-binding:cl_b"),
        "srv2 sent ACK",
        Sabotage(two_answers=True),
    ),
    "an EVPN session is down": Case(
        ("control-plane.evpn-session:sw1",), "sw2 active", changes=lambda plan: {"sw1": session_down}
    ),
    "a VTEP is missing": Case(
        ("control-plane.vtep:sw1:cv1",),
        "no VTEP for sw2; has none",
        changes=lambda plan: {"sw1": answering("show vxlan flood vtep", flood(1000, ""))},
    ),
    "a relay counts nothing": Case(
        ("relay.forwards:cl_a:sw1", "relay.forwards:cl_b:sw1"),
        "sw1 counts none forwarded on Vlan1000",
        changes=lambda plan: {"sw1": counting_nothing(plan)},
    ),
    "a relay is off": Case(
        ("relay.running:sw2",),
        "relay does not run on sw2",
        changes=lambda plan: {"sw2": answering("show ip dhcp relay", "DHCP Relay is not active\n")},
    ),
    "a server is off": Case(
        ("server.running:srv2",),
        "server does not run on srv2",
        changes=lambda plan: {
            "srv2": answering(
                "show running-config | include service dhcp|ip dhcp pool|ip helper-address",
                "no service dhcp\nip dhcp pool p_172.16.0.0\n",
            )
        },
    ),
    "a MAC address never came by EVPN": Case(
        ("control-plane.mac:cl_b:sw1",),
        "unknown",
        changes=lambda plan: {"sw1": answering("show vxlan address-table", "          Vxlan Mac Address Table\n")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_sabotage_fails_and_nothing_else_does(plan: LabPlan, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    verdict = Run(World(plan, case.sabotage), tmp_path, changes=case.changes(plan)).verdict()
    assert (verdict.conclusion, verdict.conclusion.exit_code) == (Conclusion.FAIL, 1), story(verdict)
    assert outcomes(verdict, Outcome.FAIL) == set(case.failing), story(verdict)
    judgement = check(verdict, case.failing[0]).judgement
    assert case.words in judgement.observed, judgement
    assert judgement.hint


@pytest.mark.parametrize("says", ["server_says", "client_says"])
def test_a_lie_is_found_in_logs_and_tables_alone(plan: LabPlan, tmp_path: Path, says: str) -> None:
    lie = Sabotage(**{says: "172.16.0.99"})  # type: ignore[arg-type]
    verdict = Run(World(plan, lie), tmp_path, captured=False).verdict()
    assert verdict.conclusion is Conclusion.FAIL, story(verdict)
    assert {"lease.witnesses:cl_a", "lease.witnesses:cl_b"} <= outcomes(verdict, Outcome.FAIL)


def test_a_connection_that_drops_is_an_error_and_no_pass(plan: LabPlan, tmp_path: Path) -> None:
    broken: Change = lambda device: replace(device, drop="show ip dhcp binding")  # noqa: E731
    run = Run(World(plan), tmp_path, changes={"srv1": broken})
    verdict = run.verdict()
    assert (verdict.conclusion, verdict.conclusion.exit_code) == (Conclusion.ERROR, 3), story(verdict)
    about = {each.id for each in verdict.checks if each.id.endswith(":srv1")}
    leases = {
        f"lease.{name}:{client}" for name in ("witnesses", "single-binding") for client in ("cl_a", "cl_b")
    }
    assert outcomes(verdict, Outcome.ERROR) == about | leases, story(verdict)
    assert "the connection broke" in check(verdict, "server.running:srv1").judgement.observed
    assert run.devices["srv1"].typed.count("undebug all") == 1


def test_a_machine_nobody_can_reach_is_an_error_of_its_checks(
    plan: LabPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "BOOTING", 0.2)

    def unplug(lab: Lab) -> None:
        del lab.rack.devices["sw2"]  # type: ignore[attr-defined]

    verdict = Run(World(plan), tmp_path).verdict(unplug)
    assert verdict.conclusion is Conclusion.ERROR, story(verdict)
    errors = outcomes(verdict, Outcome.ERROR)
    assert {"control-plane.ospf:sw2", "relay.running:sw2", "control-plane.mac:cl_a:sw2"} <= errors
    assert not [
        each for each in verdict.checks if "sw2" in each.id and each.judgement.outcome is Outcome.PASS
    ]


LATE = """
name: late
steps:
  - name: acquire
    do: [{action: acquire, on: clients, timeout: 2s}]
    checks: [step.in-time, "lease.*"]
"""


def test_a_client_that_is_late_is_told_with_the_time_it_took(routed: LabPlan, tmp_path: Path) -> None:
    (tmp_path / "late.yml").write_text(LATE)
    run = Run(World(routed, takes=2.5), tmp_path, (str(tmp_path / "late.yml"),))
    verdict = run.verdict()
    assert outcomes(verdict, Outcome.FAIL) == {"step.in-time:user"}, story(verdict)
    assert (
        "not done after 2 s; would have passed after 2."
        in check(verdict, "step.in-time:user").judgement.observed
    )


@pytest.mark.reference
def test_the_recorded_evpn_lab_passes_what_its_logs_tell(tmp_path: Path) -> None:
    verdict = Run(Playback.of(EVPN), tmp_path, BOTH, captured=False).verdict()
    assert verdict.conclusion.exit_code == 1, story(verdict)
    assert names(outcomes(verdict, Outcome.BLOCKED)) == NOT_IN_LOGS, story(verdict)
    # The client sent its renewal twice; the servers' recordings have one.
    assert names(outcomes(verdict, Outcome.FAIL)) == {"renew.copies"}, story(verdict)
    # Without captures nobody can say what was on the wires; with one missing, nothing else is.
    silent = {"evidence.captures", "relay.replies", "relay.requests", "server.replies"}
    assert names(outcomes(verdict, Outcome.SKIPPED)) == silent, story(verdict)
    assert verdict.planned - verdict.ran == verdict.count(Outcome.BLOCKED) + verdict.count(Outcome.SKIPPED)
    assert "172.16.0.132" in check(verdict, "server.offers:cl_a:srv2").judgement.observed


@pytest.mark.reference
def test_the_recorded_vrf_lab_passes_what_its_logs_tell(tmp_path: Path) -> None:
    """Its server stamped nothing, its client uptimes."""
    verdict = Run(Playback.of(VRF), tmp_path, captured=False).verdict()
    assert (verdict.conclusion, verdict.conclusion.exit_code) == (Conclusion.INCOMPLETE, 4), story(verdict)
    assert names(outcomes(verdict, Outcome.BLOCKED)) == NOT_IN_LOGS - {"renew.witnesses"}, story(verdict)
