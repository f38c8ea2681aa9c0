"""Secondary subnets in intents: what a file says, what a plan's draft says, and what servers that run tell of shared networks."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path

import pytest
from intent_files import INTENT, planned, written
from jsonschema import Draft202012Validator
from test_intent_live import Lab, drafted, said

from labgen.adopt.intent.draft import gather, text
from labgen.adopt.intent.load import load
from labgen.adopt.intent.plan import plan as intent_plan
from labgen.ground import yamldoc
from labgen.ground.errors import SpecError
from labgen.plan.build import build
from labgen.schemas.published import document
from labgen.spec import load as spec

DESIGNS = Path(__file__).parents[2] / "examples" / "designs"
SECOND = (
    "    gateway: 10.1.1.1\n",
    "    gateway: 10.1.1.1\n    secondary: [{prefix: 10.1.2.0/24, gateway: 10.1.2.1}]\n",
)
RANGES = ("ranges: 10.1.1.100-10.1.1.150", "ranges: [10.1.1.100-10.1.1.101, 10.1.2.100-10.1.2.150]")


def test_ranges_of_a_secondary_subnet_have_its_mask_and_its_router(tmp_path: Path) -> None:
    plan = planned(tmp_path, SECOND, RANGES)
    server = plan.node("srv").server
    assert server is not None
    (scope,) = server.scopes
    assert [str(each) for each in scope.ranges] == ["10.1.1.100-10.1.1.101"]
    around = scope.around(ip_address("10.1.2.100"))
    assert (str(around.prefix), str(around.router)) == ("10.1.2.0/24", "10.1.2.1")
    assert [str(each) for each in around.ranges] == ["10.1.2.100-10.1.2.150"]
    assert plan.segment("users").gateway_for("10.1.2.100") == ip_address("10.1.2.1")
    assert plan.segment("users").gateway_for("10.1.1.100") == ip_address("10.1.1.1")


def test_addresses_of_a_port_in_secondary_subnets_are_the_nodes_own(tmp_path: Path) -> None:
    plan = planned(tmp_path, SECOND, ("vrf: red}, Loop", "vrf: red, secondary: 10.1.2.2/24}, Loop"))
    assert plan.node("leaf1").interface("Vlan100").secondary == (ip_interface("10.1.2.2/24"),)
    assert ip_address("10.1.2.2") in plan.node("leaf1").addresses


@pytest.mark.parametrize(
    ("changes", "line", "words"),
    [
        pytest.param([RANGES], 17, "10.1.2.100-10.1.2.150 is not within 10.1.1.0/24", id="not named"),
        pytest.param([SECOND, ("10.1.1.100-10.1.1.150", "10.1.3.1-10.1.3.9")], 18, "10.1.1.0/24 or 10.1.2.0/24", id="in neither"),
        pytest.param([(SECOND[0], SECOND[1].replace("10.1.2.0/24", "10.1.1.128/25"))], 15, "overlaps 10.1.1.0/24", id="overlap"),
        pytest.param([(SECOND[0], SECOND[1].replace("y: 10.1.2.1}", "y: 10.1.3.1}"))], 15, "10.1.3.1 is outside 10.1.2.0/24", id="gateway"),
        pytest.param([(SECOND[0], SECOND[1].replace("gateway: 10.1.2", "gatway: 10.1.2"))], 15, "gateway", id="key"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_secondary_subnet_is_told_with_its_line(
    tmp_path: Path, changes: list[tuple[str, str]], line: int, words: str
) -> None:
    with pytest.raises(SpecError) as caught:
        load(written(tmp_path, *changes))
    problem = caught.value.problems[0]
    assert (problem.line, words in str(problem)) == (line, True), str(problem)


@pytest.mark.parametrize(
    "form", ["10.1.2.0/24", "[10.1.2.0/24]", "{prefix: 10.1.2.0/24}", "[{prefix: 10.1.2.0/24}]"]
)
def test_short_forms_and_the_schema_agree(tmp_path: Path, form: str) -> None:
    text = INTENT.replace(SECOND[0], f"    secondary: {form}\n")
    (tmp_path / "intent.yml").write_text(text)
    (found,) = load(tmp_path / "intent.yml").intent.segments["users"].secondary
    assert (found.prefix, found.gateway) == (ip_network("10.1.2.0/24"), None)
    Draft202012Validator(document("intent")).validate(yamldoc.parse(text).data)


@pytest.mark.parametrize("design", ["shared-network", "bng"])
def test_the_draft_of_a_plan_loses_no_subnet(tmp_path: Path, design: str) -> None:
    wanted = build(spec.load(str(DESIGNS / f"{design}.yml")))
    (tmp_path / "intent.yml").write_text(text.text(gather.draft([DESIGNS / f"{design}.yml"])))
    meant = intent_plan(load(tmp_path / "intent.yml").intent, {})
    for segment in (each for each in wanted.segments if each.clients):
        own = meant.segment(segment.name)
        assert (own.prefixes, own.gateways) == (segment.prefixes, segment.gateways)
        assert meant.scope_of[segment.name].secondary == wanted.scope_of[segment.name].secondary
        for node, relay in wanted.relays(segment.name):
            port = node.interface(relay.interface)
            assert meant.node(node.name).interface(relay.interface).secondary == port.secondary
    assert any(segment.secondary for segment in meant.segments)


KEA = """\
{"Dhcp4": {"valid-lifetime": 600, "shared-networks": [{"name": "n", "subnet4": [
  {"id": 1, "subnet": "10.20.0.0/24", "option-data": [{"name": "routers", "data": "10.20.0.1"}],
   "pools": [{"pool": "10.20.0.9-10.20.0.9"}]},
  {"id": 2, "subnet": "10.21.0.0/24", "option-data": [{"name": "routers", "data": "10.21.0.1"}],
   "pools": [{"pool": "10.21.0.10-10.21.0.99"}]}]}],
  "subnet4": [{"id": 3, "subnet": "10.22.0.0/24", "pools": [{"pool": "10.22.0.10-10.22.0.99"}]}]}}
