"""Who is asked whether a server is reached: clients that renew there, and that a way back leads to."""

from __future__ import annotations

import pytest
from verify_labs import planned, written

from labgen.verify.check import registry


@pytest.mark.parametrize(
    ("scenario", "asked"),
    [
        pytest.param("vxlan-relay", ["cl_a:srv", "cl_b:srv"], id="in its own VRF"),
        pytest.param("evpn-redundant-server", [], id="renews at the relay"),
        pytest.param("anycast-giaddr-fixed", [], id="a subnet in two places"),
    ],
)
def test_a_server_is_to_be_reached_where_clients_renew_there(scenario: str, asked: list[str]) -> None:
    assert [s.key for s in registry()["reach.server"].subjects(planned(scenario, {}))] == asked


def test_a_client_is_to_reach_one_beside_it_and_one_behind_another_switch() -> None:
    plan = written(THREE)
    assert [s.key for s in registry()["reach.neighbor"].subjects(plan)] == ["a:c", "a:b", "b:c", "b:a", "c:a"]


THREE = """\
name: three
switches: [l1, l2]
links: [l1-l2]
overlay: {data: vxlan, control: static}
segments:
  users: {attach: {l1: [a, b], l2: [c]}, relay: {servers: [srv]}}
servers: {srv: l1}
"""
