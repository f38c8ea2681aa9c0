"""Which kernels of their own labgen takes for running: what lies in its state folder is data, looked at before anything follows from it.

The kernels themselves run in tests/uml.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from labgen.cli.main import cli
from labgen.ground.errors import LabNotUpError
from labgen.lab import find, state
from labgen.lab.uml import keeper, kept


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder labgen remembers things in."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with state.opened() as opened:
        return opened.path


@pytest.fixture
def holder() -> Iterator[int]:
    """A process that is called as the holder of a kernel is."""
    argv = (sys.executable, "-c", "import sys; sys.stdin.read()", keeper.__name__)
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
        yield process.pid


def remember(own: Path, folder: Path, holder: int, name: str = "") -> Path:
    file = own / (name or kept._file(folder))
    file.write_text(
        json.dumps({"folder": str(folder), "exchange": "/nowhere", "holder": holder, "started": 1.0})
    )
    file.chmod(0o600)
    return file


def test_a_kernel_whose_holder_lives_is_found_by_its_folder(own: Path, holder: int, tmp_path: Path) -> None:
    remember(own, tmp_path / "lab", holder)
    assert kept.of(tmp_path / "lab").holder == holder
    with pytest.raises(LabNotUpError, match=r"labgen up .*/other --kernel uml"):
        kept.of(tmp_path / "other")


@pytest.mark.parametrize("pid", [os.getpid(), 2**22 - 1], ids=["another program", "nobody"])
def test_a_kernel_whose_holder_is_gone_is_forgotten_and_nobody_is_ended(
    pid: int, own: Path, tmp_path: Path
) -> None:
    file = remember(own, tmp_path / "lab", pid)
    assert tuple(kept.entries()) == ()
    assert not file.exists()
    with pytest.raises(LabNotUpError):
        find.end(tmp_path / "lab")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"folder": "lab", "exchange": "/x", "holder": 7}',
        '{"folder": "/x", "exchange": "/x", "holder": 1}',
    ],
    ids=["nothing", "no words", "a relative folder", "the init of the machine"],
)
def test_what_is_no_entry_is_left_alone(content: str, own: Path) -> None:
    (own / "kernel-x.json").write_text(content)
    assert tuple(kept.entries()) == ()
    assert (own / "kernel-x.json").exists()


def test_an_entry_under_another_folders_name_is_none(own: Path, holder: int, tmp_path: Path) -> None:
    remember(own, tmp_path / "lab", holder, "kernel-0123.json")
    assert tuple(kept.entries()) == ()


def test_other_providers_do_not_go_with_a_kernel_of_its_own(tmp_path: Path) -> None:
    told = CliRunner().invoke(
        cli, ["up", "relay", "-o", str(tmp_path / "lab"), "--kernel", "uml", "--provider", "netlab"]
    )
    assert told.exit_code == 2
    assert "leave out --provider" in told.stderr
    assert not (tmp_path / "lab").exists()
