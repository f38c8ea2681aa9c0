"""Waiting until routing protocols have every neighbor they should: routes may be there before, by longer ways."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from labgen.devices.routing_suite import Neighbors, suite
from labgen.ground.errors import LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.blueprint import Node
from labgen.lab.embedded.nodes import NodeHandle

Ask = Callable[[NodeHandle, str, str], Awaitable[str]]
"""What a routing daemon at a node answers to a command; empty where it answers nothing."""

PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class _Protocol:
    """A routing protocol: the question for neighbors that are up, the neighbors that should be, and the words for one that is not."""

    asked: Neighbors
    wanted: Callable[[Node], tuple[str, ...]]
    missing: str


OSPF = _Protocol(suite().ospf, lambda node: node.neighbors, "OSPF is not full with every neighbor")
"""RFC 2328 section 10.1."""
BGP = _Protocol(suite().bgp, lambda node: node.sessions, "BGP sessions are not established")
"""The state Established of RFC 4271, in every address family."""
ISIS = _Protocol(suite().isis, lambda node: node.isis_ports, "IS-IS has not every neighbor")
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
    """Neighbors that are not up, by the daemon's table."""
    have = protocol.asked.up(await ask(node, protocol.asked.daemon, protocol.asked.command))
    return [neighbor for neighbor in protocol.wanted(node.node) if neighbor not in have]
