"""A running lab of containers."""

from __future__ import annotations

import io
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from labgen.devices import registry
from labgen.devices.base import Daemon
from labgen.devices.linux import process
from labgen.ground.errors import LabNotUpError, LabStartError, NodeUnreachableError, ToolHungError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.lab import credentials
from labgen.lab.containers import hostkeys
from labgen.lab.containers.captures import tcpdump
from labgen.lab.containers.engine import Engine
from labgen.lab.containers.register import Entry
from labgen.lab.containers.site import Site
from labgen.lab.find import provider
from labgen.lab.provider import (
    ContainerAccess,
    DaemonAction,
    DaemonStatus,
    LabStatus,
    NodeStatus,
    Result,
    SshAccess,
    Stage,
)

SSH_PORT = 22
WORKERS = 8


@dataclass(frozen=True, slots=True)
class ContainerLab:
    """A lab somebody started in containers; nodes with a shell are reached through the engine, others over SSH."""

    plan: LabPlan
    folder: Path
    entry: Entry
    site: Site

    def status(self) -> LabStatus:
        return LabStatus(
            lab=self.plan.name,
            folder=self.folder,
            provider=self.entry.provider,
            pid=0,
            uptime=time.time() - self.entry.started,
            vrf_backend="device",
            nodes=self.daemons(),
            stages=tuple(Stage(name, seconds) for name, seconds in self.entry.stages),
            adopted=self.entry.adopted,
        )

    def versions(self) -> Mapping[str, str]:
        engines: dict[Engine, list[str]] = {}
        for node in self.plan.nodes:
            engines.setdefault(self.site.engine(node.name), []).append(self.container(node.name))
        return dict(
            sorted(item for engine, names in engines.items() for item in engine.images(names).items())
        )

    def daemons(self) -> tuple[NodeStatus, ...]:
        """Every node with its daemons, as they are now."""
        with ThreadPoolExecutor(WORKERS) as pool:
            return tuple(pool.map(self._node_status, self.plan.nodes))

    def _node_status(self, node: NodePlan) -> NodeStatus:
        daemons = registry.get(node.device).daemons(self.plan, node)
        return NodeStatus(node.name, self._daemon_states(node.name, daemons))

    def _daemon_states(self, node: str, daemons: Sequence[Daemon]) -> tuple[DaemonStatus, ...]:
        """All in one command: each costs the engine a process in the container's namespaces, which slow machines have few of.

        Some daemons are started by the image, the others by labgen's script; each leaves a pid file.
        """
        asked = [daemon for daemon in daemons if daemon.ready.kind != "exit"]
        pid_lines = self._shell(node, "\n".join(map(_pid, asked))).stdout.split() if asked else []
        pids = dict(zip((daemon.name for daemon in asked), map(int, pid_lines), strict=False))
        return tuple(_daemon_status(daemon, pids.get(daemon.name, 0)) for daemon in daemons)

    def _shell(self, node: str, command: str) -> Result:
        return self.execute(node, ("sh", "-c", command))

    def ssh_access(self, node: str) -> SshAccess | ContainerAccess:
        plan = self.plan.node(node)
        facts = registry.get(plan.device).facts
        if facts.embedded or facts.shell:
            return ContainerAccess(self.container(node), self.site.engine(node).command)
        user, password = credentials.login(node, facts.login)
        key = hostkeys.pinned(self.entry, node, lambda: self.ssh_socket(node))
        return SshAccess(user, self._address(plan), SSH_PORT, "", key, password=password)

    def ssh_socket(self, node: str) -> socket.socket:
        address = self._address(self.plan.node(node))
        try:
            return self.site.connect(node, address, SSH_PORT)
        except OSError as error:
            raise NodeUnreachableError(
                f"{node} ({address}) does not answer on port {SSH_PORT}: {error}"
            ) from error

    def container(self, node: str) -> str:
        """Name of a node's container; KeyError where there is no such node."""
        return self.entry.containers[node]

    def _address(self, node: NodePlan) -> str:
        return self.entry.addresses.get(node.name, str(node.mgmt.ip))

    def execute(self, node: str, argv: Sequence[str], timeout: float | None = None) -> Result:
        try:
            return self.site.engine(node).exec(self.container(node), argv, timeout)
        except ToolHungError as error:
            raise NodeUnreachableError(f"{node}: {error}") from error

    def interactive(self, node: str, argv: Sequence[str]) -> int:
        return subprocess.call(self.site.engine(node).interactive(self.container(node), argv))

    def attached(self, node: str, argv: Sequence[str], stdout: int | None = None) -> int:
        return subprocess.call(self.site.engine(node).attached(self.container(node), argv), stdout=stdout)

    def capture(self, node: str, interface: str, stdout: int) -> int:
        state = self.site.states({node: self.container(node)})[node]
        command = (*self.site.engine(node).host.quiet, *tcpdump(state.pid, interface, "-"))
        return subprocess.call(command, stdin=subprocess.DEVNULL, stdout=stdout)

    def taps(self) -> tuple[str, ...]:
        return ()

    def save_captures(self, target: Path) -> tuple[Path, ...]:
        return self.site.save_captures(self.plan, self.entry.captured, target)

    def logs(self, node: str, daemon: str | None = None) -> tuple[BinaryIO, ...]:
        plan = self.plan.node(node)
        daemons = {found.name: found for found in registry.get(plan.device).daemons(self.plan, plan)}
        wanted = list(daemons.values()) if daemon is None else [daemons[daemon]]
        files = dict.fromkeys(
            path
            for found in wanted
            for path in (found.log, found.ready.path)
            if found.ready.kind == "log" or path == found.log
        )
        return tuple(io.BytesIO(self.execute(node, ("cat", path)).stdout) for path in files)

    def control(self, node: str, daemon: str, action: DaemonAction) -> DaemonStatus:
        """Runs a command in a shell at the node, and returns when it has ended."""
        plan = self.plan.node(node)
        found = {each.name: each for each in registry.get(plan.device).daemons(self.plan, plan)}[daemon]
        stop = process.stop(found, "KILL" if action == "kill" else "TERM")
        start = process.start(found)
        command = {"start": start, "stop": stop, "kill": stop, "restart": f"{stop}; {start}"}[action]
        done = self._shell(node, command)
        if done.exit_code:
            raise LabStartError(
                f"{node}: `{action} {daemon}` failed: {done.stderr.decode(errors='replace')[-300:]}"
            )
        return self._daemon_states(node, (found,))[0]

    def down(self) -> None:
        provider(self.entry.provider).end(self.folder, adopted=self.entry.adopted)


def _pid(daemon: Daemon) -> str:
    """A shell command that says a daemon's process id, 0 where it does not run."""
    kept = f" || {{ p=$(cat {daemon.keeps_pid} 2>/dev/null) && kill -0 $p; }}" if daemon.keeps_pid else ""
    return f"{{ {process.alive(daemon)}{kept}; }} && echo $p || echo 0"


def _daemon_status(daemon: Daemon, pid: int) -> DaemonStatus:
    if daemon.ready.kind == "exit":
        return DaemonStatus(daemon.name, "exited", None, 0)
    return DaemonStatus(
        daemon.name, "running" if pid else ("exited" if daemon.autostart else "idle"), pid or None
    )


def require(entry: Entry | None, folder: Path, site: Site) -> Entry:
    """The entry of a lab that still runs; LabNotUpError where it does not."""
    if entry is not None and site.alive(entry.containers):
        return entry
    raise LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder}`")
