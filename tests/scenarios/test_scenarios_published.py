"""The seven labs of the blog series are the published designs: nodes, links, segments, VRFs, who relays what to whom."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from reference_labs import REFERENCE

from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import RelayOption, Role
from labgen.plan.build import build
from labgen.spec.load import load

LABS = {
    "relay": "topologies/relay.yml",
    "vrf-relay": "vrf-relay/topology.yml",
    "vxlan-relay": "topologies/vxlan-relay.yml",
    "vxlan-redundant-server": "topologies/vxlan-redundant-server.yml",
    "evpn-relay": "topologies/evpn-relay.yml",
    "evpn-relay-v2": "topologies/evpn-relay-v2.yml",
    "evpn-redundant-server": "evpn-redundant-server/topology.yml",
}


def published(name: str) -> dict[str, Any]:
    file = REFERENCE / LABS[name]
    if not file.is_file():
        pytest.skip(f"no published topologies at {REFERENCE}; set LABGEN_REFERENCE")
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found


def plan_of(name: str, **devices: str) -> LabPlan:
    return build(load(name, devices))


def ends(link: Any) -> tuple[str, ...]:
    """Node names of a link, in either of netlab's forms."""
    if isinstance(link, str):
        return tuple(link.split("-"))
    return tuple(key for key in link if key not in ("type", "vrf", "vlan.access"))


def relayed(topology: dict[str, Any]) -> set[tuple[str, str]]:
    """Switch and server of every relay the topology asks for."""
    found = set()
    for link in topology["links"]:
        for node in ends(link) if isinstance(link, dict) else ():
            said = link[node] or {}
            servers = said.get("dhcp.server") or said.get("dhcp.relay") or []
            found |= {(node, server) for server in ([servers] if isinstance(servers, str) else servers)}
    return found


@pytest.mark.reference
@pytest.mark.parametrize("name", LABS)
def test_nodes_and_links_are_the_published_ones_in_their_order(name: str) -> None:
    topology, plan = published(name), plan_of(name)
    assert [node.name for node in plan.nodes] == list(topology["nodes"])
    theirs = [frozenset(ends(link)) for link in topology["links"]]
    assert [frozenset(end.node for end in link.endpoints) for link in plan.links] == theirs


@pytest.mark.reference
@pytest.mark.parametrize("name", LABS)
def test_segments_are_in_the_published_vrfs_with_the_published_gateways(name: str) -> None:
    topology, plan = published(name), plan_of(name)
    for vlan, said in (topology.get("vlans") or {}).items():
        segment = plan.segment(vlan)
        assert segment.vrf == said.get("vrf", "default")
        assert segment.anycast is bool(said.get("gateway", False))
    transit = {
        vrf: bool((said or {}).get("evpn.transit_vni")) for vrf, said in (topology.get("vrfs") or {}).items()
    }
    ours = {vrf.name: bool(vrf.transit_vni) for node in plan.nodes for vrf in node.vrfs}
    assert ours == transit


@pytest.mark.reference
@pytest.mark.parametrize("name", LABS)
def test_switches_relay_to_the_published_servers(name: str) -> None:
    plan = plan_of(name)
    ours = {
        (node.name, target.server) for node in plan.nodes for relay in node.relays for target in relay.targets
    }
    assert ours == relayed(published(name))


@pytest.mark.parametrize("name", ["vrf-relay", "evpn-relay"])
def test_giaddr_is_the_interface_towards_the_server_where_the_published_switches_have_no_source(
    name: str,
) -> None:
    plan = plan_of(name)
    for node in plan.role(Role.SWITCH):
        for relay in node.relays:
            assert relay.owner is not None
            assert (relay.owner.kind, relay.owner.outgoing) == ("port", True)


def test_eos_switches_of_evpn_relay_have_the_published_helper_line_and_the_server_a_pool_without_vrf() -> (
    None
):
    from labgen.devices import registry

    plan = plan_of("evpn-relay", switch="eos", server="csr", client="iosv")
    switch, server = ("\n".join(file.text for file in registry.files(plan)[name]) for name in ("sw1", "srv"))
    assert "   ip helper-address 10.0.0.2 vrf default\n" in switch
    assert "source-" not in "".join(line for line in switch.splitlines() if "helper-address" in line)
    assert "ip dhcp pool p_172.16.0.0\n network" in server
    assert "vrf client" not in server


@pytest.mark.parametrize("name", ["vrf-relay-loopback", "evpn-relay-loopback"])
def test_the_better_variant_is_the_published_network_with_another_giaddr(name: str) -> None:
    better, plan = plan_of(name), plan_of(name.removesuffix("-loopback"))
    assert [node.name for node in better.nodes] == [node.name for node in plan.nodes]
    assert [link.endpoints for link in better.links] == [link.endpoints for link in plan.links]
    relays = [relay for node in better.nodes for relay in node.relays]
    assert {relay.owner.kind for relay in relays if relay.owner} == {"loopback"}
    assert all(RelayOption.LINK_SELECTION in relay.options for relay in relays)
