"""Names of control sockets: how the running lab of a folder is found.

A lab listens on an abstract Unix socket, which goes when its supervisor goes, however that ends. Anybody on the machine can bind such a
name, so it says nothing by itself: each name ends in octets nobody can guess, and counts only where this user's process listens.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from labgen.lab import state

PREFIX = "labgen"
SUPERVISOR = "labgen-lab"
"""The name of a supervisor's process; the `unshare` that waits for it holds its socket too."""

_TABLE = Path("/proc/net/unix")
_NAME = 7
"""The column of /proc/net/unix that holds a name; an abstract one begins with @."""


def of_user(uid: int | None = None) -> str:
    """The beginning of the names of all labs of a user."""
    return f"{PREFIX}/{os.getuid() if uid is None else uid}/"


def of_folder(folder: Path, uid: int | None = None) -> str:
    """The beginning of the name of the lab of a folder."""
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return f"{of_user(uid)}{digest}-"


def fresh(folder: Path) -> str:
    """A new name for the lab of a folder."""
    return of_folder(folder) + secrets.token_hex(8)


def running(beginning: str) -> tuple[str, ...]:
    """Names with this beginning on which processes of this user listen."""
    return tuple(name for name in sorted(set(_bound(beginning))) if _ours(name))


def _bound(beginning: str) -> Iterator[str]:
    for line in _TABLE.read_text(errors="replace").splitlines():
        columns = line.split(maxsplit=_NAME)
        if len(columns) > _NAME and columns[_NAME].startswith(f"@{beginning}"):
            yield columns[_NAME][1:]


def _ours(name: str) -> bool:
    """True if this user listens there; asks nothing of the one who does, and waits for nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.setblocking(False)
        try:
            sock.connect(f"\0{name}")
        except OSError as error:
            # Too many wait there: a lab whose supervisor was stopped, or somebody who wants to be waited for.
            return error.errno == errno.EAGAIN and holder(name) is not None
        return peer(sock) == os.getuid()


def peer(sock: socket.socket) -> int:
    """The user whose process listens, or connected, at the other end (SO_PEERCRED of unix(7))."""
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(uid)


def holder(name: str) -> int | None:
    """The process of this user that holds a control socket, found without its help; None where there is none. A supervisor forks all the
    time, and each child holds what it held until it is another program: numbers do not tell parent and child apart, for they begin anew.
    """
    lines = (line.split() for line in _TABLE.read_text(errors="replace").splitlines())
    sockets = {f"socket:[{fields[6]}]" for fields in lines if fields[_NAME:] == [f"@{name}"]}
    holders = [path for path in Path("/proc").iterdir() if path.name.isdecimal() and _holds(path, sockets)]
    named = [path for path in holders if _comm(path) == SUPERVISOR]
    return _eldest(named) or _eldest(holders)


def _eldest(processes: Sequence[Path]) -> int | None:
    """The process of some whose parent is none of them. Those that have just ended do not count."""
    parent_of = {int(path.name): _parent(path) for path in processes}
    parents = {pid: parent for pid, parent in parent_of.items() if parent is not None}
    return min((pid for pid, parent in parents.items() if parent not in parents), default=None)


def _parent(process: Path) -> int | None:
    """The parent of a process; None where it has just ended."""
    try:
        status = (process / "status").read_text()
    except OSError:
        return None
    return int(status.partition("PPid:")[2].split(maxsplit=1)[0])


def _comm(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return ""


def _holds(process: Path, sockets: set[str]) -> bool:
    try:
        if os.getuid() == 0 and process.stat().st_uid != 0:
            return False
        return any(_target(fd) in sockets for fd in (process / "fd").iterdir())
    except OSError:  # somebody else's, which only root could look into, or one that just ended
        return False


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # closed meanwhile, as the others are not
        return ""


def folder_of(supervisor: int) -> Path | None:
    """The lab folder a supervisor was started for: the last argument of its command."""
    try:
        words = Path(f"/proc/{supervisor}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return Path(os.fsdecode(words[-2])) if len(words) > 2 and words[-2].startswith(b"/") else None


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep this user's other commands from claiming a name meanwhile."""
    with state.opened() as own:
        fcntl.flock(own.fileno(), fcntl.LOCK_EX)
        yield
