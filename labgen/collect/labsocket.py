"""A socket to a node's SSH server that the lab opens when an SSH client starts to use it."""

from __future__ import annotations

import errno
import socket
import threading
from typing import Any
from weakref import WeakSet

from labgen.lab.provider import Lab, Watched

END_SECONDS = 2.0


class LabSocket:
    """A connected socket, as paramiko wants one. Each SSH session, which begins with `settimeout`, gets a connection of its own; so a
    session that was closed can be opened again, and threads of earlier ones that are not over yet have none any more. Raises
    NodeUnreachableError there, OSError from the rest as sockets do."""

    def __init__(self, lab: Lab, node: str) -> None:
        self._lab = lab
        self._node = node
        self._socket: socket.socket | None = None
        self._past: WeakSet[threading.Thread] = WeakSet()

    def settimeout(self, seconds: float | None) -> None:
        """Connect."""
        self.close()
        self._outlast_sessions()
        self._socket = self._lab.ssh_socket(self._node)
        self._socket.settimeout(seconds)

    def close(self) -> None:
        """Close the connection, if there is one, and if it is the caller's."""
        own = self._own()
        if own is not None:
            own.close()
            self._socket = None

    def recv(self, size: int) -> bytes:
        """As a socket does; nothing more comes once the lab has ended, which its own sockets cannot always tell any more."""
        own = self._own()
        if own is None:
            raise self._unconnected()
        try:
            return own.recv(size)
        except TimeoutError:
            if isinstance(self._lab, Watched) and self._lab.ended():
                return b""
            raise

    def _own(self) -> socket.socket | None:
        """The connection, unless it is a later session's than the one whose thread asks."""
        return None if threading.current_thread() in self._past else self._socket

    def _outlast_sessions(self) -> None:
        """Wait for the threads of earlier sessions: each reads on for a moment, and closes this socket once more as it ends."""
        for thread in threading.enumerate():
            if getattr(thread, "sock", None) is self:
                self._past.add(thread)
                thread.join(END_SECONDS)

    @property
    def _closed(self) -> bool:
        return self._socket is None

    def __getattr__(self, name: str) -> Any:
        own = self._own()
        if own is None:
            raise self._unconnected()
        return getattr(own, name)

    def _unconnected(self) -> OSError:
        """With its number, as the kernel's are: paramiko's thread takes an error apart, and what waits for one that died waits an hour."""
        return OSError(errno.ENOTCONN, f"not connected to {self._node}")
