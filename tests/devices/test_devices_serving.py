"""What vendors' servers are told beside pools: the addresses they listen at, and leases that they take."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from devices_specs import planned

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan

SPEC = """
name: served
switches: [sw]
timers: device
segments:
  users: {attach: {sw: [pc1]}, relay: {servers: [dhcp]}, pool: {lease: LEASE}}
servers: {dhcp: sw}
"""


def section(server: str, folder: Path, lease: str = "8h") -> tuple[LabPlan, str]:
    plan = planned(SPEC.replace("LEASE", lease), folder, {"server": server})
    node = plan.node("dhcp")
    return plan, "".join(file.text for file in registry.get(server).artifacts(plan, node))


def test_vyos_listens_at_the_address_that_relays_ask(tmp_path: Path) -> None:
    """Its Kea binds one socket for each address it is told, and hears nothing sent to others."""
    plan, text = section("vyos", tmp_path)
    asked = {str(target.address) for relay in plan.node("sw").relays for target in relay.targets}
    listening = {line.split()[-1] for line in text.splitlines() if " listen-address " in line}
    assert asked == {"10.0.0.1"}
    assert asked < listening
    assert "10.1.0.1" in listening


@pytest.mark.parametrize(("lease", "least"), [("8h", None), ("10m", None), ("9m", "540"), ("12s", "12")])
def test_sr_os_takes_a_lease_that_is_shorter_than_its_least(
    lease: str, least: str | None, tmp_path: Path
) -> None:
    """`min-lease-time` is 600 s unless it is set, and no lease is shorter than it."""
    _, text = section("sros", tmp_path, lease)
    found = [line.split()[-1] for line in text.splitlines() if "min-lease-time" in line]
    assert found == ([least] if least else [])


KEPT = """
name: kept
devices: {server: DEV}
switches: [sw]
timers: device
segments:
  users: {attach: {sw: [pc1, pc2]}, relay: {servers: [dhcp]}, pool: {lease: LEASE}, MORE}
