"""A lab in containers has converged when each of its links to an OSPF neighbor is up, two to one neighbor included."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from labgen.devices.linux.kernel import paths
from labgen.ground.labplan import NodePlan
from labgen.lab.containers.ready import _alone

HEAD = "Neighbor ID     Pri State           Up Time         Dead Time Address         Interface\n"
ONE = "10.0.0.4          1 Full/-          2.5s 3.3s 10.1.0.2 eth1:10.1.0.1\n"
OTHER = "10.0.0.4          1 Full/-          2.5s 3.3s 10.1.1.2 eth2:10.1.1.1\n"
HALF = "10.0.0.4          1 ExStart/-       2.5s 3.3s 10.1.1.2 eth2:10.1.1.1\n"
LINK = SimpleNamespace(kind="p2p", ospf=True)
NODE = cast(
    NodePlan, SimpleNamespace(name="sw1", interfaces=(LINK, LINK, SimpleNamespace(kind="p2p", ospf=False)))
)


@pytest.mark.parametrize(
    ("table", "up"),
    [(HEAD + ONE + OTHER, 2), (HEAD + ONE + HALF, 1), (HEAD, 0), ("", 0)],
    ids=["both", "one", "none", "no-answer"],
)
def test_every_link_to_a_neighbor_counts(table: str, up: int) -> None:
    said = [] if up == 2 else [f"sw1 has {up} of 2 OSPF neighbors"]
    assert _alone(NODE, table) == said


def test_routes_of_a_node_are_read_by_the_kernel_s_own_reader() -> None:
    printed = (
        '[{"dst":"default","gateway":"192.0.2.1","dev":"eth0"},{"dst":"10.0.0.2","gateway":"10.1.0.2","dev":"eth1"},'
        '{"dst":"10.0.0.3","nexthops":[{"gateway":"10.1.0.2","dev":"eth1"},{"gateway":"10.1.0.6","dev":"eth2"}]},'
        '{"dst":"10.1.0.0/30","dev":"eth1"}]'
    )
    found = paths(printed)
    assert found == {"10.0.0.2 ['10.1.0.2']", "10.0.0.3 ['10.1.0.2', '10.1.0.6']", "10.1.0.0/30 [None]"}
    assert paths("sh: ip: not found") == frozenset()
