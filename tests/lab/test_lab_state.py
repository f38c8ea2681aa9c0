"""The folder that remembers what runs is this user's alone, and what others put in the way is neither believed nor waited for."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import labgen
from labgen.ground.errors import InfrastructureError, LabNotUpError
from labgen.lab import state
from labgen.lab.containers import register
from labgen.lab.embedded import socket_names
from labgen.lab.embedded.conversation import Conversation
from labgen.lab.embedded.provider import running_names

SOMEBODY = 65534
"""Another user's number; nothing of his exists but what a test makes."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another user")


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder everybody can enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def as_somebody(deed: Callable[[], None]) -> None:
    """Do something as another user, who has no privileges."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setgid(SOMEBODY)
            os.setuid(SOMEBODY)
            deed()
            os._exit(0)
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's runtime folder."""
    folder = tmp_path / "runtime"
    folder.mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


def test_state_lies_in_a_private_folder_of_the_runtime_folder(runtime: Path) -> None:
    with state.opened() as own:
        own.write("x", b"1")
        assert (own.read("x"), own.names()) == (b"1", ("x",))
    assert (runtime / "labgen").stat().st_mode & 0o777 == 0o700
    assert (runtime / "labgen/x").stat().st_mode & 0o777 == 0o600


def test_without_a_runtime_folder_state_lies_in_the_state_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with state.opened() as own:
        expected = Path(f"/run/user/{os.geteuid()}")
        assert own.path == (expected if expected.is_dir() else tmp_path / "state") / "labgen"


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o777, 0o1777])
def test_a_folder_others_can_enter_is_refused(runtime: Path, mode: int) -> None:
    (runtime / "labgen").mkdir()
    (runtime / "labgen").chmod(mode)
    with pytest.raises(InfrastructureError, match="not private"), state.opened():
        pass


