"""What is handed out: no range at all, ranges that hold what is somebody's, and gateways that are nobody's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from plan_specs import config, plan, refusal, scope

from labgen.devices.linux import ports

OFFICE = """\
name: office
devices: {server: kea}
switches: [sw1, sw2]
links: [sw1-sw2]
segments:
  users:
    prefix: 10.1.1.0/24
    gateway: 10.1.1.1
    attach: {sw1: [pc1, pc2]}
    relay: {servers: [srv1]}
    pool: {range: 10.1.1.50-10.1.1.99}
    reservations: {pc1: 10.1.1.10, pc2: 10.1.1.11}
servers: {srv1: sw2}
"""
RESERVED_ONLY = OFFICE.replace("range: 10.1.1.50-10.1.1.99", "range: none")


@pytest.mark.parametrize("said", ["none", "None", "false"])
def test_without_a_range_servers_hand_out_reserved_addresses_alone(tmp_path: Path, said: str) -> None:
    found = scope(plan(RESERVED_ONLY.replace("none", said), tmp_path), "srv1")
    assert found.ranges == ()
    assert [str(each.address) for each in found.reservations] == ["10.1.1.10", "10.1.1.11"]


def test_servers_of_each_kind_keep_reserved_addresses_without_a_range(tmp_path: Path) -> None:
    dhcp4 = json.loads(config(plan(RESERVED_ONLY, tmp_path), "srv1", "kea-dhcp4.conf"))["Dhcp4"]
    assert dhcp4["subnet4"][0]["pools"] == []
    assert [each["ip-address"] for each in dhcp4["subnet4"][0]["reservations"]] == ["10.1.1.10", "10.1.1.11"]
    isc = config(plan(RESERVED_ONLY.replace("kea", "isc-dhcpd"), tmp_path), "srv1", "dhcpd.conf")
    assert [line.strip() for line in isc.splitlines() if "range" in line] == [
        "range 10.1.1.10;",
        "range 10.1.1.11;",
    ]
    dnsmasq = config(plan(RESERVED_ONLY.replace("kea", "dnsmasq"), tmp_path), "srv1", "dnsmasq.conf")
    ranges = [line for line in dnsmasq.splitlines() if "range" in line]
    assert ranges == ["dhcp-range=set:users,10.1.1.0,static,255.255.255.0,86400"]


def test_a_server_that_knows_only_excluded_addresses_excludes_all_without_a_range(tmp_path: Path) -> None:
    assert [str(part) for part in scope(plan(RESERVED_ONLY, tmp_path), "srv1").excluded] == [
        "10.1.1.1-10.1.1.254"
    ]


def test_no_range_and_no_reservation_is_refused(tmp_path: Path) -> None:
    text = RESERVED_ONLY.replace("    reservations: {pc1: 10.1.1.10, pc2: 10.1.1.11}\n", "")
    said = refusal(text, tmp_path)
    assert "segment `users` has no range, and no address is reserved there" in said
    assert "own.yml:11:" in said


def test_an_empty_list_of_ranges_is_refused_for_it_may_mean_either(tmp_path: Path) -> None:
    said = refusal(RESERVED_ONLY.replace("range: none", "range: []"), tmp_path)
    assert "no range is listed" in said
    assert "write `none` for reserved addresses alone" in said


def test_a_range_that_holds_the_gateway_is_taken_without_it_and_told(tmp_path: Path) -> None:
    built = plan(OFFICE.replace("10.1.1.50-", "10.1.1.1-"), tmp_path)
    assert [str(r) for r in scope(built, "srv1").ranges] == ["10.1.1.2-10.1.1.9", "10.1.1.12-10.1.1.99"]
    told = [each for each in built.warnings if each.code == "pool-holds-gateway"]
    assert [each.message for each in told] == [
        "segment users: the pool 10.1.1.1-10.1.1.99 holds 10.1.1.1, the address of the gateway, which no server hands out"
    ]


def test_a_range_of_addresses_that_are_nobodys_is_not_warned_of(tmp_path: Path) -> None:
    assert [each for each in plan(OFFICE, tmp_path).warnings if each.code.startswith("pool-holds")] == []


def test_a_gateway_whose_address_no_switch_has_is_refused(tmp_path: Path) -> None:
    said = refusal(OFFICE + "nodes: {sw1: {addresses: {users: 10.1.1.7}}}\n", tmp_path)
    assert (
        "the gateway of segment `users` is 10.1.1.1, and no switch has that address: `sw1` is 10.1.1.7"
        in said
    )
    assert "own.yml:14:" in said


def test_an_address_of_a_switch_that_only_bridges_is_refused(tmp_path: Path) -> None:
    text = OFFICE.replace("    attach:", "    bridge: [sw2]\n    attach:").replace(
        "gateway: 10.1.1.1", "gateway: {nodes: [sw1]}"
    )
    own = text.replace("srv1: sw2", "srv1: sw1") + "nodes: {sw2: {addresses: {users: 10.1.1.7}}}\n"
    said = refusal(own, tmp_path)
    assert "`sw2` only bridges segment `users`, and has no address there" in said


def test_an_address_beside_a_gateway_that_switches_share_is_taken(tmp_path: Path) -> None:
    text = OFFICE.replace("gateway: 10.1.1.1", "gateway: {address: 10.1.1.1, protocol: anycast}")
    port = (
        plan(text + "nodes: {sw1: {addresses: {users: 10.1.1.7}}}\n", tmp_path)
        .node("sw1")
        .on_segment("users")
    )
    assert port is not None
    assert (str(port.address), str(port.anycast)) == ("10.1.1.7/24", "10.1.1.1/24")


def test_addresses_kept_by_circuit_id_want_a_relay_that_sends_it(tmp_path: Path) -> None:
    by_circuit = OFFICE.replace("pc2: 10.1.1.11", '"circuit-id eth2": 10.1.1.11')
    told = [each.message for each in plan(by_circuit, tmp_path).warnings if each.code == "no-circuit-id"]
    assert told == [
        "segment users: 10.1.1.11 is kept for circuit-id eth2, and no relay there sends any; "
        "add `circuit-id` to its options"
    ]
    for relay in ("options: [circuit-id]", "trust: true"):
        heard = plan(by_circuit.replace("servers: [srv1]", f"servers: [srv1], {relay}"), tmp_path)
        assert "no-circuit-id" not in {each.code for each in heard.warnings}


def test_segments_may_be_called_clients_or_servers_and_nodes_may_not(tmp_path: Path) -> None:
    built = plan(OFFICE.replace("  users:", "  clients:"), tmp_path)
    assert [segment.name for segment in built.segments] == ["clients"]
    assert "the name `clients` means a group of nodes in playbooks" in refusal(
        OFFICE.replace("pc2", "clients"), tmp_path
    )


def test_a_port_that_is_plugged_in_again_has_its_static_routes_back(tmp_path: Path) -> None:
    subscribers = OFFICE.replace("gateway: 10.1.1.1", "unnumbered: true").replace(
        "servers: [srv1]", "servers: [srv1], source: loopback, options: [link-selection]"
    )
    for text, back in ((subscribers, ["ip route replace 10.1.1.0/24 dev eth2 proto static"]), (OFFICE, [])):
        switch = plan(text, tmp_path).node("sw1")
        assert list(ports.actions(switch)["plug-pc1"].commands) == ["ip link set dev eth2 up", *back]
