"""Specs that were once taken wrongly: each is refused where it cannot work, with what is wrong and what to write, or builds what it says.

Those that build run in labs, too (tests/lab/test_lab_cases.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.ground.errors import LabgenError
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec.load import load
from labgen.verify import references

CASES = Path(__file__).parent / "cases"
REFUSED = {
    "dup-transit": ("5:", "VNI 50000 is the transit VNI of VRF `red` already (line 5)", "another VNI"),
    "dup-vlan": ("5:", "VLAN 10 is segment `a` already (line 4)", "another VLAN id"),
    "empty-relay-servers": ("4:", "relay.servers: nothing is listed here", "write `servers: [srv1, srv2]`"),
    "forgot-relay": ("5:", "nothing serves segment `voice`: `ph1` would get no lease", "`dhcp: false`"),
    "ipv6-prefix": ("4:", "is an IPv6 address", "write an IPv4 address or prefix"),
    "pool-network-address": ("8:", "holds 10.9.9.0, the network address of 10.9.9.0/24", "stay within 10.9.9.1-10.9.9.254"),
    "prefix-nomask": ("4:", "`10.5.1.0` has no mask", "write `10.5.1.0/24`"),
    "t1-after-lease": ("4:", "renew (T1, 2h) must come before rebind", "write `renew: 30m`"),
}  # fmt: skip
"""Where, what and the remedy."""
BUILT = sorted(file.stem for file in CASES.glob("*.yml") if file.stem not in {*REFUSED, "expect-typo"})


def built(name: str, **devices: str) -> LabPlan:
    loaded = load(str(CASES / f"{name}.yml"), devices)
    plan = build(loaded)
    references.require(loaded, plan)
    return plan


@pytest.mark.parametrize("name", REFUSED)
def test_a_spec_that_cannot_work_is_refused_with_its_line_and_what_to_write(name: str) -> None:
    line, reason, remedy = REFUSED[name]
    with pytest.raises(LabgenError) as caught:
        built(name)
    said = str(caught.value)
    assert caught.value.exit_code == 2
    assert f"{name}.yml:{line}" in said
    assert reason in said and remedy in said, said


def test_expectations_that_name_nothing_are_refused_with_what_was_meant() -> None:
    with pytest.raises(LabgenError, match=r"did you mean `server-id-override-ignored`\?"):
        built("expect-typo")


@pytest.mark.parametrize("name", BUILT)
def test_the_others_build(name: str) -> None:
    assert built(name).nodes


def addresses(plan: LabPlan) -> list[str]:
    """Addresses of all nodes."""
    return [str(address) for node in plan.nodes for address in node.addresses]


@pytest.mark.parametrize("name", ["prefix-in-p2p", "prefix-in-loopbacks"])
def test_no_address_that_is_handed_out_is_a_nodes(name: str) -> None:
    plan = built(name)
    scopes = [scope for node in plan.nodes for scope in (node.server.scopes if node.server else ())]
    assert scopes
    own = {address for node in plan.nodes for address in node.addresses}
    assert [a for scope in scopes for part in scope.ranges for a in own if a in part] == []
    assert any(warning.code == "pool-moved" for warning in plan.warnings)


def relays(plan: LabPlan, segment: str) -> set[tuple[str, str]]:
    return {(node.name, target.server) for node, relay in plan.relays(segment) for target in relay.targets}


def test_the_switches_that_only_bridge_neither_route_nor_relay() -> None:
    for name, segment, routers in (
        ("crb", "users", {"s1", "s2"}),
        ("avd-campus", "IDF1_Data", {"SPINE1", "SPINE2"}),
    ):
        plan = built(name)
        assert {node for node, _ in relays(plan, segment)} == routers
        assert len(relays(plan, segment)) == 4
        for switch in set(plan.segment(segment).switches) - routers:
            assert [p for p in plan.node(switch).interfaces if p.segment == segment and p.address] == []


def test_gateways_and_giaddrs_are_where_the_spec_says() -> None:
    plan = built("gateway-254", switch="frr")
    assert str(plan.segment("vlan20").gateway) == "192.168.20.254"
    campus = built("avd-campus")
    own = {n: campus.node(n).on_segment("IDF1_Data") for n in ("SPINE1", "SPINE2")}
    assert {n: str(p.address) for n, p in own.items() if p} == {
        "SPINE1": "10.1.10.2/23",
        "SPINE2": "10.1.10.3/23",
    }


def test_one_segment_asks_servers_of_two_vrfs() -> None:
    plan = built("mixed-vrf-servers")
    asked = {(n.name, t.server, t.vrf) for n, relay in plan.relays("red1") for t in relay.targets}
    assert asked == {
        (leaf, *where) for leaf in ("l1", "l2") for where in (("srv1", "default"), ("srv2", "red"))
    }


@pytest.mark.parametrize("name", ["netlab-01-client", "vacuous-no-relay"])
def test_a_server_on_the_clients_segment_serves_it(name: str) -> None:
    (segment,) = built(name).segments
    assert len(segment.direct) == 1 and len(segment.clients) == 2


def test_options_and_reservations_are_what_servers_are_told() -> None:
    plan = built("dhcp-options")
    assert [option.code for option in plan.options("voice")] == [6, 15, 42, 43, 66, 67, 121, 150]
    (server,) = (node for node in built("reservation").nodes if node.server)
    assert server.server is not None
    (scope,) = server.server.scopes
    assert [(kept.client, str(kept.address)) for kept in scope.reservations] == [("pc1", "10.20.10.10")]


def test_a_failover_pair_and_an_underlay_of_ebgp_are_said() -> None:
    assert built("isc-failover").segment("users").mode == "load-balance"
    plan = built("ebgp-underlay")
    assert {node.name: node.bgp.asn for node in plan.nodes if node.bgp and node.name != "srv"} == {
        "l1": 65101,
        "l2": 65102,
        "s1": 65100,
    }


def test_names_are_hostnames_and_titles_hold_no_replaced_words() -> None:
    assert {node.name for node in built("hyphen-names").nodes} >= {
        "dc1-leaf1a",
        "dc1-spine1",
        "pc-1",
        "dhcp-1",
    }
    assert built("client-named-a").segment("users").clients == ("a", "in")
