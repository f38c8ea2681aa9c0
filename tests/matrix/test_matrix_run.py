"""Combinations run side by side; what goes wrong with one is its own affair, and an interruption ends them all."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest
from matrix_values import cell

from labgen.ground.errors import LabStartError
from labgen.lab.provider import Lab
from labgen.matrix import cell as one
from labgen.matrix.axes import Choice, Combination, choose
from labgen.matrix.cell import Order, RunningLabs
from labgen.matrix.model import CellOutcome, MatrixCell
from labgen.matrix.run import INTERRUPTED, NOT_RUN, Listener, RunCell, run
from labgen.pipeline import Tell
from labgen.spec.load import load

SERVERS = ("dnsmasq", "isc-dhcpd", "kea", "kea-plain")
ORDER = Order("relay", (), ("acquire",), Path("nowhere"))


def choice(scenario: str = "relay", **wanted: str) -> Choice:
    return choose(load(scenario).spec, (), {axis: (text,) for axis, text in wanted.items()})


def playing(**outcomes: CellOutcome | type[BaseException]) -> RunCell:
    """Ends the cell of each server (`_` for `-`) as told, else with a pass."""

    def work(combination: Combination, order: Order, running: RunningLabs, tell: Tell) -> MatrixCell:
        outcome = outcomes.get(combination.server.replace("-", "_"), CellOutcome.PASS)
        if not isinstance(outcome, CellOutcome):
            raise outcome
        return cell(outcome, combination.server)

    return work


class FakeLab:
    """A lab that counts how often it was ended."""

    def __init__(self) -> None:
        self.ended = 0

    def down(self) -> None:
        self.ended += 1


def lab() -> tuple[FakeLab, Lab]:
    fake = FakeLab()
    return fake, cast(Lab, cast(Any, fake))


def test_cells_come_in_the_order_of_the_axes_however_they_end() -> None:
    slow = Event()

    def work(combination: Combination, order: Order, running: RunningLabs, tell: Tell) -> MatrixCell:
        if combination.server == "kea-plain":
            slow.set()
        assert slow.wait(10)
        return cell(CellOutcome.PASS, combination.server)

    heard: list[str] = []
    found = run(
        choice(server=",".join(SERVERS)),
        ORDER,
        jobs=4,
        work=work,
        listener=Listener(ended=lambda cell: heard.append(cell.server)),
    )
    assert [each.server for each in found.cells] == list(SERVERS)
    assert sorted(heard) == list(SERVERS)
    assert found.exit_code == 0


def test_fail_fast_starts_nothing_after_a_failure() -> None:
    wanted = choice(server=",".join(SERVERS))
    found = run(wanted, ORDER, fail_fast=True, work=playing(isc_dhcpd=CellOutcome.FAIL))
    outcomes = [each.outcome for each in found.cells]
    assert outcomes[:2] == [CellOutcome.PASS, CellOutcome.FAIL]
    assert (outcomes[-1], found.cells[-1].reason) == (CellOutcome.INCOMPLETE, NOT_RUN)
    assert found.exit_code == 1


def test_without_fail_fast_everything_runs() -> None:
    found = run(choice(server=",".join(SERVERS)), ORDER, work=playing(dnsmasq=CellOutcome.FAIL))
    assert [each.outcome.value for each in found.cells] == ["fail", "pass", "pass", "pass"]


def test_an_interruption_keeps_what_was_found_and_ends_the_labs() -> None:
    wanted = choice(server=",".join(SERVERS))
    fake, running_lab = lab()

    def work(combination: Combination, order: Order, running: RunningLabs, tell: Tell) -> MatrixCell:
        if combination.server == "isc-dhcpd":
            running.add(running_lab)
            raise KeyboardInterrupt
        return cell(CellOutcome.PASS, combination.server)

    found = run(wanted, ORDER, work=work)
    assert fake.ended == 1
    assert found.interrupted
    assert found.exit_code == 130
    assert found.cells[0].outcome is CellOutcome.PASS
    assert {each.reason for each in found.cells[1:2]} == {INTERRUPTED}


def test_a_lab_that_comes_up_after_the_end_goes_down_at_once() -> None:
    running = RunningLabs()
    running.end()
    fake, late = lab()
    with pytest.raises(LabStartError):
        running.add(late)
    assert fake.ended == 1


def test_a_lab_is_ended_once() -> None:
    running = RunningLabs()
    fake, up = lab()
    running.add(up)
    running.end()
    running.down(up)
    assert fake.ended == 1


def test_a_combination_that_is_not_built_is_refused_with_every_reason(tmp_path: Path) -> None:
    order = Order("evpn-redundant-server", (), ("acquire",), tmp_path)
    (combination,) = choice("evpn-redundant-server", relay="frr-dnsmasq").combinations()
    report = one.run(combination, order, RunningLabs(), lambda text: None)
    assert report.outcome is CellOutcome.REFUSED
    assert report.reason == (
        "`frr-dnsmasq` cannot relay from one VRF into another, says dnsmasq(8) 2.90, dhcp-relay: it has no option for a VRF; "
        "cannot take giaddr from a loopback, says dnsmasq(8) 2.90, dhcp-relay: giaddr is the local address that the client's "
        "interface has (node `sw1`)"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_edited_lab_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    order = Order("relay", (), ("acquire",), tmp_path)
    (combination,) = choice(server="kea").combinations()
    file = tmp_path / combination.folder / "config/srv/etc/kea/kea-dhcp4.conf"
    _build(combination, tmp_path)
    file.write_text("mine\n")
    report = one.run(combination, order, RunningLabs(), lambda text: None)
    assert report.outcome is CellOutcome.REFUSED
    assert "edited since the last build" in report.reason
    assert file.read_text() == "mine\n"


def _build(combination: Combination, folder: Path) -> None:
    from labgen import pipeline

    target = folder / combination.folder
    pipeline.prepare("relay", combination.devices, (), target, False, ("acquire",), lambda text: None)


def test_a_spec_whose_device_needs_an_image_is_refused(tmp_path: Path) -> None:
    spec = load("relay", {"switch": "eos"}).spec
    (combination,) = choose(spec, (("switch", "eos"),), {"server": ("kea",)}).combinations()
    report = one.run(
        combination, Order("relay", (), ("acquire",), tmp_path), RunningLabs(), lambda text: None
    )
    assert report.outcome is CellOutcome.REFUSED
    assert "needs an image" in report.reason


def test_a_lab_that_cannot_start_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (combination,) = choice(server="kea").combinations()
    report = one.run(
        combination, Order("relay", (), ("acquire",), tmp_path), RunningLabs(), lambda text: None
    )
    assert report.outcome is CellOutcome.ERROR
    assert "`unshare` is missing" in report.reason
