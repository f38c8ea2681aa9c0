"""The supervisor's control socket: what labgen's commands ask of a running lab."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from labgen.ground.errors import LabgenError, LabStartError, NodeUnreachableError, UsageError
from labgen.lab.deadline import patience
from labgen.lab.embedded import control_messages
from labgen.lab.embedded.assembly import UnstartedLab
from labgen.lab.embedded.capabilities import NAMESPACES, NETWORKING, Capability
from labgen.lab.embedded.capture_sync import CaptureSync, readable
from labgen.lab.embedded.control_messages import ControlMessage, Json
from labgen.lab.embedded.daemons import Daemons
from labgen.lab.embedded.keys import SSH_DAEMON, SSH_PORT, SSH_USER
from labgen.lab.embedded.nodes import NodeHandle
from labgen.lab.embedded.processes import LabProcess, Launch, ProcessTable, Streams
from labgen.lab.embedded.replug import move
from labgen.lab.embedded.terminal import open_terminal

CONNECT_SECONDS = 5.0


class SupervisorParts(Protocol):
    """The parts of the supervisor that the control socket needs."""

    @property
    def assembly(self) -> UnstartedLab: ...
    @property
    def table(self) -> ProcessTable: ...
    @property
    def daemons(self) -> Daemons: ...
    def status(self) -> dict[str, Json]: ...
    async def settle(self, seconds: float) -> None: ...
    def end(self) -> None: ...


class Connection:
    """One client of the control socket; it may ask many things, one after the other."""

    def __init__(self, sock: socket.socket, lab: SupervisorParts, captures: CaptureSync) -> None:
        self._sock = sock
        self._lab = lab
        self._capture_sync = captures
        self._verbs: dict[str, Callable[[ControlMessage], Awaitable[None]]] = {
            "status": self._status,
            "plan": self._plan,
            "access": self._access,
            "ssh": self._ssh,
            "exec": self._exec,
            "daemon": self._daemon,
            "logs": self._logs,
            "captures": self._captures,
            "move": self._move,
            "settle": self._settle,
            "down": self._down,
        }

    async def serve(self) -> None:
        """Answer until the client goes."""
        with self._sock, contextlib.suppress(OSError):
            self._reply({"lab": self._lab.assembly.blueprint.name})
            while (message := await self._receive()) is not None:
                try:
                    await self._answer(message)
                finally:
                    message.close()

    async def _receive(self) -> ControlMessage | None:
        while True:
            try:
                return control_messages.receive(self._sock)
            except BlockingIOError:
                await readable(self._sock.fileno())

    async def _answer(self, message: ControlMessage) -> None:
        verb = self._verbs.get(message.text("verb"))
        try:
            if verb is None:
                raise UsageError(
                    f"this lab knows no {message.text('verb')}; labgen was updated since: restart the lab"
                )
            await verb(message)
        except LabgenError as error:
            self._reply({"error": str(error), "kind": type(error).__name__})

    def _reply(self, body: dict[str, Json], fds: Sequence[int] = ()) -> None:
        control_messages.send(self._sock, body, fds)

    def _node(self, message: ControlMessage) -> NodeHandle:
        name, nodes = message.text("node"), self._lab.assembly.nodes
        if name not in nodes:
            raise UsageError(f"no node {name}; the lab has {', '.join(nodes)}")
        return nodes[name]

    # --- verbs ---

    async def _status(self, message: ControlMessage) -> None:
        self._reply({"status": self._lab.status()})

    async def _plan(self, message: ControlMessage) -> None:
        fd = os.memfd_create("plan")
        try:
            os.write(fd, self._lab.assembly.blueprint.plan.encode())
            self._reply({}, [fd])
        finally:
            os.close(fd)

    async def _access(self, message: ControlMessage) -> None:
        keys, node = self._lab.assembly.blueprint.keys, self._node(message).node
        self._reply(
            {
                "user": SSH_USER,
                "host": node.mgmt.partition("/")[0],
                "port": SSH_PORT,
                "private_key": keys.private,
                "host_key": keys.host_public,
            }
        )

    async def _ssh(self, message: ControlMessage) -> None:
        node = self._node(message).node
        host = node.mgmt.partition("/")[0]
        server = self._lab.daemons.by_node[node.name].get(SSH_DAEMON)
        if server is not None and server.frozen:
            raise NodeUnreachableError(
                f"{node.name} does not answer over SSH: {SSH_DAEMON} is stopped (SIGSTOP, process {server.pid} of the lab)"
            )
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            try:
                connect = asyncio.get_running_loop().sock_connect(sock, (host, SSH_PORT))
                await asyncio.wait_for(connect, CONNECT_SECONDS * patience())
            except OSError as error:
                raise NodeUnreachableError(
                    f"{node.name} does not answer over SSH ({error}); "
                    f"try `labgen logs {node.name} {SSH_DAEMON}`"
                ) from error
            sock.setblocking(True)
            self._reply({}, [sock.fileno()])

    async def _exec(self, message: ControlMessage) -> None:
        node, argv = self._node(message), message.strings("argv")
        if not argv:
            raise UsageError("no command given")
        if message.body.get("terminal"):
            process = self._on_terminal(node, argv, message)
        else:
            stdin, stdout, stderr = (*message.fds, None, None, None)[:3]
            streams = Streams(stdin=stdin, stdout=stdout, stderr=stderr)
            process = self._lab.table.start(node, Launch(argv, streams, keep=_shell(node)))
            message.close()
            self._reply({"pid": process.pid})
        await self._attend(process)
        self._reply({"exit": process.exit_code})

    def _on_terminal(self, node: NodeHandle, argv: Sequence[str], message: ControlMessage) -> LabProcess:
        with node.files(self._lab.assembly.home):
            master, slave = open_terminal(message.number("rows", 24), message.number("columns", 80))
        try:
            streams = Streams(slave, slave, slave, terminal=True)
            env = {"TERM": message.text("term") or "vt100"}
            process = self._lab.table.start(node, Launch(argv, streams, env, keep=_shell(node)))
            self._reply({"pid": process.pid}, [master])
        finally:
            os.close(master)
            os.close(slave)
        return process

    async def _attend(self, process: LabProcess) -> None:
        """Wait for a command's end; when its client goes first, the command goes too."""
        gone = asyncio.ensure_future(readable(self._sock.fileno()))
        ended = asyncio.ensure_future(process.ended.wait())
        await asyncio.wait((gone, ended), return_when=asyncio.FIRST_COMPLETED)
        for task in (gone, ended):
            task.cancel()
        await asyncio.wait((gone, ended))  # until neither watches the socket any more
        if process.exit_code is None:
            process.kill(signal.SIGHUP)
            process.kill(signal.SIGKILL)
            await process.ended.wait()

    async def _daemon(self, message: ControlMessage) -> None:
        daemon = self._lab.daemons.find(self._node(message).node.name, message.text("daemon"))
        await self._lab.daemons.act(daemon, message.text("action"))
        self._reply({"daemon": daemon.state()})

    async def _logs(self, message: ControlMessage) -> None:
        node, name = self._node(message), message.text("daemon")
        daemons = self._lab.daemons
        chosen = (
            [daemons.find(node.node.name, name)] if name else list(daemons.by_node[node.node.name].values())
        )
        names: list[Json] = []
        fds = []
        with node.files(self._lab.assembly.home):
            for path in dict.fromkeys(path for daemon in chosen for path in daemon.logs):
                with contextlib.suppress(OSError):
                    fds.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
                    names.append(path)
        try:
            self._reply({"names": names}, fds)
        finally:
            for fd in fds:
                os.close(fd)

    async def _captures(self, message: ControlMessage) -> None:
        capture = self._capture_sync.capture
        async with self._capture_sync.lock:
            await self._capture_sync.complete()
            for name in capture.names:
                fds = capture.open_files(name)
                sizes: list[Json] = [os.fstat(fd).st_size for fd in fds]
                try:
                    await self._reply_when_possible({"name": name, "sizes": sizes}, fds)
                finally:
                    for fd in fds:
                        os.close(fd)
        await self._reply_when_possible({"done": True})

    async def _reply_when_possible(self, body: dict[str, Json], fds: Sequence[int] = ()) -> None:
        while True:
            try:
                return self._reply(body, fds)
            except BlockingIOError:
                await asyncio.sleep(0.005)

    async def _move(self, message: ControlMessage) -> None:
        move(self._lab.assembly, self._node(message).node.name, message.text("switch"))
        self._reply({})

    async def _settle(self, message: ControlMessage) -> None:
        try:
            await self._lab.settle(message.number("seconds"))
        except LabStartError as error:
            self._reply({"missing": str(error)})
        else:
            self._reply({"missing": ""})

    async def _down(self, message: ControlMessage) -> None:
        self._reply({})
        self._lab.end()


def _shell(node: NodeHandle) -> frozenset[Capability]:
    """The capabilities of a command at a node: with VRFs that may be namespaces, those to enter them."""
    return NAMESPACES if node.node.vrfs else NETWORKING
