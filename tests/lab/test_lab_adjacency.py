"""A lab has converged when OSPF and BGP have every neighbor, not when routes are there by longer ways."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from labgen.ground.errors import LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.adjacency import until_adjacent, until_established, until_full
from labgen.lab.embedded.nodes import NodeHandle

HEAD = "Neighbor ID     Pri State           Up Time         Dead Time Address         Interface\n"
FULL = HEAD + "10.0.0.4          1 Full/-          2.5s 3.3s 10.1.0.2 eth1:10.1.0.1\n"
HALF = HEAD + "10.0.0.4          1 ExStart/-       2.5s 3.3s 10.1.0.2 eth1:10.1.0.1\n"


class Told:
    """A daemon's answers, in turn; the last one stays."""

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def ask(self, node: NodeHandle, daemon: str, command: str) -> str:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


NODE = cast(
    NodeHandle,
    SimpleNamespace(
        node=SimpleNamespace(
            name="sw1", neighbors=("10.0.0.4",), isis_ports=("eth2", "eth3"), sessions=("10.0.0.4", "eth2")
        )
    ),
)


def wait(told: Told, seconds: float = 5.0) -> None:
    asyncio.run(until_full([NODE], told.ask, Deadline.after(seconds)))


def summary(**families: dict[str, str]) -> str:
    told = {
        family: {"peers": {peer: {"state": state} for peer, state in peers.items()}}
        for family, peers in families.items()
    }
    return f"% something else first\n{json.dumps(told)}"


def test_a_neighbor_that_is_not_full_yet_is_waited_for() -> None:
    told = Told([HEAD, HALF, FULL])
    wait(told)
    assert told.asked == 3


@pytest.mark.parametrize("answer", [HALF, HEAD, "", "% Unknown command.\n"])
def test_a_neighbor_that_stays_away_is_named_with_the_node(answer: str) -> None:
    with pytest.raises(LabStartError, match=r"(?s)not full.*sw1: 10\.0\.0\.4"):
        wait(Told([answer]), 0.1)


UP = {"10.0.0.4": "Established", "eth2": "Established"}


def test_a_session_that_is_not_up_in_every_family_is_waited_for() -> None:
    told = Told(
        [
            "",
            "{}",
            summary(ipv4Unicast={**UP, "eth2": "OpenSent"}, l2VpnEvpn={**UP, "eth2": "OpenSent"}),
            summary(ipv4Unicast=UP, l2VpnEvpn={**UP, "eth2": "Idle"}),
            summary(ipv4Unicast=UP, l2VpnEvpn=UP),
        ]
    )
    asyncio.run(until_established([NODE], told.ask, Deadline.after(5.0)))
    assert told.asked == 5


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        (summary(l2VpnEvpn={**UP, "eth2": "Active"}), "sw1: eth2"),
        (summary(l2VpnEvpn={"eth2": "Established"}), "sw1: 10.0.0.4"),
        ("% BGP instance not found\n", "sw1: 10.0.0.4, eth2"),
        ("[]", "sw1: 10.0.0.4, eth2"),
    ],
)
def test_a_session_that_stays_down_is_named_with_the_node(answer: str, gone: str) -> None:
    with pytest.raises(LabStartError, match=rf"(?s)BGP sessions are not established.*{gone}$"):
        asyncio.run(until_established([NODE], Told([answer]).ask, Deadline.after(0.1)))


ISIS = "Area 1:\n  System Id           Interface   L  State        Holdtime SNPA\n"
ROW = " leaf1               {}        2  {}            4        2020.2020.2020\n"


def test_a_port_without_an_adjacency_is_waited_for() -> None:
    one, other = ROW.format("eth2", "Up"), ROW.format("eth3", "Up")
    told = Told(["", ISIS, ISIS + one + ROW.format("eth3", "Init"), ISIS + one + other])
    asyncio.run(until_adjacent([NODE], told.ask, Deadline.after(5.0)))
    assert told.asked == 4


def test_a_port_whose_adjacency_stays_away_is_named() -> None:
    answer = ISIS + ROW.format("eth2", "Up") + ROW.format("eth3", "Down")
    with pytest.raises(LabStartError, match=r"(?s)IS-IS has not every neighbor.*sw1: eth3$"):
        asyncio.run(until_adjacent([NODE], Told([answer]).ask, Deadline.after(0.1)))
