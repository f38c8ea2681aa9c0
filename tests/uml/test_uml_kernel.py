"""A kernel of its own: what runs in it changes nothing of this machine, and what fails in it is told."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from uml_guest import REPOSITORY, inside, needs_kernel

from labgen.ground.errors import LabStartError, MissingToolError
from labgen.lab.deadline import Deadline
from labgen.lab.uml import guest, kernel

KINDS = ("vrf table 10", "vlan id 5", "dummy", "macvlan", "vxlan id 7 dstport 4789", "bridge")
MOMENTS = (0.0, 0.002, 0.01, 0.1, 1.0)
"""Seconds after which a kernel is interrupted."""


@needs_kernel
@pytest.mark.uml
def test_status_and_both_streams_of_a_command_are_passed_on() -> None:
    ended = inside("sh", "-c", "echo out; echo err >&2; exit 7")
    assert (ended.status, ended.out, ended.err) == (7, "out\n", "err\n")


@needs_kernel
@pytest.mark.uml
def test_what_is_written_inside_stays_inside(tmp_path: Path) -> None:
    """This machine's root is read-only from within; only the exchange folder's files come out."""
    mine = tmp_path / "mine"
    mine.write_text("before")
    script = (
        f"echo inside >{mine} && cat {mine} && echo new >{tmp_path}/new; "
        f"echo bad >/.machine{tmp_path}/bad; rm -rf {tmp_path}; ls {tmp_path.parent} >/dev/null && echo end"
    )
    ended = inside("sh", "-c", script)
    assert ended.out.splitlines() == ["inside", "end"]
    assert "Read-only file system" in ended.err
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"mine": "before"}


@needs_kernel
@pytest.mark.uml
def test_the_kernel_has_what_labs_are_made_of() -> None:
    lines = "".join(
        f"ip link add x{number} {'link base ' if kind[0] in 'mv' and kind[1] in 'al' else ''}type {kind} && echo {kind.split()[0]}; "
        for number, kind in enumerate(KINDS)
    )
    ended = inside(
        "sh",
        "-c",
        f"ip link add base type dummy; {lines} tc qdisc add dev base root netem delay 1ms && echo netem",
    )
    assert ended.out.split() == [*(kind.split()[0] for kind in KINDS), "netem"]


@needs_kernel
@pytest.mark.uml
def test_init_stops_at_the_first_step_that_fails(tmp_path: Path) -> None:
    """A step that fails unseen would let what follows work on this machine's own root."""
    with pytest.raises(LabStartError, match="stopped at: loading modules"):
        inside("touch", str(tmp_path / "ran"), modules=("no-such-module",))
    assert list(tmp_path.iterdir()) == []


@needs_kernel
@pytest.mark.uml
def test_a_kernel_that_panics_is_told() -> None:
    with pytest.raises(LabStartError, match="panic"):
        inside("sh", "-c", "echo c >/proc/sysrq-trigger; sleep 600")


def _interrupt(text: bytes = b"") -> None:
    raise KeyboardInterrupt


@needs_kernel
@pytest.mark.uml
@pytest.mark.parametrize("moment", ["at its first word", *MOMENTS], ids=str)
def test_an_interrupted_kernel_leaves_neither_process_nor_folder(moment: str | float, tmp_path: Path) -> None:
    """Whenever the interrupt comes: before there is a namespace, while the kernel boots, when it runs the command."""
    command = guest.GuestCommand(("sh", "-c", "echo here; sleep 600"), tmp_path, {"PATH": os.environ["PATH"]})
    with pytest.raises(KeyboardInterrupt), guest.exchange() as place:
        if isinstance(moment, float):
            _interrupted_after(moment)
            guest.run(command, place, bytes, bytes)
        guest.run(command, place, _interrupt, _interrupt)
    assert _named(place.folder) == []
    assert not place.folder.exists()


def _interrupted_after(seconds: float) -> None:
    """Have this process interrupted once, as Ctrl-C does."""
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()


