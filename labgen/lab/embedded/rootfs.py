"""The file system a node sees: the host's, read-only, with private memory over everything a daemon writes.

Runs in the node's own mount namespace; nothing here reaches the host.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from labgen.devices.routing_suite import suite
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.blueprint import File

STATE = Path("/run/labgen")
"""The supervisor's own memory file system (in its mount namespace)."""

ETC_COPY = STATE / "etc"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "fd/0",
    "stdout": "fd/1",
    "stderr": "fd/2",
    "ptmx": "pts/ptmx",
}
PRIVATE = {
    "/run": 0o755,
    "/var/lib": 0o755,
    "/var/log": 0o755,
    "/var/tmp": 0o1777,
    "/tmp": 0o1777,
    "/root": 0o700,
    suite().folder: 0o755,
}


def prepare_state() -> None:
    """Cover /run of the supervisor's mount namespace and ready the base of every node's /etc.

    OSError where refused.
    """
    sc.mount("tmpfs", "/run", "tmpfs", sc.MS_NOSUID | sc.MS_NODEV, "mode=755")
    STATE.mkdir()
    if not (_overlay("/etc", STATE / "trial", STATE / "trial-mount") and _writable(STATE / "trial-mount")):
        _copy_tree(Path("/etc"), ETC_COPY)


def _writable(etc: Path) -> bool:
    """True if files can be replaced and added in an overlay over /etc.

    Not where the host's root owns them and has no id in this user namespace: an ordinary user's lab.
    """
    try:
        with (etc / "hostname").open("ab"):
            pass
        (etc / "labgen").mkdir()
    except OSError:
        return False
    return True


def can_overlay() -> bool:
    """True if overlayfs works here; labs do without, by copying. To be asked in a scratch mount namespace."""
    sc.mount("tmpfs", "/run", "tmpfs", sc.MS_NOSUID | sc.MS_NODEV, "mode=755")
    lower = STATE / "lower"
    lower.mkdir(parents=True)
    return _overlay(str(lower), STATE / "trial", STATE / "trial-mount")


def _overlay(lower: str, scratch: Path, target: Path) -> bool:
    """Lay a writable layer in `scratch` over `lower`, seen at `target`; False where the kernel refuses."""
    upper, work = scratch / "upper", scratch / "work"
    for path in (upper, work, target):
        path.mkdir(parents=True, exist_ok=True)
    try:
        sc.mount("overlay", target, "overlay", 0, f"lowerdir={lower},upperdir={upper},workdir={work}")
    except OSError:
        # Container engines mount single files below /etc, which an overlay made without root may not uncover.
        return False
    return True


def _copy_tree(source: Path, target: Path) -> None:
    """Copy what can be read; what cannot be (shadow files, without root) is not needed in a node."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        copy = target / entry.name
        with contextlib.suppress(OSError):
            if entry.is_symlink():
                copy.symlink_to(entry.readlink())
            elif entry.is_dir():
                _copy_tree(entry, copy)
            elif entry.is_file():
                shutil.copy2(entry, copy)


def build_root(name: str, visible: Iterable[str]) -> None:
    """Turn the current mount namespace into the root of node `name`."""
    kept = [(path, os.open(path, os.O_PATH)) for path in visible if is_hidden(path)]
    _mount_etc(STATE / "nodes" / name)
    sc.make_read_only("/")
    sc.make_writable("/etc")
    _private_folders()
    _private_devices()
    for path, fd in kept:
        Path(path).mkdir(parents=True, exist_ok=True)
        sc.bind(f"/proc/self/fd/{fd}", path)
        os.close(fd)
    _kernel_file_systems()


def is_hidden(path: str) -> bool:
    """True if a private folder of the node covers a path of the host."""
    return any(Path(path).is_relative_to(private) for private in PRIVATE)


def _mount_etc(scratch: Path) -> None:
    lower = str(ETC_COPY) if ETC_COPY.exists() else "/etc"
    if _overlay(lower, scratch, Path("/etc")):
        return
    copy = scratch / "etc"
    _copy_tree(Path(lower), copy)
    sc.bind(copy, "/etc")


def _private_folders() -> None:
    Path(suite().folder).mkdir(exist_ok=True)
    for path, mode in PRIVATE.items():
        if Path(path).is_dir():
            sc.mount("tmpfs", path, "tmpfs", sc.MS_NOSUID | sc.MS_NODEV, f"mode={mode:o}")
    Path("/run/lock").mkdir(mode=0o1777)


def _private_devices() -> None:
    """A /dev without the host's disks and terminals."""
    sources = {name: os.open(f"/dev/{name}", os.O_PATH) for name in DEVICES}
    sc.mount("tmpfs", "/dev", "tmpfs", sc.MS_NOSUID, "mode=755")
    for name, fd in sources.items():
        device = Path("/dev") / name
        device.touch()
        sc.bind(f"/proc/self/fd/{fd}", device)
        os.close(fd)
    for name, target in DEVICE_LINKS.items():
        (Path("/dev") / name).symlink_to(target)
    Path("/dev/pts").mkdir()
    shared = Path("/dev/shm")
    shared.mkdir()
    shared.chmod(0o1777)


def _kernel_file_systems() -> None:
    """Views of the kernel that show this node; of its settings only those of the network can be changed."""
    plain = sc.MS_NOSUID | sc.MS_NODEV | sc.MS_NOEXEC
    sc.mount("proc", "/proc", "proc", plain)
    network = os.open("/proc/sys/net", os.O_PATH)
    for path in ("/proc/sys", "/proc/sysrq-trigger"):
        with contextlib.suppress(FileNotFoundError):
            sc.bind(path, path)
            sc.make_read_only(path)
    sc.bind(f"/proc/self/fd/{network}", "/proc/sys/net")
    sc.make_writable("/proc/sys/net")
    os.close(network)
    with contextlib.suppress(OSError):  # refused inside some containers
        sc.mount("sysfs", "/sys", "sysfs", plain | sc.MS_RDONLY)
    _terminals()


def _terminals() -> None:
    options = "newinstance,ptmxmode=0666,mode=620"
    try:
        sc.mount("devpts", "/dev/pts", "devpts", sc.MS_NOSUID | sc.MS_NOEXEC, f"{options},gid=5")
    except OSError:  # group tty has no id in this user namespace
        sc.mount("devpts", "/dev/pts", "devpts", sc.MS_NOSUID | sc.MS_NOEXEC, options)


def write_files(files: Iterable[File]) -> None:
    """Write a node's files at their places. To be called inside the node."""
    for file in files:
        path = Path(file.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_bytes(file.data)
        path.chmod(file.mode)
