"""Host keys of nodes that make their own: pinned on first use, for as long as the lab runs.

Nobody can know the key of a vendor's node before it has booted. The first answer is taken, and remembered with the lab; whoever
answers with another key later is refused before a password is sent.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

import paramiko

from labgen.ground.errors import NodeUnreachableError
from labgen.lab.containers import register
from labgen.lab.containers.register import Entry

SECONDS = 5.0


def pinned(entry: Entry, node: str, connect: Callable[[], socket.socket]) -> str:
    """The key of a node as `type base64`: the remembered one, else the one it presents now; empty where it does not answer."""
    known = register.host_key(entry, node)
    if known:
        return known
    try:
        return register.pin(entry, node, presented(connect()))
    except (NodeUnreachableError, OSError, EOFError, paramiko.SSHException):
        return ""


def presented(sock: socket.socket) -> str:
    """The host key at the other end of a connection, which is closed. SSHException where no SSH server is there."""
    transport = paramiko.Transport(sock)
    try:
        transport.start_client(timeout=SECONDS)
        key = transport.get_remote_server_key()
        return f"{key.get_name()} {key.get_base64()}"
    finally:
        transport.close()
