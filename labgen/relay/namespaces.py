"""Network namespaces, and what the process may still do after start."""

from __future__ import annotations

import ctypes
import os
import pwd
import resource
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from labgen.ground.errors import InfrastructureError
from labgen.relay.netlink import Netlink
from labgen.relay.sockets import SocketSpec, open_socket

T = TypeVar("T")
_CLONE_NEWNET = 0x40000000
_CAP_NET_BIND_SERVICE = 10
_CAP_NET_ADMIN = 12
_CAP_NET_RAW = 13
_CAP_SYS_PTRACE = 19
_CAP_SYS_ADMIN = 21
NEEDED = (_CAP_NET_BIND_SERVICE, _CAP_NET_RAW)
"""Capabilities to open sockets later: raw ones, and those of port 67."""
ALL_USED = (*NEEDED, _CAP_NET_ADMIN, _CAP_SYS_ADMIN)
"""The same with what start needs: large socket buffers, entering namespaces."""
HELPER_NEEDS = (*ALL_USED, _CAP_SYS_PTRACE)
"""What the helper keeps; the last to reach a namespace by way of the process that has it (/proc/PID/ns/net)."""
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


def enter_fd(fd: int) -> None:
    """Move the calling thread into an open network namespace. Raises OSError."""
    if _libc().setns(fd, _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


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


def allow_open_files(number: int) -> None:
    """Raise the limit of open files to what is needed, as far as the process may (the hard limit; LimitNOFILE of a unit)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= number:
        return
    for limit in ((number, max(hard, number)), (min(number, hard), hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)
        except (ValueError, PermissionError, OSError):
            continue
        return


class Namespace:
    """A network namespace to work in by a thread that lives there; for test benches, the relay itself has an `Opener`."""

    def __init__(self, path: Path) -> None:
        """Raises InfrastructureError where the namespace cannot be entered."""
        self.path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"netns-{path.name}")
        self.run(lambda: _enter(path))
        self.netlink = Netlink(self.run(lambda: open_socket(SocketSpec("netlink"))))

    def run(self, action: Callable[[], T]) -> T:
        """Do something in the namespace and give back what came of it, or raise what it raised."""
        return self._thread.submit(action).result()

    def close(self) -> None:
        self.netlink.close()
        self._thread.shutdown()


def _enter(path: Path) -> None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter_fd(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise InfrastructureError(
            f"network namespace {path}: {error.strerror}. `ip netns list` shows those there are."
        ) from error
