"""Segments of several VRFs with one prefix: what is handed out in one VRF is for nobody of another, whatever the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from plan_specs import config, plan, refusal

from labgen.ground.vocabulary import Role

OPTIONS = "[circuit-id, link-selection, server-id-override, vss]"
PHONES = "{phones: {vendor_class: Phone, clients: [phone-%s], range: %s}}"
RED = {"pool": "{range: 10.5.0.10-10.5.0.19}", "classes": PHONES % ("red", "10.5.0.20-10.5.0.29")}
BLUE = {"pool": "{range: 10.5.0.30-10.5.0.39}", "classes": PHONES % ("blue", "10.5.0.40-10.5.0.49")}


def tenants(server: str, red: Mapping[str, str] = RED, blue: Mapping[str, str] = BLUE, more: str = "") -> str:
    """A spec of two VRFs with one prefix, by the keys of their segments."""
    return (
        f"name: lab\ndevices: {{switch: frr, server: {server}}}\nswitches: [sw1]\nvrfs: {{red: {{}}, blue: {{}}}}\n"
        f"segments:\n{segment('red', '10.5.0.0/24', red)}{segment('blue', '10.5.0.0/24', blue)}{more}"
        "servers: {s1: sw1}\n"
    )


def segment(vrf: str, prefix: str, keys: Mapping[str, str], name: str = "") -> str:
    clients = f"[pc-{name or vrf}, phone-{name or vrf}]"
    relay = f"{{servers: [s1], source: loopback, options: {OPTIONS}}}"
    said = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"  {name or vrf}:\n    vrf: {vrf}\n    prefix: {prefix}\n    attach: {{sw1: {clients}}}\n    relay: {relay}\n{said}"


def kea(text: str, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(config(plan(text, folder), "s1", "kea-dhcp4.conf"))["Dhcp4"]
    return found


def test_kea_gives_a_phone_no_address_of_another_vrfs_phones(tmp_path: Path) -> None:
    dhcp4 = kea(tenants("kea"), tmp_path)
    tests = {each["name"]: each["test"] for each in dhcp4["client-classes"]}
    begins = "substring(option[60].hex,0,5) == 0x50686f6e65"
    assert tests["red.phones"] == f"member('red') and {begins}"
    assert tests["blue.phones"] == f"member('blue') and {begins}"
    assert tests["red:shared"] == "member('red') and not member('red.phones')"
    (subnet,) = dhcp4["subnet4"]
    assert {pool["pool"]: pool["client-class"] for pool in subnet["pools"]} == {
        "10.5.0.10 - 10.5.0.19": "red:shared",
        "10.5.0.20 - 10.5.0.29": "red.phones",
        "10.5.0.30 - 10.5.0.39": "blue:shared",
        "10.5.0.40 - 10.5.0.49": "blue.phones",
    }


def test_dnsmasq_gives_a_phone_no_address_of_another_vrfs_phones(tmp_path: Path) -> None:
    lines = config(plan(tenants("dnsmasq"), tmp_path), "s1", "dnsmasq.conf").splitlines()
    ranges = [line.partition("=")[2].partition(",10.5.0.")[0] for line in lines if "dhcp-range=" in line]
    assert ranges == [
        "tag:red,tag:red-class-phones,set:red",
        "tag:blue,tag:blue-class-phones,set:blue",
        "tag:red,tag:!red-class-phones,set:red",
        "tag:blue,tag:!blue-class-phones,set:blue",
    ]


def test_dhcpd_gives_a_phone_no_address_of_another_vrfs_phones(tmp_path: Path) -> None:
    """Nor an option: an `if` whose condition begins with a parenthesis ends with it, as dhcpd reads it."""
    options = {"options": "{tftp-server: any.example}"}
    red = {
        **RED,
        **options,
        "classes": RED["classes"].replace("range:", "options: {tftp-server: red.example}, range:"),
    }
    text = config(plan(tenants("isc-dhcpd", red), tmp_path), "s1", "dhcpd.conf")
    begins = "substring(option vendor-class-identifier, 0, 5) = 50:68:6f:6e:65"
    red_phones = f"{begins} and (option agent.unknown-151 = 00:72:65:64)"
    assert f'class "red.phones" {{\n  match if {red_phones};\n}}' in text
    assert f"    if {red_phones} {{\n      option tftp-server-name" in text
    assert f"{begins} and (option agent.unknown-151 = 00:62:6c:75:65);" in text
    assert f"{begins};" not in text
    assert "if (" not in text


@pytest.mark.parametrize(
    ("server", "file", "begins"),
    [
        ("kea", "kea-dhcp4.conf", "substring(option[60].hex,0,5) == 0x50686f6e65"),
        ("isc-dhcpd", "dhcpd.conf", "match if substring(option vendor-class-identifier, 0, 5)"),
        ("dnsmasq", "dnsmasq.conf", "dhcp-range=tag:red-class-phones,set:red,10.5.0.20"),
    ],
)
def test_a_class_of_a_prefix_that_nobody_else_has_asks_for_no_vrf(
    server: str, file: str, begins: str, tmp_path: Path
) -> None:
    text = tenants(server).replace("vrf: blue\n    prefix: 10.5.0.0/24", "vrf: blue\n    prefix: 10.6.0.0/24")
    text = text.replace("10.5.0.30-10.5.0.39", "10.6.0.30-10.6.0.39").replace(
        "10.5.0.40-10.5.0.49", "10.6.0.40-10.6.0.49"
    )
    said = config(plan(text, tmp_path), "s1", file)
    assert begins in said
    assert "member('red')" not in said


def test_vrfs_that_share_two_prefixes_are_told_apart_once(tmp_path: Path) -> None:
    """Kea refuses a configuration that defines a class twice."""
    more = segment("red", "10.6.0.0/24", {"pool": "{range: 10.6.0.10-10.6.0.19}"}, "red2")
    more += segment("blue", "10.6.0.0/24", {"pool": "{range: 10.6.0.30-10.6.0.39}"}, "blue2")
    text = tenants("kea", {"pool": RED["pool"]}, {"pool": BLUE["pool"]}, more)
    dhcp4 = kea(text, tmp_path)
    assert [each["name"] for each in dhcp4["client-classes"]] == ["red", "blue"]
    guards = [[pool["client-class"] for pool in subnet["pools"]] for subnet in dhcp4["subnet4"]]
    assert guards == [["red", "blue"], ["red", "blue"]]
    circuits = config(plan(text.replace("kea", "dnsmasq"), tmp_path), "s1", "dnsmasq.conf")
    assert circuits.count("dhcp-circuitid=set:red,") == circuits.count("dhcp-circuitid=set:blue,") == 2


def test_options_that_two_vrfs_have_otherwise_are_those_of_their_pools_in_kea(tmp_path: Path) -> None:
    red = {"pool": RED["pool"], "options": "{dns: [10.9.9.1]}", "reservations": "{pc-red: 10.5.0.5}"}
    blue = {"pool": BLUE["pool"], "options": "{dns: [10.9.9.2]}", "reservations": "{pc-blue: 10.5.0.6}"}
    (subnet,) = kea(tenants("kea", red, blue), tmp_path)["subnet4"]
    dns = {"red": "0a090901", "blue": "0a090902"}
    assert subnet["option-data"] == []
    for pool in subnet["pools"]:
        told = {option.get("code", option.get("name")): option["data"] for option in pool["option-data"]}
        assert told == {"routers": "10.5.0.2", 6: dns[pool["client-class"]]}
    kept = {each["ip-address"]: each["option-data"][-1]["data"] for each in subnet["reservations"]}
    assert kept == {"10.5.0.5": dns["red"], "10.5.0.6": dns["blue"]}


def test_options_that_two_vrfs_have_alike_are_those_of_the_subnet_in_kea(tmp_path: Path) -> None:
    both = {"options": "{dns: [10.9.9.1]}"}
    (subnet,) = kea(tenants("kea", {"pool": RED["pool"], **both}, {"pool": BLUE["pool"], **both}), tmp_path)[
        "subnet4"
    ]
    assert [option["data"] for option in subnet["option-data"]] == ["10.5.0.2", "0a090901"]
    assert all("option-data" not in pool for pool in subnet["pools"])


def test_lease_times_that_two_vrfs_have_otherwise_are_refused_where_a_server_keeps_them_by_prefix(
    tmp_path: Path,
) -> None:
    red = {"pool": "{range: 10.5.0.10-10.5.0.19, lease: 10m}"}
    blue = {"pool": "{range: 10.5.0.30-10.5.0.39, lease: 20m}"}
    told = refusal(tenants("kea", red, blue), tmp_path)
    assert "keeps lease, T1 and T2 by prefix, and segments `red` and `blue` ask for different ones" in told
    text = config(plan(tenants("isc-dhcpd", red, blue), tmp_path), "s1", "dhcpd.conf")
    assert text.count("default-lease-time 600;") == text.count("default-lease-time 1200;") == 1


def test_a_range_of_a_class_is_not_another_vrfs_to_hand_out(tmp_path: Path) -> None:
    blue = {"pool": BLUE["pool"], "classes": PHONES % ("blue", "10.5.0.15-10.5.0.16")}
    told = refusal(tenants("kea", RED, blue), tmp_path)
    assert "segments `red` and `blue` both hand out 10.5.0.15-10.5.0.16" in told


@pytest.mark.parametrize("second", ["red", "blue"])
def test_secondary_subnets_of_either_vrf_are_served_for_it_alone(second: str, tmp_path: Path) -> None:
    red, blue = {"pool": RED["pool"]}, {"pool": BLUE["pool"]}
    (red if second == "red" else blue)["secondary"] = "[10.6.0.0/24]"
    (network,) = kea(tenants("kea", red, blue), tmp_path)["shared-networks"]
    assert [each["subnet"] for each in network["subnet4"]] == ["10.5.0.0/24", "10.6.0.0/24"]
    assert {pool["client-class"] for pool in network["subnet4"][1]["pools"]} == {second}
    text = config(plan(tenants("isc-dhcpd", red, blue), tmp_path), "s1", "dhcpd.conf")
    _, _, declared = text.partition("subnet 10.6.0.0 ")
    assert f'allow members of "{second}";' in declared


def test_partners_that_balance_load_are_refused_where_a_pool_is_for_one_class(tmp_path: Path) -> None:
    """Kea's halves of a pool are for classes of its partners, and could not be for VRFs as well."""
    red = {"pool": "{range: 10.5.0.10-10.5.0.19, mode: load-balance}"}
    blue = {"pool": "{range: 10.5.0.30-10.5.0.39, mode: load-balance}"}
    text = tenants("kea", red, blue).replace("servers: [s1]", "servers: [s1, s2]")
    text = text.replace("servers: {s1: sw1}", "servers: {s1: sw1, s2: sw1}")
    assert "divides a pool by client, and not by VRF as well" in refusal(text, tmp_path)
    standby = text.replace("load-balance", "hot-standby")
    assert len(plan(standby, tmp_path).role(Role.SERVER)) == 2


@pytest.mark.parametrize("whose", ["red", "blue"])
def test_t1_and_t2_are_shares_where_a_class_of_either_vrf_has_a_lease_time(
    whose: str, tmp_path: Path
) -> None:
    """In seconds they would be those of the segment's own lease."""
    timed = {"classes": PHONES % (whose, "10.5.0.20-10.5.0.29")}
    timed["classes"] = timed["classes"].replace("range:", "lease: 10m, range:")
    red = {"pool": "{range: 10.5.0.10-10.5.0.19, lease: 1h}"} | (timed if whose == "red" else {})
    blue = {"pool": "{range: 10.5.0.30-10.5.0.39, lease: 1h}"} | (timed if whose == "blue" else {})
    (subnet,) = kea(tenants("kea", red, blue), tmp_path)["subnet4"]
    assert (subnet["t1-percent"], subnet["t2-percent"]) == (0.5, 0.875)
    assert "renew-timer" not in subnet
