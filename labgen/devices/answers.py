"""Answers of network devices that print some of them as JSON, and whose texts are told by their heads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from ipaddress import ip_network
from typing import Any, TypeVar

from labgen.devices import reading
from labgen.devices.base import Probe
from labgen.devices.observed import Observed, Raw
from labgen.devices.tables import Parser, Tables, lines
from labgen.dhcp import logs
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan

T = TypeVar("T")


class Answers(Tables):
    """The texts collected from one node. An empty text holds no facts, and is no problem."""

    def structured(self, probe: Probe, parse: Callable[[NodePlan, Raw, Any], Iterable[T]]) -> tuple[T, ...]:
        """Facts of a JSON text; what follows the JSON value is left alone."""

        def decoded(node: NodePlan, raw: Raw) -> Iterable[T]:
            text = raw.text.lstrip()
            return parse(node, raw, json.JSONDecoder().raw_decode(text)[0]) if text else ()

        return self.read(probe, decoded)

    def table(self, probe: Probe, head: re.Pattern[str], parse: Parser[T]) -> tuple[T, ...]:
        """Facts of a text in which `head` occurs; one where it does not is an error message or another release's."""

        def headed(node: NodePlan, raw: Raw) -> Iterable[T]:
            return parse(node, raw) if any(line.strip() for line in lines(raw, head)) else ()

        return self.read(probe, headed)

    def records(self, probe: Probe, head: re.Pattern[str], parse: logs.Parser, role: MessageRole) -> Observed:
        """Records of a log parser, of a text in which `head` occurs."""
        return Observed.total(
            self.table(probe, head, lambda node, raw: [reading.records(parse, raw, node.name, role)])
        )

    @property
    def missed(self) -> Observed:
        """The problems, each once, however often its text was read."""
        return Observed(problems=tuple(dict.fromkeys(self.problems)))


def ask(command: str, *, early: bool = False) -> Probe:
    """A command as a probe that is named after it; the form of its output is no part of the name."""
    name = re.sub(r"[^a-z0-9.]+", "-", command.partition("|")[0].lower()).strip("-")
    return Probe(name, command, early=early)


def spelled(node: NodePlan, *names: str) -> str:
    """The plan's name of the interface a device calls by one of these, else the first of them."""
    known = {port.name.lower(): port.name for port in node.interfaces}
    return next((known[name.lower()] for name in names if name.lower() in known), names[0])


def network(text: str) -> str:
    """A prefix as checks compare it; ValueError for what is none."""
    return str(ip_network(text, strict=False))
