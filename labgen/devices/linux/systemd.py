"""Services of Linux switches under systemd, as a shell at the switch sees them: state, log, stop, start.

`units` is a pattern of unit names, since vendors name one unit per VRF, or per group of servers, and change how.
"""

from __future__ import annotations

from labgen.devices.base import Action, Probe

ROOT = "$(command -v sudo) "
"""Put before what needs root's rights: in a container there is often no sudo, and nobody but root."""

_MARK = "/tmp/labgen-since"
CLEAR_LOG = Action((f"date +%s >{_MARK}",))
"""A journal is not emptied for a step: the time is noted, and what is older not read."""


def journal(name: str, program: str) -> Probe:
    """The log of a program since the step began, whatever unit it is of, with times that name their zone."""
    since = f'--since "@$(cat {_MARK} 2>/dev/null || echo 0)"'
    return Probe(name, f"{ROOT}journalctl -q --no-pager -o short-iso-precise {since} -t {program}")


def state(name: str, units: str) -> Probe:
    """Says `running` or `stopped`."""
    return Probe(name, f"{_running(units)} | grep -q . && echo running || echo stopped")


def actions(role: str, units: str) -> dict[str, Action]:
    """`stop-<role>` and `start-<role>`. What ran is remembered: systemd forgets units that do not run."""
    memory = f"/tmp/labgen-{role}"
    stop = (
        f"units=$({_running(units)} | sed 's/ .*//'); "
        f'test -z "$units" || {{ echo "$units" >{memory}; {ROOT}systemctl stop $units; }}'
    )
    return {
        f"stop-{role}": Action((stop,), undo=f"start-{role}"),
        f"start-{role}": Action(
            (f"{ROOT}systemctl start $(cat {memory})",), state(role, units).text, "^running"
        ),
    }


def _running(units: str) -> str:
    return f"systemctl list-units --type=service --state=running --plain --no-legend --no-pager '{units}'"
