"""A Nornir session on a running lab: probes in, raw outputs out."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import BoundedSemaphore
from types import TracebackType
from typing import Any, Self

from netmiko.exceptions import NetmikoTimeoutException, ReadTimeout
from nornir.core import Nornir
from nornir.core.configuration import Config
from nornir.core.inventory import Host
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.state import GlobalState
from nornir.core.task import Result, Task
from nornir.plugins.runners import ThreadedRunner
from paramiko.ssh_exception import AuthenticationException, SSHException

from labgen.collect import channel, docker, inventory, linux_login, prompt
from labgen.collect.docker import Executes
from labgen.collect.output import Done, Output
from labgen.devices import readers
from labgen.devices.base import Action, Probe
from labgen.ground.errors import LabgenError, NodeUnreachableError, UsageError
from labgen.lab.deadline import Deadline, patience
from labgen.lab.provider import BrokenDaemon, Lab, Watched

WORKERS = 16
COMMAND_TIMEOUT = 30.0
READ_TIMEOUT = 10.0
"""Seconds in which a Linux node answers a question; what hangs longer does not answer at all."""

OPENING = 4
"""Connections that are opened at the same time: each costs both ends processor time, and has a limit of its own to come about."""

BOOTING, BETWEEN = 30.0, 1.0
"""Seconds for which a machine that breaks connections may be one that boots, and between attempts."""

_BROKEN = (ConnectionResetError, BrokenPipeError, EOFError, SSHException)
_LATE = (NetmikoTimeoutException, ReadTimeout)
_UNHEARD = tuple(f"{kind.__name__}: " for kind in (*_BROKEN, *_LATE, channel.UnheardError))
"""How a failure begins that says nothing of the node, but of the way to it."""

SIGN_OF_LIFE = 3.0
"""Seconds for a node's answer to nothing in particular, and for further questions once one was not answered in time."""

AT_ONCE = 8
"""Questions asked side by side of a node that has left one unanswered."""

_HUNG = "no answer in time: what was asked is there and does not react"
WhyStop = Callable[[float], str]
"""Why it is vain to wait any longer after some seconds; empty while it is not."""

