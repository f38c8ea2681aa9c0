"""netlab topologies in the forms that are written today: what they say of DHCP comes through, what does not is listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labgen.adopt.netlab import write
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec import load

HEAD = "defaults.device: frr\nmodule: [ospf, dhcp]\n"
NODES = "nodes: {r1: {}, r2: {}, h1: {device: linux}, h2: {device: linux}, srv: {device: dnsmasq, dhcp.server: true, module: [dhcp]}}\n"
CORE = "- r1-r2\n- r2-srv\n"


def taken(folder: Path, text: str) -> tuple[LabPlan, tuple[str, ...], tuple[str, ...]]:
    """The plan that the imported spec builds; what was lost, and what was chosen."""
    (folder / "topology.yml").write_text(text)
    result = write.imported(folder / "topology.yml", "lab")
    (folder / "spec.yml").write_text(write.text(result, "topology.yml"))
    return build(load.load(str(folder / "spec.yml"))), result.lost, result.chosen


def relays(plan: LabPlan) -> dict[str, dict[str, list[str]]]:
    return {
        segment.name: {
            node.name: [t.server for t in relay.targets] for node, relay in plan.relays(segment.name)
        }
        for segment in plan.segments
        if segment.servers
    }


FORMS: list[Any] = [
    pytest.param(
        HEAD + NODES + "links:\n- r1: {dhcp.server: srv}\n  h1: {ipv4: dhcp}\n" + CORE,
        {"lan1": {"r1": ["srv"]}},
        id="server on the interface",
    ),
    pytest.param(
        HEAD + NODES + "links:\n- r1:\n  h1: {dhcp.client.ipv4: true}\n  dhcp.server: srv\n" + CORE,
        {"lan1": {"r1": ["srv"]}},
        id="server on the link",
    ),
    pytest.param(
        HEAD.replace("ospf,", "ospf, vlan,")
        + NODES
        + "vlans: {users: {mode: irb, dhcp.server: srv}}\nlinks:\n- r1: {vlan.access: users}\n  h1: {ipv4: dhcp}\n"
        + CORE,
        {"users": {"r1": ["srv"]}},
        id="server on the VLAN",
    ),
    pytest.param(
        HEAD.replace("ospf,", "ospf, vlan,")
        + NODES.replace("r1: {}", "r1: {vlans.users.dhcp.server: srv}")
        + "vlans: {users: {mode: irb}}\nlinks:\n- r1: {vlan.access: users}\n  h1: {ipv4: dhcp}\n"
        + CORE,
        {"users": {"r1": ["srv"]}},
        id="server on the node's VLAN",
    ),
    pytest.param(
        HEAD.replace("ospf,", "ospf, vlan,")
        + NODES
        + "vlans: {users: {mode: irb, dhcp.server: srv, links: [r1-h1]}}\nlinks:\n"
        + CORE,
        {"users": {"r1": ["srv"]}},
        id="links of the VLAN",
    ),
    pytest.param(
        HEAD
        + NODES
        + "links:\n- group: users\n  dhcp.server: srv\n  members:\n  - {r1: {}, h1: {ipv4: dhcp}}\n"
        + "  - interfaces: [r2, {node: h2, ipv4: dhcp}]\n"
        + CORE,
        {"lan1": {"r1": ["srv"]}, "lan2": {"r2": ["srv"]}},
        id="link group",
    ),
    pytest.param(
        HEAD
        + "components: {pod: {nodes: {leaf: {}, pc: {device: linux}}, links: [{leaf: {dhcp.server: srv}, pc: {ipv4: dhcp}}]}}\n"
        + "nodes: {a: {include: pod}, core: {}, srv: {device: dnsmasq, dhcp.server: true, module: [dhcp]}}\n"
        + "links:\n- a_leaf-core\n- core-srv\n",
        {"lan3": {"a_leaf": ["srv"]}},
        id="component",
    ),
    pytest.param(
        "defaults.device: frr\ngroups:\n  _auto_create: true\n  rs: {members: [r1, r2], module: [ospf, dhcp]}\n"
        "  hs: {members: [h1], device: linux}\n  ss: {members: [srv], device: dnsmasq, dhcp.server: true}\n"
        "links:\n- r1: {dhcp.server: srv}\n  h1: {ipv4: dhcp}\n" + CORE,
        {"lan1": {"r1": ["srv"]}},
        id="groups that make their nodes",
    ),
]


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_who_relays_to_whom_comes_through_whatever_the_form(
    tmp_path: Path, text: str, expected: dict[str, dict[str, list[str]]]
) -> None:
    plan, lost, _ = taken(tmp_path, text)
    assert relays(plan) == expected
    assert not any("nothing serves" in each for each in lost)


def test_without_a_routing_protocol_static_routes_are_chosen_and_said(tmp_path: Path) -> None:
    text = (
        HEAD.replace("ospf, ", "") + NODES + "links:\n- r1: {dhcp.server: srv}\n  h1: {ipv4: dhcp}\n" + CORE
    )
    plan, _, chosen = taken(tmp_path, text)
    assert plan.underlay == "static"
    assert any("static routes" in each for each in chosen)


def test_the_servers_vrf_comes_from_where_the_servers_are_said(tmp_path: Path) -> None:
    text = (
        "defaults.device: eos\nmodule: [vrf, dhcp, ospf]\nvrfs: {tenant: {}}\n"
        "nodes: {r: {}, c: {device: linux, module: [dhcp]}, s: {device: kea, module: [dhcp], dhcp.server: true}}\n"
        "links:\n- r: {vrf: tenant, dhcp.server: s, dhcp.vrf: global}\n  c: {dhcp.client.ipv4: true}\n- r-s\n"
    )
    plan, _, _ = taken(tmp_path, text)
    ((_, relay),) = plan.relays("lan1")
    assert (relay.vrf, relay.targets[0].vrf) == ("tenant", "default")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param("plugin: [fabric]\n", "plugins are not read", id="plugin"),
        pytest.param("defaults._include: [more.yml]\n", "files with more defaults", id="included defaults"),
        pytest.param("addressing.lan.prefix: 25\n", "addressing.lan.prefix: 25", id="length of subnets"),
        pytest.param("validate: {x: {}}\n", "playbooks check instead", id="validate"),
    ],
)
def test_what_is_not_taken_is_listed(tmp_path: Path, more: str, words: str) -> None:
    text = HEAD + more + NODES + "links:\n- r1: {dhcp.server: srv}\n  h1: {ipv4: dhcp}\n" + CORE
    _, lost, _ = taken(tmp_path, text)
    assert any(words in each for each in lost), lost


FABRIC = """\
defaults.device: frr
module: [ospf, bgp, vlan, vxlan, evpn, dhcp, lag, gateway]
bgp.as: 65000
gateway.protocol: anycast
nodes:
  s1:
  s2:
  core: {bgp.rr: true}
  h1: {device: linux}
  h2: {device: linux}
  srv: {device: dnsmasq, dhcp.server: true, module: [dhcp]}
