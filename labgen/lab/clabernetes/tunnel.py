"""TCP connections to addresses only a launcher reaches, through the standard streams of a command in it."""

from __future__ import annotations

import shlex
import socket
import subprocess
import threading
from collections.abc import Sequence

TIMEOUT = 20.0

SCRIPT = """\
exec 3<>/dev/tcp/{address}/{port} || exit 1
cat <&3 & from=$!
cat >&3
kill $from 2>/dev/null
"""
"""bash has the connection, so that the launcher needs no netcat, and the node no published port."""


def connect(piped: Sequence[str], address: str, port: int) -> socket.socket:
    """A socket whose other end is a connection made behind `piped`. OSError where nothing there speaks first, as SSH does."""
    here, there = socket.socketpair()
    script = SCRIPT.format(address=shlex.quote(address), port=port)
    process = subprocess.Popen(
        (*piped, "bash", "-c", script), stdin=there.fileno(), stdout=there.fileno(), stderr=subprocess.PIPE
    )
    there.close()
    reason: list[bytes] = []
    watcher = threading.Thread(target=_watch, args=(process, reason), daemon=True)
    watcher.start()
    here.settimeout(TIMEOUT)
    try:
        first = here.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        here.close()
        raise
    if not first:
        here.close()
        watcher.join(TIMEOUT)
        words = b"".join(reason).decode("utf-8", "replace").strip()
        raise ConnectionRefusedError(words[-300:] or "the connection was closed")
    return here


def _watch(process: subprocess.Popen[bytes], reason: list[bytes]) -> None:
    """Waits for a command that ends when its socket is closed, so that it leaves no zombie."""
    assert process.stderr is not None
    with process.stderr:
        reason.append(process.stderr.read())
    process.wait()
