"""Kernels that stay: which there are, how one is started, what is asked of it, and how it ends."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import IO, Annotated

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from labgen.ground.errors import LabNotUpError, LabStartError
from labgen.ground.processes import state_letter
from labgen.lab import state
from labgen.lab.deadline import Deadline
from labgen.lab.interrupts import signals_raise
from labgen.lab.uml import guest, inside, keeper, kernel
from labgen.lab.uml.guest import Write

PREFIX, SUFFIX = "kernel-", ".json"
ENDING = 20.0
CANCELLED = 15.0
PAUSE = 0.05
_Absolute = Annotated[str, StringConstraints(pattern=r"^/[^\x00-\x1f\x7f]{0,4095}$")]


@dataclass(frozen=True, config=ConfigDict(extra="ignore"))
class KeptKernel:
    """A kernel with the lab of a folder in it. `holder` is the process it ends with; `started` in seconds since the epoch."""

    folder: _Absolute
    exchange: _Absolute
    holder: Annotated[int, Field(gt=1)]
    started: float = field(default=0.0)

    @property
    def alive(self) -> bool:
        """True if its holder still is the process that it was."""
        try:
            words = Path(f"/proc/{self.holder}/cmdline").read_bytes()
        except OSError:
            return False
        return keeper.__name__.encode() in words and state_letter(self.holder) != "Z"


def entries() -> Iterator[KeptKernel]:
    """Every kernel of this user that is there; what is remembered of others is forgotten."""
    with state.opened() as own:
        names = [name for name in own.names() if name.startswith(PREFIX) and name.endswith(SUFFIX)]
        found = [(name, own.read(name)) for name in names]
    for name, content in found:
        try:
            kept = _form().validate_json(content or b"")
        except ValidationError:
            continue
        if kept.alive and _file(Path(kept.folder)) == name:
            yield kept
        else:
            _forget(name)


def of(folder: Path) -> KeptKernel:
    """The kernel of a lab folder; LabNotUpError where there is none."""
    for kept in entries():
        if kept.folder == str(folder.resolve()):
            return kept
    raise LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder} --kernel uml`")


@contextmanager
def started(folder: Path) -> Iterator[KeptKernel]:
    """A kernel for a lab folder. It stays where the block ends well, else nothing of it does. Raises MissingToolError, LabStartError."""
    kernel.require()
    with tempfile.TemporaryFile() as words:
        holder = _holder(words)
        assert holder.stdin is not None and holder.stdout is not None
        try:
            with signals_raise(), holder.stdout:
                exchange = holder.stdout.readline().decode().strip()
                if not exchange:
                    words.seek(0)
                    said = words.read().decode("utf-8", "replace").strip()
                    raise LabStartError(said or "nothing holds the kernel")
                kept = KeptKernel(str(folder.resolve()), exchange, holder.pid, time.time())
                yield kept
                with state.opened() as own:
                    own.write(_file(folder), _form().dump_json(kept))
                holder.stdin.write(keeper.KEEP.encode())
                holder.stdin.close()
        except BaseException:
            holder.stdin.close()
            holder.wait()
            raise


def _holder(words: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, "-P", "-m", keeper.__name__),
        env={**os.environ, **inside.environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=words,
        start_new_session=True,
    )


def ask(
    kept: KeptKernel,
    arguments: Sequence[str],
    out: Write,
    err: Write,
    *,
    runs: bool = False,
    bundle: Path | None = None,
) -> int:
    """Run `labgen ARGUMENTS...` in the kernel, with what it says passed on as it comes. Returns its exit status.

    `runs`: what it adds to the lab folder's runs is there afterwards, as is the `bundle`. LabNotUpError where the kernel ends meanwhile.
    """
    name = secrets.token_hex(6)
    place, within = Path(kept.exchange) / keeper.ASKED / name, f"{guest.EXCHANGE}/{keeper.ASKED}/{name}"
    more = ("--bundle", f"{within}/{inside.BUNDLE}") if bundle else ()
    after = inside.bring_out(Path(kept.folder), within) if runs else ""
    command = inside.command((*arguments, *more), after)
    place.mkdir()
    try:
        for file in ("stdout", "stderr"):
            (place / file).touch()
        (place / "command").write_text(command.script(), encoding="utf-8")
        (place / "go").touch()
        files = {place / "stdout": out, place / "stderr": err}
        with signals_raise():
            guest.follow(files, lambda: _answered(kept, place), lambda: _cancel(kept, place))
        status = int((place / "status").read_text())
        inside.take_out(place, Path(kept.folder), bundle)
        return status
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _answered(kept: KeptKernel, place: Path) -> bool:
    if (place / "status").exists():
        return True
    if not kept.alive:
        raise LabNotUpError(
            f"the kernel of {kept.folder} has ended; start the lab again: labgen up {kept.folder} --kernel uml"
        )
    return False


def _cancel(kept: KeptKernel, place: Path) -> None:
    """Have a command end that nobody waits for any more."""
    with suppress(OSError):
        (place / "cancel").touch()
    deadline = Deadline.patient(CANCELLED)
    while kept.alive and not (place / "status").exists() and not deadline.over:
        time.sleep(PAUSE)


def end(kept: KeptKernel) -> None:
    """End a kernel with all that is in it. LabStartError where its holder does not go."""
    if kept.alive:
        os.kill(kept.holder, signal.SIGTERM)
    deadline = Deadline.patient(ENDING)
    while kept.alive or Path(kept.exchange).exists():
        if deadline.over:
            os.kill(kept.holder, signal.SIGKILL)
            raise LabStartError(
                f"the kernel of {kept.folder} (process {kept.holder}) did not end; it was killed"
            )
        time.sleep(PAUSE)
    _forget(_file(Path(kept.folder)))


def _form() -> TypeAdapter[KeptKernel]:
    return TypeAdapter(KeptKernel)


def _file(folder: Path) -> str:
    return PREFIX + hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24] + SUFFIX


def _forget(name: str) -> None:
    with state.opened() as own:
        own.remove(name)
