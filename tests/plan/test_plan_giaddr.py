"""Which interface owns a giaddr, and what two segments may ask of one switch."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_specs import plan as planned

from labgen.devices import registry
from labgen.devices.readback import switches
from labgen.ground.errors import PlanError
from labgen.ground.labplan import LabPlan, RelayPlan
from labgen.ground.vocabulary import RelayOption, Role
from labgen.plan.build import build
from labgen.spec.load import load

ONE = """
name: one
devices: {{switch: {switch}}}
switches: [sw]
vrfs: {{red: {{}}}}
segments:
  a:
    attach: {{sw: [pc]}}
    relay: {{servers: [srv], source: {source}, options: [circuit-id, link-selection]}}
servers: {{srv: sw}}
"""

TWO = """
name: two
devices: {{switch: {switch}}}
switches: [sw]
vrfs: {{red: {{}}}}
segments:
  a:
    vlan: 10
    attach: {{sw: [pc1]}}
    relay: {{servers: [srv1], {first}}}
  b:
    vlan: 20
    attach: {{sw: [pc2]}}
    relay: {{servers: [{server}], {second}}}
servers: {{srv1: sw, srv2: sw}}
"""
SWITCHES = sorted(name for name, device in registry.everything().items() if Role.SWITCH in device.facts.roles)


def relay_of(source: str, folder: Path, switch: str = "frr") -> RelayPlan:
    return planned(ONE.format(switch=switch, source=source), folder).node("sw").relays[0]


@pytest.mark.parametrize(
    ("source", "giaddr", "kind", "interface"),
    [
        pytest.param("interface", "172.16.0.2", "client", "eth2", id="interface"),
        pytest.param("172.16.0.2", "172.16.0.2", "client", "eth2", id="the interface's by its address"),
        pytest.param("loopback", "10.0.0.2", "loopback", "lo", id="loopback"),
        pytest.param("10.0.0.2", "10.0.0.2", "loopback", "lo", id="the loopback's by its address"),
        pytest.param("uplink", "10.1.0.2", "port", "eth1", id="uplink"),
        pytest.param("10.1.0.2", "10.1.0.2", "port", "eth1", id="the uplink's by its address"),
    ],
)
def test_the_plan_says_which_interface_owns_the_giaddr(
    source: str, giaddr: str, kind: str, interface: str, tmp_path: Path
) -> None:
    relay = relay_of(source, tmp_path)
    assert relay.owner is not None
    assert (str(relay.giaddr), relay.owner.kind, relay.owner.interface) == (giaddr, kind, interface)
    assert (relay.source is None) is (kind == "client")


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("address", ["10.77.7.7", "10.0.0.1", "172.16.0.77"])
def test_an_address_no_interface_has_is_refused_with_the_addresses_there_are(
    switch: str, address: str, tmp_path: Path
) -> None:
    """A server's answer to it would reach nobody: the server's own loopback and a client's address are no better."""
    with pytest.raises(PlanError) as caught:
        relay_of(address, tmp_path, switch)
    (problem,) = [each for each in caught.value.problems if "is no address of" in each.reason]
    assert problem.reason.startswith(f"giaddr {address} is no address of `sw`")
    assert "10.0.0.2" in problem.remedy
    assert problem.line == 9


def two(switch: str, first: str, second: str, folder: Path, server: str = "srv1") -> LabPlan:
    return planned(TWO.format(switch=switch, first=first, second=second, server=server), folder)


SOURCES = ("source: loopback, options: [link-selection]", "source: uplink, options: [link-selection]")
OPTIONS = ("options: [circuit-id]", "options: []")


@pytest.mark.parametrize(
    ("switch", "asked", "key"),
    [
        *[pytest.param(name, SOURCES, "source", id=f"{name}-source") for name in ("arubacx", "dellos10", "cumulus_nvue")],
        *[
            pytest.param(name, OPTIONS, "options", id=f"{name}-options")
            for name in ("arubacx", "nxos", "eos", "cumulus_nvue:5.7", "frr-dhcrelay")
        ],
    ],
)  # fmt: skip
def test_one_knob_for_two_segments_that_differ_is_refused_with_both_and_the_line(
    switch: str, asked: tuple[str, str], key: str, tmp_path: Path
) -> None:
    with pytest.raises(PlanError) as caught:
        two(switch, *asked, tmp_path)
    (problem,) = [each for each in caught.value.problems if "segments `a` and `b`" in each.reason]
    assert problem.line == 14
    assert f"`{switch}` has one " in problem.reason
    assert switch not in problem.remedy.partition("use one of: ")[2].split(", ")


