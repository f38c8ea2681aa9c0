"""Names complete in real shells: bash and zsh on a terminal, with Tab; fish as it asks itself."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from members import some

from labgen.lab.embedded.client import EmbeddedLab

pytest_plugins = ["lab_fixtures"]

SECONDS = 20.0
STARTS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set bell-style none'; source <(labgen completion bash)",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "unsetopt BEEP; autoload -Uz compinit; compinit -u -D; source <(labgen completion zsh)",
    ),
}
SHELLS = [
    pytest.param(
        name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    )
    for name in ("bash", "zsh", "fish")
]
PROMPT = "ready> "
READY = {"bash": PROMPT, "zsh": "\x1b[?2004h"}
"""What is shown when a shell reads keys by itself: what is typed while it sets the terminal for that may get lost."""


@dataclass
class Terminal:
    """A shell on a terminal of its own."""

    master: int
    pid: int

    @classmethod
    def start(cls, shell: str, place: Path) -> Terminal:
        argv, setup = STARTS[shell]
        pid, master = pty.fork()
        if pid == 0:
            os.chdir(place)
            os.environ |= {
                "PATH": _path(),
                "PS1": PROMPT,
                "TERM": "dumb",
                "HOME": str(place),
                "COLUMNS": "400",
            }
            os.execvp(argv[0], argv)
        terminal = cls(master, pid)
        terminal.until(READY[shell])
        # The prompt appears once in the echo of what was typed only if it is spelled there, so it is put together.
        terminal.type(f"stty cols 400; {setup}; echo do''ne\r")
        if READY[shell] not in terminal.until("done").partition("done")[2]:
            terminal.until(READY[shell])
        return terminal

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def until(self, wanted: str) -> str:
        """What the shell shows up to `wanted`, or in all the time there is."""
        seen, end = "", time.monotonic() + SECONDS
        while wanted not in seen and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                seen += os.read(self.master, 4096).decode(errors="replace")
        return seen

    def end(self) -> None:
        os.close(self.master)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


def _path() -> str:
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"


def complete(shell: str, line: str, wanted: str, place: Path) -> str:
    """What `shell` offers for a line when Tab is pressed."""
    if shell == "fish":
        program = f"labgen completion fish | source; complete -C '{line}'"
        environment = {**os.environ, "PATH": _path(), "HOME": str(place)}
        done = subprocess.run(
            ["fish", "--no-config", "-c", program],
            cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr
    terminal = Terminal.start(shell, place)
    try:
        terminal.type(f"{line}\t\t")
        return terminal.until(wanted)
    finally:
        terminal.end()


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "wanted"),
    some(
        [
            pytest.param("labgen run evpn-redu", "evpn-redundant-server", id="scenario"),
            pytest.param("labgen build relay --device switch=frr-dhc", "frr-dhcrelay", id="device"),
            pytest.param(
                "labgen matrix relay --server kea,isc-dhcpd-p", "isc-dhcpd-plain", id="device in a list"
            ),
            pytest.param("labgen verify --playbook reb", "rebind", id="playbook"),
            pytest.param("labgen compl", "completion", id="command"),
        ],
        "device in a list",
    ),
)
def test_shell_completes_what_labgen_ships(shell: str, line: str, wanted: str, tmp_path: Path) -> None:
    assert wanted in complete(shell, line, wanted, tmp_path)


@pytest.mark.lab
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("command", "typed", "wanted"),
    some(
        [
            pytest.param("connect", "cl_", "cl_b", id="node"),
            pytest.param("exec", "srv", "srv2", id="node of another command"),
            pytest.param("capture", "cl_a:et", "eth1", id="interface"),
            pytest.param("logs", "srv1 kea-d", "kea-dhcp4", id="daemon"),
        ],
        "node",
        "daemon",
    ),
)
def test_shell_completes_parts_of_the_running_lab(
    shell: str, command: str, typed: str, wanted: str, flagship: EmbeddedLab, tmp_path: Path
) -> None:
    assert wanted in complete(shell, f"labgen {command} --lab {flagship.folder} {typed}", wanted, tmp_path)


@pytest.mark.lab
@pytest.mark.parametrize("shell", SHELLS)
def test_shell_completes_the_folder_of_a_running_lab(
    shell: str, flagship: EmbeddedLab, tmp_path: Path
) -> None:
    """Two folders deep at once, as no shell completes a path by itself."""
    wanted = flagship.folder.name
    assert wanted in complete(shell, f"labgen down {flagship.folder.parent}", wanted, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_shell_completes_a_folder_where_no_lab_runs(shell: str, tmp_path: Path) -> None:
    (tmp_path / "folder-of-mine").mkdir()
    (tmp_path / "folder-like-file").touch()
    shown = complete(shell, "labgen down folder-", "folder-of-mine", tmp_path)
    assert "folder-of-mine" in shown
    assert "folder-like" not in shown
