"""Opening sockets in network namespaces, also when the right to enter them has long been given up.

Where a configuration names namespaces, a helper process is split off at start. It keeps the right to enter them, knows nothing of
packets, and does one thing: open a socket in a namespace and hand it over. So namespaces may come, go and come again.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path

from labgen.ground.errors import InfrastructureError
from labgen.relay.namespaces import HELPER_NEEDS, enter_fd, limit_capabilities
from labgen.relay.sockets import SocketSpec, open_socket

_LONGEST = 4096


class Opener:
    """Opens sockets where the process is, and in namespaces by a helper if there is one."""

    def __init__(self, namespaces: bool) -> None:
        """Split off the helper if `namespaces` are to be entered. Call before threads and before files are opened."""
        self._channel: socket.socket | None = None
        self._helper = 0
        if namespaces:
            self._split_off()

    def _split_off(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._helper = os.fork()
        if self._helper == 0:
            ours.close()
            _help(theirs)
        theirs.close()
        self._channel = ours

    def open(self, path: Path | None, spec: SocketSpec) -> socket.socket:
        """A socket in the namespace at `path`, or where the process runs.

        Raises OSError, FileNotFoundError for a namespace that is gone, InfrastructureError where it cannot be entered.
        """
        if path is None:
            return open_socket(spec)
        answer, fds = self._ask(path, {"path": str(path), "spec": spec._asdict()})
        if fds:
            return socket.socket(fileno=fds[0])
        code = answer["errno"]
        if answer["entered"]:
            raise OSError(code, os.strerror(code))
        if code == errno.ENOENT:
            raise FileNotFoundError(code, os.strerror(code), str(path))
        raise InfrastructureError(
            f"cannot enter network namespace {path}: {os.strerror(code)}. "
            "Run labgen-relay as root, or see docs/relay.md."
        )

    def identity(self, path: Path | None) -> tuple[int, int] | None:
        """The namespace that is at a path now, as two numbers; None for none. Raises InfrastructureError."""
        if path is None:
            return (0, 0)
        answer, _ = self._ask(path, {"path": str(path)})
        return (answer["device"], answer["inode"]) if answer else None

    def _ask(self, path: Path, question: Mapping[str, object]) -> tuple[dict[str, int], list[int]]:
        if self._channel is None:
            raise InfrastructureError(
                f"cannot enter network namespace {path}: no namespace was configured at start. Restart labgen-relay."
            )
        try:
            self._channel.send(json.dumps(question).encode())
            data, fds, _, _ = socket.recv_fds(self._channel, _LONGEST, 1)
        except OSError:
            data, fds = b"", []
        if not data:
            raise InfrastructureError("the helper that enters namespaces has ended. Restart labgen-relay.")
        answer: dict[str, int] = json.loads(data)
        return answer, fds

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._helper, 0)


def _help(channel: socket.socket) -> None:
    """The helper: answers until its relay is gone. Never returns."""
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        limit_capabilities(HELPER_NEEDS)
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        while data := channel.recv(_LONGEST):
            question = json.loads(data)
            if "spec" in question:
                _hand_over(channel, Path(question["path"]), SocketSpec(**question["spec"]), home)
            else:
                channel.send(json.dumps(_identify(Path(question["path"]))).encode())
    finally:
        os._exit(0)


def _identify(path: Path) -> dict[str, int]:
    try:
        status = path.stat()
    except OSError:
        return {}
    return {"device": status.st_dev, "inode": status.st_ino}


def _hand_over(channel: socket.socket, path: Path, spec: SocketSpec, home: int) -> None:
    """Open a socket in a namespace and send it, or say what went wrong."""
    entered = False
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter_fd(fd)
        finally:
            os.close(fd)
        entered = True
        sock = open_socket(spec)
    except OSError as error:
        if entered:
            enter_fd(home)
        channel.send(json.dumps({"entered": entered, "errno": error.errno or errno.EIO}).encode())
        return
    enter_fd(home)
    with sock:
        socket.send_fds(channel, [b"{}"], [sock.fileno()])
