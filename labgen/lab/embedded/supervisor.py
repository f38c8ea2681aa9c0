"""The init of a lab: `python -m labgen.lab.embedded.supervisor LISTEN BOOT FOLDER`, in namespaces `unshare` made.

LISTEN is the bound control socket, BOOT the connection of the command that starts the lab; FOLDER tells `ps` which lab
it is. Until that command says `detach`, its end is the lab's end; so is this process's, whatever ends it: the kernel then
takes every process of its PID namespace, and with them every mount, interface and namespace.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from labgen.ground.clock import SteadyClock
from labgen.ground.errors import LabgenError, LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded import control_messages, gateways, socket_names
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.adjacency import until_adjacent, until_established, until_full
from labgen.lab.embedded.assembly import UnstartedLab, assemble, end
from labgen.lab.embedded.blueprint import Blueprint, Path
from labgen.lab.embedded.capture_sync import CaptureSync
from labgen.lab.embedded.control import Connection
from labgen.lab.embedded.control_messages import Json
from labgen.lab.embedded.daemons import Daemons, first_error
from labgen.lab.embedded.forwarding import Forwarding
from labgen.lab.embedded.guard import until_trouble
from labgen.lab.embedded.paths import until_reached
from labgen.lab.embedded.processes import ProcessTable
from labgen.lab.embedded.readiness import Convergence
from labgen.lab.embedded.retention import LogKeeper
from labgen.lab.embedded.router_macs import RouterMacs
from labgen.lab.embedded.vty import Vty

CONVERGENCE_SECONDS = 90.0
FAULTY_SECONDS = 25.0
SILENT_SECONDS = 8.0
"""For how long paths are asked again in a lab that started with some on which no echo came back."""
PATH_SECONDS = 4.0
"""How long relays and servers may take to reach each other once tables are complete; checks tell which do not."""


@dataclass(slots=True)
class Boot:
    """The starting command's connection. `started` is its monotonic clock at the start of `up`."""

    sock: socket.socket
    started: float
    stages: list[tuple[str, float]] = field(default_factory=list)
    detached: bool = False

    def stage(self, name: str) -> None:
        """Tell that a stage is done."""
        seconds = round(time.monotonic() - self.started, 3)
        self.stages.append((name, seconds))
        self.send({"stage": name, "seconds": seconds})

    def send(self, body: dict[str, Json]) -> None:
        with contextlib.suppress(OSError):
            control_messages.send(self.sock, body)

    def receive(self) -> None:
        """Take what the command says; its end is the lab's unless it has detached."""
        message = control_messages.receive(self.sock)
        if message is not None and message.body.get("detach"):
            self.detached = True
            self.send({"detached": True})
        elif message is None and not self.detached:
            end()


