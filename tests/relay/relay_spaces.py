"""Network namespaces for tests: held by sleeping processes, wired with veth pairs, gone with the processes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from labgen.relay.namespaces import Namespace

Link = tuple[str, str, str, str]
"""Namespace and interface of one end, namespace and interface of the other."""
Pair = tuple[str, str, str]
"""Namespace, interface and address; or namespace, destination and gateway."""


class Spaces:
    """Namespaces with links, addresses and routes in them. Close `stack` to be rid of them."""

    def __init__(
        self,
        stack: ExitStack,
        names: Sequence[str],
        links: Iterable[Link],
        addresses: Iterable[Pair],
        routes: Iterable[Pair],
    ) -> None:
        self._stack = stack
        self._pids = {name: self._hold() for name in names}
        links = list(links)
        for space, name, other, peer in links:
            self.join(space, name, other, peer)
        for space in names:
            mine = [name for a, n, b, p in links for s, name in ((a, n), (b, p)) if s == space]
            lines = [f"link set {name} up" for name in mine]
            lines += [f"addr add {address} dev {name}" for s, name, address in addresses if s == space]
            lines += [f"route add {to} via {via}" for s, to, via in routes if s == space]
            self.ip(space, *lines)

    def _hold(self) -> int:
        """A process that keeps one namespace alive; it says so when it is there."""
        holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "ip link set lo up; echo; exec sleep 3600"], stdout=subprocess.PIPE
        )
        assert holder.stdout is not None
        holder.stdout.readline()
        self._stack.callback(holder.stdout.close)
        self._stack.callback(holder.wait)
        self._stack.callback(holder.kill)
        self._stack.callback(_end_all_in, Path(f"/proc/{holder.pid}/ns/net").readlink(), holder.pid)
        return holder.pid

    def path(self, space: str) -> Path:
        return Path(f"/proc/{self._pids[space]}/ns/net")

    def into(self, space: str) -> list[str]:
        """What to put in front of a command to run it in a namespace."""
        return ["nsenter", f"--net={self.path(space)}"]

    def enter(self, name: str) -> Namespace:
        space = Namespace(self.path(name))
        self._stack.callback(space.close)
        return space

    def join(self, space: str, name: str, other: str, peer: str) -> None:
        """A veth pair between two namespaces, both ends down."""
        self.ip(space, f"link add {name} type veth peer name {peer} netns {self._pids[other]}")

    def forward(self, space: str) -> None:
        """Let a namespace route."""
        subprocess.run([*self.into(space), "sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)

    def ip(self, space: str, *lines: str) -> None:
        """Run `ip` lines in a namespace."""
        command = [*self.into(space), "ip", "-batch", "-"]
        subprocess.run(command, input="\n".join(lines).encode(), check=True)


def _end_all_in(space: Path, holder: int) -> None:
    """End what stays in a namespace beside its holder: dhcpcd leaves processes behind when it is ended."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "ns/net").readlink() == space and int(process.name) != holder:
                os.kill(int(process.name), signal.SIGKILL)


def can_make_namespaces() -> bool:
    """True for root; without it there is no port 67 to bind."""
    return os.geteuid() == 0


def has_all_users() -> bool:
    """True where users besides root exist: not in a user namespace of one. dnsmasq, for one, insists on them."""
    rows = Path("/proc/self/uid_map").read_text(encoding="utf-8").splitlines()
    return sum(int(row.split()[2]) for row in rows) > 65534
