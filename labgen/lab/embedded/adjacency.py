"""Waiting until routing protocols have every neighbor they should: routes may be there before, by longer ways."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from labgen.ground.errors import LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.blueprint import Node
from labgen.lab.embedded.nodes import NodeHandle

Ask = Callable[[NodeHandle, str, str], Awaitable[str]]
"""What a daemon of FRR at a node answers to a command; empty where it answers nothing."""

PAUSE = 0.05
_FULL = re.compile(r"^(\S+)\s+\d+\s+Full/", re.MULTILINE)


def _full(answer: str) -> set[str]:
    return set(_FULL.findall(answer))


def _established(answer: str) -> set[str]:
    """Peers that are up in every address family they were configured in."""
    states: dict[str, set[str]] = {}
    with suppress(ValueError, AttributeError):
        for family in json.loads(answer[max(answer.find("{"), 0) :]).values():
            for peer, entry in family.get("peers", {}).items():
                states.setdefault(peer, set()).add(str(entry.get("state")))
    return {peer for peer, found in states.items() if found == {"Established"}}


@dataclass(frozen=True, slots=True)
class _Protocol:
    """Which daemon is asked what, who is up by its answer, who should be, and how to say that somebody is not."""

    daemon: str
    command: str
    up: Callable[[str], set[str]]
    wanted: Callable[[Node], tuple[str, ...]]
    missing: str


OSPF = _Protocol(
    "ospfd",
    "show ip ospf neighbor",
    _full,
    lambda node: node.neighbors,
    "OSPF is not full with every neighbor",
)
"""RFC 2328 section 10.1."""
BGP = _Protocol(
    "bgpd",
    "show bgp summary json",
    _established,
    lambda node: node.sessions,
    "BGP sessions are not established",
)
"""The state Established of RFC 4271, in every address family."""


_ISIS_UP = re.compile(r"^\s*\S+\s+(\S+)\s+\d\s+Up\s", re.MULTILINE)
ISIS = _Protocol(
    "isisd",
    "show isis neighbor",
    lambda answer: set(_ISIS_UP.findall(answer)),
    lambda node: node.isis_ports,
    "IS-IS has not every neighbor",
)
"""Adjacencies by their ports (RFC 5303)."""


async def until_full(nodes: Iterable[NodeHandle], ask: Ask, deadline: Deadline) -> None:
    """Return when every node's OSPF is full with the neighbors it should have. LabStartError lists who is missing."""
    await _until(OSPF, nodes, ask, deadline)


async def until_adjacent(nodes: Iterable[NodeHandle], ask: Ask, deadline: Deadline) -> None:
    """Return when IS-IS of every node is up on the ports it should be. LabStartError lists those where it is not."""
    await _until(ISIS, nodes, ask, deadline)


async def until_established(nodes: Iterable[NodeHandle], ask: Ask, deadline: Deadline) -> None:
    """Return when every BGP session of the plan is up. LabStartError lists those that are not."""
    await _until(BGP, nodes, ask, deadline)


async def _until(protocol: _Protocol, nodes: Iterable[NodeHandle], ask: Ask, deadline: Deadline) -> None:
    waiting = [node for node in nodes if protocol.wanted(node.node)]
    while waiting:
        looked = time.monotonic()
        missing = await asyncio.gather(*(_missing(protocol, node, ask) for node in waiting))
        late = {node.node.name: gone for node, gone in zip(waiting, missing, strict=True) if gone}
        waiting = [node for node in waiting if node.node.name in late]
        if waiting and deadline.over:
            listing = "\n    ".join(f"{name}: {', '.join(gone)}" for name, gone in late.items())
            raise LabStartError(f"{protocol.missing} after {deadline.seconds:g} s; missing:\n    {listing}")
        if waiting:
            await asyncio.sleep(max(PAUSE, time.monotonic() - looked))


async def _missing(protocol: _Protocol, node: NodeHandle, ask: Ask) -> list[str]:
    """Neighbors that are not up, by FRR's table."""
    have = protocol.up(await ask(node, protocol.daemon, protocol.command))
    return [neighbor for neighbor in protocol.wanted(node.node) if neighbor not in have]