@needs_kernel
@pytest.mark.uml
@pytest.mark.parametrize("seconds", [0.3, 2.0])
def test_a_command_that_is_killed_leaves_neither_kernel_nor_folder(seconds: float, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    argv = (sys.executable, "-m", "labgen.lab.uml", "sleep", "600")
    with subprocess.Popen(argv, env=environment, cwd=REPOSITORY) as command:
        while not list(tmp_path.glob("labgen-uml-*/kernel")):
            time.sleep(0.02)
        time.sleep(seconds)
        command.kill()
    deadline = Deadline.patient(60)
    while (list(tmp_path.iterdir()) or _named(tmp_path)) and not deadline.over:
        time.sleep(0.05)
    assert _named(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def _named(folder: Path) -> list[Path]:
    """Processes whose command line names a folder."""
    return [file for file in Path("/proc").glob("[0-9]*/cmdline") if str(folder).encode() in _read(file)]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def test_without_the_kernel_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(MissingToolError, match="apt-get install user-mode-linux kmod") as caught:
        kernel.require()
    assert caught.value.exit_code == 3


def test_the_root_is_mounted_read_only() -> None:
    words = kernel.command(Path("/init"), Path("/exchange"), kernel.Memory(Path("/dev/shm"), 512))
    assert {"ro", "rootfstype=hostfs", "mem=512M", "init=/init"} <= set(words)
    assert "rw" not in words


@pytest.mark.parametrize(("flags", "wide"), [("fpu sse avx512f", False), ("fpu amx_bf16 amx_tile", True)])
def test_only_processors_with_more_state_need_a_compiler(
    flags: str, wide: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "processor_flags", lambda: flags.split())
    monkeypatch.setattr(kernel, "compiler", lambda: None)
    own = kernel.Memory(Path("/dev/shm"), 512)
    if wide:
        with pytest.raises(MissingToolError, match="apt-get install gcc libc6-dev"):
            kernel.environment(own, tmp_path)
    else:
        assert "LD_PRELOAD" not in kernel.environment(own, tmp_path)


def test_a_folder_without_room_is_not_taken_for_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(kernel, "executable", lambda folder: True)
    monkeypatch.setattr(kernel, "room", lambda folder: 4096 if folder == tmp_path else 64)
    assert kernel.memory(3072) == kernel.Memory(tmp_path, 3072)
    with pytest.raises(LabStartError, match="8192 MiB"):
        kernel.memory(8192)


def test_memory_is_taken_where_files_may_be_executed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(kernel, "executable", lambda folder: folder == tmp_path)
    assert kernel.memory(512) == kernel.Memory(tmp_path, 512)
    monkeypatch.setattr(kernel, "executable", lambda folder: False)
    with pytest.raises(LabStartError, match="TMPDIR"):
        kernel.memory(512)


@pytest.mark.parametrize(
    ("options", "told"),
    [(("--provider", "netlab"), "--provider"), (("--keep",), "--keep"), (("--keep-on-fail",), "--keep")],
    ids=["provider", "keep", "keep-on-fail"],
)
def test_what_cannot_be_with_a_kernel_of_its_own_is_refused(options: tuple[str, ...], told: str) -> None:
    from click.testing import CliRunner

    from labgen.cli.main import cli

    result = CliRunner().invoke(cli, ["run", "relay", "--kernel", "uml", *options])
    assert result.exit_code == 2
    assert told in result.stderr


INSIDE_AS_USER = """
import pathlib, sys
from labgen.lab.uml import guest
command = guest.GuestCommand(("sh", "-c", sys.argv[1]), pathlib.Path("/"), {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
with guest.exchange() as place:
    sys.exit(guest.run(command, place, sys.stdout.buffer.write, sys.stderr.buffer.write))
"""


@needs_kernel
@pytest.mark.uml
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_the_kernel_of_an_ordinary_user_mounts_and_reads_more_files_than_a_shell_may_open() -> None:
    """Root's programs look like nobody's there, and each file in use inside is one more that the kernel has open."""
    many = "find /usr/share/doc -name copyright | head -400 | xargs cat >/dev/null && echo read"
    script = f"mount -t tmpfs memory /mnt && echo mounted; id -u; {many}"
    become = ("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", "prlimit", "--nofile=256:8192")
    python = (*become, "/usr/bin/python3", "-B", "-c")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join((str(REPOSITORY), *sys.path))}
    found = (*python, "from labgen.lab.uml import guest")
    if subprocess.run(found, cwd="/", env=environment, capture_output=True, check=False).returncode:
        pytest.skip("labgen cannot be run by other users here")
    command = (*python, INSIDE_AS_USER, script)
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "mounted\n0\nread\n", "")
