"""Keys for networks of one's own: what each makes of the plan, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_specs import config, plan, refusal

from labgen.ground.errors import SpecError
from labgen.ground.vocabulary import Role

CAMPUS = """\
name: campus
switches: [core-1, core-2, access-1]
links: [core-1-core-2, core-1-access-1, core-2-access-1]
segments:
  users:
    prefix: 10.20.1.0/24
    gateway: {address: 10.20.1.254, protocol: vrrp, nodes: {core-1: 10.20.1.2, core-2: 10.20.1.3}}
    attach: {access-1: [pc1, pc2]}
    bridge: [access-1]
    relay: {servers: [dhcp1, dhcp2]}
    pool: {range: 10.20.1.50-10.20.1.99, mode: hot-standby, lease: 8h}
    options: {dns: [10.9.9.9], 150: 10.9.9.9}
    reservations: {pc1: 10.20.1.10, "circuit-id vlan10": 10.20.1.60}
servers: {dhcp1: core-1, dhcp2: core-2}
"""


def test_switches_that_only_bridge_have_the_vlan_and_no_address_in_it(tmp_path: Path) -> None:
    built = plan(CAMPUS, tmp_path)
    access = built.node("access-1")
    assert [vlan.segment for vlan in access.vlans] == ["users"]
    assert access.on_segment("users") is None or access.on_segment("users").kind == "trunk"  # type: ignore[union-attr]
    assert access.relays == ()
    assert not access.ospf
    assert [name.name for name, _ in built.relays("users")] == ["core-1", "core-2"]


def test_links_to_a_bridging_switch_are_trunks_and_the_others_are_routed(tmp_path: Path) -> None:
    built = plan(CAMPUS, tmp_path)
    kinds = {tuple(end.node for end in link.endpoints): link.kind for link in built.links}
    assert kinds[("core-1", "core-2")] == "p2p"
    assert kinds[("core-1", "access-1")] == kinds[("core-2", "access-1")] == "trunk"
    (trunk,) = {link.vlans for link in built.links if link.kind == "trunk"}
    assert trunk == (built.segment("users").vlan,)


def test_trunks_form_no_loop(tmp_path: Path) -> None:
    text = CAMPUS.replace(
        "switches: [core-1, core-2, access-1]", "switches: [core-1, core-2, access-1, access-2]"
    )
    text = text.replace("core-2-access-1]", "core-2-access-1, access-1-access-2, core-1-access-2]")
    text = text.replace("bridge: [access-1]", "bridge: [access-1, access-2]")
    built = plan(text, tmp_path)
    vlan = built.segment("users").vlan
    carrying = [link for link in built.links if vlan in link.vlans]
    assert len(carrying) == 3  # four switches
    idle = [link for link in built.links if link.kind == "trunk" and not link.vlans]
    assert len(idle) == 1


def test_gateways_have_the_addresses_the_spec_gives_them(tmp_path: Path) -> None:
    built = plan(CAMPUS, tmp_path)
    assert str(built.segment("users").gateway) == "10.20.1.254"
    first, second = (built.node(name).on_segment("users") for name in ("core-1", "core-2"))
    assert first is not None and second is not None
    assert (str(first.address), str(second.address)) == ("10.20.1.2/24", "10.20.1.3/24")
    assert first.vrrp is not None and second.vrrp is not None
    assert first.vrrp.priority > second.vrrp.priority
    assert str(first.vrrp.address) == str(second.vrrp.address) == "10.20.1.254/24"
    assert [str(relay.giaddr) for _, relay in built.relays("users")] == ["10.20.1.2", "10.20.1.3"]


def test_both_of_a_pair_hand_out_the_whole_range_but_what_is_reserved(tmp_path: Path) -> None:
    built = plan(CAMPUS, tmp_path)
    for server in built.role(Role.SERVER):
        assert server.server is not None
        (scope,) = server.server.scopes
        assert [str(part) for part in scope.ranges] == ["10.20.1.50-10.20.1.59", "10.20.1.61-10.20.1.99"]
        assert [(option.code, option.data) for option in scope.options] == [
            (6, "0a090909"),
            (150, "0a090909"),
        ]
        known, circuit = scope.reservations
        assert (known.client, str(known.address)) == ("pc1", "10.20.1.10")
        assert known.mac == built.node("pc1").interfaces[0].mac
        assert (circuit.circuit_id, str(circuit.address)) == ("vlan10", "10.20.1.60")
    assert built.segment("users").mode == "hot-standby"


def test_a_range_is_divided_where_servers_know_nothing_of_each_other(tmp_path: Path) -> None:
    built = plan(CAMPUS.replace(", mode: hot-standby", ""), tmp_path)
    ranges = [str(part) for server in built.role(Role.SERVER) for part in server.server.scopes[0].ranges]  # type: ignore[union-attr]
    assert ranges == ["10.20.1.50-10.20.1.59", "10.20.1.61-10.20.1.74", "10.20.1.75-10.20.1.99"]
    assert built.segment("users").mode == "independent"


def test_an_address_alone_is_the_switchs_own_where_one_routes_and_anycast_where_several_do(
    tmp_path: Path,
) -> None:
    one = (
        "name: one\nswitches: [sw]\nsegments:\n  u: {prefix: 10.5.0.0/24, gateway: 10.5.0.254, "
        "attach: {sw: [c]}, relay: {servers: [s]}}\nservers: {s: sw}\n"
    )
    built = plan(one, tmp_path)
    port = built.node("sw").on_segment("u")
    assert port is not None and str(port.address) == "10.5.0.254/24"
    assert built.segment("u").protocol == "switch"
    two = (
        one.replace("[sw]", "[sw, sw2]")
        .replace("{sw: [c]}", "{sw: [c], sw2: [d]}")
        .replace("segments:", "links: [sw-sw2]\noverlay: {control: static}\nsegments:")
    )
    built = plan(two, tmp_path)
    assert built.segment("u").anycast
    assert {str(node.on_segment("u").anycast) for node in built.role(Role.SWITCH)} == {"10.5.0.254/24"}  # type: ignore[union-attr]


def test_centrally_routed_evpn_relays_on_the_spines_alone(tmp_path: Path) -> None:
    text = """\
