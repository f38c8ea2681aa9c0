"""Network namespaces, and what the process may still do after start.

A VRF that is a namespace gets a thread that lives in it and opens sockets there, at start and later, when the
right to enter namespaces (CAP_SYS_ADMIN) has long been given up.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from labgen.ground.errors import InfrastructureError
from labgen.relay.netlink import Netlink

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_CAP_NET_BIND_SERVICE = 10
_CAP_NET_ADMIN = 12
_CAP_NET_RAW = 13
_CAP_SYS_ADMIN = 21
NEEDED = (_CAP_NET_BIND_SERVICE, _CAP_NET_RAW)
"""Capabilities to open sockets later: raw ones, and those of port 67."""
ALL_USED = (*NEEDED, _CAP_NET_ADMIN, _CAP_SYS_ADMIN)
"""The same with what start needs: large socket buffers, entering namespaces."""
_CAPABILITY_VERSION_3 = 0x20080522
_PR_SET_KEEPCAPS = 8
_PR_SET_NO_NEW_PRIVS = 38


def _call(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise InfrastructureError(
            f"{what}: {os.strerror(code)}. Run labgen-relay as root, or see docs/relay.md."
        )


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def enter(path: Path) -> None:
    """Move the calling thread into the network namespace at `path`. Raises InfrastructureError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise InfrastructureError(
            f"network namespace {path}: {error.strerror}. `ip netns list` shows those there are."
        ) from error
    try:
        _call(_libc().setns(fd, _CLONE_NEWNET), f"cannot enter network namespace {path}")
    finally:
        os.close(fd)


def keep_capabilities() -> None:
    """Let the calling thread keep its capabilities when the process changes its user. Raises InfrastructureError."""
    _call(_libc().prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "cannot keep capabilities")


def limit_capabilities(keep: tuple[int, ...] = NEEDED) -> None:
    """Leave the calling thread with `keep` only.

    What the thread does not have now it does not get. Raises InfrastructureError.
    """
    libc = _libc()
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0))
    data = ctypes.create_string_buffer(24)
    _call(libc.capget(header, data), "cannot read capabilities")
    words = struct.unpack("=6I", data.raw[:24])
    mask = sum(1 << number for number in keep)
    permitted = words[1] & mask
    data = ctypes.create_string_buffer(struct.pack("=6I", permitted, permitted, 0, 0, 0, 0))
    _call(libc.capset(header, data), "cannot give up capabilities")
    _call(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot set no_new_privs")


def become(user: str) -> None:
    """Change to `user` and its group, in every thread of the process.

    Threads that called `keep_capabilities` hold what they held, but have to take it up with
    `limit_capabilities`. Raises InfrastructureError.
    """
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise InfrastructureError(f"there is no user {user!r}. Create it, or take `user` out.") from None
    keep_capabilities()
    try:
        os.setgroups([])
        os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
        os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    except PermissionError as error:
        raise InfrastructureError(f"cannot become {user}: {error.strerror}. Start it as root.") from error


class Namespace:
    """One network namespace sockets can be opened in; without `path`, the one the process runs in."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._thread: ThreadPoolExecutor | None = None
        if path is not None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"netns-{path.name}")
            self.run(lambda: enter(path))
            self.run(keep_capabilities)
        self.netlink = self.run(Netlink)

    def run(self, action: Callable[[], T]) -> T:
        """Do something in the namespace and give back what came of it, or raise what it raised."""
        return action() if self._thread is None else self._thread.submit(action).result()

    def close(self) -> None:
        self.netlink.close()
        if self._thread is not None:
            self._thread.shutdown()
