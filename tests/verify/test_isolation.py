"""Whom a client is not to reach: clients of another VRF, unless something joins the two."""

from __future__ import annotations

import pytest
from verify_labs import written

from labgen.verify.reach_targets import strangers

TENANTS = """\
name: tenants
switches: [sw]
vrfs: {red: LEAKS, blue: {}}
segments:
  one: {vrf: red, attach: {sw: [pc1]}, relay: {servers: [srv], server_vrf: red}}
  two: {vrf: blue, attach: {sw: [pc2]}, relay: {servers: [srv2], server_vrf: blue}}
  ours: {vrf: red, attach: {sw: [srv]}, dhcp: false}
  theirs: {vrf: blue, attach: {sw: [srv2]}, dhcp: false}
servers: {srv: {}, srv2: {}}
"""
RED, BLUE = "{vrf: red, address: 10.8.0.1/30}", "{vrf: blue, address: 10.8.0.5/30}"


@pytest.mark.parametrize(
    ("leaks", "externals", "apart"),
    [
        pytest.param("{}", "", True, id="nothing joins them"),
        pytest.param("{leaks: [blue]}", "", False, id="routes leak"),
        pytest.param(
            "{}", f"externals: {{fw: {{attach: {{sw: [{RED}, {BLUE}]}}}}}}\n", False, id="a firewall in both"
        ),
        pytest.param(
            "{}",
            f"externals: {{fw: {{attach: {{sw: {RED}}}}}, gw: {{attach: {{sw: {BLUE}}}}}}}\n",
            True,
            id="one in each",
        ),
    ],
)
def test_clients_of_vrfs_that_a_router_beyond_the_fabric_joins_may_reach_each_other(
    leaks: str, externals: str, apart: bool
) -> None:
    found = {
        (each.client, each.peer) for each in strangers(written(TENANTS.replace("LEAKS", leaks) + externals))
    }
    assert found == ({("pc1", "pc2"), ("pc2", "pc1")} if apart else set())
