"""labgen's end of the control socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from labgen.ground import errors
from labgen.ground.errors import LabNotUpError, LabStartError
from labgen.lab.embedded import wire
from labgen.lab.embedded.wire import Json, Message

ANSWER_SECONDS = 60.0


class Conversation:
    """One connection to a lab's supervisor. LabNotUpError where nobody answers."""

    def __init__(self, name: str, seconds: float = ANSWER_SECONDS) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.sock.settimeout(seconds)
        try:
            self.sock.connect(f"\0{name}")
            greeting = wire.receive(self.sock)
        except OSError as error:
            self.sock.close()
            raise LabNotUpError(f"no lab answers ({error}); start one with `labgen up`") from error
        if greeting is None or greeting.pid is None or greeting.uid != os.getuid():
            self.sock.close()
            raise LabNotUpError("no lab of this user answers; start one with `labgen up`")
        self.supervisor: int = greeting.pid

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def ask(self, body: dict[str, Json], fds: Sequence[int] = ()) -> Message:
        """Send one request and return its first answer; the lab's errors are raised here."""
        try:
            wire.send(self.sock, body, fds)
        except OSError as error:
            raise LabNotUpError(f"the lab has ended ({error})") from error
        return self.next()

    def next(self) -> Message:
        """The next answer."""
        try:
            message = wire.receive(self.sock)
        except OSError as error:
            raise LabNotUpError(f"the lab does not answer ({error}); end it with `labgen down`") from error
        if message is None:
            raise LabNotUpError("the lab has ended")
        if "error" in message.body:
            raise _error(message)
        return message


def _error(message: Message) -> errors.LabgenError:
    kinds = {
        kind.__name__: kind for kind in (errors.UsageError, errors.NodeUnreachableError, errors.LabStartError)
    }
    return kinds.get(message.text("kind"), LabStartError)(message.text("error"))
