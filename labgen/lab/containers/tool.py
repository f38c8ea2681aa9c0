"""Programs that labs of containers are made with, each within a time: what hangs is ended and named."""

from __future__ import annotations

import os
import re
import select
import shlex
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from labgen.ground.errors import LabStartError, MissingToolError, ToolHungError
from labgen.ground.processes import kill_tree
from labgen.lab.deadline import PATIENCE, Deadline
from labgen.lab.provider import Result

Tell = Callable[[str], None]
"""Takes one line of what a tool says."""

_LAST_WORDS = 25
_BOX = "╭│├╰"
"""Tables that containerlab ends with are not progress."""

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SHOWN = 120
_TAKEN_BACK = 30.0
_KILLED = 5.0
"""Seconds that a killed process may take to be gone."""


def run(command: Sequence[str], deadline: Deadline, text: bytes | None = None) -> Result:
    """Run a command to its end, with `text` as its input. ToolHungError where it has not ended in time: then it was killed."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = process.communicate(text, timeout=deadline.left)
    except subprocess.TimeoutExpired:
        raise _hung(process, command, deadline) from None
    except BaseException:
        _end(process)
        raise
    return Result(process.returncode, out, err)


def tool(
    program: str,
    command: Sequence[str],
    folder: Path,
    install: str,
    deadline: Deadline,
    tell: Tell | None = None,
) -> None:
    """Run a lab tool in a folder, each line it prints told as it comes.

    Tools give their reasons on either stream, so both are one here. MissingToolError where the tool is not there, LabStartError
    with its last lines where it fails, ToolHungError where it has not ended in time.
    """
    if shutil.which(program) is None:
        raise MissingToolError(f"{program} is not installed; {install}")
    last: deque[str] = deque(maxlen=_LAST_WORDS)
    process = subprocess.Popen(
        (program, *command),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        with process.stdout:
            for line in _lines(process.stdout, deadline):
                last.append(line)
                if tell and line.lstrip()[0] not in _BOX:
                    tell(line)
        status = _status(process, deadline.left)
    except BaseException:
        _let_end(process)
        raise
    called = f"{Path(program).name} {shlex.join(command)}"
    if status is None:
        raise _hung(process, (Path(program).name, *command), deadline, last[-1] if last else "")
    if status:
        raise LabStartError(f"`{called}` ended with status {status}:\n" + "\n".join(last))


def _lines(stream: IO[bytes], deadline: Deadline) -> Iterator[str]:
    """The output of a program, line by line and without colours, until it closes its output or the time is over."""
    rest = b""
    while select.select((stream,), (), (), deadline.left)[0]:
        chunk = os.read(stream.fileno(), 1 << 16)
        *lines, rest = (rest + chunk).split(b"\n")
        if not chunk:
            lines.append(rest)
        for raw in lines:
            line = _COLOUR.sub("", raw.decode("utf-8", "replace")).rstrip()
            if line:
                yield line
        if not chunk:
            return


def _status(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """The exit status of a program, None where it does not end in time."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a tool that was interrupted as we were: it takes back what it began. One that does not end is killed."""
    if _status(process, Deadline.patient(_TAKEN_BACK).left) is None:
        _end(process)


def _hung(
    process: subprocess.Popen[bytes], command: Sequence[str], deadline: Deadline, last: str = ""
) -> ToolHungError:
    """End a program that hangs with all that it started, and say so."""
    _end(process)
    shown = shlex.join(command)
    said = f"; it said last: {last}" if last else ""
    return ToolHungError(
        f"`{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '...'}` had not ended after {deadline.seconds:.0f} s and was killed{said}\n"
        f"  look whether the engine answers (docker ps); where it is only slow, wait longer: --patience 3 (or {PATIENCE}=3)"
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and what it started: a child of its own would hold the output open, and go on."""
    kill_tree(process.pid)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    _status(process, _KILLED)
