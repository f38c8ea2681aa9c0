"""Asking FRR's daemons as vtysh does, without starting one: it takes longer to build its table of commands than they to answer.

A daemon listens on a Unix socket of its node. A command ends with an octet of zero; so does the answer, with three and its status
(FRR, lib/vty.c).
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from pathlib import Path

from labgen.lab.deadline import patience
from labgen.lab.embedded.nodes import Home, NodeHandle

SOCKETS = Path("/run/frr")
ANSWER_SECONDS = 10.0
"""After which a question that is not answered is given up."""
_END = b"\0\0\0"
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Vty:
    """FRR of the nodes of a lab, asked by its supervisor."""

    home: Home
    sockets: Path = SOCKETS

    async def ask(self, node: NodeHandle, daemon: str, command: str) -> str:
        """What a daemon of a node says to a command; empty where it does not listen (yet), or does not answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
            sock.setblocking(False)
            try:
                with node.files(self.home):
                    sock.connect(str(self.sockets / f"{daemon}.vty"))
                sock.send(command.encode() + b"\0")
                return await asyncio.wait_for(_answer(sock), ANSWER_SECONDS * patience())
            except OSError:
                return ""


async def _answer(sock: socket.socket) -> str:
    loop, said = asyncio.get_running_loop(), bytearray()
    while said[-len(_END) - 1 : -1] != _END:
        piece = await loop.sock_recv(sock, _PIECE)
        if not piece:
            raise ConnectionResetError("it went away")
        said += piece
    return said[: -len(_END) - 1].decode(errors="replace")