def test_a_link_in_the_place_of_the_folder_is_refused(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(0o700)
    (runtime / "labgen").symlink_to(tmp_path / "other")
    with pytest.raises(InfrastructureError, match="not a folder labgen can use"), state.opened():
        pass


def test_a_link_or_a_pipe_in_the_folder_is_not_read(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    with state.opened() as own:
        (own.path / "link").symlink_to(tmp_path / "secret")
        os.mkfifo(own.path / "pipe")
        assert (own.read("link"), own.read("pipe"), own.read("none")) == (None, None, None)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_runtime_folder_others_can_write_to_is_passed_over(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    runtime.chmod(mode)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with state.opened() as own:
        assert runtime not in own.path.parents


@as_root
def test_a_runtime_folder_of_somebody_else_is_passed_over(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after `sudo` that keeps the environment: what the user could write, root must not believe."""
    os.chown(runtime, SOMEBODY, SOMEBODY)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with state.opened() as own:
        assert runtime not in own.path.parents


@as_root
def test_a_folder_of_somebody_else_is_refused(runtime: Path) -> None:
    (runtime / "labgen").mkdir(0o700)
    os.chown(runtime / "labgen", SOMEBODY, SOMEBODY)
    with pytest.raises(InfrastructureError, match="not private"), state.opened():
        pass


# --- the register of container labs ---


def entry(lab: Path, **changed: object) -> dict[str, object]:
    plain = {
        "folder": str(lab),
        "provider": "clabernetes",
        "containers": {"sw1": "sw1"},
        "started": 1.0,
        "captured": "/var/tmp/labgen",
        "place": {"config": "", "context": "kind", "namespace": "labgen-x", "api": "c9s.run/v1alpha1"},
    }
    return plain | changed


def put(folder: Path, data: dict[str, object]) -> None:
    with state.opened() as own:
        own.write(register._file(folder), json.dumps(data).encode())


def test_an_entry_comes_back_as_it_was_written(runtime: Path, tmp_path: Path) -> None:
    written = register.Entry(
        str(tmp_path),
        "netlab",
        {"sw1": "clab-x-sw1"},
        2.5,
        "/x",
        (77,),
        {"sw1": "192.0.2.7"},
        {},
        (("up", 1.0),),
    )
    register.write(written)
    assert register.read(tmp_path) == written
    assert list(register.entries("netlab")) == [written]
    assert list(register.entries("containerlab")) == []
    register.remove(tmp_path)
    assert register.read(tmp_path) is None


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"containers": {"sw1": "--privileged"}}, id="an option as a container"),
        pytest.param({"containers": {"../sw1": "sw1"}}, id="a path as a node"),
        pytest.param({"containers": {"sw1": "a; reboot"}}, id="a command as a container"),
        pytest.param({"captures": [1]}, id="init as a capture"),
        pytest.param({"captures": [-1]}, id="everything as a capture"),
        pytest.param({"captured": "relative"}, id="a relative folder"),
        pytest.param({"folder": "/somewhere/else"}, id="another lab's folder"),
        pytest.param({"addresses": {"sw1": "-oProxyCommand=x"}}, id="an option as an address"),
        pytest.param({"place": {"context": "a\x1b[2J"}}, id="an escape in the place"),
        pytest.param({"provider": "x/../y"}, id="a path as a provider"),
    ],
)
def test_an_entry_that_is_not_plain_data_is_no_lab(
    runtime: Path, tmp_path: Path, changed: dict[str, object]
) -> None:
    put(tmp_path, entry(tmp_path))
    assert register.read(tmp_path) is not None
    put(tmp_path, entry(tmp_path, **changed))
    assert register.read(tmp_path) is None
    assert list(register.entries("clabernetes")) == []


@as_root
def test_a_kubeconfig_of_somebody_else_is_not_used(runtime: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("apiVersion: v1\n")
    place = {"config": str(config), "context": "kind", "namespace": "x", "api": "c9s.run/v1alpha1"}
    put(tmp_path, entry(tmp_path, place=place))
    assert register.read(tmp_path) is not None
    os.chown(config, SOMEBODY, SOMEBODY)
    assert register.read(tmp_path) is None


@pytest.mark.slow
@as_root
def test_what_another_user_plants_below_the_temporary_folder_is_not_run(public: Path) -> None:
    """The attack: an entry of a lab, and a kubeconfig whose credential plugin is the attacker's program."""
    temporary, marker, programs = public / "tmp", public / "marker", public / "bin"
    for folder, mode in ((temporary, 0o1777), (marker, 0o777), (programs, 0o755)):
        folder.mkdir()
        folder.chmod(mode)
    (programs / "kubectl").write_text(f'#!/bin/sh\necho "$KUBECONFIG" >{marker}/ran\n')
    (programs / "kubectl").chmod(0o755)
    top = temporary / f"labgen-containers-{os.getuid()}"
    place = {"config": str(top / "config"), "context": "x", "namespace": "x", "api": "x/1"}
    planted = json.dumps(entry(temporary, place=place))

    def plant() -> None:
        top.mkdir(0o755)
        (top / "config").write_text("apiVersion: v1\n")
        for name in ("x.json", register._file(temporary)):
            (top / name).write_text(planted)

    as_somebody(plant)
    assert (top / "x.json").stat().st_uid == SOMEBODY
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "TMPDIR": str(temporary),
        "HOME": str(public),
        "PYTHONPATH": str(Path(labgen.__file__).parents[1]),
    }
    command = [sys.executable, "-c", "from labgen.cli.main import main; main()", "status"]
    done = subprocess.run(command, env=environment, cwd=public, capture_output=True, text=True)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert not (marker / "ran").exists()


# --- control sockets ---


@contextlib.contextmanager
def squatter(*claimed: str) -> Iterator[None]:
    """Another user who listens on these names and never says a word: a socket keeps who made it listen."""
    kept = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in claimed]

    def claim() -> None:
        for sock, name in zip(kept, claimed, strict=True):
            sock.bind(f"\0{name}")
            sock.listen(8)

    as_somebody(claim)
    yield
    for sock in kept:
        sock.close()


@as_root
def test_names_somebody_else_claims_are_no_labs_and_are_not_waited_for(tmp_path: Path) -> None:
    claimed = [socket_names.of_user() + "0" * 16 + f"-{number}" for number in range(8)]
    with squatter(*claimed, socket_names.of_folder(tmp_path) + "0123456789abcdef"):
        assert not set(claimed) & set(running_names())
        assert socket_names.running(socket_names.of_folder(tmp_path)) == ()
        with pytest.raises(LabNotUpError, match="no lab of this user"):
            Conversation(claimed[0], seconds=3600)


def test_no_two_names_of_a_folder_are_alike(tmp_path: Path) -> None:
    made = {socket_names.fresh(tmp_path) for _ in range(32)}
    assert len(made) == 32
    assert all(name.startswith(socket_names.of_folder(tmp_path)) for name in made)


def test_a_lab_of_this_user_is_found_by_its_folder(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        name = socket_names.fresh(tmp_path)
        sock.bind(f"\0{name}")
        sock.listen(1)
        assert socket_names.running(socket_names.of_folder(tmp_path)) == (name,)
        assert socket_names.holder(name) == os.getpid()
    assert socket_names.running(socket_names.of_folder(tmp_path)) == ()


@pytest.mark.parametrize(
    ("parents", "found"),
    [
        pytest.param({900: 1, 17: 900}, 900, id="a child with a lower number"),
        pytest.param({900: 1, 950: 900}, 900, id="a child with a higher one"),
        pytest.param({900: 1, 17: 900, 18: 17}, 900, id="a grandchild"),
        pytest.param({17: 1, 18: None}, 17, id="one that has just ended"),
        pytest.param({18: None}, None, id="nobody any more"),
    ],
)
def test_a_child_is_not_taken_for_the_supervisor(
    parents: dict[int, int | None], found: int | None, tmp_path: Path
) -> None:
    """A child holds the supervisor's sockets until it is another program, and process numbers begin anew."""
    for pid, parent in parents.items():
        (tmp_path / str(pid)).mkdir()
        if parent is not None:
            (tmp_path / str(pid) / "status").write_text(f"Name:\tlabgen-lab\nPPid:\t{parent}\nUid:\t0\n")
    assert socket_names._eldest([tmp_path / str(pid) for pid in parents]) == found
