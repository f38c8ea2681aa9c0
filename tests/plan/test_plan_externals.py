"""External routers: their links, sessions and routes, and what cannot be one."""

from __future__ import annotations

from pathlib import Path

import plan_specs
import pytest

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan

BORDER = """\
name: beyond
switches: [border-1, leaf-1]
links: [border-1-leaf-1]
vrfs: {users: {}}
segments:
  users:
    vrf: users
    prefix: 10.1.1.0/24
    attach: {border-1: [pc1]}
    relay: {servers: [srv1], source: loopback, options: [link-selection, server-id-override]}
servers: {srv1: leaf-1}
externals: %s
"""
EBGP = "{fw1: {attach: {border-1: {vrf: users, address: 10.8.0.1/30, asn: 64999}}, reaches: [10.9.9.0/24]}}"


def plan(externals: str, tmp_path: Path) -> LabPlan:
    return plan_specs.plan(BORDER % externals, tmp_path)


def frr_conf(built: LabPlan, name: str) -> str:
    node = built.node(name)
    return next(
        a.text for a in registry.get(node.device).artifacts(built, node) if a.path.endswith("frr.conf")
    )


def test_the_switch_has_the_other_address_of_the_link_in_the_vrf(tmp_path: Path) -> None:
    built = plan(EBGP, tmp_path)
    (handover,) = built.node("border-1").handovers
    assert (handover.external, handover.vrf, str(handover.address)) == ("fw1", "users", "10.8.0.1")
    port = built.node("border-1").interface(handover.interface)
    assert (str(port.address), port.vrf, port.ospf) == ("10.8.0.2/30", "users", False)


def test_the_external_speaks_ebgp_and_has_an_address_in_what_it_reaches(tmp_path: Path) -> None:
    fw1 = plan(EBGP, tmp_path).node("fw1")
    assert fw1.bgp is not None and fw1.external is not None
    assert (fw1.bgp.asn, [str(peer.address) for peer in fw1.bgp.neighbors]) == (64999, ["10.8.0.2"])
    assert [str(address) for address in fw1.external.addresses] == ["10.9.9.1/24"]
    assert [str(prefix) for prefix in fw1.external.learns] == ["10.1.1.0/24"]


def test_the_session_is_in_the_vrf_on_the_switch_and_nowhere_else(tmp_path: Path) -> None:
    text = frr_conf(plan(EBGP, tmp_path), "border-1")
    assert text.count("router bgp ") == 1
    assert " vrf users\n" in text.partition("router bgp ")[2]
    assert " neighbor 10.8.0.1 remote-as 64999\n" in text


def test_route_targets_and_router_macs_do_not_leave_the_fabric(tmp_path: Path) -> None:
    """A firewall in two VRFs hands routes of one to the other: with their communities, leaves would send to the other VRF's router MAC."""
    built = plan(EBGP, tmp_path)
    for name, peer in (("border-1", "10.8.0.1"), ("fw1", "10.8.0.2")):
        family = (
            frr_conf(built, name)
            .partition("address-family ipv4 unicast\n")[2]
            .partition(" exit-address-family")[0]
        )
        assert f"  neighbor {peer} activate\n" in family
        assert f"  no neighbor {peer} send-community extended\n" in family
    assert "send-community" not in frr_conf(built, "leaf-1")


def test_without_an_as_number_both_have_static_routes_and_no_bgp(tmp_path: Path) -> None:
    built = plan(EBGP.replace(", asn: 64999", ""), tmp_path)
    (route,) = built.node("border-1").routes
    assert (str(route.prefix), str(route.via), route.vrf) == ("10.9.9.0/24", "10.8.0.1", "users")
    back = {str(route.prefix): str(route.via) for route in built.node("fw1").routes}
    assert back["10.1.1.0/24"] == "10.8.0.2"
    assert built.node("fw1").bgp is None
    assert "router bgp" not in frr_conf(built, "border-1")


def test_node_ids_and_links_of_the_others_stay_as_they_are_without_it(tmp_path: Path) -> None:
    with_it, without = plan(EBGP, tmp_path), plan("{}", tmp_path)
    assert [n.id for n in with_it.nodes][:-1] == [n.id for n in without.nodes]
    assert with_it.links[:-1] == without.links
    assert "external" not in without.to_json()


@pytest.mark.parametrize(
    ("externals", "told"),
    [
        ("{fw1: {attach: {border-9: {address: 10.8.0.1/30}}}}", "attached to `border-9`, which is no switch"),
        ("{fw1: {attach: {border-1: {vrf: user, address: 10.8.0.1/30}}}}", "did you mean `users`?"),
        ("{fw1: {attach: {border-1: {address: 10.8.0.1}}}}", "`10.8.0.1` has no mask"),
        ("{fw1: {attach: {border-1: {address: 10.8.0.0/30}}}}", "write `10.8.0.1/30`"),
        ("{fw1: {attach: {border-1: {address: 10.8.0.1/16}}}}", "write /30 or /31"),
        ("{fw1: {attach: {border-1: {vrf: users, address: 10.1.1.1/30}}}}", "overlaps segment `users`"),
        (
            "{fw1: {attach: {border-1: {vrf: users, address: 10.8.0.1/30}}, reaches: [10.1.0.0/16]}}",
            "overlaps segment",
        ),
        ("{fw1: {attach: {}}}", "attach"),
        ("{fw1: {reaches: [10.9.9.0/24]}}", "`attach` is missing in externals.fw1"),
        ("{pc1: {attach: {border-1: {address: 10.8.0.1/30}}}}", "node `pc1` is used twice"),
        (
            "{fw1: {attach: {border-1: [{address: 10.8.0.1/30, asn: 1}, {address: 10.8.0.5/30, asn: 2}]}}}",
            "AS 2 in another",
        ),
        (
            "{fw1: {attach: {border-1: [{address: 10.8.0.1/30}, {address: 10.8.0.2/30}]}}}",
            "overlaps another link",
        ),
        ("{fw1: {attach: {border-1: {address: 10.8.0.1/30, asn: 4200000002}}}}", "are both in AS 4200000002"),
    ],
)
def test_what_cannot_be_an_external_router_is_refused(tmp_path: Path, externals: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        plan(externals, tmp_path)
    assert told in str(caught.value)