"""
DHCPD = """\
default-lease-time 600; max-lease-time 600;
shared-network n {
  subnet 10.20.0.0 netmask 255.255.255.0 { option routers 10.20.0.1; range 10.20.0.9 10.20.0.9; }
  subnet 10.21.0.0 netmask 255.255.255.0 { option routers 10.21.0.1; range 10.21.0.10 10.21.0.99; }
}
subnet 10.22.0.0 netmask 255.255.255.0 { range 10.22.0.10 10.22.0.99; }
"""
DNSMASQ = """\
dhcp-range=set:a,10.20.0.9,10.20.0.9,255.255.255.0,10m
dhcp-option=tag:a,option:router,10.20.0.1
shared-network=10.20.0.1,10.21.0.1
dhcp-range=set:b,10.21.0.10,10.21.0.99,255.255.255.0,10m
dhcp-option=tag:b,option:router,10.21.0.1
dhcp-range=10.22.0.10,10.22.0.99,255.255.255.0,10m
"""
SERVERS = {
    "kea-dhcp4": ("/etc/kea/kea-dhcp4.conf", KEA),
    "dhcpd": ("/etc/dhcp/dhcpd.conf", DHCPD),
    "dnsmasq": ("/etc/dnsmasq.conf", DNSMASQ),
}


@pytest.mark.parametrize("program", SERVERS)
def test_a_further_subnet_of_a_shared_network_is_on_the_wire_of_the_first_and_no_other(
    tmp_path: Path, program: str
) -> None:
    path, config = SERVERS[program]
    gw = said(
        {"lan": "10.20.0.1/24", "eth3": "10.30.0.1/30"},
        ["dhcrelay", "-4", "-d", "-a", "-id", "lan", "-iu", "eth3", "10.30.0.2"],
        bridge=("eth1", "eth2"),
    )
    gw = gw.replace(
        "scope global lan\n", "scope global lan\n2: lan    inet 10.21.0.1/24 scope global secondary lan\n"
    )
    nodes = {
        "gw": gw,
        "ns": said({"eth1": "10.30.0.2/30"}, [program]),
        "pc": said({"eth1": "10.21.0.10/24"}, ["dhcpcd", "-B", "eth1"]),
    }
    data, missing = drafted(tmp_path, Lab(nodes, {("ns", path): config}))
    (segment,) = data["segments"].values()
    assert segment["prefix"] == "10.20.0.0/24"
    assert segment["gateway"] == "10.20.0.1"
    assert segment["secondary"] == [{"prefix": "10.21.0.0/24", "gateway": "10.21.0.1"}]
    assert segment["pools"]["ns"]["ranges"] == ["10.20.0.9-10.20.0.9", "10.21.0.10-10.21.0.99"]
    assert segment["clients"]["pc"] == "eth1", "its address is of the further subnet"
    assert data["nodes"]["gw"]["interfaces"]["lan"] == {
        "address": "10.20.0.1/24",
        "secondary": ["10.21.0.1/24"],
    }
    assert not [each for each in missing if "ranges" in each]
