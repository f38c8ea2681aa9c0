"""Address tables of the scenarios whose posts print one, with the posts' devices."""

from __future__ import annotations

import pytest

from labgen.plan.build import build
from labgen.plan.table import address_table
from labgen.spec.load import load

EOS_CSR = {"switch": "eos", "server": "csr", "client": "iosv"}
EOS_IOSV = {"switch": "eos", "server": "iosv", "client": "iosv"}
IOS_CSR = {"switch": "iosv", "server": "csr", "client": "iosv"}
HEAD = "  Interface                  IPv4 address  Description\n"

VRF_RELAY = (
    HEAD
    + "=" * 80
    + """
srv (10.0.0.1/32)
  GigabitEthernet2            10.1.0.2/30  srv -> relay

relay (10.0.0.2/32)
  GigabitEthernet0/1          10.1.0.1/30  relay -> srv
  GigabitEthernet0/2        172.16.0.2/24  relay -> user (VRF: client)

user (10.0.0.3/32)
  GigabitEthernet0/1        172.16.0.3/24  user -> relay
"""
)

VXLAN_RELAY = (
    HEAD
    + "=" * 80
    + """
srv (10.0.0.2/32)
  GigabitEthernet0/1          10.1.0.1/30  srv -> sw1
  GigabitEthernet0/2          10.1.0.5/30  srv -> sw2

sw1 (10.0.0.3/32)
  Ethernet1                   10.1.0.2/30  sw1 -> srv
  Ethernet2                   10.1.0.9/30  sw1 -> sw2
  Vlan1000                  172.16.0.3/24  VLAN client (1000) -> [cl_a,cl_b,sw2]

sw2 (10.0.0.4/32)
  Ethernet1                   10.1.0.6/30  sw2 -> srv
  Ethernet2                  10.1.0.10/30  sw2 -> sw1
  Vlan1000                  172.16.0.4/24  VLAN client (1000) -> [cl_a,sw1,cl_b]

cl_a (10.0.0.5/32)
  GigabitEthernet0/1        172.16.0.5/24  cl_a -> [sw1,cl_b,sw2]

cl_b (10.0.0.6/32)
  GigabitEthernet0/1        172.16.0.6/24  cl_b -> [cl_a,sw1,sw2]
"""
)

EVPN_RELAY = (
    HEAD
    + "=" * 94
    + """
srv (10.0.0.2/32)
  GigabitEthernet2            10.1.0.1/30  srv -> sw1
  GigabitEthernet3            10.1.0.5/30  srv -> sw2

sw1 (10.0.0.3/32)
  Ethernet1                   10.1.0.2/30  sw1 -> srv
  Ethernet2                   10.1.0.9/30  sw1 -> sw2
  Vlan1000                  172.16.0.3/24  VLAN cv1 (1000) -> [cl_a,cl_b,sw2] (VRF: client)

sw2 (10.0.0.4/32)
  Ethernet1                   10.1.0.6/30  sw2 -> srv
  Ethernet2                  10.1.0.10/30  sw2 -> sw1
  Vlan1000                  172.16.0.4/24  VLAN cv1 (1000) -> [cl_a,sw1,cl_b] (VRF: client)

cl_a (10.0.0.5/32)
  GigabitEthernet0/1        172.16.0.5/24  cl_a -> [sw1,cl_b,sw2]

cl_b (10.0.0.6/32)
  GigabitEthernet0/1        172.16.0.6/24  cl_b -> [cl_a,sw1,sw2]
"""
)


@pytest.mark.parametrize(
    ("name", "devices", "table"),
    [
        pytest.param("vrf-relay", IOS_CSR, VRF_RELAY, id="vrf-relay"),
        pytest.param("vxlan-relay", EOS_IOSV, VXLAN_RELAY, id="vxlan-relay"),
        pytest.param("evpn-relay", EOS_CSR, EVPN_RELAY, id="evpn-relay"),
    ],
)
def test_table_equals_the_post_character_for_character(
    name: str, devices: dict[str, str], table: str
) -> None:
    assert address_table(build(load(name, devices))) == table


def test_redundant_servers_have_the_same_table_with_and_without_a_vrf() -> None:
    plain, vrf = (
        address_table(build(load(name, EOS_CSR)))
        for name in ("vxlan-redundant-server", "evpn-redundant-server")
    )
    assert plain == vrf
