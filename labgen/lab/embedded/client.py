"""labgen's side of a running lab: the control socket as a `Lab`."""

from __future__ import annotations

import os
import selectors
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from labgen.devices.linux.dataplane import capture_ports
from labgen.ground import errors
from labgen.ground.clock import SECOND
from labgen.ground.labplan import LabPlan
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.capture import join, tap_name
from labgen.lab.embedded.control_messages import ControlMessage, Json
from labgen.lab.embedded.conversation import Conversation
from labgen.lab.embedded.liveness import Life, broken
from labgen.lab.embedded.relay_terminal import relay_terminal
from labgen.lab.embedded.shutdown import end_lab
from labgen.lab.provider import (
    BrokenDaemon,
    DaemonAction,
    DaemonState,
    DaemonStatus,
    LabStatus,
    NodeStatus,
    Result,
    SshAccess,
    Stage,
)

PROVIDER = "embedded"
_TAP = "labgen.lab.embedded.tap"
_STATES: Mapping[str, DaemonState] = {"running": "running", "exited": "exited", "frozen": "frozen"}


class EmbeddedLab:
    """A running embedded lab. `hold` keeps a lab that was not detached alive, and ends it when closed."""

    def __init__(self, name: str, folder: Path, plan: LabPlan, hold: ExitStack | None = None) -> None:
        self._name = name
        self._folder = folder
        self._plan = plan
        self._hold = hold
        self._access: dict[str, SshAccess] = {}
        self._life = Life(name)

    @classmethod
    def connect(cls, name: str, folder: Path) -> EmbeddedLab:
        """The lab behind a control socket, with the plan it was started from."""
        with _talk(name) as conversation:
            message = conversation.ask({"verb": "plan"})
            with os.fdopen(message.fds[0], "rb") as stream:
                stream.seek(0)
                plan = LabPlan.from_json(stream.read())
        return cls(name, folder, plan)

    @property
    def plan(self) -> LabPlan:
        return self._plan

    @property
    def folder(self) -> Path:
        return self._folder

    def status(self) -> LabStatus:
        return read_status(self._name)

    def ended(self) -> bool:
        return self._life.over

    def broken(self) -> tuple[BrokenDaemon, ...]:
        try:
            return tuple(broken(self.status()))
        except errors.InfrastructureError:
            return ()

    def ssh_access(self, node: str) -> SshAccess:
        if node not in self._access:
            with _talk(self._name) as conversation:
                message = conversation.ask({"verb": "access", "node": node})
            self._access[node] = SshAccess(
                user=message.text("user"),
                host=message.text("host"),
                port=message.number("port"),
                private_key=message.text("private_key"),
                host_key=message.text("host_key"),
            )
        return self._access[node]

    def ssh_socket(self, node: str) -> socket.socket:
        with _talk(self._name) as conversation:
            self._life.known(conversation.supervisor)
            message = conversation.ask({"verb": "ssh", "node": node})
        return socket.socket(fileno=message.fds[0])

    def execute(self, node: str, argv: Sequence[str], timeout: float | None = None) -> Result:
        with _talk(self._name) as conversation:
            return _execute(conversation, node, argv, timeout)

    def interactive(self, node: str, argv: Sequence[str]) -> int:
        with _talk(self._name) as conversation:
            size = shutil.get_terminal_size()
            body: dict[str, Json] = {"verb": "exec", "node": node, "argv": list(argv), "terminal": True}
            body |= {"rows": size.lines, "columns": size.columns, "term": os.environ.get("TERM", "vt100")}
            message = conversation.ask(body)
            relay_terminal(message.fds[0])
            return _exit_code(conversation.next())

    def attached(self, node: str, argv: Sequence[str], stdout: int | None = None) -> int:
        with _talk(self._name) as conversation:
            conversation.limit = None
            conversation.ask(
                {"verb": "exec", "node": node, "argv": list(argv)}, (0, 1 if stdout is None else stdout, 2)
            )
            return _exit_code(conversation.next())

    def capture(self, node: str, interface: str, stdout: int) -> int:
        return self.attached(node, (sys.executable, "-P", "-m", _TAP, interface), stdout)

    def taps(self) -> tuple[str, ...]:
        return tuple(tap_name(node.name, name) for node in self._plan.nodes for name in capture_ports(node))

    def save_captures(self, target: Path) -> tuple[Path, ...]:
        target.mkdir(parents=True, exist_ok=True)
        saved = []
        with _talk(self._name) as conversation:
            message = conversation.ask({"verb": "captures"})
            while not message.body.get("done"):
                path = target / message.text("name")
                path.write_bytes(join(_read_parts(message)))
                saved.append(path)
                message = conversation.next()
        return tuple(saved)

    def logs(self, node: str, daemon: str | None = None) -> tuple[BinaryIO, ...]:
        with _talk(self._name) as conversation:
            message = conversation.ask({"verb": "logs", "node": node, "daemon": daemon or ""})
        return tuple(os.fdopen(fd, "rb") for fd in message.fds)

    def control(self, node: str, daemon: str, action: DaemonAction) -> DaemonStatus:
        with _talk(self._name) as conversation:
            body: dict[str, Json] = {"verb": "daemon", "node": node, "daemon": daemon, "action": action}
            return _daemon(conversation.ask(body).body["daemon"])

    def move(self, client: str, switch: str) -> None:
        """Plug a client into another switch of its segment, or back into its own. UsageError where it cannot be."""
        with _talk(self._name) as conversation:
            conversation.ask({"verb": "move", "node": client, "switch": switch})

    def settle(self, seconds: float) -> str:
        """Wait until sessions, routes and tunnels are as at the start. What is missing after so many seconds; empty where nothing is."""
        with _talk(self._name) as conversation:
            conversation.limit = None
            return conversation.ask({"verb": "settle", "seconds": round(seconds)}).text("missing")

    def down(self) -> None:
        end_lab(self._name)
        if self._hold is not None:
            self._hold.close()