# Paramiko's threads log what they raise, and what they raise is a sentence about the node already.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class Session:
    """Connections to every node that was asked for, kept open until `close`. One that breaks fails what was under way,
    and is opened anew for what comes next. One that only `looks` does nothing to a node but ask: it prepares none, and acts
    on none.
    """

    def __init__(self, lab: Lab, *, looks: bool = False) -> None:
        ConnectionPluginRegister.auto_register()
        ConnectionPluginRegister.register(docker.CONNECTION, docker.DockerExec)
        ConnectionPluginRegister.register(linux_login.CONNECTION, linux_login.LinuxLogin)
        self._lab = lab
        self._looks = looks
        self._prepared: set[str] = set()
        self._mute: set[str] = set()
        self._opening = BoundedSemaphore(OPENING)
        self._nornir = Nornir(
            inventory=inventory.of_lab(lab, own=True),
            runner=ThreadedRunner(num_workers=WORKERS),
            config=Config(),
            data=GlobalState(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave every node that was prepared as it was, also one whose connection broke meanwhile."""
        self._each("restore", sorted(self._prepared))
        self._nornir.close_connections(on_good=True, on_failed=True)

    def begin_step(self) -> None:
        """Clear the log buffers of devices that have them, so that what is collected belongs to the step."""
        self._each("clear-log", tuple(self._nornir.inventory.hosts))

    def _each(self, action: str, nodes: Sequence[str]) -> None:
        """Do what every device of some nodes does by itself, where it does it at all."""
        plan = self._lab.plan
        if self._looks:
            return
        found = {name: readers.actions(plan.node(name)) for name in nodes}
        wanted = {name: own[action] for name, own in found.items() if action in own}
        if wanted:
            self.act(wanted, COMMAND_TIMEOUT)

    def connect(self, nodes: Sequence[str]) -> dict[str, str]:
        """Open the connections; returns the reason for each node that could not be reached."""
        results = self._run(nodes, _connect)
        return {node: error for node, (_, error) in results.items() if error}

    def collect(self, probes: Mapping[str, Sequence[Probe]]) -> tuple[Output, ...]:
        """Run every node's probes, nodes in parallel. Failures are in the outputs, none is raised."""
        results = self._run(tuple(probes), _collect, probes=probes)
        outputs: list[Output] = []
        for node, (value, error) in results.items():
            outputs += (
                value if value is not None else [Output(node, probe, "", error) for probe in probes[node]]
            )
        return tuple(outputs)

    def act(
        self, actions: Mapping[str, Action], timeout: float, why_stop: WhyStop = lambda elapsed: ""
    ) -> tuple[Done, ...]:
        """Do something on several nodes at once and wait, at most `timeout` seconds, until each has taken effect, or it is vain to."""
        if self._looks:
            raise UsageError("nothing is done to a network that is only looked at")
        results = self._run(tuple(actions), _act, actions=actions, timeout=timeout, why_stop=why_stop)
        return tuple(
            value if value is not None else Done(node, 0.0, error, lost=error.startswith(_UNHEARD))
            for node, (value, error) in results.items()
        )

    def _run(
        self, nodes: Sequence[str], task: Callable[..., Result], **options: Any
    ) -> dict[str, tuple[Any, str]]:
        if not nodes:
            return {}
        wanted = set(nodes)
        chosen = self._nornir.filter(filter_func=lambda host: host.name in wanted)
        self._nornir.data.reset_failed_hosts()
        access = _Access(self._lab, self._prepared, self._mute, self._opening, self._looks)
        results = chosen.run(task=_guarded, work=task, access=access, **options)
        return {node: _outcome(multi[0]) for node, multi in results.items()}


def _outcome(result: Result) -> tuple[Any, str]:
    failure = result.result if isinstance(result.result, _Failure) else None
    return (None, failure.reason) if failure else (result.result, "")


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str


def _guarded(task: Task, work: Callable[..., Result], **options: Any) -> Result:
    """The boundary of a task: whatever a connection raises becomes one line about this node, and the others go on. The
    connection is given up: what is left in it belongs to nobody's question.
    """
    try:
        return work(task, **options)
    except Exception as error:  # noqa: BLE001
        for name in tuple(task.host.connections):
            with suppress(Exception):
                task.host.connections.pop(name).close()
        words = " ".join(str(error).split())
        kind = type(error).__name__
        named = words if isinstance(error, LabgenError) else f"{kind}: {words or 'the connection ended'}"
        return Result(host=task.host, result=_Failure(named[:300]))


@dataclass(frozen=True, slots=True)
class _Access:
    """The connections by which tasks reach nodes; `prepared` are those that must be left as they were, `mute` those that left a question
    unanswered; `opening` bounds how many are connected to at once."""

    lab: Lab
    prepared: set[str]
    mute: set[str]
    opening: BoundedSemaphore
    looks: bool = False

    def stands_still(self, node: str) -> bool:
        """True if a daemon of a node was stopped."""
        return any(daemon.frozen and daemon.node == node for daemon in self._broken())

    def _broken(self) -> tuple[BrokenDaemon, ...]:
        return self.lab.broken() if isinstance(self.lab, Watched) else ()


def _connection(task: Task, access: _Access) -> Any:
    """The host's connection, opened where it is not and prepared as its device wants it."""
    host, lab = task.host, access.lab
    name = inventory.connection_name(host)
    if name in host.connections:
        return host.get_connection(name, task.nornir.config)
    with access.opening:
        connection = _opened(host, name, task.nornir.config)
    node = lab.plan.node(host.name)
    prepare = None if access.looks else readers.actions(node).get("prepare")
    if prepare:
        access.prepared.add(host.name)
    for command in prepare.commands if prepare else ():
        execute(connection, command)
    return connection


def _opened(host: Host, name: str, config: Config) -> Any:
    """A connection to a host. A vendor's machine that is still booting takes connections and breaks them: it is tried again for a
    while. Raises what the last attempt did.
    """
    booting = "password" in (host.connection_options[name].extras or {})
    deadline = Deadline.patient(BOOTING if booting else 0)
    while True:
        try:
            return host.get_connection(name, config)
        except _BROKEN as error:
            if isinstance(error, AuthenticationException) or deadline.over or not booting:
                raise
            time.sleep(BETWEEN)


def _connect(task: Task, access: _Access) -> Result:
    _connection(task, access)
    return Result(host=task.host)


def _collect(task: Task, access: _Access, probes: Mapping[str, Sequence[Probe]]) -> Result:
    """One question after the other; once one was not answered, the others at the same time, so that each does not cost its own wait."""
    connection = _connection(task, access)
    node = task.host.name
    asked = partial(_asked, connection, node, access)
    outputs: list[Output] = []
    for probe in probes[node]:
        if node in access.mute:
            break
        outputs.append(asked(probe, READ_TIMEOUT))
    left = probes[node][len(outputs) :]
    if left:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outputs += pool.map(lambda probe: asked(probe, SIGN_OF_LIFE), left)
    return Result(host=task.host, result=outputs)


def _asked(connection: Any, node: str, access: _Access, probe: Probe, timeout: float) -> Output:
    """The output of a probe. One that hangs costs only itself, where the node still answers another command."""
    if not _in_channels(connection):
        return _probe(connection, node, probe, COMMAND_TIMEOUT)
    try:
        return _probe(connection, node, probe, timeout, lambda: access.stands_still(node))
    except TimeoutError:
        access.mute.add(node)
        execute(connection, "true", SIGN_OF_LIFE)
        return Output(node, probe, "", _HUNG)


def _in_channels(connection: Any) -> bool:
    """True if each command has a channel of its own, so that one that hangs is in nobody's way."""
    return not isinstance(connection, Executes) and "linux" in connection.device_type


def _probe(
    connection: Any, node: str, probe: Probe, timeout: float, given_up: Callable[[], bool] = lambda: False
) -> Output:
    if probe.kind == "file":
        status, text = execute(connection, f"cat {probe.text}", timeout, given_up)
        return Output(
            node,
            probe,
            text,
            "" if status == 0 else text.strip() or f"cat ended with status {status}",
            time.time(),
        )
    status, text = execute(connection, probe.text, timeout, given_up)
    # What a device's own command line returns is a guess from its answer; a shell's exit status is not.
    failed = status != 0 and _in_channels(connection)
    return Output(node, probe, text, _failure(status, text) if failed else "", time.time())


def _failure(status: int, text: str) -> str:
    said = text.strip().splitlines()[-1:]
    return f"it ended with status {status}" + (f": {said[0][:200]}" if said else "")


def execute(
    connection: Any,
    command: str,
    timeout: float = COMMAND_TIMEOUT,
    given_up: Callable[[], bool] = lambda: False,
) -> tuple[int, str]:
    """Status and output of a command: as the node's connection plugin does it, by a network device's prompt, or on Linux
    in a channel of its own, with no terminal, no prompt and no wrapped lines (stderr with the rest). `timeout` is in seconds
    of a usual machine, for a command that says nothing; where it says nothing for a while, `given_up` is asked whether to
    wait on. Raises TimeoutError, and NodeUnreachableError where the connection ended first.
    """
    timeout *= patience()
    if isinstance(connection, Executes):
        return connection.execute(command, timeout)
    if not _in_channels(connection):
        return prompt.execute(connection, command, timeout)
    return channel.execute(connection, command, timeout, given_up)


def _act(
    task: Task, access: _Access, actions: Mapping[str, Action], timeout: float, why_stop: WhyStop
) -> Result:
    started, granted = time.monotonic(), timeout * patience()
    connection = _connection(task, access)
    node, action = task.host.name, actions[task.host.name]

    def done(error: str = "", *, late: bool = False) -> Result:
        return Result(host=task.host, result=Done(node, time.monotonic() - started, error, late))

    if action.once and _done(connection, action, timeout):
        return done()
    for command in action.commands:
        status, text = execute(connection, command, timeout, lambda: access.stands_still(node))
        if status != 0:
            return done(f"`{command}` ended with status {status}: {text.strip()[-200:]}")
    while action.watch and not _done(connection, action, timeout):
        elapsed = time.monotonic() - started
        if elapsed > granted:
            return done(f"not done after {granted:g} s", late=True)
        if why := why_stop(elapsed):
            return done(f"not done after {elapsed:.0f} s, and not waited for any longer, for {why}")
        time.sleep(0.05)
    return done()


def _done(connection: Any, action: Action, timeout: float) -> bool:
    """True if the action shows to have taken effect."""
    _, text = execute(connection, action.watch, timeout)
    return re.search(action.done, text, re.MULTILINE) is not None


__all__ = ["Done", "NodeUnreachableError", "Output", "Session", "execute"]