vlans: {red: {mode: irb, gateway: true, dhcp.server: srv}}
vxlan.vlans: [red]
links:
  peer:
  - lag: {members: [s1-s2, s1-s2]}
  edge:
  - lag: {members: [h1-s1, h1-s2]}
    h1: {ipv4: dhcp}
    vlan.access: red
  - {s2: {vlan.access: red}, h2: {ipv4: dhcp}}
  core: [s1-core, s2-core, core-srv]
"""


def test_a_host_on_a_group_of_links_to_two_switches_has_a_bond_to_both(tmp_path: Path) -> None:
    plan, lost, _ = taken(tmp_path, FABRIC)
    bond = plan.node("h1").interface("bond1")
    assert [n.node for n in bond.neighbors] == ["s1", "s2"]
    assert plan.node("h1").client is not None
    assert plan.segment("red").clients == ("h1", "h2")
    assert relays(plan) == {"red": {"s1": ["srv"], "s2": ["srv"]}}
    assert not [text for text in lost if "nothing serves" in text or "aggregation" in text]


def test_a_group_between_two_switches_is_one_link(tmp_path: Path) -> None:
    plan, _, _ = taken(tmp_path, FABRIC)
    pairs = [tuple(end.node for end in link.endpoints) for link in plan.links if link.kind == "p2p"]
    assert sorted(pairs) == [("s1", "core"), ("s1", "s2"), ("s2", "core")]


def test_a_host_on_a_group_of_links_to_one_switch_has_one_port(tmp_path: Path) -> None:
    plan, _, _ = taken(tmp_path, FABRIC.replace("[h1-s1, h1-s2]", "[h1-s1, h1-s1]"))
    assert [port.linux for port in plan.node("h1").interfaces] == ["eth1"]


GATEWAYS = """\
module: [dhcp, vlan, gateway]
vlans:
  red: {dhcp.client.ipv4: true, dhcp.server: dhs, links: [s1-h1]}
  blue: {prefix.ipv6: "2001:db8:cafe:1::/64", gateway: {id: 3, protocol: anycast}, links: [s1-h2]}
nodes:
  s1: {device: frr}
  h1: {device: linux}
  h2: {device: linux}
  dhs: {device: dnsmasq, dhcp.server: true}
links:
- {s1: {}, dhs: {}, prefix.ipv4: 192.168.42.0/24}
"""


def test_ids_that_netlab_keeps_for_gateways_are_no_nodes(tmp_path: Path) -> None:
    """Id 1 for the module, id 3 for the VLAN: the switch has 2, and the server, which is the fourth, 6."""
    plan, _, _ = taken(tmp_path, GATEWAYS)
    found = [plan.node("s1").on_segment("red"), plan.node("dhs").on_segment("lan1")]
    assert [str(port.address) for port in found if port] == ["172.16.0.2/24", "192.168.42.6/24"]


def test_without_the_module_no_id_is_kept(tmp_path: Path) -> None:
    text = GATEWAYS.replace(", gateway]", "]").replace("gateway: {id: 3, protocol: anycast}, ", "")
    plan, _, _ = taken(tmp_path, text)
    port = plan.node("s1").on_segment("red")
    assert port is not None and str(port.address) == "172.16.0.1/24"


def test_a_vlan_with_ipv6_alone_is_told_and_takes_no_ipv4_prefix(tmp_path: Path) -> None:
    plan, lost, _ = taken(tmp_path, GATEWAYS)
    assert [segment.name for segment in plan.segments if segment.clients] == ["red"]
    assert "blue: it has IPv6 addresses alone, and labgen does IPv4 so far" in lost


def test_attributes_of_dhcp_that_are_not_read_are_listed_with_their_place(tmp_path: Path) -> None:
    links = "links:\n- r1: {dhcp.server: srv, dhcp.trusted: true}\n  h1: {ipv4: dhcp}\n" + CORE
    said = (
        HEAD.replace("ospf,", "ospf, vlan,")
        + "vlans: {users: {dhcp.snooping: true, dhcp.server: srv}}\n"
        + NODES
        + links
    )
    _, lost, _ = taken(tmp_path, said)
    assert [each for each in lost if each.startswith("dhcp.")] == [
        "dhcp.snooping of VLAN users: is not read",
        "dhcp.trusted of r1 on link 1: is not read",
    ]
