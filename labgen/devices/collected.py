"""The common part of readers of network devices: what is typed at their prompts, and the actions that are made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from labgen.devices.base import Action
from labgen.devices.observed import DaemonState, Raw
from labgen.devices.tables import lines
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import Role

Typed = Callable[[str], tuple[str, ...]]
"""Commands for a port, by its name."""


_HELPER = re.compile(r"helper.address", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\d.])\d+\.\d+\.\d+\.\d+(?![\d./])")


def relaying(node: NodePlan, raw: Raw) -> Iterator[DaemonState]:
    """True if a switch has the helper addresses of every server it should ask, by a text that lists them: where that is what
    turns relaying on, it relays.
    """
    known = {address for line in lines(raw, _HELPER) for address in _ADDRESS.findall(line)}
    wanted = {str(target.address) for relay in node.relays for target in relay.targets}
    yield DaemonState(node.name, "relay", wanted <= known, raw.file)


def configured(*commands: str) -> tuple[str, ...]:
    """Commands that say something in configuration mode, the way Cisco, Arista, Aruba and Dell have it."""
    return ("configure terminal", *commands, "end")


def _on_port(word: str, port: str) -> tuple[str, ...]:
    return configured(f"interface {port}", word)


def cables(node: NodePlan) -> dict[str, str]:
    """Port of the switch by client, for every client-facing port."""
    if node.role is not Role.SWITCH:
        return {}
    return {
        neighbor.node: port.name
        for port in node.interfaces
        if port.kind in ("access", "lan")
        for neighbor in port.neighbors
    }


SHUT: Typed = partial(_on_port, "shutdown")
OPEN: Typed = partial(_on_port, "no shutdown")


def unplugging(node: NodePlan, down: Typed = SHUT, up: Typed = OPEN) -> dict[str, Action]:
    """`unplug-<client>` and `plug-<client>` by what is typed for a port: `shutdown`, where nothing else is said."""
    found: dict[str, Action] = {}
    for client, port in cables(node).items():
        found[f"unplug-{client}"] = Action(down(port), undo="plug")
        found[f"plug-{client}"] = Action(up(port))
    return found


def stopping(
    role: str, stop: tuple[str, ...], start: tuple[str, ...], watch: str = "", done: str = ""
) -> dict[str, Action]:
    """`stop-<role>` and `start-<role>`, which takes that back; `done` shows in what `watch` prints once it serves again."""
    return {
        f"stop-{role}": Action(stop, undo=f"start-{role}"),
        f"start-{role}": Action(start, watch, done),
    }


def port_client(port: str, watch: str, bound: str, down: Typed = SHUT, up: Typed = OPEN) -> dict[str, Action]:
    """A client that starts again with its port: `acquire` and `reboot`, until `bound` shows in what `watch` prints; and `vanish`."""
    again = Action((*down(port), *up(port)), watch, bound)
    return {"acquire": again, "reboot": again, "vanish": Action(down(port))}
