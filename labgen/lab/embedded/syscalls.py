"""The few Linux calls Python 3.11 lacks: namespaces, mounts, host names, checksum offload.

All raise OSError with the kernel's reason. Constants are those of the kernel's uapi headers.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000

_SYS_MOUNT_SETATTR = 442
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 0x1

_PR_SET_NAME = 15
_PR_CAPBSET_DROP = 24

_SIOCETHTOOL = 0x8946
_ETHTOOL_STXCSUM = 0x17


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones."""
    _check(_libc().unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    """Enter the namespace behind `fd`, which must be of `kind` (a CLONE_NEW constant)."""
    _check(_libc().setns(fd, kind), "setns")


def mount(source: str, target: str | Path, fstype: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2). OSError."""
    result = _libc().mount(
        source.encode(),
        os.fsencode(target),
        fstype.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _check(result, f"mount {source} on {target}")


def bind(source: str | Path, target: str | Path) -> None:
    """Show the directory or file `source` at `target`."""
    mount(str(source), target, flags=MS_BIND)


def set_process_name(name: str) -> None:
    """Name this process, as `ps` shows it: 15 characters at most."""
    _check(_libc().prctl(_PR_SET_NAME, name.encode(), 0, 0, 0), "prctl")


def last_capability() -> int:
    """The highest capability this kernel knows."""
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text())


def drop_from_bounding_set(number: int) -> None:
    """Give up a capability for this process and all it executes."""
    _check(_libc().prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0), "prctl")


class _MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns_fd")]


def _mount_setattr(path: str | Path, flags: int, attributes: _MountAttr) -> None:
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    pointer = ctypes.byref(attributes)
    result = _libc().syscall(_SYS_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), flags, pointer, size)
    _check(result, f"mount_setattr {path}")


def make_read_only(root: str | Path) -> None:
    """Make a mount and all below it read-only (mount_setattr, Linux 5.12)."""
    _mount_setattr(root, _AT_RECURSIVE, _MountAttr(_MOUNT_ATTR_RDONLY, 0, 0, 0))


def make_writable(path: str | Path) -> None:
    """Undo `make_read_only` for one mount."""
    _mount_setattr(path, 0, _MountAttr(0, _MOUNT_ATTR_RDONLY, 0, 0))


def sethostname(name: str) -> None:
    """sethostname(2), of the UTS namespace. OSError."""
    data = name.encode()
    _check(_libc().sethostname(data, ctypes.c_size_t(len(data))), "sethostname")


@contextmanager
def inside(fd: int, home: int, kind: int) -> Iterator[None]:
    """Run a block in the namespace `fd`, then return to the one behind `home`.

    For single-threaded processes.
    """
    setns(fd, kind)
    try:
        yield
    finally:
        setns(home, kind)


def disable_tx_checksum_offload(sock: socket.socket, interface: str) -> None:
    """Have the kernel fill in checksums before a packet leaves `interface`.

    On veth pairs it otherwise never does, and DHCP clients that read raw packets drop what they take for
    damaged. Devices that know no such switch are left alone. `sock` is any socket of the interface's
    namespace.
    """
    value = ctypes.create_string_buffer(struct.pack("II", _ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP16x", interface.encode(), ctypes.addressof(value))
    try:
        fcntl.ioctl(sock, _SIOCETHTOOL, request)
    except OSError as error:
        if error.errno not in (95, 22):
            raise