def _talk(name: str) -> Conversation:
    return Conversation(name)


# --- commands ---


def _execute(conversation: Conversation, node: str, argv: Sequence[str], timeout: float | None) -> Result:
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    (out, out_end), (err, err_end) = os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC)
    try:
        conversation.ask({"verb": "exec", "node": node, "argv": list(argv)}, (null, out_end, err_end))
    except errors.LabgenError:
        os.close(out)
        os.close(err)
        raise
    finally:
        for fd in (null, out_end, err_end):
            os.close(fd)
    return _Collector(conversation, out, err).collect(
        Deadline.after(timeout) if timeout is not None else None
    )


class _Collector:
    """Reads both outputs of a command and waits for its status.

    What its children leave open after its end is not waited for, so that a command may start a daemon.
    """

    def __init__(self, conversation: Conversation, out: int, err: int) -> None:
        self._conversation = conversation
        self._data = {out: bytearray(), err: bytearray()}
        self._selector = selectors.DefaultSelector()
        for fd in (out, err, conversation.sock.fileno()):
            self._selector.register(fd, selectors.EVENT_READ)
        for fd in (out, err):
            os.set_blocking(fd, False)

    def collect(self, deadline: Deadline | None) -> Result:
        try:
            code = self._until_exit(deadline)
            for fd in self._data:
                self._read(fd)
        finally:
            self._selector.close()
            for fd in self._data:
                os.close(fd)
        out, err = (bytes(data) for data in self._data.values())
        return Result(code, out, err)

    def _until_exit(self, deadline: Deadline | None) -> int:
        while True:
            events = self._selector.select(deadline.left if deadline else None)
            if not events and deadline and deadline.over:
                raise errors.NodeUnreachableError(f"the command did not end within {deadline.seconds:g} s")
            for key, _ in events:
                if key.fd in self._data:
                    self._read(key.fd)
                else:
                    return _exit_code(self._conversation.next())

    def _read(self, fd: int) -> None:
        while True:
            try:
                chunk = os.read(fd, 1 << 16)
            except BlockingIOError:
                return
            if not chunk:
                if fd in self._selector.get_map():
                    self._selector.unregister(fd)
                return
            self._data[fd] += chunk


def _exit_code(message: ControlMessage) -> int:
    """A shell's view of an exit status: 128 and the signal where one ended the command."""
    code = message.number("exit")
    return code if code >= 0 else 128 - code


def _read_parts(message: ControlMessage) -> list[bytes]:
    sizes = message.body["sizes"]
    assert isinstance(sizes, list)
    parts = []
    for fd, size in zip(message.fds, sizes, strict=True):
        with os.fdopen(fd, "rb") as stream:
            parts.append(stream.read(size if isinstance(size, int) else -1))
    return parts


# --- status ---


def read_status(name: str) -> LabStatus:
    """Status of the lab behind a control socket."""
    with _talk(name) as conversation:
        status = conversation.ask({"verb": "status"}).body["status"]
        assert isinstance(status, dict)
        return _status(ControlMessage(status), conversation.supervisor)


def _status(message: ControlMessage, pid: int) -> LabStatus:
    uptime, nodes, stages = (message.body[key] for key in ("uptime", "nodes", "stages"))
    assert isinstance(nodes, list) and isinstance(stages, list) and isinstance(uptime, float)
    return LabStatus(
        lab=message.text("lab"),
        folder=Path(message.text("folder")),
        provider=PROVIDER,
        pid=pid,
        uptime=uptime,
        vrf_backend="kernel" if message.text("vrf_backend") == "kernel" else "netns",
        lost_frames=message.number("lost_frames"),
        clock_moved=message.number("clock_moved") / SECOND,
        given_up=message.strings("given_up"),
        mended=message.strings("mended"),
        nodes=tuple(_node(node) for node in nodes),
        stages=tuple(
            Stage(str(stage[0]), float(str(stage[1]))) for stage in stages if isinstance(stage, list)
        ),
    )


def _node(value: Json) -> NodeStatus:
    assert isinstance(value, dict)
    daemons = value["daemons"]
    assert isinstance(daemons, list)
    return NodeStatus(str(value["name"]), tuple(_daemon(daemon) for daemon in daemons))


def _daemon(value: Json) -> DaemonStatus:
    assert isinstance(value, dict)
    state, pid, code = value["state"], value["pid"], value["exit_code"]
    return DaemonStatus(
        name=str(value["name"]),
        state=_STATES.get(str(state), "idle"),
        pid=pid if isinstance(pid, int) else None,
        exit_code=code if isinstance(code, int) else None,
    )
