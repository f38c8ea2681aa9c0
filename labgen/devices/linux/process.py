"""Daemons of Linux nodes as a shell at the node sees them: state, start, stop."""

from __future__ import annotations

import posixpath
import shlex

from labgen.devices.base import Action, Daemon, Probe

_COMM = 15
"""Characters of a process's name that the kernel keeps."""


def pid_file(daemon: Daemon) -> str:
    """The path of the file with the process id, whoever started the process."""
    return f"/run/labgen/{daemon.name}.pid"


def state(name: str, daemon: Daemon) -> Probe:
    """Says `running` or `stopped`. Where nothing tells that labgen ever started it, a process of its name in the same network
    counts: on machines of others."""
    program = posixpath.basename(daemon.argv[0])[:_COMM]
    here = '[ "$(readlink ${c%comm}ns/net)" = "$(readlink /proc/self/ns/net)" ]'
    named = (
        f"for c in $(grep -lsx {shlex.quote(program)} /proc/[0-9]*/comm); do {here} && exit 0; done; exit 1"
    )
    unknown = f"[ ! -e {pid_file(daemon)} ] && ({named})"
    return Probe(name, f"{{ {alive(daemon)} || {{ {unknown}; }}; }} && echo running || echo stopped")


def alive(daemon: Daemon) -> str:
    """A shell condition; leaves the process id in `$p`."""
    return f'p=$(cat {pid_file(daemon)} 2>/dev/null) && [ -n "$p" ] && kill -0 $p 2>/dev/null'


def stop(daemon: Daemon, signal: str = "TERM") -> str:
    """Ends the daemon and waits until it is gone; nothing to do where it does not run."""
    gone = "kill -0 $p 2>/dev/null || break; sleep 0.05"
    return f"if {alive(daemon)}; then kill -{signal} $p; for i in $(seq 100); do {gone}; done; fi"


def start(daemon: Daemon) -> str:
    """Starts the daemon in a session of its own, with its output appended to its log.

    Where the ready line of an earlier start stands in the log, `_mark` remembers where this one begins.
    """
    program = " ".join(shlex.quote(part) for part in daemon.argv)
    environment = " ".join(f"{name}={shlex.quote(value)}" for name, value in daemon.env)
    command = f"{'env ' + environment + ' ' if environment else ''}{program}"
    inner = f"cd /; echo $$ >{pid_file(daemon)}; exec {command} >>{daemon.log} 2>&1 </dev/null"
    return f"{_folders(daemon)}; {_set_mark(daemon)}; {_PATH} setsid -f sh -c {shlex.quote(inner)}"


def _folders(daemon: Daemon) -> str:
    """Makes what the daemon expects to be there, its user's; what it finds of an earlier start it may write to."""
    made = f"mkdir -p /run/labgen {posixpath.dirname(daemon.log)} {' '.join(daemon.directories)}".rstrip()
    return f"{made}; chown -R {daemon.user}: {' '.join(daemon.directories)}" if daemon.user else made


# A login shell's PATH is the SSH server's idea; what the node started its SSH server with holds labgen's own programs too.
_PATH = r"PATH=$PATH$(tr '\0' '\n' 2>/dev/null </proc/$PPID/environ | sed -n 's/^PATH=/:/p')"


def actions(role: str, daemon: Daemon) -> dict[str, Action]:
    """`stop-<role>` and `kill-<role>`, taken back by `start-<role>`; `restart-<role>` is a crash and a start."""
    ready = daemon.ready.pattern or "ready"
    restart = f"{stop(daemon, 'KILL')}; {start(daemon)}"
    return {
        f"stop-{role}": Action((stop(daemon),), undo=f"start-{role}"),
        f"kill-{role}": Action((stop(daemon, "KILL"),), undo=f"start-{role}"),
        f"start-{role}": Action(
            (f"if {alive(daemon)}; then :; else {start(daemon)}; fi",), _watch(daemon), ready
        ),
        f"restart-{role}": Action((restart,), _watch(daemon), ready),
    }


def _mark(daemon: Daemon) -> str:
    return f"/run/labgen/{daemon.name}.mark"


def _set_mark(daemon: Daemon) -> str:
    if daemon.ready.kind != "log":
        return f"rm -f {daemon.ready.path}"
    return f"wc -c <{daemon.ready.path} >{_mark(daemon)} 2>/dev/null || echo 0 >{_mark(daemon)}"


def _watch(daemon: Daemon) -> str:
    if daemon.ready.kind == "log":
        return f"tail -c +$(($(cat {_mark(daemon)} 2>/dev/null || echo 0) + 1)) {daemon.ready.path}"
    return f"test -e {daemon.ready.path} && echo ready"
