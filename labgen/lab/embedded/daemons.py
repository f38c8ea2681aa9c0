"""The daemons of a lab: started by stages, stopped, restarted, and their state told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from labgen.ground.errors import LabStartError, UsageError
from labgen.ground.processes import is_frozen
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.assembly import UnstartedLab
from labgen.lab.embedded.blueprint import NodeProgram
from labgen.lab.embedded.capabilities import NAMESPACES, NETWORKING
from labgen.lab.embedded.control_messages import Json
from labgen.lab.embedded.nodes import Home, NodeHandle
from labgen.lab.embedded.processes import LabProcess, Launch, ProcessTable, Streams
from labgen.lab.embedded.readiness import ReadinessWatch, size_of

READY_SECONDS = 60.0
STOP_SECONDS = 3.0
POLL_SECONDS = 0.02


def pid_inside(pid: int) -> int | None:
    """A process's id as its node sees it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    ids = next(line for line in status.splitlines() if line.startswith("NSpid:"))
    return int(ids.split()[-1])


@dataclass(slots=True, eq=False)
class SupervisedDaemon:
    """A daemon of a node and its latest process; `adopted` where a shell at the node started that, and knows its end."""

    node: NodeHandle
    program: NodeProgram
    home: Home
    process: LabProcess | None = None
    adopted: bool = False

    @property
    def pid(self) -> int | None:
        """The id of the serving process, whether the supervisor started it or a shell at the node, as playbooks do."""
        if self.process is not None and self.process.exit_code is None:
            return self.process.pid
        found = self.node.find(self.home, self.program.name)
        self.adopted = self.adopted or found is not None
        return found

    @property
    def frozen(self) -> bool:
        """True if what serves was stopped (SIGSTOP)."""
        pid = self.pid
        return pid is not None and is_frozen(pid)

    @property
    def logs(self) -> tuple[str, ...]:
        """The path of its log in its node."""
        log, ready = self.program.log, self.program.ready_path
        return (log, ready) if self.program.ready_kind == "log" else (log,)

    def state(self) -> dict[str, Json]:
        """Its state as `labgen status` prints it."""
        pid, process = self.pid, self.process
        known = process is not None or self.adopted
        there = "frozen" if pid is not None and is_frozen(pid) else "running"
        return {
            "name": self.program.name,
            "state": there if pid is not None else "exited" if known else "idle",
            "pid": pid_inside(pid) if pid is not None else None,
            "exit_code": process.exit_code if process is not None and not self.adopted else None,
        }


class Daemons:
    """All daemons of a lab."""

    def __init__(self, assembly: UnstartedLab, table: ProcessTable) -> None:
        self._assembly = assembly
        self._table = table
        self.by_node = {
            name: {
                program.name: SupervisedDaemon(node, program, assembly.home) for program in node.node.programs
            }
            for name, node in assembly.nodes.items()
        }

    def files(self, node: str) -> AbstractContextManager[None]:
        """A block that sees a node's files. It must not await."""
        return self._assembly.nodes[node].files(self._assembly.home)

    def find(self, node: str, name: str) -> SupervisedDaemon:
        """UsageError, with the names there are, for an unknown one."""
        daemons = self.by_node[node]
        if name not in daemons:
            raise UsageError(f"{node} has no daemon {name}; it has {', '.join(daemons)}")
        return daemons[name]

    async def start_node(self, node: str) -> None:
        """Start a node's daemons stage by stage. LabStartError for the first that does not come up."""
        own = [daemon for daemon in self.by_node[node].values() if daemon.program.autostart]
        by_stage = attrgetter("program.stage")
        for _, stage in groupby(sorted(own, key=by_stage), key=by_stage):
            watches = [self._launch(daemon) for daemon in stage]
            deadline = Deadline.patient(READY_SECONDS)
            async with asyncio.TaskGroup() as group:
                for watch in watches:
                    group.create_task(watch.until_ready(deadline))

    def _launch(self, daemon: SupervisedDaemon) -> ReadinessWatch:
        program, home = daemon.program, self._assembly.home
        if program.ready_kind == "exists":  # a socket left by the process before would look like this one's
            with daemon.node.files(home), contextlib.suppress(OSError):
                Path(program.ready_path).unlink(missing_ok=True)
        start = size_of(daemon.node, home, program.ready_path)
        extra = program.netns_vrf_argv if self._assembly.backend == "netns" else ()
        launch = Launch(
            argv=(*program.argv, *extra),
            streams=Streams(log=program.log),
            env=dict(program.env),
            pid_name=program.name,
            directories=program.directories,
            user=program.user,
            keep=NAMESPACES if program.namespaces else NETWORKING,
        )
        daemon.process, daemon.adopted = self._table.start(daemon.node, launch), False
        return ReadinessWatch(daemon.node, home, program, daemon.process, start)

    async def start(self, daemon: SupervisedDaemon) -> None:
        """Start one daemon and wait until it serves; nothing happens where it runs."""
        if daemon.pid is None:
            await self._launch(daemon).until_ready(Deadline.patient(READY_SECONDS))

    async def stop(self, daemon: SupervisedDaemon) -> None:
        """Ask a daemon to end; it is killed when it does not."""
        if not await self._end(daemon, signal.SIGTERM, STOP_SECONDS):
            await self.kill(daemon)

    async def kill(self, daemon: SupervisedDaemon) -> None:
        """End a daemon without warning, as a crash would."""
        await self._end(daemon, signal.SIGKILL, READY_SECONDS)

    async def _end(self, daemon: SupervisedDaemon, number: int, seconds: float) -> bool:
        """Signal whatever serves, with its group; whether it is gone in time."""
        deadline = Deadline.after(seconds)
        if (pid := daemon.pid) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)
        while daemon.pid is not None and not deadline.over:
            await asyncio.sleep(POLL_SECONDS)
        return daemon.pid is None

    async def restart(self, daemon: SupervisedDaemon) -> None:
        await self.stop(daemon)
        await self.start(daemon)

    async def act(self, daemon: SupervisedDaemon, action: str) -> None:
        """Do what `labgen` asks by name. UsageError for an unknown action."""
        actions = {"start": self.start, "stop": self.stop, "kill": self.kill, "restart": self.restart}
        if action not in actions:
            raise UsageError(f"no action {action}; there are {', '.join(actions)}")
        await actions[action](daemon)


def first_error(group: BaseExceptionGroup[BaseException]) -> LabStartError:
    """The first start error in a group of failures; what is no start error is raised."""
    matched, rest = group.split(LabStartError)
    if matched is None:
        raise rest or group
    error: BaseException = matched
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, LabStartError)
    return error
