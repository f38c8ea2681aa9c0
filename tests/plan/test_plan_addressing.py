"""Addresses equal the tables printed in the blog series."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_specs import plan, refusal

from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.plan.table import address_table
from labgen.spec.load import load

VENDORS = {"switch": "eos", "server": "csr", "client": "iosv"}

REDUNDANT = """\
  Interface                  IPv4 address  Description
================================================================================
srv1 (10.0.0.2/32)
  GigabitEthernet2            10.1.0.1/30  srv1 -> sw3

srv2 (10.0.0.3/32)
  GigabitEthernet2            10.1.0.5/30  srv2 -> sw3

sw1 (10.0.0.4/32)
  Ethernet1                   10.1.0.9/30  sw1 -> sw2
  Ethernet2                  10.1.0.13/30  sw1 -> sw3
  Vlan1000                  172.16.0.4/24  VLAN cv1 (1000) -> [cl_a,cl_b,sw2]

sw2 (10.0.0.5/32)
  Ethernet1                  10.1.0.10/30  sw2 -> sw1
  Ethernet2                  10.1.0.17/30  sw2 -> sw3
  Vlan1000                  172.16.0.5/24  VLAN cv1 (1000) -> [cl_a,sw1,cl_b]

sw3 (10.0.0.6/32)
  Ethernet1                   10.1.0.2/30  sw3 -> srv1
  Ethernet2                   10.1.0.6/30  sw3 -> srv2
  Ethernet3                  10.1.0.14/30  sw3 -> sw1
  Ethernet4                  10.1.0.18/30  sw3 -> sw2

cl_a (10.0.0.7/32)
  GigabitEthernet0/1        172.16.0.7/24  cl_a -> [sw1,cl_b,sw2]

cl_b (10.0.0.8/32)
  GigabitEthernet0/1        172.16.0.8/24  cl_b -> [cl_a,sw1,sw2]
"""


def test_flagship_table_equals_the_post_character_for_character() -> None:
    assert address_table(build(load("evpn-redundant-server", VENDORS))) == REDUNDANT


def test_without_anycast_gateway_ids_start_at_one() -> None:
    plan = build(load("relay"))
    assert {node.name: node.id for node in plan.nodes} == {"srv": 1, "relay": 2, "user": 3}


def test_a_listed_server_link_keeps_its_order() -> None:
    plan = build(load("relay"))
    assert str(plan.node("relay").interface("eth1").address) == "10.1.0.1/30"
    assert str(plan.node("srv").interface("eth1").address) == "10.1.0.2/30"


def test_even_split_leaves_out_infrastructure_and_never_overlaps() -> None:
    plan = build(load("evpn-redundant-server"))
    one, two = (plan.node(name).server for name in ("srv1", "srv2"))
    assert one is not None
    assert two is not None
    assert [str(part) for part in one.scopes[0].ranges] == [
        "172.16.0.2-172.16.0.3",
        "172.16.0.6-172.16.0.128",
    ]
    assert [str(part) for part in two.scopes[0].ranges] == ["172.16.0.129-172.16.0.254"]


def test_plan_survives_its_json_form() -> None:
    plan = build(load("evpn-redundant-server"))
    assert LabPlan.from_json(plan.to_json()) == plan


def test_mac_addresses_are_unique_in_a_lab() -> None:
    plan = build(load("evpn-redundant-server"))
    macs = [port.mac for node in plan.nodes for port in node.interfaces]
    assert len(macs) == len(set(macs))


def test_loopback_giaddr_and_link_address_come_from_the_relay_itself() -> None:
    plan = build(load("evpn-redundant-server"))
    relay = plan.node("sw2").relays[0]
    assert (str(relay.giaddr), str(relay.link_address)) == ("10.0.0.5", "172.16.0.5")
    assert relay.inter_vrf


def test_setting_overrides_the_spec() -> None:
    plan = build(load("evpn-redundant-server", settings=["segments.cv1.pool.lease=12s"]))
    scope = plan.node("srv1").server
    assert scope is not None
    assert (scope.scopes[0].lease, scope.scopes[0].renew, scope.scopes[0].rebind) == (12, 6, 10)


def test_shared_anycast_giaddr_is_a_warning_not_an_error() -> None:
    plan = build(load("vxlan-redundant-server", settings=["segments.cv1.relay.source=172.16.0.1"]))
    assert "giaddr-anycast" in {warning.code for warning in plan.warnings}


@pytest.mark.parametrize("name", ["evpn-redundant-server", "relay"])
def test_same_spec_gives_the_same_plan(name: str) -> None:
    assert build(load(name)).to_json() == build(load(name)).to_json()


def test_a_switch_cannot_have_the_shared_gateways_address_for_its_own(tmp_path: Path) -> None:
    text = """\
name: same
devices: {switch: DEVICE}
switches: [s1, s2]
links: [s1-s2]
segments:
  blue: {prefix: 10.20.1.0/24, attach: {s1: [h1]}, gateway: anycast, relay: {servers: [srv]}}
servers: {srv: s2}
nodes: {s1: {addresses: {blue: 10.20.1.1}}}
"""
    said = refusal(text.replace("DEVICE", "frr"), tmp_path)
    assert "10.20.1.1 is the address of the gateway and of `s1`" in said
    assert plan(text.replace("DEVICE", "nxos"), tmp_path).node("s1").on_segment("blue") is not None
