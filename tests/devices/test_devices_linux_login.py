"""Sessions with Linux machines: commands in channels of their own, whatever a login shell does, and logins that come late."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncssh
import paramiko
import pytest
from devices_recorded import Device, Rack, RecordedLab

from labgen.collect import linux_login, session
from labgen.collect.session import Session
from labgen.devices.base import Action, Probe
from labgen.ground.labplan import LabPlan
from labgen.lab.provider import BrokenDaemon, SshAccess
from labgen.plan.build import build
from labgen.spec import load

UPTIME = Probe("uptime", "uptime", "command")


@dataclass
class Machine(Device):
    """A machine that runs commands at once; a login shell of it never gets as far as a prompt."""

    shells: int = 0

    async def serve(self, process: asyncssh.SSHServerProcess[str]) -> None:
        if process.command is None:
            self.shells += 1
            await asyncio.sleep(3600)
        process.stdout.write(self.text(process.command or ""))
        process.exit(0)


@dataclass
class LinuxLab(RecordedLab):
    """Its machines let root in with the lab's key. The first `lost` connections to each break at once; `open_now` is how many
    are being opened, `most` how many ever were.
    """

    lost: int = 0
    broken_daemons: tuple[BrokenDaemon, ...] = ()
    tried: list[str] = field(default_factory=list)
    open_now: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ssh_access(self, node: str) -> SshAccess:
        return SshAccess("root", node, 22, KEY, self.rack.host_key())

    def ssh_socket(self, node: str) -> socket.socket:
        self.tried.append(node)
        if self.tried.count(node) <= self.lost:
            ours, theirs = socket.socketpair()
            theirs.close()
            return ours
        with self.lock:
            self.open_now += 1
            self.most = max(self.most, self.open_now)
        time.sleep(0.05)
        with self.lock:
            self.open_now -= 1
        return self.rack.connect(node)

    def broken(self) -> tuple[BrokenDaemon, ...]:
        return self.broken_daemons

    def ended(self) -> bool:
        return False


@dataclass
class StallingLab(LinuxLab):
    """Once it is `stalled`, nothing passes any more over the connections that it opened before."""

    stalled: threading.Event = field(default_factory=threading.Event)

    def ssh_socket(self, node: str) -> socket.socket:
        inner = super().ssh_socket(node)
        outer, ours = socket.socketpair()
        old = not self.stalled.is_set()
        for source, target in ((inner, ours), (ours, inner)):
            threading.Thread(target=self._pump, args=(source, target, old), daemon=True).start()
        return outer

    def _pump(self, source: socket.socket, target: socket.socket, old: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not (old and self.stalled.is_set()):
                    target.sendall(data)
        target.close()


KEY = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()


@pytest.fixture
def plan() -> LabPlan:
    return build(load.load("leaf-spine"))


@contextmanager
def machines(plan: LabPlan) -> Iterator[Rack]:
    rack = Rack({node.name: Machine(node.name, {"uptime": "up 3 min\n"}) for node in plan.nodes})
    try:
        yield rack
    finally:
        rack.close()


def test_a_login_shell_that_never_prompts_is_in_nobodys_way(plan: LabPlan, tmp_path: Path) -> None:
    with machines(plan) as rack, Session(LinuxLab(plan, tmp_path, rack)) as running:
        outputs = running.collect({node.name: [UPTIME] for node in plan.nodes})
        shells = [device.shells for device in rack.devices.values() if isinstance(device, Machine)]
    assert {(output.text, output.error) for output in outputs} == {("up 3 min\n", "")}
    assert len(outputs) == len(plan.nodes) == 12
    assert set(shells) == {0}


def test_connections_are_opened_a_few_at_a_time(plan: LabPlan, tmp_path: Path) -> None:
    with machines(plan) as rack:
        lab = LinuxLab(plan, tmp_path, rack)
        with Session(lab) as running:
            assert running.connect([node.name for node in plan.nodes]) == {}
    assert 1 < lab.most <= session.OPENING


def test_a_login_that_is_lost_is_told(plan: LabPlan, tmp_path: Path) -> None:
    with machines(plan) as rack:
        lab = LinuxLab(plan, tmp_path, rack, lost=1)
        with Session(lab) as running:
            told = running.connect(["l1", "l2"])
    assert told == {"l1": "EOFError: the connection ended", "l2": "EOFError: the connection ended"}
    assert lab.tried in (["l1", "l2"], ["l2", "l1"])


def test_a_connection_on_which_nothing_opens_any_more_is_told_and_the_next_question_has_another(
    plan: LabPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "READ_TIMEOUT", 0.3)
    with machines(plan) as rack:
        lab = StallingLab(plan, tmp_path, rack)
        with Session(lab) as running:
            before = running.collect({"l1": [UPTIME]})
            lab.stalled.set()
            silent = running.collect({"l1": [UPTIME, UPTIME]})
            after = running.collect({"l1": [UPTIME]})
    assert [(output.text, output.error) for output in (*before, *after)] == [("up 3 min\n", "")] * 2
    assert [(output.text, output.error) for output in silent] == [
        ("", "SSHException: Timeout opening channel.")
    ] * 2
    assert lab.tried == ["l1", "l1"]


def stalling_after_open(monkeypatch: pytest.MonkeyPatch, lab: StallingLab) -> None:
    """The first channel opens, and from then on nothing passes over that connection."""
    opened = linux_login.ShellLess.open_channel

    def and_stall(own: linux_login.ShellLess, timeout: float) -> paramiko.Channel:
        found = opened(own, timeout)
        lab.stalled.set()
        return found

    monkeypatch.setattr(linux_login.ShellLess, "open_channel", and_stall)


def test_a_question_of_which_nothing_is_heard_is_an_error_and_no_empty_answer(
    plan: LabPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "READ_TIMEOUT", 0.5)
    with machines(plan) as rack:
        lab = StallingLab(plan, tmp_path, rack)
        stalling_after_open(monkeypatch, lab)
        with Session(lab) as running:
            (output,) = running.collect({"l1": [UPTIME]})
    assert output.text == ""
    assert output.error.startswith("SSHException: ")
    assert lab.tried == ["l1"]


def test_what_is_done_to_a_node_is_not_done_twice_where_nothing_is_heard_of_it(
    plan: LabPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machines(plan) as rack:
        lab = StallingLab(plan, tmp_path, rack)
        stalling_after_open(monkeypatch, lab)
        with Session(lab) as running:
            (done,) = running.act({"l1": Action(("uptime",))}, 0.5)
    assert (done.error, done.lost) == ("UnheardError: nothing was heard of `uptime`", True)
    assert lab.tried == ["l1"]


def test_an_action_on_a_node_that_cannot_be_spoken_to_is_lost_and_not_merely_undone(
    plan: LabPlan, tmp_path: Path
) -> None:
    wanted = {name: Action(("uptime",), watch="uptime", done="up") for name in ("l1", "l2")}
    with machines(plan) as rack:
        lab = LinuxLab(plan, tmp_path, rack)
        lost = replace(lab, lost=9, tried=[])
        with Session(lab) as running:
            told = {done.node: (done.error, done.lost) for done in running.act(wanted, 5)}
        with Session(lost) as running:
            untold = {done.node: (done.error, done.lost) for done in running.act(wanted, 5)}
    assert told == {"l1": ("", False), "l2": ("", False)}
    assert untold == dict.fromkeys(("l1", "l2"), ("EOFError: the connection ended", True))
