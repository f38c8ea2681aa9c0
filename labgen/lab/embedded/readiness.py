"""Watching daemons until they serve, and convergence until it is there. Nothing here sleeps for luck."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from labgen.ground.errors import LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded import netlink
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.blueprint import NodeProgram, VrfBackend
from labgen.lab.embedded.nodes import Home, NodeHandle
from labgen.lab.embedded.processes import LabProcess

POLL = 0.02
LAST_LINES = 12


def read_file(node: NodeHandle, home: Home, path: str, start: int = 0) -> bytes:
    """Bytes of a node's file from `start`; empty where it is not there (yet)."""
    try:
        with node.files(home), open(path, "rb") as stream:  # noqa: PTH123  a path of the node, not ours
            stream.seek(start)
            return stream.read()
    except OSError:
        return b""


def size_of(node: NodeHandle, home: Home, path: str) -> int:
    """Size of a node's file, 0 where it is not there."""
    try:
        with node.files(home):
            return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0


def last_lines(node: NodeHandle, home: Home, program: NodeProgram) -> str:
    """The end of a daemon's log, indented, for an error text."""
    paths = dict.fromkeys((program.log, program.ready_path if program.ready_kind == "log" else program.log))
    lines = [
        line for path in paths for line in read_file(node, home, path).decode(errors="replace").splitlines()
    ]
    return "\n".join(f"    {line}" for line in lines[-LAST_LINES:]) or "    (its log is empty)"


@dataclass(slots=True)
class ReadinessWatch:
    """One started daemon until it serves. `log_start` is the size of its log before the start."""

    node: NodeHandle
    home: Home
    program: NodeProgram
    process: LabProcess
    log_start: int = 0

    async def until_ready(self, deadline: Deadline) -> None:
        """Return when the daemon serves. LabStartError names node and daemon and shows its last words."""
        test = {"exists": self._exists, "log": self._log, "exit": self._exit}[self.program.ready_kind]
        while True:
            if self._dead():
                raise self._error(f"ended with status {self.process.exit_code} before it served")
            if test():
                return
            if deadline.over:
                raise self._error(f"was not ready after {deadline.seconds:g} s ({self._waited_for()})")
            await asyncio.sleep(POLL)

    def _dead(self) -> bool:
        code = self.process.exit_code
        return code is not None and not (code == 0 and self.program.ready_kind == "exit")

    def _exists(self) -> bool:
        with self.node.files(self.home):
            return os.path.exists(self.program.ready_path)  # noqa: PTH110

    def _log(self) -> bool:
        text = read_file(self.node, self.home, self.program.ready_path, self.log_start)
        return re.search(self.program.ready_pattern, text.decode(errors="replace"), re.MULTILINE) is not None

    def _exit(self) -> bool:
        return self.process.exit_code == 0

    def _waited_for(self) -> str:
        program = self.program
        return {
            "exists": f"no {program.ready_path}",
            "log": f"no line in {program.ready_path} matches {program.ready_pattern!r}",
            "exit": "it still runs",
        }[program.ready_kind]

    def _error(self, what: str) -> LabStartError:
        name = f"{self.node.node.name}: {self.program.name}"
        words = last_lines(self.node, self.home, self.program)
        return LabStartError(
            f"{name} {what}; command: {' '.join(self.program.argv)}\n  its last lines:\n{words}"
        )


class Convergence:
    """The parts of the control plane that are still missing: routes first, then VXLAN flood lists."""

    def __init__(self, nodes: tuple[NodeHandle, ...], backend: VrfBackend, home: Home) -> None:
        self._nodes = nodes
        self._backend = backend
        self._home = home

    async def until_routes(self, deadline: Deadline) -> None:
        """Return when every node has the routes it should. LabStartError lists what is missing."""
        await self._until(self._missing_routes, deadline)

    async def until_peers(self, deadline: Deadline) -> None:
        """Return when every switch floods to the VTEPs it should and has its VRF routes."""
        await self._until(self._missing_peers, deadline)

    async def _until(self, missing: Callable[[NodeHandle], list[str]], deadline: Deadline) -> None:
        # The larger the lab the longer a look takes, and the more its daemons have to do: looking leaves them half of the time.
        waiting, looked = list(self._nodes), time.monotonic()
        while waiting := [node for node in waiting if missing(node)]:
            if deadline.over:
                raise self._error([line for node in waiting for line in missing(node)], deadline)
            await asyncio.sleep(max(POLL, 2 * (time.monotonic() - looked)))
            looked = time.monotonic()

    def _error(self, lines: list[str], deadline: Deadline) -> LabStartError:
        shown = "\n".join(f"    {line}" for line in lines[:LAST_LINES])
        return LabStartError(
            f"the control plane did not converge within {deadline.seconds:g} s; missing:\n{shown}\n"
            "  compare the routing daemons' configuration below config/ of the lab folder"
        )

    def _missing_routes(self, node: NodeHandle) -> list[str]:
        wanted = [reach.prefix for reach in node.node.reach if reach.vrf == "default"]
        return self._missing_prefixes(node, "default", wanted) if wanted else []

    def _missing_peers(self, node: NodeHandle) -> list[str]:
        missing = []
        for peers in node.node.peers:
            have = self._flood_list(node, peers.vrf, peers.vxlan)
            gone = [remote for remote in peers.remotes if remote not in have]
            missing += [f"{node.node.name} {peers.vxlan}: no remote VTEP {remote}" for remote in gone]
        for vrf in {reach.vrf for reach in node.node.reach} - {"default"}:
            wanted = [reach.prefix for reach in node.node.reach if reach.vrf == vrf]
            missing += self._missing_prefixes(node, vrf, wanted)
        return missing

    def _missing_prefixes(self, node: NodeHandle, vrf: str, wanted: list[str]) -> list[str]:
        table = 254
        if self._backend == "kernel" and vrf != "default":
            table = next(each.table for each in node.node.vrfs if each.name == vrf)
        with (
            sc.inside(node.network(vrf, self._backend), self._home.net, sc.CLONE_NEWNET),
            netlink.open_socket() as sock,
        ):
            have = netlink.routes(sock, table)
        where = "" if vrf == "default" else f" in VRF {vrf}"
        return [f"{node.node.name}: no route to {prefix}{where}" for prefix in wanted if prefix not in have]

    def _flood_list(self, node: NodeHandle, vrf: str, vxlan: str) -> frozenset[str]:
        with (
            sc.inside(node.network(vrf, self._backend), self._home.net, sc.CLONE_NEWNET),
            netlink.open_socket() as sock,
        ):
            return netlink.flood_list(sock, socket.if_nametoindex(vxlan))
