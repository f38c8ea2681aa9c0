"""Runs a log or lease parser over a collected text."""

from __future__ import annotations

from labgen.devices.observed import DaemonState, Observed, Raw, RelayCounter
from labgen.dhcp.logs import Parser, Reading
from labgen.dhcp.model import Binding, Counter, Message, Role


def records(parse: Parser, raw: Raw | None, node: str, role: Role) -> Observed:
    """Messages, bindings and a relay's counters of one text; what DHCP it holds that was not understood is a problem."""
    if raw is None:
        return Observed()
    reading = Reading(raw.file, node, role)
    lines = enumerate(raw.text.splitlines(), 1)
    found = list(parse(lines, reading))
    problems = (
        (f"{raw.file}: {reading.unparsed_dhcp} lines about DHCP not understood",)
        if reading.unparsed_dhcp
        else ()
    )
    return Observed(
        bindings=tuple(item for item in found if isinstance(item, Binding)),
        messages=tuple(item for item in found if isinstance(item, Message)),
        counters=tuple(
            RelayCounter(item.node, f"{item.subject} {item.name}", item.value, raw.file)
            for item in found
            if isinstance(item, Counter) and item.role is Role.RELAY
        ),
        problems=problems,
    )


def running(raw: Raw | None, node: str, daemon: str) -> Observed:
    """Whether a daemon runs, by what its `process.state` probe said."""
    if raw is None:
        return Observed()
    return Observed(daemons=(DaemonState(node, daemon, raw.text.strip() == "running", raw.file),))
