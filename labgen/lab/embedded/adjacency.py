"""Waiting until OSPF is full with every neighbor: routes may be there before, by longer ways (RFC 2328 section 10.1)."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable

from labgen.ground.errors import LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.nodes import NodeHandle
from labgen.lab.embedded.processes import Launch, ProcessTable, Streams

ASK = ("vtysh", "-c", "show ip ospf neighbor")
AT_ONCE = 4
PAUSE = 0.05
_FULL = re.compile(r"^(\S+)\s+\d+\s+Full/", re.MULTILINE)


async def until_full(nodes: Iterable[NodeHandle], table: ProcessTable, deadline: Deadline) -> None:
    """Return when every node is full with the neighbors it should have. LabStartError lists who is missing."""
    waiting = [node for node in nodes if node.node.neighbors]
    turn = asyncio.Semaphore(AT_ONCE)
    while waiting:
        missing = await asyncio.gather(*(_missing(node, table, turn) for node in waiting))
        waiting = [node for node, gone in zip(waiting, missing, strict=True) if gone]
        if waiting and deadline.over:
            told = [f"{node.node.name}: {', '.join(await _missing(node, table, turn))}" for node in waiting]
            raise LabStartError(
                f"OSPF is not full with every neighbor after {deadline.seconds:g} s; missing:\n    "
                + "\n    ".join(told)
            )
        if waiting:
            await asyncio.sleep(PAUSE)


async def _missing(node: NodeHandle, table: ProcessTable, turn: asyncio.Semaphore) -> list[str]:
    """Router ids of neighbors that are not full, by FRR's table."""
    async with turn:
        read, write = os.pipe2(os.O_CLOEXEC)
        with open(read, "rb") as answer:  # noqa: PTH123  a descriptor
            process = table.start(node, Launch(argv=ASK, streams=Streams(stdout=write)))
            os.close(write)
            await process.ended.wait()
            have = set(_FULL.findall(answer.read().decode(errors="replace")))
    return [router for router in node.node.neighbors if router not in have]
