"""`labgen ...` as its program runs it, in this process: a start of its own costs half a second of a processor.

What a program must be for, such as streams that are closed, signals and what is imported, is tested with one of its own.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from unittest import mock

import pytest

from labgen.cli.main import main


@dataclass(frozen=True)
class Done:
    """How it ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def labgen(*arguments: str, cwd: Path | None = None, **environment: str) -> Done:
    out, err = _stream(), _stream()
    streams = mock.patch.multiple(sys, stdin=_stream(), stdout=out, stderr=err, argv=["labgen", *arguments])
    with (
        _place(cwd),
        _named(),
        streams,
        mock.patch.dict(os.environ, {"NO_COLOR": "1", **environment}),
        pytest.raises(SystemExit) as end,
    ):
        main()
    code = end.value.code
    assert isinstance(code, int)
    return Done(code, _text(out), _text(err))


@contextmanager
def _named() -> Iterator[None]:
    """click tells the name of the program by the module that was started."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = before


@contextmanager
def _place(folder: Path | None) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder or before)
    try:
        yield
    finally:
        os.chdir(before)


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    content = stream.buffer
    assert isinstance(content, io.BytesIO)
    return content.getvalue().decode()
