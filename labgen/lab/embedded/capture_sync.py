"""Asking the capture process for complete files."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from labgen.ground.errors import NodeUnreachableError
from labgen.ground.processes import is_frozen
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.capture import Capture, Missed

SYNC_SECONDS = 10.0
LOOK_SECONDS = 1.0


async def readable(fd: int) -> None:
    """Wait until a descriptor can be read."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)


@dataclass
class CaptureSync:
    """One request at a time; `lock` is held while files are read as well. `missed` is what files did not hold at the last one."""

    capture: Capture
    missed: Missed = field(default_factory=Missed)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _owed: int = 0
    """Answers to requests whose time was over; they come first once the process goes on."""

    async def complete(self) -> None:
        """Return when files hold all that was seen before the call but what is missed up to now. NodeUnreachableError where
        the capture process has ended, is stopped, or does not answer in time.
        """
        deadline = Deadline.patient(SYNC_SECONDS)
        try:
            self.capture.request_sync()
            self._owed += 1
            while self._owed:
                await self._until_readable(deadline)
                self.missed = self.capture.read_answer()
                self._owed -= 1
        except OSError as error:
            why = str(error) or "nothing came in time"
            raise NodeUnreachableError(
                f"the lab's capture process does not answer ({why}); restart the lab"
            ) from error

    async def _until_readable(self, deadline: Deadline) -> None:
        while True:
            try:
                return await asyncio.wait_for(
                    readable(self.capture.commands.fileno()), min(LOOK_SECONDS, deadline.left)
                )
            except TimeoutError:
                if is_frozen(self.capture.pid):
                    raise TimeoutError(
                        f"it is stopped (SIGSTOP, process {self.capture.pid} of the lab)"
                    ) from None
                if deadline.over:
                    raise
