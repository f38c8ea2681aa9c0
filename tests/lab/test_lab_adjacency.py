"""A lab has converged when OSPF is full with every neighbor, not when routes are there by longer ways."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from labgen.ground.errors import LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.adjacency import until_full
from labgen.lab.embedded.nodes import NodeHandle
from labgen.lab.embedded.processes import LabProcess, Launch, ProcessTable

HEAD = "Neighbor ID     Pri State           Up Time         Dead Time Address         Interface\n"
FULL = HEAD + "10.0.0.4          1 Full/-          2.5s 3.3s 10.1.0.2 eth1:10.1.0.1\n"
HALF = HEAD + "10.0.0.4          1 ExStart/-       2.5s 3.3s 10.1.0.2 eth1:10.1.0.1\n"


class Table:
    """Processes that answer at once, in turn; the last answer stays."""

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def start(self, node: Any, launch: Launch) -> LabProcess:
        assert launch.streams.stdout is not None
        os.write(launch.streams.stdout, self.answers[min(self.asked, len(self.answers) - 1)].encode())
        self.asked += 1
        process = LabProcess(pid=1, started=0.0, exit_code=0)
        process.ended.set()
        return process


def wait(table: Table, seconds: float = 5.0) -> None:
    node = cast(NodeHandle, SimpleNamespace(node=SimpleNamespace(name="sw1", neighbors=("10.0.0.4",))))
    asyncio.run(until_full([node], cast(ProcessTable, table), Deadline.after(seconds)))


def test_a_neighbor_that_is_not_full_yet_is_waited_for() -> None:
    table = Table([HEAD, HALF, FULL])
    wait(table)
    assert table.asked == 3


@pytest.mark.parametrize("answer", [HALF, HEAD, "", "ospfd is not running\n"])
def test_a_neighbor_that_stays_away_is_named_with_the_node(answer: str) -> None:
    with pytest.raises(LabStartError, match=r"(?s)not full.*sw1: 10\.0\.0\.4"):
        wait(Table([answer]), 0.1)