name: crb
switches: [l1, l2, s1]
links: [l1-s1, l2-s1]
overlay: {control: evpn, asn: 65000}
segments:
  users:
    gateway: {protocol: anycast, nodes: [s1]}
    attach: {l1: [pc1], l2: [pc2]}
    relay: {servers: [srv]}
servers: {srv: s1}
"""
    built = plan(text, tmp_path)
    assert [node.name for node, _ in built.relays("users")] == ["s1"]
    assert all(built.node(name).vlans[0].vni for name in ("l1", "l2", "s1"))
    assert built.node("l1").on_segment("users") is None


def test_groups_of_servers_have_a_giaddr_each_in_the_vrf_of_the_servers(tmp_path: Path) -> None:
    text = """\
name: mixed
switches: [l1, bl]
links: [l1-bl]
overlay: {control: evpn, asn: 65000}
vrfs: {red: {transit_vni: true}}
segments:
  users:
    vrf: red
    attach: {l1: [a1]}
    relay:
      - {servers: [srv1], source: loopback, options: [link-selection]}
      - {servers: [srv2], server_vrf: red, source: loopback, options: [link-selection]}
  srv: {vrf: red, attach: {bl: [srv2]}}
servers: {srv1: bl, srv2: {}}
"""
    built = plan(text, tmp_path)
    groups = {relay.targets[0].server: relay for _, relay in built.relays("users")}
    loopback = built.node("l1").loopback
    assert loopback is not None
    assert groups["srv1"].giaddr == loopback.ip
    assert groups["srv2"].giaddr == built.node("l1").vrfs[0].loopback.ip  # type: ignore[union-attr]
    assert built.node("srv2").server.scopes[0].relays == (groups["srv2"].giaddr,)  # type: ignore[union-attr]


def test_a_server_on_the_clients_segment_serves_it_without_a_relay(tmp_path: Path) -> None:
    built = plan(
        "name: lan\nswitches: [br]\nsegments:\n  lan: {attach: {br: [c1, srv]}}\nservers: {srv: {}}\n",
        tmp_path,
    )
    (scope,) = built.node("srv").server.scopes  # type: ignore[union-attr]
    assert scope.direct and scope.relays == ()
    assert built.segment("lan").direct == ("srv",)
    assert built.relays("lan") == ()


@pytest.mark.parametrize("underlay", ["isis", "ebgp", "ebgp-unnumbered", "static"])
def test_without_ospf_servers_have_a_default_route_and_their_switch_a_route_to_them(
    tmp_path: Path, underlay: str
) -> None:
    text = (
        f"name: u\nunderlay: {underlay}\nswitches: [l1, s1]\nlinks: [l1-s1]\nsegments:\n"
        "  a: {attach: {l1: [c]}, relay: {servers: [srv]}}\nservers: {srv: s1}\n"
    )
    built = plan(text, tmp_path)
    srv, s1, l1 = (built.node(name) for name in ("srv", "s1", "l1"))
    assert [str(route.prefix) for route in srv.routes] == ["0.0.0.0/0"]
    assert srv.loopback is not None
    assert srv.loopback.network in [route.prefix for route in s1.routes]
    assert not any(node.ospf for node in built.nodes)
    assert bool(l1.isis) is (underlay == "isis")
    assert bool(l1.bgp) is underlay.startswith("ebgp")
    assert (l1.interfaces[0].address is None) is (underlay == "ebgp-unnumbered")
    assert (srv.loopback.network in [route.prefix for route in l1.routes]) is (underlay == "static")


def test_names_are_what_hostnames_are_and_links_are_read_by_the_names_there_are(tmp_path: Path) -> None:
    text = """\
