"""One command in a channel of its own (RFC 4254 section 6): with no terminal, no prompt and no wrapped lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event, Timer
from typing import Any

from labgen.collect.linux_login import ShellLess
from labgen.ground.errors import NodeUnreachableError
from labgen.lab.deadline import Deadline

LOOK_SECONDS = 2.0
"""After which of silence, and how often then, to look whether a daemon of the node stands still: an answer is not waited for."""

_NO_STATUS = -1
"""What paramiko gives for a channel that closed without an exit status (RFC 4254 section 6.10)."""


class UnheardError(TimeoutError):
    """The server opened a channel, and said nothing of the command in it."""


def execute(
    connection: ShellLess, command: str, timeout: float, given_up: Callable[[], bool]
) -> tuple[int, str]:
    """Status and output (stderr with it) of a command that is silent for at most `timeout` seconds; `given_up` is asked meanwhile whether
    to wait on. Raises TimeoutError, an UnheardError where the server says nothing of the command at all, and NodeUnreachableError
    where the connection ended first.
    """
    channel = connection.open_channel(timeout)
    try:
        channel.settimeout(timeout)
        channel.set_combine_stderr(True)
        _start(channel, command, timeout)
        text = b"".join(_chunks(channel, timeout, given_up)).decode("utf-8", "replace")
        if not channel.status_event.wait(timeout):
            raise TimeoutError
        status = int(channel.recv_exit_status())
        if status == _NO_STATUS:
            raise NodeUnreachableError("the connection ended before the command did")
        return status, text
    finally:
        channel.close()


def _start(channel: Any, command: str, timeout: float) -> None:
    """Begin a command. paramiko waits for the server's word without end: after `timeout` seconds the connection is closed, and that is an
    UnheardError.
    """
    late = Event()

    def give_up() -> None:
        late.set()
        channel.get_transport().close()

    watch = Timer(timeout, give_up)
    watch.daemon = True
    watch.start()
    try:
        channel.exec_command(command)
    except Exception as error:
        if late.is_set():
            raise UnheardError(f"nothing was heard of `{command[:60]}`") from error
        raise
    finally:
        watch.cancel()


def _chunks(channel: Any, timeout: float, given_up: Callable[[], bool]) -> Iterator[bytes]:
    """The output of a command, until it has ended. TimeoutError where it is silent for `timeout` seconds, or given up before."""
    deadline = Deadline.after(timeout)
    while True:
        channel.settimeout(max(min(LOOK_SECONDS, deadline.left), 0.001))
        try:
            chunk = channel.recv(65536)
        except TimeoutError:
            if deadline.over or given_up():
                raise
            continue
        if not chunk:
            return
        yield chunk
        deadline = Deadline.after(timeout)
