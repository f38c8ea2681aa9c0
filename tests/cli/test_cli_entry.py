"""labgen as a shell starts it: closed streams, `python -m`, an early Ctrl-C, and names that are nearly right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from members import some

from labgen.ground.errors import SpecError
from labgen.spec.load import load
from labgen.verify.evidence import newest

LABGEN = (sys.executable, "-m", "labgen")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command.replace("labgen", f"{sys.executable} -m labgen", 1)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param("labgen playbooks >&-", 0, marks=pytest.mark.deep),
        pytest.param("labgen playbooks <&-", 0, marks=pytest.mark.deep),
        ("labgen playbooks 2>&-", 0),
        pytest.param("labgen explain nothing-of-the-kind 2>&-", 2, marks=pytest.mark.deep),
        ("labgen explain nothing-of-the-kind <&- >&- 2>&-", 2),
    ],
)
def test_closed_streams_change_nothing_but_what_is_seen(command: str, code: int) -> None:
    done = shell(command)
    assert done.returncode == code
    assert "fault of labgen" not in done.stderr
    assert ("acquire" in done.stdout) is (code == 0 and ">&-" not in command.replace("2>&-", ""))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param("labgen explain nothing-of-the-kind 2>/dev/full", 2, id="an error nobody can write"),
        pytest.param("labgen schema >/dev/full", 3, id="a full disk below standard output"),
    ],
)
def test_what_cannot_be_written_is_no_failed_check(command: str, code: int) -> None:
    assert shell(command).returncode == code


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_failed_check() -> None:
    """click ends with 1 there, which says that a check failed."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*LABGEN, "schema"], stdout=write, stderr=subprocess.PIPE, text=True, timeout=120, check=False
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    some(
        [
            "build LONG",
            "build relay --set name=LONG",
            "build relay --device switch=LONG",
            "build relay -o LONG",
            "analyze LONG",
            "analyze --as LONG x",
            "diff LONG LONG",
            "explain LONG",
            "LONG",
        ],
        "build relay --set name=LONG",
        "analyze LONG",
        "LONG",
    ),
)
def test_a_message_shows_the_ends_of_what_is_too_long(line: str, tmp_path: Path) -> None:
    words = [word.replace("LONG", "x" * 100_000) for word in line.split()]
    done = subprocess.run(
        [*LABGEN, *words], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path
    )
    assert done.returncode in (2, 3)
    assert "characters)...xxx" in done.stderr
    assert len(done.stderr) < 4000


@pytest.mark.slow
def test_files_do_not_get_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    """What is printed would else be written into the first file that is opened."""
    done = shell(f"labgen build relay -o {tmp_path}/lab >&- 2>&-")
    assert done.returncode == 0
    assert (tmp_path / "lab/plan.json").read_text().startswith("{")


@pytest.mark.slow
def test_optimised_python_runs_it_too() -> None:
    done = subprocess.run(
        [sys.executable, "-O", "-m", "labgen", "playbooks"], capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip
    assert (done.returncode, "acquire" in done.stdout) == (0, True)


def test_interrupt_while_labgen_is_imported_is_said_in_a_word() -> None:
    script = (
        "import os, signal, sys; from labgen.cli import entry\n"
        "class Early:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'labgen.cli.main': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Early())\nentry.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (130, "interrupted")


def test_a_scenario_that_is_nearly_named_right_is_suggested() -> None:
    with pytest.raises(SpecError, match=r"did you mean `evpn-redundant-server`\?"):
        load("evpn-redundant-sever")
    with pytest.raises(SpecError) as info:
        load("something-else-altogether")
    assert "did you mean" not in str(info.value)


def test_newest_run_of_a_lab_folder_is_meant_by_it(tmp_path: Path) -> None:
    for name in ("20260101T000000Z-acquire", "20260102T000000Z-renew"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").touch()
    assert newest(tmp_path) == tmp_path / "runs/20260102T000000Z-renew"
    assert newest(tmp_path / "runs/20260101T000000Z-acquire").name == "20260101T000000Z-acquire"
    assert newest(tmp_path / "nothing") == tmp_path / "nothing"
