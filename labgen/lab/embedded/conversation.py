"""labgen's end of the control socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from labgen.ground import errors
from labgen.ground.errors import LabNotUpError, LabStartError, LabStuckError
from labgen.lab.deadline import patience
from labgen.lab.embedded import names, wire
from labgen.lab.embedded.wire import Json, WireMessage

GREETING_SECONDS = 8.0
ANSWER_SECONDS = 25.0


class Conversation:
    """One connection to a lab's supervisor. LabNotUpError where nobody of this user listens, LabStuckError where nobody answers.

    `seconds` is how long to wait for the first answer, which needs nothing but a supervisor that runs.
    """

    def __init__(self, name: str, seconds: float = GREETING_SECONDS) -> None:
        self._name = name
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.sock.settimeout(seconds * patience())
        try:
            self.supervisor: int = self._greeted()
        except BaseException:
            self.sock.close()
            raise
        self.sock.settimeout(ANSWER_SECONDS * patience())

    def _greeted(self) -> int:
        """The supervisor's process, once it has said that it is there."""
        try:
            self.sock.connect(f"\0{self._name}")
            if names.peer(self.sock) != os.getuid():
                raise LabNotUpError("no lab of this user answers; start one with `labgen up`")
            greeting = wire.receive(self.sock)
        except (TimeoutError, BlockingIOError) as error:
            raise self._stuck() from error
        except OSError as error:
            raise LabNotUpError(f"no lab answers ({error}); start one with `labgen up`") from error
        if greeting is None or greeting.pid is None or greeting.uid != os.getuid():
            raise LabNotUpError("no lab of this user answers; start one with `labgen up`")
        return greeting.pid

    def _stuck(self) -> LabStuckError:
        pid = names.holder(self._name)
        who = f"its supervisor (process {pid})" if pid else "its supervisor"
        state = f"is {process_state(pid)}" if pid else "cannot be seen"
        return LabStuckError(
            f"the lab runs, but {who} does not answer; it {state}. "
            + (f"`kill -CONT {pid}` lets it go on, " if pid else "")
            + "`labgen down` ends the lab"
        )

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def ask(self, body: dict[str, Json], fds: Sequence[int] = ()) -> WireMessage:
        """Send one request and return its first answer; the lab's errors are raised here."""
        try:
            wire.send(self.sock, body, fds)
        except OSError as error:
            raise LabNotUpError(f"the lab has ended ({error})") from error
        return self.next()

    def next(self) -> WireMessage:
        """The next answer."""
        try:
            message = wire.receive(self.sock)
        except (TimeoutError, BlockingIOError) as error:
            raise self._stuck() from error
        except OSError as error:
            raise LabNotUpError(f"the lab has ended ({error})") from error
        if message is None:
            raise LabNotUpError("the lab has ended")
        if "error" in message.body:
            raise _error(message)
        return message


def _error(message: WireMessage) -> errors.LabgenError:
    kinds = {
        kind.__name__: kind for kind in (errors.UsageError, errors.NodeUnreachableError, errors.LabStartError)
    }
    return kinds.get(message.text("kind"), LabStartError)(message.text("error"))


def process_state(pid: int) -> str:
    """What a process does, in a word or two, by its State line in proc(5)."""
    letters = {"T": "stopped", "t": "stopped by a debugger", "D": "waiting for the kernel", "Z": "dead"}
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "gone"
    return letters.get(fields[0], "running, and busy")
