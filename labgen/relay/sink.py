"""The outputs of log lines. Nothing here waits: a slow reader loses lines, not packets."""

from __future__ import annotations

import os
import socket
import stat


class LineSink:
    """Whole lines to a file, a pipe, a terminal or a socket.

    `write` gives back False for a line that was not taken. A line of which a pipe took a part is completed before the next.
    """

    def __init__(self, target: str) -> None:
        """`-` is standard output. Raises OSError where it cannot be opened."""
        self._target = target
        self._rest = b""
        self._socket: socket.socket | None = None
        self._fd = self._open()

    def _open(self) -> int:
        if self._target != "-":
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
            return os.open(self._target, flags, 0o640)
        kind = os.fstat(1).st_mode
        if stat.S_ISSOCK(kind):
            self._socket = socket.socket(fileno=os.dup(1))
            return 1
        if stat.S_ISFIFO(kind) or stat.S_ISCHR(kind):
            # Opened anew, so that whoever else has it open goes on waiting as it pleases.
            return os.open("/proc/self/fd/1", os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        return 1

    def write(self, line: bytes) -> bool:
        """Write one line, its newline included."""
        if self._rest and not self._drain():
            return False
        taken = self._put(line)
        self._rest = line[taken:] if taken else b""
        return taken > 0

    def _drain(self) -> bool:
        self._rest = self._rest[self._put(self._rest) :]
        return not self._rest

    def _put(self, octets: bytes) -> int:
        """Octets taken now."""
        try:
            if self._socket is not None:
                return self._socket.send(octets, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
            return os.write(self._fd, octets)
        except OSError:
            return 0

    def reopen(self) -> None:
        """Start over in a new file after rotation. Raises OSError; the old one is then kept."""
        if self._target == "-":
            return
        fresh = self._open()
        os.close(self._fd)
        self._fd, self._rest = fresh, b""

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        elif self._fd != 1:
            os.close(self._fd)
