"""What each scenario is there to show is in its plan."""

from __future__ import annotations

import pytest

from labgen.ground import resources
from labgen.ground.errors import PlanError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.spec.load import load

NAMES = sorted(file.stem for file in resources.topologies().glob("*.yml"))


def plan_of(name: str, *settings: str, **devices: str) -> LabPlan:
    return build(load(name, devices, settings))


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_says_what_it_teaches_and_where_to_read_on(name: str) -> None:
    head, _, _ = (resources.topologies() / f"{name}.yml").read_text(encoding="utf-8").partition("\nname: ")
    assert "# What it teaches: " in head
    assert "https://blog.ipspace.net/" in head
    assert all(line.startswith("#") for line in head.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_has_its_files_name_and_a_summary(name: str) -> None:
    plan = plan_of(name)
    assert plan.name == name
    assert plan.summary


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_survives_its_json_form(name: str) -> None:
    plan = plan_of(name)
    assert LabPlan.from_json(plan.to_json()) == plan


def test_a_server_on_segments_is_asked_where_it_is_near_and_has_static_routes() -> None:
    plan = plan_of("evpn-relay-v2")
    near = {node.name: str(relay.targets[0].address) for node, relay in plan.relays("cv1")}
    assert near == {"sw1": "172.16.0.2", "sw2": "172.16.1.2"}
    server = plan.node("srv")
    assert not server.ospf
    assert [(str(route.prefix), str(route.via), route.metric) for route in server.routes] == [
        ("0.0.0.0/0", "172.16.0.3", 0),
        ("0.0.0.0/0", "172.16.1.4", 100),
    ]


def test_a_relay_into_another_vrf_has_a_loopback_there() -> None:
    plan = plan_of("evpn-symmetric-irb")
    leaf = plan.node("l1")
    assert [vrf.name for vrf in leaf.vrfs] == ["red", "blue", "services"]
    services = leaf.vrfs[-1]
    assert services.loopback is not None
    assert {relay.giaddr for relay in leaf.relays} == {services.loopback.ip}
    assert services.transit_vni
    assert plan.node("bl").vrfs[0].loopback is None


def test_vrf_loopbacks_are_unique() -> None:
    plan = plan_of("evpn-symmetric-irb")
    loopbacks = [vrf.loopback for node in plan.nodes for vrf in node.vrfs if vrf.loopback]
    assert len(loopbacks) == len(set(loopbacks)) == 2


def test_tenants_with_one_subnet_have_pools_of_their_own() -> None:
    plan = plan_of("overlapping-vrfs")
    assert plan.segment("red1").prefix == plan.segment("blue1").prefix
    server = plan.node("srv1").server
    assert server is not None
    assert [str(scope.ranges[0]) for scope in server.scopes] == [
        "172.16.0.32-172.16.0.63",
        "172.16.0.128-172.16.0.159",
    ]


def test_a_segment_that_is_not_stretched_has_no_tunnel_and_only_its_own_relay_hears_a_client() -> None:
    plan = plan_of("anycast-giaddr-trap")
    assert {vlan.vni for node in plan.role(Role.SWITCH) for vlan in node.vlans} == {None}
    assert [node.name for node, _ in plan.relays_for("cl_b")] == ["leaf2"]
    assert [node.name for node, _ in plan_of("vxlan-relay").relays_for("cl_b")] == ["sw1", "sw2"]


def test_an_unnumbered_port_borrows_the_loopback_and_names_the_subnet_by_its_own_address() -> None:
    plan = plan_of("unnumbered-lan")
    relay = plan.node("sw").relays[0]
    assert str(relay.giaddr) == str(relay.link_address) == "10.0.0.2"
    assert str(relay.link_selection) == "172.16.0.0"
    scope = plan.node("srv").server
    assert scope is not None
    assert str(scope.scopes[0].router) == "10.0.0.2"
    assert [str(route.prefix) for route in plan.node("sw").routes] == ["172.16.0.0/24"]


def test_a_first_relay_asks_the_second_which_asks_the_server() -> None:
    plan = plan_of("relay-chain")
    assert [str(target.address) for target in plan.node("access").relays[0].targets] == ["10.0.0.3"]
    forward = plan.node("dist").forwards[0]
    assert (forward.linux, str(forward.targets[0].address)) == ("eth2", "10.0.0.1")


def test_an_uplink_giaddr_is_the_port_towards_the_server() -> None:
    relay = plan_of("relay-uplink").node("relay").relays[0]
    assert relay.owner is not None
    assert (relay.owner.kind, relay.owner.linux, str(relay.giaddr)) == ("port", "eth1", "10.1.0.1")


def test_a_generated_fabric_grows_with_its_number_of_leaves() -> None:
    plan = plan_of("leaf-spine", "generate.leaf_spine.leaves=20")
    assert len(plan.nodes) == 2 + 20 + 2 + 20
    assert len(plan.links) == 2 + 20 * 2 + 20
    spine, leaf = plan.node("s1").bgp, plan.node("l1").bgp
    assert spine is not None
    assert leaf is not None
    assert [peer.name for peer in leaf.neighbors] == ["s1", "s2"]
    assert len([peer for peer in spine.neighbors if peer.rr_client]) == 20


@pytest.mark.parametrize("leaves", [2, 4, 60, 200])
def test_a_generated_segment_has_room_for_every_copy_of_every_client(leaves: int) -> None:
    plan = plan_of("leaf-spine", f"generate.leaf_spine.leaves={leaves}")
    for server in plan.role(Role.SERVER):
        assert server.server is not None
        assert sum(part.size for part in server.server.scopes[0].ranges) >= 2 * leaves


def test_what_a_generated_spec_says_itself_wins() -> None:
    plan = plan_of("leaf-spine", "segments.cv1.pool.lease=12s", "overlay.asn=64999")
    server = plan.node("srv1").server
    assert server is not None
    assert server.scopes[0].lease == 12
    assert plan.segment("cv1").clients == ("c1", "c2", "c3", "c4")
    assert plan.overlay is not None
    assert plan.overlay.asn == 64999


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        pytest.param(
            "evpn-relay-v2", ["segments.cv1.relay.server_vrf=default"], "is in VRF `client`", id="servers elsewhere"
        ),
        pytest.param(
            "evpn-symmetric-irb", ["vrfs.services={}"], "has no way to server", id="server VRF that does not cross"
        ),
        pytest.param("relay-chain", ["segments.user.relay.via=srv"], "it is no switch", id="second relay no switch"),
        pytest.param(
            "relay-chain", ["segments.user.relay.via=access"], "relays for itself", id="second relay is the first"
        ),
        pytest.param(
            "unnumbered-lan", ["segments.user.vlan=10"], "cannot be unnumbered", id="unnumbered VLAN interface"
        ),
        pytest.param(
            "anycast-giaddr-fixed", ["segments.user.gateway=switch"], "has one gateway", id="two islands, one gateway"
        ),
        pytest.param(
            "unnumbered-lan",
            ["segments.user.relay.options=[circuit-id]"],
            "link-selection is not sent",
            id="borrowed giaddr without link selection",
        ),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_work_says_why(name: str, settings: list[str], words: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(name, *settings)
    assert any(words in problem.reason for problem in caught.value.problems), caught.value.problems
    assert all(problem.remedy for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("name", "devices", "words"),
    [
        pytest.param(
            "evpn-symmetric-irb", {"switch": "cumulus_nvue"}, "loopback in a VRF", id="VRF loopback"
        ),
        pytest.param("relay-chain", {"switch": "eos"}, "relaying for other relays", id="second relay"),
        pytest.param("unnumbered-lan", {"switch": "iosv"}, "unnumbered client port", id="unnumbered port"),
        pytest.param("vrf-relay", {"switch": "frr-dhcrelay"}, "from one VRF into another", id="VRF crossing"),
        pytest.param("relay-uplink", {"switch": "vyos"}, "giaddr from another port", id="uplink giaddr"),
        pytest.param("relay-uplink", {"switch": "frr-dnsmasq"}, "no link selection", id="foreign giaddr"),
    ],
)
def test_a_device_that_cannot_says_so_at_build_time(name: str, devices: dict[str, str], words: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(name, **devices)
    assert any(words in problem.reason for problem in caught.value.problems), caught.value.problems


def test_a_lease_shorter_than_a_server_grants_is_a_warning() -> None:
    plan = plan_of("relay", "segments.user.pool.lease=12s", server="dnsmasq")
    assert "lease-floor" in {warning.code for warning in plan.warnings}
    assert "lease-floor" not in {warning.code for warning in plan_of("relay", server="dnsmasq").warnings}
