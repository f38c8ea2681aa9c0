"""How far `analyze` has read, and for how long it will."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from labgen.cli.main import cli
from labgen.cli.reading import Progress


def clock(*moments: float) -> Callable[[], float]:
    told: Iterator[float] = iter(moments)
    return lambda: next(told)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two files of 3,000 and 1,000 octets."""
    (tmp_path / "one").write_bytes(b"x" * 3000)
    (tmp_path / "two").write_bytes(b"x" * 1000)
    return [str(tmp_path / "one"), str(tmp_path / "two")]


def test_time_left_follows_from_what_was_read(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(clock(0.0, 10.0), files)
    with open(files[0], "rb", buffering=0) as stream:  # noqa: PTH123  a descriptor with a position
        stream.seek(2000)
        progress(files[0], 200_000, 7)
    assert capsys.readouterr().err == (
        f"{files[0]}: 200,000 lines or frames read, 7 DHCP messages, 50 %, about 10 s left\n"
    )


def test_files_before_count_as_read(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(clock(0.0, 300.0), files)
    with open(files[1], "rb", buffering=0) as stream:  # noqa: PTH123
        stream.seek(0)
        progress(files[1], 1, 0)
    assert "75 %, about 2 min left" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["-", "/dev/null"])
def test_what_has_no_size_has_no_time_left(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    Progress(clock(0.0, 10.0), [file])(file, 200_000, 7)
    assert capsys.readouterr().err == f"{file}: 200,000 lines or frames read, 7 DHCP messages\n"


def test_little_is_read_without_a_word(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Progress(clock(0.0, 1.0), files)(files[0], 1, 1)
    assert capsys.readouterr().err == ""


def test_standard_input_is_read_once() -> None:
    done = CliRunner().invoke(cli, ["analyze", "-", "-"], input="hello\n")
    assert done.exit_code == 2
    assert "`-` stands twice" in done.output
