"""What a lab does to its host, and what is left of it: nothing, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from lab_folders import ROUTED, make_folder, no_daemons
from lab_host import MARK, Host, eventually, inhabited, marked, namespaces
from members import some

from labgen.ground.errors import LabNotUpError
from labgen.lab.embedded import socket_names
from labgen.lab.embedded.client import EmbeddedLab
from labgen.lab.embedded.provider import EmbeddedProvider, running_name
from labgen.lab.embedded.shutdown import end_lab

pytest_plugins = ["lab_fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]

DETACHED = (
    "import sys, time; from pathlib import Path; from labgen.lab.embedded.provider import EmbeddedProvider; "
)
UP = DETACHED + "EmbeddedProvider().up(Path(sys.argv[1]), lambda stage: print(stage.name, flush=True))"
HOLD = (
    DETACHED
    + "lab = EmbeddedProvider().up(Path(sys.argv[1]), lambda stage: print(stage.name, flush=True), detach=False); "
    "print('held', flush=True); time.sleep(600)"
)


@dataclass
class Command:
    """A marked labgen process that starts the lab of a folder."""

    folder: Path
    mark: str
    process: subprocess.Popen[str]

    @property
    def output(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def until(self, word: str) -> None:
        """Wait for a line of its output."""
        for line in self.output:
            if line.strip() == word:
                return
        raise AssertionError(f"it ended before it said {word}")

    def nothing_left(self) -> bool:
        return not marked(self.mark) and not socket_names.running(socket_names.of_folder(self.folder))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.output.close()


@pytest.fixture
def command(flagship_folder: Path, request: pytest.FixtureRequest) -> Iterator[Command]:
    """The flagship lab being started by a process of its own; the parameter is its program."""
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        [sys.executable, "-c", request.param, str(flagship_folder)],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        text=True,
    )
    started = Command(flagship_folder, mark, process)
    yield started
    started.end()
    try:
        EmbeddedProvider().find(flagship_folder).down()
    except LabNotUpError:
        return


def supervisor_of(command: Command) -> int:
    return EmbeddedProvider().find(command.folder).status().pid


def test_host_is_the_same_before_during_and_after(tmp_path: Path) -> None:
    folder = make_folder(ROUTED, tmp_path)
    before = Host.now()
    lab = EmbeddedProvider().up(folder, lambda stage: None, detach=False)
    inside = namespaces({lab.status().pid})
    lab.control("cl_a", "dhclient", "start")
    during = Host.now()
    lab.down()
    assert during == before
    assert Host.now() == before
    assert len(inside) >= 5
    assert eventually(lambda: not inhabited(inside))


def test_down_returns_when_the_last_process_is_gone(tmp_path: Path) -> None:
    folder = make_folder(ROUTED, tmp_path)
    lab = EmbeddedProvider(no_daemons).up(folder, lambda stage: None, detach=False)
    inside = namespaces({lab.status().pid})
    lab.down()
    assert eventually(lambda: not inhabited(inside), 0.5)
    with pytest.raises(LabNotUpError):
        EmbeddedProvider().find(folder)


@pytest.mark.parametrize("command", [UP], indirect=True)
@pytest.mark.parametrize("stage", some(["namespaces", "network", "daemons"], "network"))
def test_killing_labgen_while_it_starts_a_lab_leaves_nothing(command: Command, stage: str) -> None:
    command.until(stage)
    command.process.kill()
    assert eventually(command.nothing_left), marked(command.mark)


@pytest.mark.parametrize("command", [UP], indirect=True)
@pytest.mark.parametrize("milliseconds", some([150, 300, 450], "300"))
def test_killing_labgen_at_any_moment_leaves_nothing(command: Command, milliseconds: int) -> None:
    time.sleep(milliseconds / 1000)
    command.process.kill()
    assert eventually(command.nothing_left), marked(command.mark)


@pytest.mark.parametrize("command", [HOLD], indirect=True)
def test_lab_that_is_not_detached_ends_with_its_owner(command: Command) -> None:
    command.until("held")
    command.process.kill()
    assert eventually(command.nothing_left), marked(command.mark)


@pytest.mark.parametrize("command", [UP], indirect=True)
@pytest.mark.parametrize("victim", some(["supervisor", "unshare"], "supervisor"))
def test_killing_a_detached_labs_supervisor_leaves_nothing(command: Command, victim: str) -> None:
    command.until("overlay")
    command.process.wait()
    assert eventually(lambda: len(marked(command.mark)) > 20)
    inside = namespaces(set(marked(command.mark)))
    pid = supervisor_of(command)
    if victim == "unshare":
        pid = next(pid for pid, name in marked(command.mark).items() if "unshare" in name.split()[0])
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: command.nothing_left() and not inhabited(inside)), marked(command.mark)


def test_lab_whose_supervisor_hangs_is_ended_all_the_same(tmp_path: Path) -> None:
    folder = make_folder(ROUTED, tmp_path)
    lab = EmbeddedProvider(no_daemons).up(folder, lambda stage: None)
    pid = lab.status().pid
    inside = namespaces({pid})
    os.kill(pid, signal.SIGSTOP)
    end_lab(running_name(folder), answer=0.3)
    assert eventually(lambda: not inhabited(inside))


@pytest.mark.parametrize("command", [UP], indirect=True)
def test_detached_lab_outlives_its_command(command: Command) -> None:
    assert command.process.wait() == 0
    lab = EmbeddedProvider().find(command.folder)
    assert lab.execute("sw1", ["hostname"]).stdout == b"sw1\n"
    lab.down()
    assert command.nothing_left()


def test_labs_run_side_by_side(tmp_path: Path) -> None:
    labs: list[EmbeddedLab] = []
    try:
        for name in ("one", "two"):
            folder = make_folder(ROUTED, tmp_path / name)
            labs.append(EmbeddedProvider(no_daemons).up(folder, lambda stage: None, detach=False))
        labs[0].execute("cl_a", ["touch", "/tmp/one"])
        assert labs[1].execute("cl_a", ["test", "-e", "/tmp/one"]).exit_code == 1
        labs[0].down()
        assert labs[1].execute("cl_a", ["hostname"]).stdout == b"cl_a\n"
    finally:
        for lab in labs[1:]:
            lab.down()
