"""A plan becomes a blueprint: who is wired to whom, what is in which VRF, which files lie where."""

from __future__ import annotations

import pickle
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from lab_folders import FLAGSHIP, ROUTED, STATIC, SYMMETRIC, make_folder, no_daemons, plan_of

from labgen.ground.labplan import LabPlan
from labgen.lab.embedded.blueprint import LAB, Blueprint, Node
from labgen.lab.embedded.compile import compile_plan
from labgen.lab.embedded.keys import make_keys


def compiled(plan: LabPlan, folder: Path) -> Blueprint:
    return compile_plan(plan, folder, no_daemons, make_keys())


@pytest.fixture
def flagship(tmp_path: Path) -> Blueprint:
    return compiled(plan_of(FLAGSHIP, tmp_path), tmp_path)


def node(blueprint: Blueprint, name: str) -> Node:
    return next(node for node in blueprint.nodes if node.name == name)


def test_point_to_point_links_are_single_wires(flagship: Blueprint) -> None:
    ends = {frozenset((f"{w.a.node}:{w.a.name}", f"{w.b.node}:{w.b.name}")) for w in flagship.veths}
    assert frozenset({"sw1:eth1", "sw2:eth1"}) in ends
    assert len(ends) == 7


def test_access_port_joins_the_bridge_of_its_vlan_in_the_vrf(flagship: Blueprint) -> None:
    port = next(wire.b for wire in flagship.veths if (wire.b.node, wire.b.name) == ("sw1", "eth3"))
    assert (port.bridge, port.vrf, port.addresses) == ("vlan1000", "client", ())


def test_svi_address_and_anycast_gateway_are_separate_devices(flagship: Blueprint) -> None:
    bridge = next(bridge for bridge in flagship.bridges if bridge.node == "sw1")
    anycast = next(anycast for anycast in flagship.anycasts if anycast.node == "sw1")
    assert (bridge.name, bridge.vrf, bridge.addresses) == ("vlan1000", "client", ("172.16.0.4/24",))
    assert (anycast.name, anycast.bridge, anycast.address) == ("varp1000", "vlan1000", "172.16.0.1/24")


def test_evpn_tunnels_neither_learn_nor_flood_by_themselves(flagship: Blueprint) -> None:
    assert [(tunnel.vni, tunnel.local) for tunnel in flagship.vxlans] == [
        (101000, "10.0.0.4"),
        (101000, "10.0.0.5"),
    ]
    assert not any(tunnel.learning or tunnel.flood for tunnel in flagship.vxlans)


def test_static_tunnels_learn_and_flood_to_the_plans_peers(tmp_path: Path) -> None:
    blueprint = compiled(plan_of(STATIC, tmp_path), tmp_path)
    assert [tunnel.flood for tunnel in blueprint.vxlans] == [("10.0.0.3",), ("10.0.0.2",)]
    assert all(tunnel.learning for tunnel in blueprint.vxlans)


def test_transit_vni_is_a_bridge_with_the_router_mac_in_the_vrf(tmp_path: Path) -> None:
    plan = plan_of(SYMMETRIC, tmp_path)
    blueprint = compiled(plan, tmp_path)
    bridge = next(
        bridge for bridge in blueprint.bridges if bridge.name == "brvni9000" and bridge.node == "sw1"
    )
    tunnel = next(tunnel for tunnel in blueprint.vxlans if tunnel.vni == 9000 and tunnel.node == "sw1")
    assert (bridge.vrf, bridge.mac) == ("tenant", plan.node("sw1").vrfs[0].router_mac)
    assert (tunnel.bridge, tunnel.vrf, tunnel.flood) == ("brvni9000", "tenant", ())


def test_lan_of_several_nodes_gets_a_bridge_of_the_lab(tmp_path: Path) -> None:
    blueprint = compiled(plan_of(ROUTED, tmp_path), tmp_path)
    shared = [wire for wire in blueprint.veths if wire.b.node == LAB]
    assert {wire.a.node for wire in shared} == {"cl_a", "cl_b", "cl_c", "sw1"}
    assert len({wire.b.bridge for wire in shared}) == 1
    assert {wire.b.bridge for wire in shared} <= {
        bridge.name for bridge in blueprint.bridges if bridge.node == LAB
    }


def test_dhcp_client_gets_no_address_from_the_lab(flagship: Blueprint) -> None:
    port = next(wire.a for wire in flagship.veths if wire.a.node == "cl_a")
    assert port.addresses == ()


def test_management_gateway_is_an_address_no_node_has(flagship: Blueprint) -> None:
    network = IPv4Interface(flagship.nodes[0].mgmt).network
    assert flagship.gateway == f"{network[-2]}/24"
    assert flagship.gateway not in {node.mgmt for node in flagship.nodes}


