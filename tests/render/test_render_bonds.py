"""Bonds to two switches, and EVPN's own sessions, in vendors' configurations, in netlab's topology and in containers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from labgen.devices import registry
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.render import containerlab, netlab
from labgen.spec.load import load

BONDED = """\
name: bonds
devices: {switch: SWITCH}
switches: [spine, leaf1, leaf2]
links: [spine-leaf1, spine-leaf2]
overlay: {control: evpn, asn: 65000, multihoming: true}
vrfs: {users: {transit_vni: true}}
segments:
  office:
    vrf: users
    prefix: 10.1.1.0/24
    gateway: anycast
    attach: {leaf1: [pc1, pc2], leaf2: [pc1]}
    relay: {servers: [srv1], source: loopback, options: [circuit-id, link-selection, server-id-override]}
servers: {srv1: spine}
"""
APART = """\
name: apart
devices: {switch: SWITCH}
underlay: {protocol: ebgp, asn: {spine: 64512, leaf1: 64514}}
switches: [spine, leaf1]
links: [spine-leaf1]
overlay: {control: evpn, asn: 65000, peering: ibgp, route_reflectors: [spine]}
segments:
  office: {prefix: 10.1.1.0/24, gateway: anycast, attach: {leaf1: [pc1]}, relay: {servers: [srv1]}}
servers: {srv1: spine}
"""
EOS_SEGMENT = """\
interface Port-Channel1
   switchport access vlan 1000
   evpn ethernet-segment
      identifier 0002:e500:0000:0100:0000
      route-target import 02:e5:00:00:00:01
   lacp system-id 02e5.0000.0001
"""


def plan(text: str, switch: str, folder: Path) -> LabPlan:
    file = folder / "spec.yml"
    file.write_text(text.replace("SWITCH", switch))
    return build(load(str(file)))


def config(built: LabPlan, name: str) -> str:
    """All files of a node, one after the other."""
    node = built.node(name)
    return "".join(each.text for each in registry.get(node.device).artifacts(built, node))


def topology(built: LabPlan) -> Any:
    """netlab's topology, as YAML has it."""
    text = next(each.text for each in netlab.artifacts(built) if each.path == "topology.yml")
    return yaml.safe_load(text)


def script(built: LabPlan, name: str) -> list[str]:
    """Lines of the script that makes a container's network."""
    files = containerlab.containers(built)[name].files
    return next(each.text for each in files if each.path == f"clab/{name}.sh").splitlines()


@pytest.mark.parametrize("leaf", ["leaf1", "leaf2"])
def test_eos_has_the_same_segment_on_both_leaves_and_the_port_in_its_channel(
    tmp_path: Path, leaf: str
) -> None:
    text = config(plan(BONDED, "eos", tmp_path), leaf)
    assert EOS_SEGMENT in text
    port = text[text.index("interface Ethernet2\n") :]
    assert port.splitlines()[1] == "   channel-group 1 mode active"
    assert text.count("channel-group") == 1


def test_eos_leaves_a_client_with_one_port_in_its_vlan_and_a_spine_without_segments(tmp_path: Path) -> None:
    built = plan(BONDED, "eos", tmp_path)
    single = config(built, "leaf1")
    assert "interface Ethernet3\n   switchport access vlan 1000\n" in single
    assert "ethernet-segment" not in config(built, "spine")


def test_netlab_gets_a_group_of_links_and_an_ethernet_segment_for_eos(tmp_path: Path) -> None:
    found = topology(plan(BONDED, "eos", tmp_path))
    assert found["plugin"] == ["evpn.multihoming"]
    assert found["evpn.ethernet_segments"] == {"es_1": {"id": "00:02:e5:00:00:00:01:00:00:00"}}
    (group,) = [link for link in found["links"] if "lag" in link]
    assert group["vlan.access"] == "office"
    assert group["lag"]["ifindex"] == 1
    own = {"evpn.es": "es_1", "lag.lacp_system_id": "02:e5:00:00:00:01"}
    below = {"ipv4": "10.1.1.6/24"}
    assert group["lag"]["members"] == [{"pc1": below, "leaf1": own}, {"pc1": below, "leaf2": own}]
    assert {name for name, node in found["nodes"].items() if "lag" in node["module"]} == {
        "leaf1",
        "leaf2",
        "pc1",
    }


def test_netlab_gets_a_bond_of_the_host_alone_for_frr(tmp_path: Path) -> None:
    found = topology(plan(BONDED, "frr", tmp_path))
    assert found["plugin"] == ["bonding"]
    assert "evpn.ethernet_segments" not in found
    members = [link for link in found["links"] if "pc1" in link]
    assert [(link["pc1"], link.get("leaf1"), link.get("leaf2")) for link in members] == [
        ({"ipv4": "10.1.1.6/24", "bonding.ifindex": 1, "bonding.primary": True}, {}, None),
        ({"ipv4": "10.1.1.6/24", "bonding.ifindex": 1}, None, {}),
    ]
    assert not [name for name, node in found["nodes"].items() if "lag" in node["module"]]


def test_netlab_loads_no_plugin_where_nobody_has_a_bond(tmp_path: Path) -> None:
    found = topology(plan(BONDED.replace("leaf2: [pc1]", "leaf2: [pc3]"), "eos", tmp_path))
    assert "plugin" not in found
    assert "evpn.ethernet_segments" not in found


def test_a_container_makes_the_bond_that_its_switches_expect(tmp_path: Path) -> None:
    turns = script(plan(BONDED, "frr", tmp_path), "pc1")
    assert "ip link add bond1 type bond miimon 100 mode active-backup" in turns
    assert "ip link set dev bond1 type bond primary eth1" in turns
    lacp = script(plan(BONDED, "eos", tmp_path), "pc1")
    assert "ip link add bond1 type bond miimon 100 mode 802.3ad lacp_rate fast" in lacp
    assert not [line for line in lacp if "primary" in line]
    assert not [line for line in script(plan(BONDED, "frr", tmp_path), "pc2") if "bond" in line]


def test_eos_speaks_the_number_of_the_underlay_over_links_and_evpn_between_loopbacks(tmp_path: Path) -> None:
    text = config(plan(APART, "eos", tmp_path), "leaf1")
    lines = [line.strip() for line in text[text.index("router bgp 65000") :].splitlines()]
    far = "10.255.0.5"
    assert f"neighbor {far} local-as 64514 no-prepend replace-as" in lines
    assert "neighbor 10.0.0.3 update-source Loopback0" in lines
    evpn = lines[lines.index("address-family evpn") : lines.index("address-family ipv4")]
    assert [line for line in evpn if "activate" in line] == ["neighbor 10.0.0.3 activate"]
    assert "bgp next-hop-unchanged" not in evpn
    ipv4 = lines[lines.index("address-family ipv4") :]
    assert [line for line in ipv4 if "activate" in line] == [f"neighbor {far} activate"]


def test_netlab_gets_the_number_of_the_underlay_by_link_and_ibgp_for_evpn_alone(tmp_path: Path) -> None:
    found = topology(plan(APART, "eos", tmp_path))
    assert found["bgp.as"] == 65000
    link = next(link for link in found["links"] if set(link) >= {"spine", "leaf1"})
    assert {end: link[end]["bgp.local_as"] for end in ("spine", "leaf1")} == {"spine": 64512, "leaf1": 64514}
    leaf = found["nodes"]["leaf1"]
    assert leaf["bgp.activate.ipv4"] == ["ebgp"]
    assert "evpn.session" not in leaf
    assert "bgp.as" not in leaf
