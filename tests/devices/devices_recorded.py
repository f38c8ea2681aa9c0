"""Network devices played from recordings: an SSH server that types what was recorded, on one end of a socket pair."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import asyncssh

from labgen.ground.labplan import LabPlan
from labgen.lab.provider import DaemonAction, DaemonStatus, LabStatus, Result, SshAccess

PAGE = 24
MORE = " --More-- "
REFUSAL = "% Invalid input detected at '^' marker."


@dataclass
class Device:
    """A device at the other end of an SSH connection. `typed` is every line it was sent.

    `answers` holds outputs, or what makes them, by command; `does` what a command sets going. `pause` seconds pass before
    every chunk of output; `drop` is the command at which the connection breaks; a device that `pages` does so until
    the command `unpaged`. One that `confirms` asks before it clears its log. `debugs` are those turned on, `sessions` the
    number of connections now.
    """

    name: str
    answers: Mapping[str, str | Callable[[], str]]
    pause: float = 0.0
    drop: str = ""
    pages: bool = True
    does: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    confirms: bool = False
    typed: list[str] = field(default_factory=list)
    debugs: set[str] = field(default_factory=set)
    sessions: int = 0
    mode: str = ""
    unpaged: str = "terminal length 0"

    @property
    def prompt(self) -> str:
        return f"{self.name}{self.mode}#"

    async def serve(self, process: asyncssh.SSHServerProcess[str]) -> None:
        paged = self.pages
        process.stdout.write(f"\r\n{self.prompt}")
        self.sessions += 1
        try:
            while line := await process.stdin.readline():
                command = line.strip()
                self.typed.append(command)
                process.stdout.write(f"{command}\r\n")
                if self.drop and command == self.drop:
                    process.get_extra_info("connection").abort()
                    return
                self._do(command)
                if command == "clear logging" and self.confirms:
                    process.stdout.write("Clear logging buffer [confirm]")
                    continue
                paged = paged and command != self.unpaged
                await self._say(process, self._answer(command), paged)
                process.stdout.write(self.prompt)
        except (asyncssh.BreakReceived, ConnectionError, BrokenPipeError):
            return
        finally:
            self.sessions -= 1

    def _do(self, command: str) -> None:
        if command.startswith("debug "):
            self.debugs.add(command)
        elif command == "undebug all":
            self.debugs.clear()
        if command in self.does:
            self.does[command]()

    def _answer(self, command: str) -> str:
        if command == "configure terminal":
            self.mode = "(config)"
            return "Enter configuration commands, one per line.  End with CNTL/Z.\n"
        if command in ("end", "exit"):
            self.mode = ""
            return ""
        if command.startswith("interface "):
            self.mode = "(config-if)"
            return ""
        known = command.startswith(
            ("terminal ", "debug ", "undebug ", "clear ", "release ", "renew ", "show privilege")
        )
        known = known or not command or bool(self.mode)
        return self.text(command, "" if known else f"{REFUSAL}\n")

    def text(self, command: str, otherwise: str = "") -> str:
        """What is answered to a command that is known."""
        found = self.answers.get(command, otherwise)
        return found if isinstance(found, str) else found()

    async def _say(self, process: asyncssh.SSHServerProcess[str], text: str, paged: bool) -> None:
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            if self.pause and number % PAGE == 0:
                await process.stdout.drain()
                await asyncio.sleep(self.pause)
            process.stdout.write(f"{line}\r\n")
            if paged and number % PAGE == 0 and number < len(lines):
                process.stdout.write(MORE)
                await process.stdin.read(1)
                process.stdout.write("\b" * len(MORE) + " " * len(MORE) + "\b" * len(MORE))


class _Password(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("admin", "admin")

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "root"


class Rack:
    """Devices on a thread of their own; `connect` gives a socket to one of them."""

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self.devices = devices
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._tasks: list[asyncio.Task[None]] = []
        self._connections: list[asyncssh.SSHServerConnection] = []
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def host_key(self) -> str:
        kind, value = self._key.export_public_key().decode().split()[:2]
        return f"{kind} {value}"

    def connect(self, name: str) -> socket.socket:
        if name not in self.devices:
            raise ConnectionRefusedError(f"{name} is not in the rack")
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        asyncio.run_coroutine_threadsafe(self._serve(self.devices[name], theirs), self._loop).result(10)
        return ours

    async def _serve(self, device: Device, end: socket.socket) -> None:
        async def accept() -> None:
            connection = await asyncssh.run_server(
                end,
                server_factory=_Password,
                server_host_keys=[self._key],
                process_factory=device.serve,
                line_editor=False,
                encoding="utf-8",
            )
            self._connections.append(connection)
            await connection.wait_closed()

        task = self._loop.create_task(accept())
        self._tasks.append(task)

    def close(self) -> None:
        async def end() -> None:
            for connection in self._connections:
                connection.abort()
            await asyncio.gather(*(c.wait_closed() for c in self._connections), return_exceptions=True)
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0.01)  # a transport closes its socket in a later turn of the loop

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass
class RecordedLab:
    """A lab of recorded devices: they answer over SSH. `captures` writes what passed their ports; by default nobody looked."""

    plan: LabPlan
    folder: Path
    rack: Rack
    captures: Callable[[Path], tuple[Path, ...]] = lambda target: ()

    def ssh_access(self, node: str) -> SshAccess:
        return SshAccess("admin", node, 22, "", self.rack.host_key(), password="admin")

    def ssh_socket(self, node: str) -> socket.socket:
        return self.rack.connect(node)

    def taps(self) -> tuple[str, ...]:
        return ()

    def save_captures(self, target: Path) -> tuple[Path, ...]:
        return self.captures(target)

    def status(self) -> LabStatus:
        return LabStatus(self.plan.name, self.folder, "recorded", 0, 0.0, "device", ())

    def execute(self, node: str, argv: Sequence[str], timeout: float | None = None) -> Result:
        raise NotImplementedError

    def interactive(self, node: str, argv: Sequence[str]) -> int:
        raise NotImplementedError

    def attached(self, node: str, argv: Sequence[str], stdout: int | None = None) -> int:
        raise NotImplementedError

    def capture(self, node: str, interface: str, stdout: int) -> int:
        raise NotImplementedError

    def logs(self, node: str, daemon: str | None = None) -> tuple[BinaryIO, ...]:
        raise NotImplementedError

    def control(self, node: str, daemon: str, action: DaemonAction) -> DaemonStatus:
        raise NotImplementedError

    def down(self) -> None:
        raise NotImplementedError