@pytest.mark.parametrize(("name", "forwards"), [("sw1", True), ("srv1", True), ("cl_a", False)])
def test_switches_and_routing_servers_forward(flagship: Blueprint, name: str, forwards: bool) -> None:
    assert node(flagship, name).forwarding is forwards


def test_convergence_asks_for_every_other_loopback_and_vtep(flagship: Blueprint) -> None:
    sw1 = node(flagship, "sw1")
    assert {reach.prefix for reach in sw1.reach} == {f"10.0.0.{number}/32" for number in (2, 3, 5, 6)}
    assert [(peers.vxlan, peers.remotes) for peers in sw1.peers] == [("vxlan1000", ("10.0.0.5",))]
    assert node(flagship, "cl_a").reach == ()


def test_convergence_asks_for_segments_of_the_vrf_elsewhere(tmp_path: Path) -> None:
    blueprint = compiled(plan_of(SYMMETRIC, tmp_path), tmp_path)
    reach = [(reach.prefix, reach.vrf) for reach in node(blueprint, "sw1").reach if reach.vrf != "default"]
    assert reach == [("172.16.1.0/24", "tenant")]


def test_files_of_the_folder_lie_at_their_paths(tmp_path: Path) -> None:
    folder = make_folder(FLAGSHIP, tmp_path)
    blueprint = compiled(plan_of(FLAGSHIP, tmp_path), folder)
    files = {file.path: file for file in node(blueprint, "sw1").files}
    assert files["/etc/frr/frr.conf"].data == (folder / "config/sw1/etc/frr/frr.conf").read_bytes()
    assert files["/etc/hostname"].data == b"sw1\n"
    assert files["/etc/resolv.conf"].data == b""
    assert files["/root/.ssh/authorized_keys"].mode == 0o600


def test_files_are_readable_by_daemons_whatever_the_builders_umask(tmp_path: Path) -> None:
    folder = make_folder(FLAGSHIP, tmp_path)
    (folder / "config/sw1/etc/frr/frr.conf").chmod(0o600)
    blueprint = compiled(plan_of(FLAGSHIP, tmp_path), folder)
    modes = {file.path: file.mode for file in node(blueprint, "sw1").files}
    assert modes["/etc/frr/frr.conf"] == 0o644


def test_kernel_names_fit(flagship: Blueprint, tmp_path: Path) -> None:
    blueprint = compiled(plan_of(SYMMETRIC.replace("9000", "16777215"), tmp_path), tmp_path)
    names = [bridge.name for bridge in blueprint.bridges]
    names += [tunnel.name for tunnel in blueprint.vxlans]
    names += [wire.b.name for wire in blueprint.veths]
    assert max(len(name) for name in names) <= 15


def test_private_keys_do_not_show_in_a_blueprints_text(flagship: Blueprint) -> None:
    assert "PRIVATE" not in repr(flagship.keys)


def test_blueprint_survives_the_way_to_the_supervisor(flagship: Blueprint) -> None:
    assert pickle.loads(pickle.dumps(flagship)) == flagship


def test_ospf_is_to_be_full_at_both_ends_of_every_point_to_point_link(flagship: Blueprint) -> None:
    loopbacks = {found.name: (found.loopback or "").split("/")[0] for found in flagship.nodes}
    wanted = {
        name: {loopbacks[other] for other in others}
        for name, others in {"sw1": ("sw2", "sw3"), "sw3": ("srv1", "srv2", "sw1", "sw2"), "cl_a": ()}.items()
    }
    assert {name: set(node(flagship, name).neighbors) for name in wanted} == wanted


SPINES = """\
name: spines
switches: [s1, s2, l1, l2]
links: [l1-s1, l1-s2, l2-s1, l2-s2]
underlay: {protocol: ebgp, asn: {s1: 65100, s2: 65100, l1: 65101, l2: 65102}}
segments: {users: {attach: {l1: [pc1]}, relay: {servers: [srv]}}}
servers: {srv: l2}
"""


def test_nobody_waits_for_routes_that_ebgp_rejects_for_their_own_as(tmp_path: Path) -> None:
    plan = plan_of(SPINES, tmp_path)
    blueprint = compiled(plan, tmp_path)
    loopback = {each.name: str(each.loopback.network) for each in plan.nodes if each.loopback}
    reach = {name: {r.prefix for r in node(blueprint, name).reach} for name in ("s1", "l1")}
    assert loopback["s2"] not in reach["s1"]
    assert {loopback["l1"], loopback["l2"]} <= reach["s1"]
    assert {loopback["s1"], loopback["s2"], loopback["l2"]} <= reach["l1"]
