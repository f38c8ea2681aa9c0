"""Reading the configuration: what is wrong is told with its place and a way out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from labgen.ground.errors import SpecError
from labgen.relay.config import RelayConfig, load_config, parse_config

GOOD = """\
name: sw1
dialect: eos
vrfs:
  client: {netns: /run/netns/client}
interfaces:
  - name: vlan1000
    vrf: client
    servers:
      - {address: 10.0.0.2}
"""


def test_defaults_are_filled_in() -> None:
    config = parse_config(GOOD)
    assert (config.hop_limit, config.log, config.drop_privileges) == (16, "-", True)
    assert config.interfaces[0].servers[0].vrf == "default"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    vrf: client", "    vfr: client", 7, ["interfaces.0.vfr", "Did you mean `vrf`?"]),
        ("dialect: eos", "dialect: ios-xr", 2, ["no dialect is called 'ios-xr'", "aoscx"]),
        ("10.0.0.2", "10.0.0.256", 9, ["interfaces.0.servers.0.address", "10.0.0.256"]),
        ("    vrf: client", "    vrf: red", 7, ["no VRF is called 'red'", "default, client"]),
        ("{netns: /run/netns/client}", "{netns: /x, device: y}", 4, ["not by both"]),
        ("- {address: 10.0.0.2}", "[]", 8, ["at least 1 item"]),
        ("name: sw1\n", "", 1, ["name", "Add `name`"]),
        ("    vrf: client", "    vrf: client\n    hop_limit: 255", 8, ["hop_limit", "254"]),
        (
            "- {address: 10.0.0.2}",
            "- {address: 10.0.0.2}\n      - {address: 10.0.0.2}",
            10,
            ["10.0.0.2 is listed twice"],
        ),
    ],
    ids=["typo", "dialect", "address", "vrf", "two-places", "no-server", "no-name", "hop-limit", "twice"],
)
def test_mistake_is_told_with_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, words: list[str]
) -> None:
    path = tmp_path / "relay.yml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_config(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (path, line)
    assert all(word in str(problem) for word in words), str(problem)


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\t- x"], ids=["open", "colons", "tab"])
def test_broken_yaml_is_told_with_its_line(text: str) -> None:
    with pytest.raises(SpecError, match="not YAML") as caught:
        parse_config("name: x\n" + text)
    assert caught.value.problems[0].line is not None


@pytest.mark.parametrize("text", ["", "- a", "3"], ids=["empty", "list", "number"])
def test_file_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        parse_config(text)


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot read it"):
        load_config(tmp_path / "none.yml")


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parse_config(
            GOOD.replace("10.0.0.2", "10.0.0.300").replace("    vrf: client", "    vrf: client\n    foo: 1")
        )
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("address", "0.0.0.0", "no host's address"),
        ("address", "127.0.0.1", "loopback"),
        ("address", "224.0.0.1", "multicast"),
        ("address", "255.255.255.255", "broadcast"),
        ("address", "250.1.2.3", "reserved"),
        ("address", "167772162", "write an IPv4 address"),
        ("address", "a" * 300 + "!", "neither an IPv4 address nor a host name"),
        ("address", "10.0.0.2.5", "neither an IPv4 address nor a host name"),
        ("address", "-dhcp.example", "neither an IPv4 address nor a host name"),
        ("address", "dhcp_1..example", "neither an IPv4 address nor a host name"),
        ("address", "10.0.0.2, giaddr: 0.0.0.0", "no host's address"),
        ("address", "10.0.0.2, giaddr: 255.255.255.255", "broadcast"),
        ("address", "10.0.0.2, giaddr: 10.0.0.2", "giaddr or source address of this relay"),
        ("address", "10.0.0.2, source: 10.0.0.2", "giaddr or source address of this relay"),
        ("address", "10.0.0.2, port: 0", "greater than or equal to 1"),
        ("address", "10.0.0.2, port: 65536", "less than or equal to 65535"),
    ],
)
def test_address_that_cannot_be_a_server_or_giaddr_is_refused(key: str, value: str, words: str) -> None:
    """RFC 1542 section 4.1.1, RFC 1122 section 3.2.1.3."""
    with pytest.raises(SpecError) as caught:
        parse_config(GOOD.replace("{address: 10.0.0.2}", f"{{{key}: {value}}}"))
    (problem,) = caught.value.problems
    assert words in str(problem)
    assert problem.line == 9


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('circuit_id: "{hostname}:{vlan}"', "{hostname} is filled in by nothing"),
        ('remote_id: "{port}"', "{port} is filled in by nothing"),
        ('circuit_id: "0x0102z"', "is no octets"),
        ('remote_id: "0x0000118b0301a"', "is no octets"),
        ('sub_options: {9: "0x0000118b0301a"}', "is no octets"),
        ("link_selection: 0.0.0.0", "no host's address"),
        ("giaddr: 167772164", "write an IPv4 address"),
        ("source: true", "write an IPv4 address"),
        ("link_selection: 255.255.255.255", "broadcast"),
        ("subscriber_id: " + "s" * 80 + ", sub_options: {9: " + "v" * 180 + "}", "would have 275 octets"),
        ('circuit_id: "' + "{host}" * 13 + '"', "it holds 255"),
    ],
)
def test_what_option_82_cannot_hold_is_refused(line: str, words: str) -> None:
    """RFC 3046 section 2.0: one octet tells how long it is."""
    text = f"name: {'n' * 60}\ninterfaces:\n  - {{name: vlan10, {line}, servers: [{{address: 10.0.0.2}}]}}\n"
    with pytest.raises(SpecError) as caught:
        parse_config(text)
    (problem,) = caught.value.problems
    assert words in str(problem)
    assert problem.line == 3


@pytest.mark.parametrize("name", ["vlan 10", "vlan/10", "eth0\\tx", ""])
def test_name_that_no_interface_can_have_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match="name"):
        parse_config(f'name: a\ninterfaces:\n  - {{name: "{name}", servers: [{{address: 10.0.0.2}}]}}\n')


def test_server_that_has_two_spellings_is_one() -> None:
    """R01: a request goes to every server once."""
    two = "[{{address: dhcp.example}}, {{address: {other}}}]"
    text = "name: a\ninterfaces:\n  - {{name: vlan10, servers: " + two + "}}\n"
    with pytest.raises(SpecError, match=r"DHCP[.]example[.] is listed twice"):
        parse_config(text.format(other="DHCP.example."))
    assert len(parse_config(text.format(other="dhcp2.example")).interfaces[0].servers) == 2


@pytest.mark.parametrize("address", ["10.0.0.3", "dhcp1.example.net", "dhcp", "dhcp.example.", "10.1.0.255"])
def test_server_may_be_a_host_a_name_or_a_subnet_broadcast(address: str) -> None:
    config = parse_config(GOOD.replace("10.0.0.2", address))
    assert str(config.interfaces[0].servers[0].address) == address


@pytest.mark.parametrize(
    ("written", "number"), [("CS6", 48), ("cs1", 8), ("EF", 46), ("AF41", 34), ("default", 0), ("10", 10)]
)
def test_dscp_is_known_by_name_and_number(written: str, number: int) -> None:
    """RFC 2474, 2597, 3246."""
    assert parse_config(f"dscp: {written}\n{GOOD}").dscp == number


@pytest.mark.parametrize("written", ["64", "-1", "CS8", "AF44", "high"])
def test_dscp_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(SpecError, match="dscp"):
        parse_config(f"dscp: {written}\n{GOOD}")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sub_options: {5: x}", "has a key of its own"),
        ("sub_options: {255: x}", "less than or equal to 254"),
        ('sub_options: {9: "0x' + "00" * 256 + '"}', "255 octets"),
        ("min_secs: 65536", "65535"),
        ("subscriber_id: ''", "subscriber_id"),
    ],
    ids=["own-key", "code", "too-long", "secs", "empty"],
)
def test_sub_option_that_cannot_be_is_refused(line: str, words: str) -> None:
    with pytest.raises(SpecError, match="10:") as caught:
        parse_config(GOOD + f"    {line}\n")
    assert words in str(caught.value)


def test_vpn_id_is_three_octets_and_four() -> None:
    """RFC 2685."""
    with pytest.raises(SpecError, match="OUI:index"):
        parse_config(GOOD.replace("/run/netns/client", "/x, vpn_id: 1234567:1"))
    assert (
        parse_config(GOOD.replace("/run/netns/client", "/x, vpn_id: 5e:2a")).vrfs["client"].vpn_id == "5e:2a"
    )


def test_two_names_for_one_vrf_are_refused() -> None:
    text = GOOD.replace("  client: {netns: /run/netns/client}", "  client: {netns: /x}\n  other: {netns: /x}")
    with pytest.raises(SpecError, match="VRF other is VRF client under another name"):
        parse_config(text)


TIMESTAMP = GOOD.replace("dialect: eos", "log: !!timestamp /var/log/labgen-relay.log")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (TIMESTAMP, 2),
        (GOOD.replace("dialect: eos", "hop_limit: " + "9" * 5000), 2),
        (GOOD.replace("dialect: eos", "dialect: !!int x"), 2),
        (GOOD.replace("dialect: eos", "dialect: !!python/object:os.system x"), 2),
        (GOOD.replace("{address: 10.0.0.2}", "&a [*a]"), 9),
        (GOOD.replace("dialect: eos", "? [a]\n: b"), 2),
    ],
    ids=["timestamp", "huge", "tag", "object", "recursion", "list-as-key"],
)
def test_malformed_yaml_is_an_error_with_its_line_and_exit_code_2(
    tmp_path: Path, text: str, line: int
) -> None:
    path = tmp_path / "relay.yml"
    path.write_text(text, "utf-8")
    program = "from labgen.relay.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "check", "-c", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"{path}:{line}:" in done.stderr
    assert "Traceback" not in done.stderr


def test_vrf_without_a_place_is_the_device_of_its_name_when_there_is_no_such_namespace(
    tmp_path: Path,
) -> None:
    path = tmp_path / "relay.yml"
    path.write_text(
        GOOD.replace("{netns: /run/netns/client}", "{}").replace("client", "no-such-vrf"), "utf-8"
    )
    vrf = load_config(path).vrfs["no-such-vrf"]
    assert (vrf.netns, vrf.device) == (None, "no-such-vrf")


def test_schema_accepts_what_the_reader_accepts() -> None:
    schema = json.loads(json.dumps(RelayConfig.model_json_schema()))
    jsonschema.validate(yaml.safe_load(GOOD), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(GOOD + "foo: 1\n"), schema)
