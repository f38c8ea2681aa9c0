"""Classes of clients, and options of single ones: what servers are told, what clients send, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from plan_specs import config, plan, refusal, scope

from labgen.ground.labplan import LabPlan

CLASSES = """\
name: classes
devices: {server: kea}
switches: [sw1, sw2]
links: [sw1-sw2]
segments:
  users:
    prefix: 10.1.1.0/24
    gateway: 10.1.1.1
    attach: {sw1: [pc1, phone1, boot1, kiosk]}
    relay: {servers: [srv1]}
    pool: {range: 10.1.1.50-10.1.1.219}
    options: {dns: [10.9.9.53], domain: example.net, tftp-server: any.example.net}
    classes:
      phones:
        vendor_class: "Cisco Systems, Inc. IP Phone"
        clients: [phone1]
        range: 10.1.1.200-10.1.1.209
        options: {150: 10.9.9.9, dns: [10.9.9.54]}
      pxe: {vendor_class: PXEClient, clients: [boot1], options: {tftp-server: boot.example.net}}
    reservations:
      kiosk: {address: 10.1.1.20, options: {domain: kiosk.example.net}}
servers: {srv1: sw2}
"""


def options(built: LabPlan, client: str) -> dict[int, str]:
    return {option.code: option.text for option in built.options_of(client)}


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("pc1", {6: "10.9.9.53", 15: "example.net", 66: "any.example.net"}),
        ("phone1", {6: "10.9.9.54", 15: "example.net", 66: "any.example.net", 150: "10.9.9.9"}),
        ("boot1", {6: "10.9.9.53", 15: "example.net", 66: "boot.example.net"}),
        ("kiosk", {6: "10.9.9.53", 15: "kiosk.example.net", 66: "any.example.net"}),
    ],
)
def test_a_client_gets_its_segments_options_but_what_its_class_or_it_alone_has_otherwise(
    tmp_path: Path, client: str, expected: dict[int, str]
) -> None:
    built = plan(CLASSES, tmp_path)
    assert options(built, client) == expected
    node = built.node(client).client
    assert node is not None
    assert set(node.requested) == set(expected)


def test_the_range_of_a_class_is_no_part_of_the_segments(tmp_path: Path) -> None:
    found = scope(plan(CLASSES, tmp_path), "srv1")
    assert [str(part) for part in found.ranges] == ["10.1.1.50-10.1.1.199", "10.1.1.210-10.1.1.219"]
    assert [str(part) for part in found.of("phone1").ranges] == ["10.1.1.200-10.1.1.209"]
    assert found.of("boot1").ranges == found.of("pc1").ranges == found.ranges


def test_kea_evaluates_options_of_classes_for_their_subnet_and_guards_pools(tmp_path: Path) -> None:
    dhcp4 = json.loads(config(plan(CLASSES, tmp_path), "srv1", "kea-dhcp4.conf"))["Dhcp4"]
    classes = {each["name"]: each for each in dhcp4["client-classes"]}
    assert classes["users.pxe"]["test"] == "substring(option[60].hex,0,9) == 0x505845436c69656e74"
    assert classes["users:shared"]["test"] == "not member('users.phones')"
    codes = {name: [o["code"] for o in each.get("option-data", [])] for name, each in classes.items()}
    assert codes["users.phones.options"] == [6, 66, 150]
    assert codes["users.pxe.options"] == [6, 66]
    assert codes["users:others.options"] == [6, 66]
    (subnet,) = dhcp4["subnet4"]
    assert [o.get("code") for o in subnet["option-data"]] == [None, 15]
    assert subnet["require-client-classes"] == [
        "users.phones.options", "users.pxe.options", "users:others.options",
    ]  # fmt: skip
    assert {pool["pool"]: pool["client-class"] for pool in subnet["pools"]} == {
        "10.1.1.50 - 10.1.1.199": "users:shared",
        "10.1.1.210 - 10.1.1.219": "users:shared",
        "10.1.1.200 - 10.1.1.209": "users.phones",
    }


def test_the_range_of_a_class_is_a_pool_of_its_own_subnet_alone(tmp_path: Path) -> None:
    """Kea refuses a pool that is not in its subnet."""
    text = CLASSES.replace("    gateway:", "    secondary: [10.1.2.0/24]\n    gateway:")
    dhcp4 = json.loads(config(plan(text, tmp_path), "srv1", "kea-dhcp4.conf"))["Dhcp4"]
    first, second = dhcp4["shared-networks"][0]["subnet4"]
    assert "10.1.1.200 - 10.1.1.209" in {pool["pool"] for pool in first["pools"]}
    assert [(pool["pool"], pool["client-class"]) for pool in second["pools"]] == [
        ("10.1.2.2 - 10.1.2.254", "users:shared")
    ]


def test_dnsmasq_sends_no_option_twice(tmp_path: Path) -> None:
    text = config(plan(CLASSES.replace("kea", "dnsmasq"), tmp_path), "srv1", "dnsmasq.conf")
    lines = [line.partition("=")[2] for line in text.splitlines() if line.startswith("dhcp-option=tag")]
    assert [line for line in lines if ",6," in line] == [
        "tag:users,tag:!users-class-phones,6,10.9.9.53",
        "tag:users,tag:users-class-phones,6,10.9.9.54",
    ]
    assert 'dhcp-vendorclass=set:users-class-phones,"Cisco Systems, Inc. IP Phone"' in text.splitlines()


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("dhclient", 'send vendor-class-identifier "PXEClient";'),
        ("dhcpcd", "vendorclassid PXEClient"),
    ],
)
def test_clients_of_a_class_send_its_vendor_class_and_others_none(
    tmp_path: Path, device: str, said: str
) -> None:
    built = plan(CLASSES.replace("server: kea", f"server: kea, client: {device}"), tmp_path)
    assert said in config(built, "boot1", ".conf").splitlines()
    assert said.partition("PXE")[0] not in config(built, "kiosk", ".conf")


def test_a_spec_without_classes_has_none_in_its_plan_and_its_servers(tmp_path: Path) -> None:
    text = CLASSES[: CLASSES.index("    classes:")] + "servers: {srv1: sw2}\n"
    built = plan(text, tmp_path)
    assert '"classes"' not in built.to_json().replace('"name": "classes"', "")
    assert "client-classes" not in config(built, "srv1", "kea-dhcp4.conf")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("clients: [boot1]", "clients: [boot9]", "`boot9` is no client of segment `users`"),
        ("clients: [boot1]", "clients: [phone1]", "`phone1` is in class `phones` already"),
        ("vendor_class: PXEClient", "vendor_class: Cisco", "begin alike: a client would be in both"),
        ("vendor_class: PXEClient, ", "", "told by `vendor_class` or by `user_class`, and here by neither"),
        ("vendor_class: PXEClient", "vendor_class: 'a\"b'", "is no class that a client sends"),
        ("10.1.1.200-10.1.1.209", "10.1.2.200-10.1.2.209", "lies outside segment `users`"),
        ("server: kea", "server: iosv", "`iosv` tells no classes of clients apart"),
        ("server: kea", "client: iosv", "`iosv` sends no vendor class that labgen could configure"),
        (
            "{address: 10.1.1.20, options",
            "{addres: 10.1.1.20, options",
            "unknown key `addres` in a reservation",
        ),
        ("{address: 10.1.1.20, options", "{options", "a reservation has no address"),
        ("domain: kiosk.example.net", "router: 10.1.1.9", "`router`, option 3, is not set here"),
    ],
)
def test_what_cannot_work_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CLASSES
    found = refusal(CLASSES.replace(old, new), tmp_path)
    assert said in found
    assert "own.yml:" in found


def test_servers_without_options_of_single_clients_refuse_them(tmp_path: Path) -> None:
    text = CLASSES[: CLASSES.index("    classes:")] + CLASSES[CLASSES.index("    reservations:") :]
    assert "hands out no options to single clients" in refusal(
        text.replace("server: kea", "server: vyos"), tmp_path
    )


@pytest.mark.parametrize(
    "where", ["options: {43: 0a:09:09:09, ", "options: {150: 10.9.9.9, 43: 0a:09:09:09, "]
)
def test_kea_sends_option_43_as_it_is_written(tmp_path: Path, where: str) -> None:
    """What is no list of sub-options would be sent empty."""
    before = "options: {150: 10.9.9.9, " if "150" in where else "options: {"
    told = config(plan(CLASSES.replace(before, where, 1), tmp_path), "srv1", "kea-dhcp4.conf")
    (raw,) = json.loads(told)["Dhcp4"]["option-def"]
    assert (raw["code"], raw["space"], raw["type"]) == (43, "dhcp4", "binary")
    assert "option-def" not in json.loads(config(plan(CLASSES, tmp_path), "srv1", "kea-dhcp4.conf"))["Dhcp4"]


@pytest.mark.parametrize("key", ["matched_by", "told_by"])
def test_what_matches_a_class_is_read_and_written_under_both_names(tmp_path: Path, key: str) -> None:
    """`told_by` was the first; who reads plan.json by it still finds it."""
    text = CLASSES.replace('vendor_class: "Cisco Systems, Inc. IP Phone"', "user_class: phone")
    written = json.loads(plan(text, tmp_path).to_json())
    (own,) = [each for each in find(written, "classes") if each["name"] == "phones"]
    assert own["matched_by"] == own["told_by"] == "user-class"
    own.pop("told_by" if key == "matched_by" else "matched_by")
    assert json.loads(LabPlan.from_json(json.dumps(written)).to_json()) == json.loads(
        plan(text, tmp_path).to_json()
    )


def find(data: object, key: str) -> list[dict[str, object]]:
    """What stands in the lists under a key, wherever they are."""
    if isinstance(data, list):
        return [each for item in data for each in find(item, key)]
    if not isinstance(data, dict):
        return []
    own = data.get(key)
    return [
        *(own if isinstance(own, list) else []),
        *(each for item in data.values() for each in find(item, key)),
    ]
