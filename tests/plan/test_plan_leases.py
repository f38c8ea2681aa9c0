"""Lease times by segment, class and client, bounds for who asks, user classes: what each client gets, and what servers are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from plan_specs import config, plan, refusal, scope

from labgen.ground.labplan import LabPlan
from labgen.ground.planned_serving import INFINITE

POLICY = """\
name: policy
devices: {server: kea}
switches: [sw1, sw2]
links: [sw1-sw2]
segments:
  users:
    prefix: 10.1.1.0/24
    gateway: 10.1.1.1
    attach: {sw1: [pc1, phone1, boot1, kiosk, hasty, greedy, modest]}
    relay: {servers: [srv1]}
    pool: {range: 10.1.1.50-10.1.1.99, lease: 8h, shortest: 1h, longest: 1d}
    classes:
      phones: {vendor_class: AcmePhone, clients: [phone1], lease: 2d}
      boot: {user_class: iPXE, clients: [boot1], lease: 10m}
    reservations: {kiosk: {address: 10.1.1.20, lease: infinite}}
servers: {srv1: sw2}
nodes: {hasty: {asks_lease: 1m}, greedy: {asks_lease: 30d}, modest: {asks_lease: 2h}}
"""
PLAIN = (
    POLICY.replace(", shortest: 1h, longest: 1d", "")
    .replace("hasty: {asks_lease: 1m}, ", "")
    .replace(", modest: {asks_lease: 2h}", "")
)


def times(built: LabPlan, client: str) -> tuple[int, int, int]:
    own = scope(built, "srv1").of(client, built.node(client).client_mac)
    return own.lease, own.renew, own.rebind


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("pc1", (28800, 14400, 25200)),
        ("phone1", (172800, 86400, 151200)),
        ("boot1", (600, 300, 525)),
        ("kiosk", (INFINITE, INFINITE, INFINITE)),
        ("hasty", (3600, 1800, 3150)),
        ("greedy", (86400, 43200, 75600)),
        ("modest", (7200, 3600, 6300)),
    ],
)
def test_a_client_gets_the_lease_time_of_what_is_nearest_and_what_it_asks_for_within_bounds(
    tmp_path: Path, client: str, expected: tuple[int, int, int]
) -> None:
    assert times(plan(POLICY, tmp_path), client) == expected


def test_who_asks_for_more_gets_the_lease_of_the_segment_where_no_bound_is_said(tmp_path: Path) -> None:
    assert times(plan(PLAIN, tmp_path), "greedy") == (28800, 14400, 25200)


def test_t1_and_t2_of_a_class_keep_their_share_of_the_lease(tmp_path: Path) -> None:
    text = PLAIN.replace("lease: 8h", "lease: 8h, renew: 2h, rebind: 6h")
    assert times(plan(text, tmp_path), "boot1") == (600, 150, 450)


def test_kea_has_a_lifetime_for_each_class_and_for_who_has_a_reservation_with_one(tmp_path: Path) -> None:
    built = json.loads(config(plan(POLICY, tmp_path), "srv1", "kea-dhcp4.conf"))["Dhcp4"]
    lifetimes = {c["name"]: c["valid-lifetime"] for c in built["client-classes"] if "valid-lifetime" in c}
    assert lifetimes == {"users.phones": 172800, "users.boot": 600, "users:kept-1": INFINITE}
    (subnet,) = built["subnet4"]
    assert (subnet["min-valid-lifetime"], subnet["valid-lifetime"], subnet["max-valid-lifetime"]) == (
        3600,
        28800,
        86400,
    )
    assert subnet["reservations"][0]["client-classes"] == ["users:kept-1"]
    assert "renew-timer" not in subnet
    assert (subnet["t1-percent"], subnet["t2-percent"]) == (0.5, 0.875)


def test_a_segment_without_policy_is_as_it_was(tmp_path: Path) -> None:
    text = (
        PLAIN.replace(", lease: 2d", "")
        .replace(", lease: 10m", "")
        .replace("{address: 10.1.1.20, lease: infinite}", "10.1.1.20")
    )
    (subnet,) = json.loads(config(plan(text, tmp_path), "srv1", "kea-dhcp4.conf"))["Dhcp4"]["subnet4"]
    assert (subnet["valid-lifetime"], subnet["renew-timer"], subnet["rebind-timer"]) == (28800, 14400, 25200)
    assert not {"min-valid-lifetime", "max-valid-lifetime", "t1-percent"} & set(subnet)


def test_isc_has_bounds_and_times_for_classes(tmp_path: Path) -> None:
    own = POLICY.replace("server: kea", "server: isc-dhcpd").replace("infinite", "30d")
    text = config(plan(own, tmp_path), "srv1", "dhcpd.conf")
    assert "    default-lease-time 28800;\n    min-lease-time 3600;\n    max-lease-time 86400;\n" in text
    assert "      default-lease-time 600;\n" in text
    assert "    range 10.1.1.20;\n    default-lease-time 2592000;\n" in text
    assert "dhcp-renewal-time" not in text


def test_dnsmasq_has_ranges_for_classes_and_times_for_hosts(tmp_path: Path) -> None:
    text = config(plan(PLAIN.replace("server: kea", "server: dnsmasq"), tmp_path), "srv1", "dnsmasq.conf")
    assert 'dhcp-userclass=set:users-class-boot,"iPXE"\n' in text
    assert "dhcp-range=tag:users-class-boot,set:users,10.1.1.50,10.1.1.99,255.255.255.0,600\n" in text
    assert "dhcp-range=tag:!users-class-phones,tag:!users-class-boot,set:users," in text
    assert ",10.1.1.20,infinite\n" in text
    assert "dhcp-option=tag:users,tag:users-class-boot,option:T1,300\n" in text


@pytest.mark.parametrize(
    ("device", "line"),
    [
        ("dhclient", "send labgen-user-class 04:69:50:58:45;\n"),
        ("dhcpcd", "userclass iPXE\n"),
    ],
)
def test_a_client_of_a_user_class_sends_it_as_rfc_3004_has_it(tmp_path: Path, device: str, line: str) -> None:
    built = plan(POLICY.replace("server: kea", f"server: kea, client: {device}"), tmp_path)
    assert line in config(built, "boot1", ".conf")
    assert "iPXE" not in config(built, "pc1", ".conf")
    assert "04:69" not in config(built, "pc1", ".conf")


@pytest.mark.parametrize(
    ("server", "key", "line"),
    [
        ("kea", "cache: 25%", '"cache-threshold": 0.25'),
        ("isc-dhcpd", "cache: 7%", "dhcp-cache-threshold 7;"),
        ("kea", "quarantine: 1h", '"decline-probation-period": 3600'),
        ("isc-dhcpd", "quarantine: 1h", "abandon-lease-time 3600;"),
        ("isc-dhcpd", "ping_check: true", "ping-check true;"),
    ],
)
def test_declined_and_used_addresses_are_left_alone_as_said(
    tmp_path: Path, server: str, key: str, line: str
) -> None:
    text = PLAIN.replace("server: kea", f"server: {server}").replace("infinite", "30d")
    ending = "kea-dhcp4.conf" if server == "kea" else "dhcpd.conf"
    assert line in config(plan(text.replace("lease: 8h", f"lease: 8h, {key}"), tmp_path), "srv1", ending)
    assert line not in config(plan(text, tmp_path), "srv1", ending)


def test_dnsmasq_pings_only_where_it_is_told_to(tmp_path: Path) -> None:
    text = PLAIN.replace("server: kea", "server: dnsmasq")
    told = config(
        plan(text.replace("lease: 8h", "lease: 8h, ping_check: true"), tmp_path), "srv1", "dnsmasq.conf"
    )
    assert "no-ping" not in told
    assert "no-ping" in config(plan(text, tmp_path), "srv1", "dnsmasq.conf")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("shortest: 1h", "shortest: 9h"), "the shortest lease (9h) is longer than the lease (8h)"),
        (("longest: 1d", "longest: 1h"), "the longest lease (1h) is shorter than the lease (8h)"),
        (("user_class: iPXE", "user_class: iPXE, vendor_class: x"), "here by both"),
        (("user_class: iPXE, ", ""), "here by neither"),
        (("lease: infinite", "lease: always"), "`always` is not a time"),
        (("hasty: {asks_lease: 1m}", "sw1: {asks_lease: 1m}"), "`sw1` is no client"),
        (("server: kea", "server: dnsmasq"), "has no bounds for lease times that clients ask for"),
        (("server: kea", "server: csr"), "gives all clients of a segment one lease time"),
        (("server: kea", "server: kea, client: csr"), "sends no user class"),
        (("server: kea", "server: isc-dhcpd"), "grants no lease without an end"),
        (("lease: 8h", "lease: 8h, ping_check: true"), "does not look for users of an address"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    said = refusal(POLICY.replace(*change), tmp_path)
    assert words in said
    assert "own.yml:" in said


def test_a_server_that_grants_less_to_whoever_asks_is_refused_where_a_client_does(tmp_path: Path) -> None:
    text = PLAIN.replace("server: kea", "server: dnsmasq")
    asks = text.replace("greedy: {asks_lease: 30d}", "greedy: {asks_lease: 1h}")
    assert "grants whoever asks a shorter lease" in refusal(asks, tmp_path)
    assert plan(text, tmp_path).name == "policy"


def test_t1_of_ones_own_choice_is_refused_where_it_would_not_follow_the_lease(tmp_path: Path) -> None:
    text = POLICY.replace("lease: 8h", "lease: 8h, renew: 2h")
    assert "do not follow the lease time" in refusal(
        text.replace("server: kea", "server: isc-dhcpd"), tmp_path
    )
    assert times(plan(text, tmp_path), "hasty")[1] == 900
