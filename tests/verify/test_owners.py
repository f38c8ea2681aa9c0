"""What belongs to one node and is found at another: addresses, hardware addresses, and gateways that are not alike."""

from __future__ import annotations

from ipaddress import ip_interface

import pytest
from verify_facts import Tale, concluded
from verify_labs import MOVING, flagship, leaky, written
from verify_stories import addressed, leak_ports

from labgen.ground.labplan import LabPlan
from labgen.verify.judgement import Judgement, Outcome


def judge(tale: Tale, check: str, key: str = "") -> Judgement:
    return concluded(check, key, tale.facts())


def test_an_address_of_a_server_on_another_machine_is_blamed_on_that_one() -> None:
    found = judge(addressed().says("srv2", "eth1", "default", "10.0.0.2/32"), "node.owners")
    assert (found.outcome, found.at) == (Outcome.FAIL, ("srv2",))
    assert found.observed == "srv2 has 10.0.0.2 of srv1 on eth1"


@pytest.mark.parametrize(
    ("node", "interface", "address"),
    [
        pytest.param("srv1", "lo", "10.0.0.2/32", id="its own"),
        pytest.param("sw2", "varp1000", "172.16.0.1/24", id="the gateway that both switches have"),
        pytest.param("sw1", "eth0", "198.18.0.9/24", id="of the management network"),
        pytest.param("cl_b", "eth1", "172.16.0.4/24", id="what a client was given is judged by its lease"),
    ],
)
def test_nobody_is_blamed_for(node: str, interface: str, address: str) -> None:
    found = judge(addressed().says(node, interface, "default", address), "node.owners")
    assert found.outcome is Outcome.PASS, found.observed


def test_without_a_word_of_addresses_nothing_is_known_of_owners() -> None:
    assert judge(Tale(flagship()), "node.owners").outcome is Outcome.BLOCKED


def with_mac(plan: LabPlan, client: str, mac: str) -> LabPlan:
    node = plan.node(client)
    ports = tuple(
        port.model_copy(update={"mac": mac}) if port.mac == node.client_mac else port
        for port in node.interfaces
    )
    changed = node.model_copy(update={"interfaces": ports})
    return plan.model_copy(update={"nodes": tuple(changed if n.name == client else n for n in plan.nodes)})


def test_two_clients_with_one_hardware_address_are_both_named() -> None:
    mac = flagship().node("cl_a").client_mac
    tale = Tale(with_mac(flagship(), "cl_b", mac)).says("sw1", "vlan1000", "client", "172.16.0.4/24")
    found = judge(tale, "node.owners")
    assert (found.outcome, found.at) == (Outcome.FAIL, ("cl_a", "cl_b"))
    assert found.observed == f"cl_a and cl_b have the hardware address {mac}"


def gateway(address: str, mac: str) -> Tale:
    return Tale(flagship()).says("sw1", "varp1000", "client", address, mac=mac)


SUBJECT = "sw1:cv1"


def test_a_gateway_with_another_hardware_address_than_elsewhere_is_told() -> None:
    found = judge(gateway("172.16.0.1/24", "02:00:00:00:00:66"), "control-plane.anycast", SUBJECT)
    assert (found.outcome, found.at) == (Outcome.FAIL, ("sw1",))
    planned = flagship().anycast_mac
    assert found.observed == f"varp1000 has the hardware address 02:00:00:00:00:66 instead of {planned}"


def test_a_gateway_with_another_mask_is_told() -> None:
    found = judge(gateway("172.16.0.1/25", flagship().anycast_mac or ""), "control-plane.anycast", SUBJECT)
    assert found.outcome is Outcome.FAIL
    assert found.observed == f"varp1000 has 172.16.0.1/25 instead of {ip_interface('172.16.0.1/24')}"


@pytest.mark.parametrize("address", ["172.16.0.1/24", "172.16.0.1/32"])
@pytest.mark.parametrize("told", [True, False])
def test_a_gateway_as_planned_is_right(address: str, told: bool) -> None:
    mac = (flagship().anycast_mac or "") if told else ""
    assert judge(gateway(address, mac), "control-plane.anycast", SUBJECT).outcome is Outcome.PASS


def masters(c1: bool, c2: bool, *, reached: bool = False) -> Judgement:
    tale = Tale(written(MOVING))
    for switch, up in (("c1", c1), ("c2", c2)):
        tale.says(switch, "vrrp1000", "default", "10.1.10.254/24", up=up)
    return judge(tale.reach("u1", "10.1.10.254", reached), "control-plane.vrrp", "users")


def test_two_masters_of_a_virtual_router_are_both_named() -> None:
    found = masters(True, True, reached=True)
    assert (found.outcome, found.at) == (Outcome.FAIL, ("c1", "c2"))
    assert found.observed == "c1 and c2 have it at once"
    assert "224.0.0.18" in found.hint


@pytest.mark.parametrize(("c1", "c2", "who"), [(True, False, "c1"), (False, True, "c2")])
def test_one_master_is_right_whichever_it_is(c1: bool, c2: bool, who: str) -> None:
    found = masters(c1, c2)
    assert (found.outcome, found.observed) == (Outcome.PASS, f"{who} has it")


def test_a_gateway_that_moves_while_it_is_looked_at_is_none_that_is_missing() -> None:
    assert masters(False, False, reached=True).outcome is Outcome.PASS
    assert masters(False, False).observed == "no switch has it up"
    assert masters(False, False).outcome is Outcome.FAIL


def standby(*addresses: str) -> Judgement:
    """c1 is master; c2 has other addresses on its port for the virtual router, which is down."""
    tale = Tale(written(MOVING)).says("c1", "vrrp1000", "default", "10.1.10.254/24")
    own = tale.plan.node("c2").on_segment("users")
    assert own is not None
    tale.says("c2", own.linux, "default", str(own.address))
    for address in addresses:
        tale.says("c2", "vrrp1000", "default", address, up=False)
    return judge(tale, "control-plane.vrrp", "users")


@pytest.mark.parametrize(
    ("addresses", "has"),
    [
        pytest.param(("10.1.10.253/24",), "10.1.10.253/24 on vrrp1000", id="another one"),
        pytest.param((), "nothing", id="none"),
        pytest.param(("10.9.9.9/24",), "nothing", id="one of another subnet"),
    ],
)
def test_a_standby_that_could_not_take_the_gateway_over_is_told(addresses: tuple[str, ...], has: str) -> None:
    found = standby(*addresses)
    assert (found.outcome, found.at) == (Outcome.FAIL, ("c2",))
    assert found.observed == f"c2 has {has} instead of 10.1.10.254"


def test_a_standby_with_the_address_and_a_secondary_beside_it_is_right() -> None:
    found = standby("10.1.10.254/24", "10.1.10.250/24")
    assert (found.outcome, found.observed) == (Outcome.PASS, "c1 has it")


@pytest.mark.parametrize(
    ("down", "moved", "observed"),
    [
        ("leak1b", "", "leak1b in VRF services, down"),
        ("", "leak1a", "leak1a in VRF default instead of users"),
    ],
)
def test_a_port_between_two_vrfs_is_told_where_it_is_not_as_planned(
    down: str, moved: str, observed: str
) -> None:
    found = judge(leak_ports(down, moved), "control-plane.leak", "core")
    assert (found.outcome, found.at, found.observed) == (Outcome.FAIL, ("core",), observed)


def test_nothing_is_said_of_leaks_where_nobody_told_an_address() -> None:
    assert judge(Tale(leaky()), "control-plane.leak", "core").outcome is Outcome.BLOCKED
