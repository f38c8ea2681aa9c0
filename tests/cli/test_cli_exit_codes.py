"""However a command ends early, its user reads a sentence; exit 1 only ever says that a check failed."""

from __future__ import annotations

import builtins
import errno
import importlib
import os
import pkgutil
from pathlib import Path

import click
import pytest

import labgen.ground.errors as errors
from labgen.cli import exit_codes, main


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "runtime").mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    return tmp_path / "runtime/labgen"


def ended(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Exit code and stderr of a command that raises."""

    def command() -> None:
        raise error

    monkeypatch.setattr(main.cli, "main", lambda standalone_mode: command())
    with pytest.raises(SystemExit) as info:
        main.main()
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert isinstance(info.value.code, int)
    return info.value.code, err


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space is left"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not"),
        (errno.EMFILE, "ulimit -n"),
        (errno.ENOMEM, "no memory"),
        (errno.ENOENT, "no such file"),
        (errno.ENOTDIR, "is no folder"),
        (errno.EISDIR, "is a folder"),
        (errno.ENAMETOOLONG, "shorter"),
        (errno.ELOOP, "circle"),
    ],
)
def test_what_the_machine_refuses_is_said_with_the_place(
    number: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    private: Path,
) -> None:
    code, err = ended(OSError(number, os.strerror(number), "/srv/lab/plan.json"), monkeypatch, capsys)
    assert code == (2 if number == errno.ENAMETOOLONG else 3)
    assert words in err
    assert "/srv/lab/plan.json" in err
    assert "fault of labgen" not in err
    assert not private.exists()


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "gone"),
        ValueError("x"),
        RecursionError(),
        AssertionError(),
        KeyError("sw1"),
        OSError("odd"),
    ],
)
def test_a_fault_of_labgen_is_called_one_and_its_traceback_is_kept(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], private: Path
) -> None:
    code, err = ended(error, monkeypatch, capsys)
    assert code == 3
    assert "fault of labgen" in err
    (file,) = private.iterdir()
    assert str(file) in err
    assert "Traceback" in file.read_text()
    assert type(error).__name__ in file.read_text()


def test_where_no_file_can_be_opened_a_command_ends_with_a_sentence_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What labgen says of errors is a file of its own, which the same lack of descriptors keeps it from reading."""

    def refuse(name: str, *rest: object) -> object:
        if rest[2:3] == (("exit_codes",),):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return before(name, *rest)  # type: ignore[arg-type]

    before = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)
    assert ended(OSError(errno.EMFILE, "x"), monkeypatch, capsys) == (
        3,
        "error: labgen cannot read its own files: Too many open files\n",
    )


def test_only_the_newest_tracebacks_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], private: Path
) -> None:
    private.mkdir(0o700)
    for number in range(30):
        (private / f"fault-20200101T0000{number:02}-1.txt").write_text("old")
    ended(ValueError(), monkeypatch, capsys)
    left = sorted(file.name for file in private.iterdir())
    assert len(left) == exit_codes.KEPT
    assert "fault-20200101T000000-1.txt" not in left
    assert left[-1] > "fault-2026"


def test_without_a_private_folder_the_traceback_lies_in_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], private: Path
) -> None:
    private.mkdir(0o755)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    _, err = ended(ValueError("x"), monkeypatch, capsys)
    (file,) = tmp_path.glob("labgen-*.txt")
    assert str(file) in err


def test_what_an_error_quotes_commands_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = ended(errors.InputError("line \x1b]0;owned\x07 is odd\nnext"), monkeypatch, capsys)
    assert "\x1b" not in err
    assert r"\x1b]0;owned\x07" in err
    assert "odd\nnext" in err


def _kinds() -> list[type[errors.LabgenError]]:
    import labgen

    for module in pkgutil.walk_packages(labgen.__path__, "labgen."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = [], [errors.LabgenError]
    while waiting:
        found.append(waiting.pop())
        waiting += found[-1].__subclasses__()
    return found


def test_no_error_ends_a_command_as_a_failed_check_does() -> None:
    assert {kind.__name__ for kind in _kinds() if kind.exit_code not in (2, 3, 4)} == set()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.UsageError("no"), 2),
        (click.FileError("x", "gone"), 2),
        (click.ClickException("no"), 2),
        (errors.LabNotUpError("no"), 3),
        (errors.InputError("no"), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_end_has_its_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(error, monkeypatch, capsys)[0] == code