name: names
switches: [dc1-leaf1a, dc1-leaf1b, dc1-spine1]
links: [dc1-leaf1a-dc1-spine1, [dc1-leaf1b, dc1-spine1]]
segments:
  user-vlan: {attach: {dc1-leaf1a: [pc-1]}, relay: {servers: [dhcp-1]}}
servers: {dhcp-1: dc1-spine1}
"""
    built = plan(text, tmp_path)
    ends = [tuple(end.node for end in link.endpoints) for link in built.links if link.kind == "p2p"]
    assert ("dc1-leaf1a", "dc1-spine1") in ends and ("dc1-leaf1b", "dc1-spine1") in ends


def test_a_link_that_can_be_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    text = (
        "name: x\nswitches: [a, a-b, b, b-c, c]\nlinks: [a-b-c]\n"
        "segments:\n  u: {attach: {a: [p]}, relay: {servers: [s]}}\nservers: {s: a}\n"
    )
    with pytest.raises(SpecError, match="more than one way"):
        plan(text, tmp_path)


BESIDE = """\
name: beside
switches: [acc, core]
links: [acc-core]
segments:
  office:
    prefix: 10.60.1.0/24
    attach: {acc: [o1, near]}
    relay: {servers: [far]}
    pool: {split: {far: 10.60.1.150-10.60.1.199, near: 10.60.1.50-10.60.1.99}}
servers: {near: {}, far: core}
"""


def test_a_server_on_the_clients_segment_serves_it_beside_a_relay_where_it_has_a_part_of_the_pool(
    tmp_path: Path,
) -> None:
    built = plan(BESIDE, tmp_path)
    office = built.segment("office")
    ((_, relay),) = built.relays("office")
    assert (office.servers, office.direct) == (("far", "near"), ("near",))
    assert [target.server for target in relay.targets] == ["far"]
    (scope,) = built.node("near").server.scopes  # type: ignore[union-attr]
    assert (scope.direct, scope.relays, str(scope.ranges[0])) == (True, (), "10.60.1.50-10.60.1.99")


def test_a_server_that_only_hangs_there_beside_a_relay_serves_nobody(tmp_path: Path) -> None:
    built = plan(BESIDE.replace(", near: 10.60.1.50-10.60.1.99", ""), tmp_path)
    assert (built.segment("office").servers, built.segment("office").direct) == (("far",), ())


def test_a_static_underlay_leads_to_clients_of_unnumbered_segments(tmp_path: Path) -> None:
    """Their switch has no address of the prefix; renewals are answered to the clients themselves."""
    text = """\
name: bare
switches: [u1, u2]
links: [u1-u2]
underlay: static
segments:
  un: {unnumbered: true, attach: {u1: [n1]}, relay: {servers: [m], options: [link-selection]}}
servers: {m: u2}
"""
    built = plan(text, tmp_path)
    prefix = built.segment("un").prefix
    ways = {
        node: [str(route.via) for route in built.node(node).routes if route.prefix == prefix]
        for node in ("u1", "u2")
    }
    assert ways == {"u1": ["None"], "u2": ["10.1.0.5"]}


COLLAPSED = """\
name: collapsed-core
switches: [cc1, cc2, as1]
links: [cc1-cc2, cc1-as1, cc2-as1]
segments:
  users:
    vlan: 20
    prefix: 10.20.0.0/24
    gateway: {address: 10.20.0.1, protocol: anycast, nodes: [cc1, cc2]}
    bridge: [as1]
    attach: {as1: [pc1]}
    relay: {servers: [srv1]}
  servers:
    vlan: 30
    prefix: 10.30.0.0/24
    gateway: {address: 10.30.0.1, protocol: anycast, nodes: [cc1, cc2]}
    attach: {cc1: [], cc2: []}
    dhcp: false
servers: {srv1: cc1}
"""


def test_cores_whose_only_link_is_a_trunk_speak_ospf_over_the_vlans_they_share(tmp_path: Path) -> None:
    built = plan(COLLAPSED, tmp_path)
    assert {link.kind for link in built.links if {end.node for end in link.endpoints} == {"cc1", "cc2"}} == {
        "trunk"
    }
    blocks = config(built, "cc2", "frr.conf").split("!\n")
    (shared,) = [block for block in blocks if block.startswith("interface vlan30")]
    assert "ip ospf area 0.0.0.0" in shared
    assert "ip ospf passive" not in shared
    (routed,) = [
        block
        for block in config(plan(CAMPUS, tmp_path), "core-1", "frr.conf").split("!\n")
        if block.startswith("interface vlan") and "ospf" in block
    ]
    assert "ip ospf passive" in routed


@pytest.mark.parametrize("underlay", ["ebgp", "static", "isis"])
def test_over_vlans_that_cores_share_no_other_protocol_than_ospf_is_spoken(
    tmp_path: Path, underlay: str
) -> None:
    said = refusal(f"{COLLAPSED}underlay: {underlay}\n", tmp_path)
    assert "`cc2` has no path of links to server `srv1`" in said