@pytest.mark.parametrize("switch", ["vyos", "frr-dhcrelay", "cumulus_nvue"])
def test_one_list_of_servers_for_two_segments_is_refused(switch: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="has one list of servers"):
        two(switch, "options: [circuit-id]", "options: [circuit-id]", tmp_path, server="srv2")


@pytest.mark.parametrize("switch", ["vjunos-switch", "csr", "frr"])
def test_two_segments_that_differ_are_planned_where_each_interface_has_its_knob(
    switch: str, tmp_path: Path
) -> None:
    plan = two(switch, SOURCES[0], OPTIONS[1], tmp_path, server="srv2")
    first, second = plan.node("sw").relays
    assert first.owner is not None
    assert (first.owner.kind, second.source) == ("loopback", None)
    assert RelayOption.LINK_SELECTION in first.sent
    assert second.sent == ()


GROUPS = """
name: groups
devices: {{switch: {switch}}}
switches: [sw]
segments:
  a:
    attach: {{sw: [pc]}}
    relay:
      - {{servers: [srv1], {first}}}
      - {{servers: [srv2], {second}}}
servers: {{srv1: sw, srv2: sw}}
"""


@pytest.mark.parametrize("switch", ["nxos", "iol", "vjunos-switch", "srlinux", "dellos10"])
def test_two_groups_of_one_segment_that_differ_in_source_are_refused_where_an_interface_has_one(
    switch: str, tmp_path: Path
) -> None:
    first, second = (
        "source: loopback, options: [link-selection]",
        "source: interface, options: [link-selection]",
    )
    with pytest.raises(PlanError) as caught:
        planned(GROUPS.format(switch=switch, first=first, second=second), tmp_path)
    found = [each for each in caught.value.problems if "two groups of segment `a`" in each.reason]
    assert any("has one source of giaddr for" in each.reason for each in found)


@pytest.mark.parametrize("switch", ["frr", "eos", "iosxr"])
def test_two_groups_of_one_segment_have_a_source_each_where_a_helper_address_has_one(
    switch: str, tmp_path: Path
) -> None:
    first, second = "source: loopback, options: [link-selection]", "source: uplink, options: [link-selection]"
    plan = planned(GROUPS.format(switch=switch, first=first, second=second), tmp_path)
    node = plan.node("sw")
    assert len({relay.giaddr for relay in node.relays}) == 2
    assert switches.differences(plan, node, switches.text(plan, node)) == []


def test_two_dialects_on_one_switch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="has one dialect for the whole device"):
        two("frr", "dialect: eos", "dialect: ios", tmp_path)


@pytest.mark.parametrize("switch", ["frr-dhcrelay", "frr-dnsmasq", "vyos"])
def test_a_relay_that_knows_no_vrf_is_refused_for_clients_in_one(switch: str, tmp_path: Path) -> None:
    text = """
name: in-vrf
devices: {switch: %s}
switches: [sw]
vrfs: {red: {}}
segments:
  a: {vrf: red, attach: {sw: [pc]}, relay: {servers: [srv], server_vrf: red}}
  b: {vrf: red, attach: {sw: [srv]}}
servers: {srv: {}}
"""
    with pytest.raises(PlanError, match="cannot relay in a VRF"):
        planned(text % switch, tmp_path)
    assert planned(text % "frr", tmp_path).node("sw").relays[0].vrf == "red"


def test_a_giaddr_in_a_vrf_that_servers_are_not_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="have no route back to a giaddr in VRF `client`"):
        build(load("evpn-redundant-server", settings=["segments.cv1.relay.source=172.16.0.1"]))


def test_an_uplink_in_another_vrf_than_the_servers_is_refused() -> None:
    """The leaves have core links in the default VRF alone; the servers are in VRF services behind the border leaf."""
    with pytest.raises(PlanError, match="servers in VRF `services` have no route back"):
        build(load("evpn-symmetric-irb", settings=["segments.red1.relay.source=uplink"]))
