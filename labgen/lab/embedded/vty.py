"""Asking routing daemons on the Unix sockets of their nodes, as their shell does, without starting one: it takes longer to build its table
of commands than they to answer.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from pathlib import Path

from labgen.devices.routing_suite import suite
from labgen.lab.deadline import patience
from labgen.lab.embedded.nodes import Home, NodeHandle

ANSWER_SECONDS = 10.0
"""After which a question that is not answered is given up."""
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Vty:
    """Routing daemons of the nodes of a lab, asked by its supervisor."""

    home: Home
    sockets: Path = field(default_factory=lambda: Path(suite().run))

    async def ask(self, node: NodeHandle, daemon: str, command: str) -> str:
        """The answer of a node's daemon to a command; empty where it does not listen (yet), or does not answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
            sock.setblocking(False)
            try:
                with node.files(self.home):
                    sock.connect(str(self.sockets / suite().socket(daemon)))
                sock.send(command.encode() + b"\0")
                return await asyncio.wait_for(_answer(sock), ANSWER_SECONDS * patience())
            except OSError:
                return ""


async def _answer(sock: socket.socket) -> str:
    loop, said, end = asyncio.get_running_loop(), bytearray(), suite().end
    while said[-len(end) - 1 : -1] != end:
        piece = await loop.sock_recv(sock, _PIECE)
        if not piece:
            raise ConnectionResetError("it went away")
        said += piece
    return said[: -len(end) - 1].decode(errors="replace")
