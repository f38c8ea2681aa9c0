"""The answers of one network device, read into facts.

A text that cannot be read becomes a problem that names its file; nothing is raised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, TypeVar

from labgen.devices import reading
from labgen.devices.base import Probe
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.logs import Parser
from labgen.dhcp.model import Role
from labgen.plan.model import NodePlan

T = TypeVar("T")

LONGEST = 100
_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError)


@dataclass(slots=True)
class Answers:
    """What a node said, by probe name. `problems` fills up while it is read."""

    node: NodePlan
    raw: Mapping[str, Raw]
    _problems: dict[str, None] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[str, ...]:
        """Each once, however often its text was looked at."""
        return tuple(self._problems)

    def structured(self, probe: Probe, parse: Callable[[NodePlan, Raw, Any], Iterable[T]]) -> tuple[T, ...]:
        """Facts of a JSON text. An empty text holds none; what follows the JSON value is left alone."""
        found = self.raw.get(probe.name)
        if found is None or not found.text.strip():
            return ()
        try:
            data, _ = json.JSONDecoder().raw_decode(found.text.lstrip())
            return tuple(parse(self.node, found, data))
        except _UNREADABLE as error:
            self._miss(found, f"{type(error).__name__}: {error}")
            return ()

    def table(
        self, probe: Probe, head: re.Pattern[str], parse: Callable[[NodePlan, Raw], Iterable[T]]
    ) -> tuple[T, ...]:
        """Facts of a text in which `head` matches; one where it does not is an error message or another release's."""
        found = self._known(probe, head)
        if found is None:
            return ()
        try:
            return tuple(parse(self.node, found))
        except _UNREADABLE as error:
            self._miss(found, f"{type(error).__name__}: {error}")
            return ()

    def records(self, probe: Probe, head: re.Pattern[str], parse: Parser, role: Role) -> Observed:
        """What a log parser finds in a text in which `head` matches."""
        return reading.records(parse, self._known(probe, head), self.node.name, role)

    def _known(self, probe: Probe, head: re.Pattern[str]) -> Raw | None:
        found = self.raw.get(probe.name)
        if found is None or not found.text.strip():
            return None
        if head.search(found.text):
            return found
        self._miss(found, found.text.strip().splitlines()[0])
        return None

    def _miss(self, raw: Raw, why: str) -> None:
        self._problems[f"{raw.file}: not understood ({why[:LONGEST]})"] = None


def ask(command: str) -> Probe:
    """A command as a probe that is named after it; the form of its output is no part of the name."""
    return Probe(re.sub(r"[^a-z0-9.]+", "-", command.partition("|")[0].lower()).strip("-"), command)


def spelled(node: NodePlan, *names: str) -> str:
    """The plan's name of the interface a device calls by one of these, else the first of them."""
    known = {port.name.lower(): port.name for port in node.interfaces}
    return next((known[name.lower()] for name in names if name.lower() in known), names[0])


def network(text: str) -> str:
    """A prefix as checks compare it; ValueError for what is none."""
    return str(ip_network(text, strict=False))
