"""Daemons of Linux nodes as a shell at the node sees them: state, start, stop."""

from __future__ import annotations

import shlex

from labgen.devices.base import Action, Daemon, Probe


def pid_file(daemon: Daemon) -> str:
    """Where the process id lies, whoever started it."""
    return f"/run/labgen/{daemon.name}.pid"


def state(name: str, daemon: Daemon) -> Probe:
    """Says `running` or `stopped`."""
    return Probe(name, f"{_alive(daemon)} && echo running || echo stopped")


def _alive(daemon: Daemon) -> str:
    return f'p=$(cat {pid_file(daemon)} 2>/dev/null) && [ -n "$p" ] && kill -0 $p 2>/dev/null'


def stop(daemon: Daemon, signal: str = "TERM") -> str:
    """Ends the daemon and waits until it is gone; nothing to do where it does not run."""
    return f"if {_alive(daemon)}; then kill -{signal} $p; for i in $(seq 100); do kill -0 $p 2>/dev/null || break; sleep 0.05; done; fi"


def start(daemon: Daemon) -> str:
    """Starts the daemon in a session of its own, with its output appended to its log."""
    program = " ".join(shlex.quote(part) for part in daemon.argv)
    environment = " ".join(f"{name}={shlex.quote(value)}" for name, value in daemon.env)
    inner = f"echo $$ >{pid_file(daemon)}; exec {'env ' + environment + ' ' if environment else ''}{program} >>{daemon.log} 2>&1 </dev/null"
    return f"mkdir -p /run/labgen {' '.join(daemon.directories)}; setsid -f sh -c {shlex.quote(inner)}"


def actions(role: str, daemon: Daemon) -> dict[str, Action]:
    """`stop-<role>`, `kill-<role>` and `start-<role>`."""
    return {
        f"stop-{role}": Action((stop(daemon),)),
        f"kill-{role}": Action((stop(daemon, "KILL"),)),
        f"start-{role}": Action((start(daemon),), _watch(daemon), daemon.ready.pattern or "ready"),
    }


def _watch(daemon: Daemon) -> str:
    if daemon.ready.kind == "log":
        return f"cat {daemon.ready.path}"
    return f"test -e {daemon.ready.path} && echo ready"
