"""Secondary subnets: addresses of switches, gateways, what servers hand out, and what is refused."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from plan_specs import config, plan, scope

from labgen.ground.errors import SpecError

USERS = """\
name: two-subnets
switches: [sw1, sw2]
links: [sw1-sw2]
segments:
  users:
    prefix: 10.1.1.0/24
    secondary: [10.1.2.0/24]
    attach: {sw1: [pc1, pc2]}
    relay: {servers: [srv1]}
    pool: {range: 10.1.1.50, lease: 20m}
servers: {srv1: sw2}
"""


def test_the_gateway_of_a_secondary_subnet_has_the_host_number_of_the_first(tmp_path: Path) -> None:
    built = plan(USERS, tmp_path)
    segment = built.segment("users")
    assert str(segment.gateway) == "10.1.1.2"
    assert [(str(s.prefix), str(s.gateway)) for s in segment.secondary] == [("10.1.2.0/24", "10.1.2.2")]
    port = built.node("sw1").on_segment("users")
    assert port is not None
    assert [str(each) for each in port.secondary] == ["10.1.2.2/24"]


def test_a_range_of_the_first_subnet_leaves_the_secondary_to_be_handed_out_whole(tmp_path: Path) -> None:
    built = plan(USERS, tmp_path)
    server = built.node("srv1").server
    assert server is not None
    (scope,) = server.scopes
    assert [str(part) for part in scope.ranges] == ["10.1.1.50-10.1.1.50"]
    (subnet,) = scope.secondary
    assert [str(part) for part in subnet.ranges] == ["10.1.2.1-10.1.2.1", "10.1.2.3-10.1.2.254"]
    assert str(subnet.router) == "10.1.2.2"


def test_a_lease_of_a_secondary_subnet_has_its_mask_and_router(tmp_path: Path) -> None:
    server = plan(USERS, tmp_path).node("srv1").server
    assert server is not None
    around = server.scopes[0].around(ip_address("10.1.2.9"))
    assert (around.prefix, str(around.router)) == (ip_network("10.1.2.0/24"), "10.1.2.2")
    first = server.scopes[0].around(ip_address("10.1.1.50"))
    assert (first.prefix, str(first.router)) == (ip_network("10.1.1.0/24"), "10.1.1.2")


def test_kea_has_both_subnets_in_one_shared_network(tmp_path: Path) -> None:
    dhcp4 = json.loads(config(plan(USERS, tmp_path), "srv1", "kea-dhcp4.conf"))["Dhcp4"]
    assert dhcp4["subnet4"] == []
    (network,) = dhcp4["shared-networks"]
    assert [each["subnet"] for each in network["subnet4"]] == ["10.1.1.0/24", "10.1.2.0/24"]
    routers = [
        option["data"] for each in network["subnet4"] for option in each["option-data"] if "name" in option
    ]
    assert routers == ["10.1.1.2", "10.1.2.2"]


def test_without_secondary_subnets_kea_has_no_shared_network(tmp_path: Path) -> None:
    text = USERS.replace("    secondary: [10.1.2.0/24]\n", "")
    dhcp4 = json.loads(config(plan(text, tmp_path), "srv1", "kea-dhcp4.conf"))["Dhcp4"]
    assert "shared-networks" not in dhcp4
    assert "secondary" not in plan(text, tmp_path).to_json()


def test_dhcpd_has_a_shared_network_with_a_router_for_each_subnet(tmp_path: Path) -> None:
    text = USERS.replace("servers: {srv1: sw2}", "servers: {srv1: {attach: sw2, device: isc-dhcpd}}")
    written = config(plan(text, tmp_path), "srv1", "dhcpd.conf")
    assert 'shared-network "users" {' in written
    assert written.index("option routers 10.1.1.2;") < written.index("option routers 10.1.2.2;")


def test_dnsmasq_is_told_by_which_giaddr_a_secondary_subnet_is_asked_for(tmp_path: Path) -> None:
    text = USERS.replace("servers: {srv1: sw2}", "servers: {srv1: {attach: sw2, device: dnsmasq}}")
    lines = config(plan(text, tmp_path), "srv1", "dnsmasq.conf").splitlines()
    assert "shared-network=10.1.1.2,10.1.2.1" in lines
    assert "dhcp-option=tag:users-secondary-1,option:router,10.1.2.2" in lines


def test_vrrp_moves_the_gateways_of_all_subnets_together(tmp_path: Path) -> None:
    text = USERS.replace(
        "    attach:",
        "    gateway: {address: 10.1.1.254, protocol: vrrp, nodes: [sw1, sw2]}\n    attach:",
    )
    port = plan(text, tmp_path).node("sw2").on_segment("users")
    assert port is not None and port.vrrp is not None
    assert [str(each) for each in port.vrrp.further] == ["10.1.2.254/24"]
    assert [str(each) for each in port.secondary] == ["10.1.2.4/24"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[10.1.1.128/25]", "overlaps its own subnet 10.1.1.0/24"),
        ("[10.1.2.0/24, 10.1.2.128/25]", "overlaps its own subnet 10.1.2.0/24"),
        ("[{prefix: 10.1.2.0/24, gateway: 10.1.3.1}]", "10.1.3.1 is outside secondary subnet 1 of `users`"),
        ("[{prefix: 10.1.2.0/24, range: 10.1.1.60-10.1.1.70}]", "lies outside segment `users`"),
    ],
)
def test_what_cannot_be_a_secondary_subnet_is_refused(tmp_path: Path, written: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        plan(USERS.replace("[10.1.2.0/24]", written), tmp_path)
    assert told in str(caught.value)


@pytest.mark.parametrize("switch", ["cumulus_nvue", "vyos"])
def test_a_switch_that_labgen_has_no_secondary_addresses_for_is_refused(switch: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="secondary subnets that labgen could configure"):
        plan(f"devices: {{switch: {switch}}}\n" + USERS, tmp_path)


def test_a_range_of_the_secondary_subnet_alone_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    found = scope(plan(USERS.replace("range: 10.1.1.50", "range: 10.1.2.50-10.1.2.59"), tmp_path), "srv1")
    assert found.ranges == ()
    assert [str(part) for part in found.secondary[0].ranges] == ["10.1.2.50-10.1.2.59"]


def test_ranges_by_server_of_the_secondary_subnet_alone_leave_nothing_of_the_first(tmp_path: Path) -> None:
    text = USERS.replace("range: 10.1.1.50", "split: {srv1: 10.1.2.50-10.1.2.59}")
    found = scope(plan(text, tmp_path), "srv1")
    assert found.ranges == ()
    assert [str(part) for part in found.secondary[0].ranges] == ["10.1.2.50-10.1.2.59"]


@pytest.mark.parametrize(
    ("server", "ending", "lines"),
    [
        ("isc-dhcpd", "dhcpd.conf", ["    range 10.1.2.50 10.1.2.59;"]),
        (
            "dnsmasq",
            "dnsmasq.conf",
            ["dhcp-range=set:users-secondary-1,10.1.2.50,10.1.2.59,255.255.255.0,1200"],
        ),
    ],
)
def test_no_server_hands_out_of_a_subnet_that_no_range_names(
    tmp_path: Path, server: str, ending: str, lines: list[str]
) -> None:
    text = (
        USERS.replace("range: 10.1.1.50", "range: 10.1.2.50-10.1.2.59") + f"devices: {{server: {server}}}\n"
    )
    written = config(plan(text, tmp_path), "srv1", ending).splitlines()
    assert [line for line in written if "range" in line] == lines
