"""Messages on a lab's control socket: one JSON object per packet, file descriptors beside it.

The socket is an abstract Unix socket of type SOCK_SEQPACKET; `socket_names` says how a lab is found by it.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MAX_MESSAGE = 1 << 18
MAX_FDS = 64

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(slots=True)
class ControlMessage:
    """A received packet.

    `pid` and `uid` are the sender's as this process sees them, where the socket asks for them.
    """

    body: dict[str, Json]
    fds: list[int] = field(default_factory=list)
    pid: int | None = None
    uid: int | None = None

    def text(self, key: str) -> str:
        """A string member, empty where absent."""
        value = self.body.get(key, "")
        return value if isinstance(value, str) else ""

    def strings(self, key: str) -> tuple[str, ...]:
        """A list-of-strings member, empty where absent."""
        value = self.body.get(key, [])
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def number(self, key: str, default: int = 0) -> int:
        """An integer member."""
        value = self.body.get(key, default)
        return value if isinstance(value, int) else default

    def close(self) -> None:
        """Close the descriptors that came along; once, for their numbers are soon somebody else's."""
        while self.fds:
            os.close(self.fds.pop())


@dataclass(slots=True)
class _Ancillary:
    fds: list[int] = field(default_factory=list)
    pid: int | None = None
    uid: int | None = None


def send(sock: socket.socket, body: Mapping[str, Json], fds: Sequence[int] = ()) -> None:
    """Send one message; OSError where the peer is gone or does not read."""
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    sock.sendmsg([json.dumps(body).encode()], rights)


def receive(sock: socket.socket) -> ControlMessage | None:
    """The next message, or None at the end of the connection."""
    space = socket.CMSG_SPACE(MAX_FDS * 4) + socket.CMSG_SPACE(12)
    try:
        data, raw, _, _ = sock.recvmsg(MAX_MESSAGE, space, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return None
    ancillary = _parse(raw)
    if not data:
        return None
    return ControlMessage(json.loads(data), ancillary.fds, ancillary.pid, ancillary.uid)


def _parse(raw: Sequence[tuple[int, int, bytes]]) -> _Ancillary:
    found = _Ancillary()
    for level, kind, data in raw:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers = array.array("i")
            numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
            found.fds.extend(numbers)
        elif level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            found.pid, found.uid, _ = struct.unpack("3i", data[:12])
    return found
