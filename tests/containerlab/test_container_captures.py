"""What is captured of containers: enough to see what embedded labs see."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from labgen.ground.errors import LabStartError
from labgen.lab.containers import captures
from labgen.lab.containers.engine import State
from labgen.plan.build import build
from labgen.spec import load


def test_routed_vlan_interfaces_and_transit_bridges_of_linux_are_captured() -> None:
    """A relay's answer to a client of another switch leaves by a tunnel: only there it is seen as the relay sent it."""
    plan = build(load.load("evpn-symmetric-irb"))
    switch = next(node for node in plan.nodes if node.relays)
    tapped = captures.tapped(switch)
    assert {port.linux for port in switch.interfaces if port.index} <= {*tapped}
    assert {relay.linux for relay in switch.relays} <= {*tapped}
    assert any(name.startswith("br") and name not in {p.linux for p in switch.interfaces} for name in tapped)


def test_of_machines_in_containers_the_data_ports_are() -> None:
    plan = build(load.load("evpn-redundant-server", {"switch": "eos"}))
    switch = next(node for node in plan.nodes if node.relays)
    assert captures.tapped(switch) == tuple(port.linux for port in switch.interfaces if port.index)
    assert {relay.linux for relay in switch.relays}.isdisjoint(captures.tapped(switch))


def test_interfaces_that_are_not_there_are_left_out_and_data_ports_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that labgen planned and netlab calls otherwise is no reason not to start; a missing data port is."""
    plan = build(load.load("evpn-symmetric-irb"))
    asked: list[str] = []

    def tcpdump(pid: int, interface: str, file: Path) -> int:
        asked.append(interface)
        file.touch()
        return pid

    monkeypatch.setattr(captures, "_tcpdump", tcpdump)
    switch = next(node for node in plan.nodes if node.relays)
    captures.start(plan, {switch.name: State(os.getpid(), True, "")}, tmp_path)
    assert asked == [port.linux for port in switch.interfaces if port.index]


def test_a_container_that_has_ended_is_named(tmp_path: Path) -> None:
    plan = build(load.load("relay"))
    with subprocess.Popen(("true",)) as process:
        process.wait()
    with pytest.raises(LabStartError, match="the container of srv ended"):
        captures.start(plan, {"srv": State(process.pid, True, "")}, tmp_path)


@pytest.mark.parametrize("term", ["udp port 67", "udp port 68", "icmp", "arp", "udp port 4789"])
def test_the_filter_lets_through_what_checks_read(term: str) -> None:
    assert term in captures.FILTER.split(" or ")


def test_nothing_stands_behind_the_word_that_moves_what_follows_it() -> None:
    assert captures.FILTER.split(" or ")[-1] == "vlan"
