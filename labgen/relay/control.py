"""The control socket: one JSON line in, one back, over a Unix stream socket only its owner can open."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from labgen.ground.errors import InfrastructureError
from labgen.relay.stats import Snapshot

_TIMEOUT = 5.0
_RELOAD_TIMEOUT = 60.0
"""A configuration of thousands of interfaces takes its time on a busy machine."""
_REQUEST_LIMIT = 1024

Handler = Callable[[], Mapping[str, object]]
"""Carries out one command and gives back what is told about it."""


class ControlServer:
    """The relay's end. Call `accept` when `fileno` is readable; the loop never waits for a caller."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        """Raises InfrastructureError where the socket cannot be made, or another relay answers there."""
        self.path = path
        self._handlers = handlers
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            self._bind()
        except OSError as error:
            self._listener.close()
            raise InfrastructureError(
                f"control socket {path}: {error.strerror}. "
                "Set `control` to a path that can be written, or leave it out."
            ) from error

    def _bind(self) -> None:
        if self.path.is_socket():
            if _answers(self.path):
                raise InfrastructureError(f"another labgen-relay answers at {self.path}. Stop it first.")
            self.path.unlink()
        with contextlib.suppress(FileExistsError):
            self.path.parent.mkdir(mode=0o755, parents=True)
        previous = os.umask(0o177)
        try:
            self._listener.bind(str(self.path))
        finally:
            os.umask(previous)
        self._listener.listen(8)

    def fileno(self) -> int:
        return self._listener.fileno()

    def accept(self) -> socket.socket | None:
        """The next caller; hand its socket to `answer` when it is readable."""
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return None
        connection.setblocking(False)
        return connection

    def answer(self, connection: socket.socket) -> None:
        """Read a command and answer it; the connection is done with after that."""
        try:
            request = connection.recv(_REQUEST_LIMIT)
        except OSError:
            connection.close()
            return
        reply = json.dumps(self._carry_out(request)).encode() + b"\n"
        # A caller that does not read must not hold up packets.
        threading.Thread(target=_send, args=(connection, reply), daemon=True).start()

    def _carry_out(self, request: bytes) -> Mapping[str, object]:
        try:
            command = json.loads(request)["command"]
            handler = self._handlers[command]
        except (ValueError, TypeError, KeyError):
            return {"error": f"no such command; there are {', '.join(self._handlers)}"}
        return handler()

    def close(self) -> None:
        self._listener.close()
        # Gone already, or in a directory that the user we became may not write to.
        with contextlib.suppress(OSError):
            self.path.unlink()


def _send(connection: socket.socket, reply: bytes) -> None:
    with connection, contextlib.suppress(OSError):
        connection.settimeout(_TIMEOUT)
        connection.sendall(reply)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _ask(path: Path, command: str, timeout: float = _TIMEOUT) -> bytes:
    """Send a command to the relay behind `path`; its answer. Raises InfrastructureError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        try:
            sock.connect(str(path))
            sock.sendall(json.dumps({"command": command}).encode() + b"\n")
            pieces = list(iter(lambda: sock.recv(65536), b""))
        except OSError as error:
            raise InfrastructureError(
                f"no labgen-relay answers at {path}: {error}. "
                "Is it running, and is `control` set to this path?"
            ) from error
    return b"".join(pieces)


def ask_stats(path: Path) -> Snapshot:
    """The counters of the relay behind a control socket. Raises InfrastructureError."""
    return Snapshot.model_validate_json(_ask(path, "stats"))


def ask_reload(path: Path) -> None:
    """Have the relay read its configuration again. Raises InfrastructureError with what spoke against it."""
    answer = json.loads(_ask(path, "reload", _RELOAD_TIMEOUT))
    if "error" in answer:
        raise InfrastructureError(f"not reloaded, the old configuration stays: {answer['error']}")
