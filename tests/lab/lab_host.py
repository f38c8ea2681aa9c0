"""What the host looks like to a test: everything a lab must leave alone, and everything a lab leaves running."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from labgen.ground.processes import state_letter

MARK = "LABGEN_TEST_MARK"
"""Environment variable that marks a command under test, and all it starts."""

_RESTLESS = ("nf_conntrack_count", "fs/nr_open", "/stat", "tcp_mem", "flush", "neigh/")


@dataclass(frozen=True)
class Host:
    """A host's network, mounts and files."""

    interfaces: frozenset[str]
    addresses: str
    routes: str
    mounts: frozenset[str]
    sysctls: dict[str, str]
    firewall: str
    resolv_conf: bytes
    etc: str

    @classmethod
    def now(cls) -> Host:
        return cls(
            interfaces=frozenset(path.name for path in Path("/sys/class/net").iterdir()),
            addresses=Path("/proc/net/fib_trie").read_text(),
            routes=Path("/proc/net/route").read_text(),
            mounts=frozenset(Path("/proc/self/mountinfo").read_text().splitlines()),
            sysctls=_sysctls(),
            firewall=_firewall(),
            resolv_conf=Path("/etc/resolv.conf").read_bytes(),
            etc=_digest(Path("/etc")),
        )


def _sysctls() -> dict[str, str]:
    found = {}
    for path in Path("/proc/sys/net").rglob("*"):
        if path.is_file() and not any(word in str(path) for word in _RESTLESS):
            try:
                found[str(path)] = path.read_text()
            except OSError:
                continue
    return found


def _firewall() -> str:
    """The rules, without counters and times."""
    program = shutil.which("nft", path="/usr/sbin:/sbin") or shutil.which(
        "iptables-save", path="/usr/sbin:/sbin"
    )
    if program is None:
        return ""
    arguments = ["list", "ruleset"] if program.endswith("nft") else []
    told = subprocess.run([program, *arguments], capture_output=True, text=True, check=False).stdout
    return "\n".join(line.partition(" [")[0] for line in told.splitlines() if not line.startswith("#"))


def _digest(root: Path) -> str:
    """A digest of names, sizes, times and contents below a folder."""
    digest = hashlib.sha256()
    for folder, names, files in os.walk(root):
        names.sort()
        for name in sorted(files):
            path = Path(folder) / name
            stat = path.lstat()
            digest.update(f"{path}{stat.st_size}{stat.st_mtime_ns}{stat.st_mode}".encode())
            if path.is_file() and os.access(path, os.R_OK):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def marked(mark: str) -> dict[int, str]:
    """Processes that carry a mark in their environment, and those below them: pid -> command."""
    parents, commands, found = {}, {}, set()
    for path in Path("/proc").iterdir():
        if not path.name.isdigit():
            continue
        try:
            environment = (path / "environ").read_bytes()
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            commands[int(path.name)] = (
                (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
        except OSError:
            continue
        if fields[0] in "ZX":
            continue
        parents[int(path.name)] = int(fields[1])
        if f"{MARK}={mark}".encode() in environment:
            found.add(int(path.name))
    while below := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= below
    return {pid: commands[pid] for pid in sorted(found)}


def namespaces(pids: set[int]) -> frozenset[str]:
    """Namespaces of processes, other than this process's own."""
    found: set[str] = set()
    own = set(_namespaces_of("self"))
    for pid in pids:
        found |= set(_namespaces_of(str(pid)))
    return frozenset(found - own)


def _namespaces_of(pid: str) -> list[str]:
    links = []
    for kind in ("net", "mnt", "pid", "uts", "ipc", "user"):
        try:
            links.append(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
        except OSError:
            continue
    return links


def inhabited(spaces: frozenset[str]) -> frozenset[str]:
    """Those of some namespaces that a process is still in. One that has ended and was not waited for yet is in none."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    everywhere = {name for pid in pids if state_letter(pid) != "Z" for name in _namespaces_of(str(pid))}
    return spaces & everywhere


def eventually(test: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether `test` holds within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.02)
    return test()