class Supervisor:
    """A lab with its event loop running."""

    def __init__(self, assembly: UnstartedLab, listen: socket.socket, boot: Boot) -> None:
        self.assembly = assembly
        self.table = ProcessTable(assembly.home)
        self.daemons = Daemons(assembly, self.table)
        self._logs = LogKeeper(self.daemons)
        self._clock = SteadyClock()
        self._silent: frozenset[Path] = frozenset()
        self._listen = listen
        self._boot = boot
        self._started = time.monotonic()
        self._clients: set[asyncio.Task[None]] = set()
        self._captures = CaptureSync(assembly.capture)
        self._forwarding = Forwarding(tuple(assembly.nodes.values()), assembly.backend, assembly.home)
        self._router_macs = RouterMacs(self._forwarding, Vty(assembly.home).ask, self._run_once)

    async def run(self) -> None:
        """Start the daemons, say so, and serve for ever."""
        loop = asyncio.get_running_loop()
        self.table.watch(loop)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, end)
        loop.add_reader(self._boot.sock.fileno(), self._hear_boot)
        self._listen.setblocking(False)
        loop.add_reader(self._listen.fileno(), self._accept)
        for watch in gateways.watches(self.assembly):
            loop.add_reader(watch.socket.fileno(), watch.read)
        try:
            await self._start()
        except LabgenError as error:
            self._boot.send({"error": str(error)})
            end()
        self._router_macs.watch(loop.add_reader)
        self._boot.send({"ready": True})
        await self._logs.run()

    def _hear_boot(self) -> None:
        self._boot.receive()
        if self._boot.detached:
            asyncio.get_running_loop().remove_reader(self._boot.sock.fileno())

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._listen.accept()
            if socket_names.peer(client) != os.getuid():
                client.close()
                return
            client.setblocking(False)
            task = asyncio.ensure_future(Connection(client, self, self._captures).serve())
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)

    async def _start(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                guard = group.create_task(until_trouble(self.daemons))
                async with asyncio.TaskGroup() as wanted:
                    wanted.create_task(self._start_daemons())
                    wanted.create_task(
                        self._converge_first() if self._sound else self._converge_as_far_as_it_does()
                    )
                guard.cancel()
        except* LabgenError as errors:
            raise first_error(errors) from None

    async def _start_daemons(self) -> None:
        async with asyncio.TaskGroup() as group:
            for node in self.assembly.nodes:
                group.create_task(self.daemons.start_node(node))
        self._boot.stage("daemons")

    @property
    def _sound(self) -> bool:
        """True if nothing is wrong with the lab on purpose."""
        blueprint = self.assembly.blueprint
        veths = [veth.impairment for veth in blueprint.veths]
        veths += [member.impairment for bond in blueprint.bonds for member in bond.members]
        return not blueprint.source_checks and not any(veths)

    async def _converge_first(self) -> None:
        found = await self._converge(Deadline.patient(CONVERGENCE_SECONDS), self._boot.stage)
        self._silent = frozenset(found)

    async def _converge_as_far_as_it_does(self) -> None:
        """With planned faults: what does not come about for a while is for the checks to tell."""
        with contextlib.suppress(LabStartError, TimeoutError):
            async with asyncio.timeout(FAULTY_SECONDS):
                await self._converge_first()

    async def settle(self, seconds: float) -> None:
        """Wait until sessions, routes and tunnels are as when the lab had started. LabStartError lists what is missing; a lab with planned
        faults promises nothing."""
        if not self._sound:
            return
        deadline = Deadline.patient(seconds)
        paths = Deadline.patient(SILENT_SECONDS) if self._silent else deadline
        found = await self._converge(deadline, lambda _: None, paths)
        new = [path for path in found if path not in self._silent]
        if new:
            unanswered = ", ".join(f"{path.source} to {path.target} in VRF {path.vrf}" for path in new)
            raise LabStartError(f"no echo comes back from {unanswered}")

    async def _converge(
        self, deadline: Deadline, reached: Callable[[str], None], paths: Deadline | None = None
    ) -> tuple[Path, ...]:
        """Wait for all that the lab needs; the paths of relays along which no echo came back in time."""
        convergence = Convergence(
            tuple(self.assembly.nodes.values()), self.assembly.backend, self.assembly.home
        )
        await convergence.until_routes(deadline)
        ask = Vty(self.assembly.home).ask
        await until_full(self.assembly.nodes.values(), ask, deadline)
        await until_adjacent(self.assembly.nodes.values(), ask, deadline)
        reached("routes")
        await until_established(self.assembly.nodes.values(), ask, deadline)
        await convergence.until_peers(deadline)
        await self._forwarding.until_forwarding(self._run_once, deadline)
        await convergence.until_peers(deadline)
        await self._router_macs.settle(deadline)
        reached("overlay")
        silent = await self._until_reached(paths)
        if silent and await self._forwarding.lost():
            await self._forwarding.until_forwarding(self._run_once, deadline)
            silent = await self._until_reached(paths)
        reached("paths")
        return silent

    async def _until_reached(self, paths: Deadline | None) -> tuple[Path, ...]:
        return await until_reached(
            self.assembly.nodes.values(),
            self.assembly.backend,
            self.assembly.home,
            paths or Deadline.patient(PATH_SECONDS),
        )

    async def _run_once(self, node: str, name: str) -> None:
        """Run a one-shot program of a node."""
        await self.daemons.start(self.daemons.find(node, name))

    def status(self) -> dict[str, Json]:
        """The state of the lab, as `labgen status` shows it."""
        nodes: list[Json] = [
            {"name": name, "daemons": [daemon.state() for daemon in daemons.values()]}
            for name, daemons in self.daemons.by_node.items()
        ]
        stages: list[Json] = [[name, seconds] for name, seconds in self._boot.stages]
        return {
            "lab": self.assembly.blueprint.name,
            "folder": self.assembly.blueprint.folder,
            "uptime": round(time.monotonic() - self._started, 3),
            "vrf_backend": self.assembly.backend,
            "lost_frames": self._captures.missed.frames,
            "given_up": self._given_up(),
            "mended": list(self._router_macs.said()),
            "clock_moved": self._clock.moved(),
            "nodes": nodes,
            "stages": stages,
        }

    def _given_up(self) -> list[Json]:
        octets = self._captures.missed.octets
        captures = (
            [f"captures reached their limit, their oldest {octets:,} octets were given up"] if octets else []
        )
        return [*captures, *self._logs.losses()]

    def end(self) -> None:
        """End the lab once the answer that says so has left."""
        asyncio.get_running_loop().call_soon(end)


def _receive_blueprint(boot: socket.socket) -> tuple[Blueprint, float]:
    message = control_messages.receive(boot)
    if message is None or not message.fds:
        end()
        raise AssertionError
    # Pickle: the sender is this same program, over a socket pair nobody else holds.
    with os.fdopen(message.fds[0], "rb") as stream:
        stream.seek(0)
        blueprint = pickle.load(stream)
    assert isinstance(blueprint, Blueprint)
    started = message.body["started"]
    assert isinstance(started, float)
    return blueprint, started


def main(listen_fd: int, boot_fd: int) -> None:
    """Run a lab until it ends."""
    for fd in (listen_fd, boot_fd):
        os.set_inheritable(fd, False)
    listen, connection = socket.socket(fileno=listen_fd), socket.socket(fileno=boot_fd)
    os.chdir("/")
    os.umask(0o022)
    sc.set_process_name(socket_names.SUPERVISOR)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    blueprint, started = _receive_blueprint(connection)
    boot = Boot(connection, started)
    try:
        assembly = assemble(blueprint, boot.stage)
    except LabStartError as error:
        boot.send({"error": str(error)})
        end()
        return
    asyncio.run(Supervisor(assembly, listen, boot).run())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
