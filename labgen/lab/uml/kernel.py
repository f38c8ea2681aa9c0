"""The kernel: where it is, what it is started with, and what this machine's processor makes necessary."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labgen.ground import processes, resources
from labgen.ground.errors import LabStartError, MissingToolError
from labgen.lab.interrupts import signals_wait

PROGRAM = "linux.uml"
PACKAGES = ("user-mode-linux", "kmod")
MODULES_FOLDER = Path("/usr/lib/uml/modules")
MODULES = ("overlay", "vrf", "8021q", "dummy", "sch_netem", "vxlan", "bridge", "veth", "macvlan")
"""What labs are made of; the rest is in the kernel."""

WIDE_STATE = frozenset({"amx_tile"})
"""Flags of processors whose state is larger than user-mode Linux 6.1 knows."""


@dataclass(frozen=True, slots=True)
class Memory:
    """`size` in MiB, of which as much as is used is taken from `folder`, which is best a tmpfs."""

    folder: Path
    size: int


def require() -> None:
    """MissingToolError where there is no kernel to start."""
    missing = [name for name in (PROGRAM, "modprobe") if processes.program(name) is None]
    if missing or not MODULES_FOLDER.is_dir():
        raise MissingToolError(
            f"a kernel of its own needs {' and '.join(missing) or str(MODULES_FOLDER)}; on Debian: "
            f"apt-get install {' '.join(PACKAGES)}"
        )


def memory(size: int) -> Memory:
    """The place for the kernel's memory of `size` MiB: a folder with that much room, whose files may be executed. LabStartError where
    there is none. Containers often have a /dev/shm too small: a kernel in it would end when it fills."""
    for folder in (Path("/dev/shm"), Path(os.environ.get("TMPDIR", "/tmp")), Path("/var/tmp")):
        if executable(folder) and room(folder) >= size:
            return Memory(folder, size)
    raise LabStartError(
        f"a kernel of its own needs a folder with {size} MiB of room for its memory, whose files may be executed; set TMPDIR to one"
    )


def executable(folder: Path) -> bool:
    """True if files can be made in a folder, and executed there."""
    try:
        return os.access(folder, os.W_OK) and not os.statvfs(folder).f_flag & os.ST_NOEXEC
    except OSError:
        return False


def room(folder: Path) -> int:
    """Free space in MiB."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize >> 20


def command(
    init: Path, exchange: Path, memory: Memory, modules: tuple[str, ...] = MODULES
) -> tuple[str, ...]:
    """The command line of a kernel that runs `init` on this machine's root and speaks on its standard output alone."""
    return (
        processes.program(PROGRAM) or PROGRAM,
        f"mem={memory.size}M",
        "root=none",
        "rootfstype=hostfs",
        "rootflags=/",
        "ro",
        "quiet",
        "con=null",
        "con0=null,fd:1",
        f"init={init}",
        f"uml_dir={exchange}/",
        f"labgen.exchange={exchange}",
        f"labgen.modules={','.join(modules)}",
    )


def environment(memory: Memory, exchange: Path, held: tuple[int, ...] = ()) -> Mapping[str, str]:
    """The environment of the kernel's process: where its memory goes, and on processors with more state than it knows, a preload, whose
    compiler gets the descriptors `held`."""
    known = {
        "PATH": processes.search_path(),
        "TMPDIR": str(memory.folder),
        "HOME": os.environ.get("HOME", "/"),
    }
    if WIDE_STATE.isdisjoint(processor_flags()):
        return known
    return {**known, "LD_PRELOAD": str(_preload(exchange, held))}


def processor_flags() -> Iterator[str]:
    """The features of the first processor of this machine, as its kernel lists them."""
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        name, _, values = line.partition(":")
        if name.strip() == "flags":
            yield from values.split()
            return


def compiler() -> str | None:
    """This machine's C compiler."""
    return processes.program("cc") or processes.program("gcc")


def _preload(folder: Path, held: tuple[int, ...]) -> Path:
    """The compiled `xstate.c`. MissingToolError where there is no compiler."""
    program = compiler()
    if program is None:
        raise MissingToolError(
            "this processor has more state (AMX) than user-mode Linux knows, and what mends that has to be compiled; "
            "on Debian: apt-get install gcc libc6-dev"
        )
    target = folder / "xstate.so"
    source = resources.templates() / "uml" / "xstate.c"
    with signals_wait():  # an interrupt would leave it to nobody; it ends in a moment
        done = subprocess.run(
            (program, "-O2", "-shared", "-fPIC", "-o", str(target), str(source), "-ldl"),
            capture_output=True,
            text=True,
            check=False,
            pass_fds=held,
        )
    if done.returncode:
        raise MissingToolError(
            f"{source.name} could not be compiled; on Debian: apt-get install gcc libc6-dev\n{done.stderr[-500:]}"
        )
    return target
