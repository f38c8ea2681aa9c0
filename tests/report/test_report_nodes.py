"""What the report says of each node."""

from __future__ import annotations

import pytest
from report_verdicts import plan

from labgen.plan.build import build
from labgen.report.nodes import nodes
from labgen.spec.load import load


@pytest.mark.parametrize(
    ("name", "address", "duty"),
    [
        ("srv1", "10.0.0.2", "leases 172.16.0.2-172.16.0.3, 172.16.0.6-172.16.0.128 on cv1 in VRF client"),
        (
            "sw1",
            "10.0.0.4",
            "relays cv1 from vlan1000 in VRF client to srv1 10.0.0.2, srv2 10.0.0.3 in VRF default; "
            "giaddr 10.0.0.4; adds circuit-id, link-selection, server-id-override",
        ),
        ("cl_a", "", "asks on eth1 of segment cv1, MAC 52:dc:00:fe:07:01"),
    ],
    ids=["server", "relay", "client"],
)
def test_node_is_told_by_its_part_in_the_exchange(name: str, address: str, duty: str) -> None:
    line = next(line for line in nodes(plan()) if line.name == name)

    assert (line.address, line.duties) == (address, (duty,))


def test_switch_that_only_forwards_has_no_duty() -> None:
    assert next(line for line in nodes(plan()) if line.name == "sw3").duties == ()


def test_relay_without_vrf_and_a_pool_of_one_address_are_told_in_few_words() -> None:
    duties = {line.name: line.duties for line in nodes(build(load("relay")))}

    assert duties["relay"] == ("relays user from eth2 to srv 10.0.0.1; giaddr 172.16.0.2",)
    assert duties["srv"] == ("leases 172.16.0.1, 172.16.0.3-172.16.0.254 on user",)


def test_helper_addresses_of_no_node_are_told_beside_the_servers() -> None:
    given = load("relay", {}, ["segments.user.relay.helpers=[10.9.9.67]"])
    duties = {line.name: line.duties for line in nodes(build(given))}
    assert duties["relay"] == ("relays user from eth2 to srv 10.0.0.1, 10.9.9.67; giaddr 172.16.0.2",)


def test_client_is_told_by_the_mac_address_it_was_found_to_have() -> None:
    duties = {line.name: line.duties for line in nodes(plan(), {"aa:c1:ab:00:00:01": "cl_a"})}

    assert duties["cl_a"] == ("asks on eth1 of segment cv1, MAC aa:c1:ab:00:00:01",)
    assert duties["cl_b"] == ("asks on eth1 of segment cv1, MAC 52:dc:00:fe:08:01",)
