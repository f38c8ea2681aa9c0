"""labgen's end of the control socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from labgen.ground import errors
from labgen.ground.errors import LabNotUpError, LabStartError, LabStuckError
from labgen.ground.processes import is_frozen, state_letter
from labgen.lab.deadline import Deadline, patience
from labgen.lab.embedded import control_messages, socket_names
from labgen.lab.embedded.control_messages import ControlMessage, Json

GREETING_SECONDS = 8.0
ANSWER_SECONDS = 25.0
LOOK_SECONDS = 1.0
"""How often to look whether the supervisor, which does not answer yet, was stopped: then nothing is waited for."""


class Conversation:
    """One connection to a lab's supervisor. LabNotUpError where nobody of this user listens, LabStuckError where nobody answers.

    `seconds` is how long to wait for the first answer, which needs nothing but a supervisor that runs.
    """

    def __init__(self, name: str, seconds: float = GREETING_SECONDS) -> None:
        self._name = name
        self.limit: float | None = seconds * patience()
        """Seconds to wait for an answer; None for as long as it takes."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            self.supervisor: int = self._greeted()
        except BaseException:
            self.sock.close()
            raise
        self.limit = ANSWER_SECONDS * patience()

    def _greeted(self) -> int:
        """The supervisor's process, once it has said that it is there."""
        try:
            self.sock.settimeout(self.limit)
            self.sock.connect(f"\0{self._name}")
            if socket_names.peer(self.sock) != os.getuid():
                raise LabNotUpError("no lab of this user answers; start one with `labgen up`")
            greeting = self._received()
        except (TimeoutError, BlockingIOError) as error:
            raise self._stuck() from error
        except OSError as error:
            raise LabNotUpError(f"no lab answers ({error}); start one with `labgen up`") from error
        if greeting is None or greeting.pid is None or greeting.uid != os.getuid():
            raise LabNotUpError("no lab of this user answers; start one with `labgen up`")
        return greeting.pid

    def _received(self) -> ControlMessage | None:
        """The next message; TimeoutError once the limit is over, or the supervisor is seen to be stopped."""
        if self.limit is None:
            self.sock.settimeout(None)
            return control_messages.receive(self.sock)
        deadline = Deadline.after(self.limit)
        while True:
            self.sock.settimeout(max(min(LOOK_SECONDS, deadline.left), 0.001))
            try:
                return control_messages.receive(self.sock)
            except (TimeoutError, BlockingIOError):
                pid = socket_names.holder(self._name)
                if deadline.over or (pid is not None and is_frozen(pid)):
                    raise

    def _stuck(self) -> LabStuckError:
        pid = socket_names.holder(self._name)
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

    def ask(self, body: dict[str, Json], fds: Sequence[int] = ()) -> ControlMessage:
        """Send one request and return its first answer; the lab's errors are raised here."""
        self.sock.settimeout(self.limit)
        try:
            control_messages.send(self.sock, body, fds)
        except OSError as error:
            raise LabNotUpError(f"the lab has ended ({error})") from error
        return self.next()

    def next(self) -> ControlMessage:
        """The next answer."""
        try:
            message = self._received()
        except (TimeoutError, BlockingIOError) as error:
            raise self._stuck() from error
        except OSError as error:
            raise LabNotUpError(f"the lab has ended ({error})") from error
        if message is None:
            raise LabNotUpError("the lab has ended")
        if "error" in message.body:
            raise _error(message)
        return message


def _error(message: ControlMessage) -> errors.LabgenError:
    kinds = {
        kind.__name__: kind for kind in (errors.UsageError, errors.NodeUnreachableError, errors.LabStartError)
    }
    return kinds.get(message.text("kind"), LabStartError)(message.text("error"))


def process_state(pid: int) -> str:
    """The state of a process, in a word or two."""
    words = {
        "T": "stopped",
        "t": "stopped by a debugger",
        "D": "waiting for the kernel",
        "Z": "dead",
        "": "gone",
    }
    return words.get(state_letter(pid), "running, and busy")