servers: {dhcp: sw}
"""


def kept(server: str, folder: Path, more: str, lease: str = "8h") -> str:
    text = KEPT.replace("DEV", server).replace("MORE", more).replace("LEASE", lease)
    plan = planned(text, folder, {})
    return "".join(file.text for file in registry.get(server).artifacts(plan, plan.node("dhcp")))


RESERVED = 'reservations: {"02:00:00:00:0a:01": 172.16.0.77}'


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (
            "arubacx",
            "        range 172.16.0.77 172.16.0.77 prefix-len 24\n"
            "        static-bind ip 172.16.0.77 mac 02:00:00:00:0a:01\n",
        ),
        (
            "eos",
            "      reservations\n         mac-address 02:00:00:00:0a:01\n            ipv4-address 172.16.0.77\n",
        ),
        (
            "vyos",
            "static-mapping h1 mac 02:00:00:00:0a:01\nset service dhcp-server shared-network-name users subnet 172.16.0.0/24 "
            "static-mapping h1 ip-address 172.16.0.77\n",
        ),
        (
            "vjunos-router",
            "host h1 {\n                    hardware-address 02:00:00:00:0a:01;\n                    ip-address 172.16.0.77;",
        ),
    ],
)
def test_an_address_is_kept_for_a_mac_address(server: str, words: str, tmp_path: Path) -> None:
    assert words in kept(server, tmp_path, RESERVED)


@pytest.mark.parametrize("server", ["arubacx", "eos", "vjunos-switch", "vyos"])
def test_an_address_is_kept_by_nothing_else(server: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="keeps no addresses by client-id that labgen could configure, says "):
        kept(server, tmp_path, 'reservations: {"client-id 01:aa": 172.16.0.77}')


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("csr", " dns-server 10.9.9.53 10.9.9.54\n domain-name lab.example\n option 42 hex 0a09.092a\n"),
        ("iosxr", "  option 6 hex 0a0909350a090936\n  option 15 hex 6c61622e6578616d706c65\n  option 42 hex 0a09092a\n"),
        ("sros", '        - number: 6\n          hex-string: "0x0a0909350a090936"\n'),
        ("vjunos-switch", "                    name-server {\n                        10.9.9.53;\n                        10.9.9.54;\n"),
        ("vjunos-router", "                    domain-name lab.example;\n"),
        ("vjunos-router", "                    option 42 {\n                        hex-string 0a09092a;\n"),
        ("vyos", " option name-server 10.9.9.53\n"),
        ("vyos", " option name-server 10.9.9.54\n"),
        ("vyos", " option domain-name lab.example\n"),
        ("vyos", " option ntp-server 10.9.9.42\n"),
    ],
)  # fmt: skip
def test_options_are_in_the_words_of_the_device(server: str, words: str, tmp_path: Path) -> None:
    asked = "options: {dns: [10.9.9.53, 10.9.9.54], domain: lab.example, ntp: [10.9.9.42]}"
    assert words in kept(server, tmp_path, asked)
    assert words not in kept(server, tmp_path, "")


@pytest.mark.parametrize(
    ("server", "path", "static", "codes"),
    [
        ("cumulus_nvue", ("service", "dhcp-server", "default", "pool"), "static", [6]),
        ("cumulus_nvue:5.14", ("service", "dhcp-server", "default", "pool"), "static", [6]),
        ("cumulus_nvue:5.15", ("vrf", "default", "dhcp-server-v4", "subnet"), "static-host", [6, 15]),
    ],
)
def test_cumulus_has_dns_servers_and_kept_addresses_in_its_vrf(
    server: str, path: tuple[str, ...], static: str, codes: list[int], tmp_path: Path
) -> None:
    """A MAC address of digits alone is a number to YAML 1.1, base 60, unless it is quoted."""
    options = {6: "dns: [10.9.9.53, 10.9.9.54]", 15: "domain: lab.example"}
    asked = f"options: {{{', '.join(options[code] for code in codes)}}}"
    text = kept(server, tmp_path, f'{asked}, reservations: {{"02:00:00:00:00:01": 172.16.0.77}}')
    vrf = found = yaml.safe_load(text)[0]["set"]
    for step in path:
        vrf, found = found, found[step]
    assert vrf[static] == {"users-1": {"mac-address": "02:00:00:00:00:01", "ip-address": "172.16.0.77"}}
    pool = found["172.16.0.0/24"]
    assert pool["domain-name-server"] == {"10.9.9.53": {}, "10.9.9.54": {}}
    assert pool.get("domain-name") == ("lab.example" if 15 in codes else None)
    assert "172.16.0.77" not in str(pool["range"])


def test_eos_has_dns_servers_of_a_subnet_alone(tmp_path: Path) -> None:
    text = kept("eos", tmp_path, "options: {dns: [10.9.9.53, 10.9.9.54]}")
    assert "254\n      dns server 10.9.9.53 10.9.9.54\n      lease time 0 days 8 hours" in text
    assert "dns server" not in kept("eos", tmp_path, "")
    with pytest.raises(SpecError, match=r"hands out no option 42 .*, says Arista AVD 5\.0\.0-rc2"):
        kept("eos", tmp_path, "options: {dns: [10.9.9.53], ntp: [10.9.9.42]}")


def test_cumulus_says_what_its_pools_have_no_word_for(tmp_path: Path) -> None:
    for server, code in (("cumulus_nvue:5.14", "domain: a.b"), ("cumulus_nvue:5.15", "ntp: [10.9.9.42]")):
        with pytest.raises(SpecError, match=r"hands out no option .*, says the NVUE reference, DHCP Server"):
            kept(server, tmp_path, f"options: {{{code}}}")
    with pytest.raises(SpecError, match=r"keeps no addresses by client-id .*, says the NVUE reference"):
        kept("cumulus_nvue", tmp_path, 'reservations: {"client-id 01:aa": 172.16.0.77}')


def test_ios_hands_out_what_it_has_no_word_for_in_groups_of_octets(tmp_path: Path) -> None:
    assert " option 150 hex 0a09.0909\n" in kept("csr", tmp_path, "options: {150: 10.9.9.9}")
    assert " option 66 hex 6162.6364.65\n" in kept("csr", tmp_path, "options: {66: abcde}")


def test_vyos_has_options_by_name_alone(tmp_path: Path) -> None:
    told = "hands out no option 150 that labgen could configure, says service_dhcp-server.xml.in"
    with pytest.raises(SpecError, match=told):
        kept("vyos", tmp_path, "options: {dns: [10.9.9.53], 150: 10.9.9.9}")


def test_aos_cx_hands_out_options_as_octets(tmp_path: Path) -> None:
    text = kept("arubacx", tmp_path, "options: {dns: [10.9.9.53], 150: 10.9.9.9}")
    assert "        option 6 hex 0a090935\n        option 150 hex 0a090909\n" in text


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("arubacx", "        lease infinite\n"),
        ("csr", " lease infinite\n"),
        ("iosxr", "  lease infinite\n"),
        ("vjunos-switch", "maximum-lease-time infinite;"),
    ],
)
def test_a_lease_without_an_end(server: str, words: str, tmp_path: Path) -> None:
    assert words in kept(server, tmp_path, "", "infinite")
    assert words not in kept(server, tmp_path, "")


@pytest.mark.parametrize("server", ["arubacx", "eos"])
@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('classes: {boot: {user_class: iPXE, clients: [pc2], lease: 10m}}', "tells no classes of clients apart"),
        ("classes: {boot: {user_class: iPXE, clients: [pc2], lease: 10m}}", "gives all clients of a segment one lease time"),
        ("reservations: {pc1: {address: 172.16.0.77, lease: 30d}}", "has no lease time for a single client"),
    ],
)  # fmt: skip
def test_what_a_server_cannot_do_of_classes_and_lease_times_has_a_source(
    server: str, more: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError) as refused:
        kept(server, tmp_path, more)
    (problem,) = [each for each in refused.value.problems if told in each.reason]
    assert ", says A" in problem.reason
