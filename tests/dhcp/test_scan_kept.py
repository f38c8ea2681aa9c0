"""Who analyzes a large capture gets the compiled reader by itself, once, in folders of his own; who does not want it does not."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from click.testing import CliRunner

from labgen.cli import compile as compiling
from labgen.cli.main import cli
from labgen.dhcp import scan
from labgen.dhcp.scan import compiled, kept_library

_HEADERS = Path(sysconfig.get_paths()["include"]) / "Python.h"
needs_compiler = pytest.mark.skipif(
    shutil.which("cc") is None or not _HEADERS.exists(), reason="needs a C compiler and Python's headers"
)
CAPTURE = min((Path(__file__).parents[1] / "analyze").glob("*/*.pcap"))


@pytest.fixture(autouse=True)
def caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An installation that nobody compiled, and caches of nobody yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.delenv(compiling.OPT_OUT, raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(scan, "LIBRARY", tmp_path / "none.so")
    monkeypatch.setattr(compiling, "WORTH_IT", CAPTURE.stat().st_size)
    return tmp_path / "caches" / "labgen" / "compiled"


def analyzed(*more: str) -> tuple[str, str]:
    done = CliRunner().invoke(
        cli, ["analyze", "--format", "json", *more, str(CAPTURE)], catch_exceptions=False
    )
    return done.stdout, done.stderr


@needs_compiler
def test_large_capture_is_worth_compiling_once(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiling.OPT_OUT, "no")
    in_python, said = analyzed()
    assert (compiled(), "compiled" in said) == (None, False)
    monkeypatch.delenv(compiling.OPT_OUT)
    older = caches / f"_scan.00000000.{sys.implementation.cache_tag}.so"
    other = caches / "_scan.00000000.cpython-27.so"
    for file in (older, other):
        file.write_bytes(b"")
    assert analyzed()[1].startswith("compiled the reading of captures, once (LABGEN_COMPILE=no: never)")
    assert compiled() == kept_library()
    assert {file.name for file in caches.iterdir()} == {str(kept_library()).rpartition("/")[2], other.name}
    again, said = analyzed()
    assert (again, "compiled" in said) == (in_python, False)


@needs_compiler
@pytest.mark.parametrize("why", ["small", "no cache", "no compiler", "a text"])
def test_what_is_not_worth_it_or_cannot_be_compiled_is_read_in_python(
    why: str, caches: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(compiling.OPT_OUT, "off")
    expected = analyzed()[0]
    monkeypatch.delenv(compiling.OPT_OUT)
    files = [str(CAPTURE)]
    if why == "small":
        monkeypatch.setattr(compiling, "WORTH_IT", CAPTURE.stat().st_size + 1)
    elif why == "no cache":
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
    elif why == "no compiler":
        monkeypatch.setenv("CC", "no-such-compiler")
    else:
        (tmp_path / "text.log").write_text("no capture\n" * 10_000)
        files = [str(tmp_path / "text.log"), "-", str(tmp_path)]
    compiling.compile_if_worth_it(files)
    assert not caches.exists() or list(caches.iterdir()) == []
    assert (analyzed()[0], compiled()) == (expected, None) if why != "a text" else compiled() is None


def test_folder_that_others_can_write_to_keeps_nothing(caches: Path) -> None:
    caches.mkdir(parents=True)
    assert kept_library() is not None
    caches.chmod(0o777)
    assert (kept_library(), compiled()) == (None, None)
