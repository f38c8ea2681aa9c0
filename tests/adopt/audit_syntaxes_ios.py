"""Configurations in the syntax of IOS and of those that follow it, with what is to be said of each."""

from __future__ import annotations

import pytest

CASES = [
    pytest.param(
        "ios",
        set(),
        """\
hostname r1
ip dhcp relay information trust-all
interface GigabitEthernet0/0
 ip address 10.9.9.2 255.255.255.0
interface Vlan10
 ip address 10.1.10.1 255.255.255.0
 ip address 10.1.110.1 255.255.255.0 secondary
 ip helper-address 10.9.9.1
interface Vlan20
 ip address 10.1.20.1 255.255.255.0
 ip helper-address 10.9.9.1 redundancy VLAN20
 standby 20 ip 10.1.20.254
 standby 20 name VLAN20
interface Vlan30
 ip address 10.1.30.1 255.255.255.0
 ip helper-address 10.9.9.1 redundancy hsrp-Vl30-30
 standby 30 ip 10.1.30.254
""",
        id="ios plain",
    ),
    pytest.param(
        "ios",
        set(),
        """\
hostname r1
interface Loopback10
 ip address 10.1.10.1 255.255.255.0
interface GigabitEthernet0/1
 ip unnumbered Loopback10
 ip helper-address 10.9.9.1
interface GigabitEthernet0/0
 ip address 10.9.9.2 255.255.255.0
""",
        id="ios unnumbered",
    ),
    pytest.param(
        "ios",
        {"error:option-82-off-between-vrfs"},
        """\
hostname r1
ip vrf RED
 rd 1:1
!
interface GigabitEthernet0/0
 ip address 10.9.9.2 255.255.255.0
interface GigabitEthernet0/1
 ip vrf forwarding RED
 ip address 10.1.10.1 255.255.255.0
 ip helper-address global 10.9.9.1
""",
        id="ios oldvrf",
    ),
    pytest.param(
        "ios",
        set(),
        """\
hostname r1
vrf definition RED
 address-family ipv4
vrf definition SVC
 address-family ipv4
ip dhcp relay information option vpn
ip dhcp relay information option
ip dhcp-relay source-interface Loopback1
interface Loopback1
 vrf forwarding SVC
 ip address 10.0.0.1 255.255.255.255
interface GigabitEthernet0/0
 vrf forwarding SVC
 ip address 10.9.9.2 255.255.255.0
interface Vlan10
 vrf forwarding RED
 ip address 10.1.10.1 255.255.255.0
 ip helper-address vrf SVC 10.9.9.1
""",
        id="ios vrf ok",
    ),
    pytest.param(
        "ios",
        set(),
        """\
hostname r1
interface GigabitEthernet0/0
 ip address 10.9.9.2 255.255.255.0
interface Vlan10
 ip address 10.1.10.1 255.255.255.0
 ip helper-address 10.9.9.1
interface Vlan99
 vrf forwarding NOPE
 no ip address
 ip helper-address 10.9.9.1
 shutdown
""",
        id="ios shut",
    ),
    pytest.param(
        "ios",
        {"error:relaying-off"},
        """\
hostname r1
no ip forward-protocol udp bootps
interface Vlan10
 ip address 10.1.10.1 255.255.255.0
 ip helper-address 10.9.9.1
""",
        id="ios fwdproto",
    ),
    pytest.param(
        "ios",
        set(),
        """\
hostname r1
interface range Vlan10 - 12
 ip helper-address 10.9.9.1
interface Vlan10
 ip address 10.1.10.1 255.255.255.0
interface Vlan11
 ip address 10.1.11.1 255.255.255.0
interface Vlan12
 ip address 10.1.12.1 255.255.255.0
""",
        id="ios range",
    ),
    pytest.param(
        "ios",
        {"error:relay-without-address"},
        """\
hostname r1
interface Vlan10
 ip address 10.1.10.1 255.255.255.0
interface Vlan11
 no ip address
 ip helper-address 10.9.9.1
""",
        id="ios noaddr",
    ),
    pytest.param(
        "eos",
        set(),
        """\
hostname leaf1
ip dhcp relay information option
vrf definition RED
   rd 1:1
interface Loopback0
   ip address 10.0.0.1/32
interface Vlan10
   vrf forwarding RED
   ip address 10.1.10.2/24
   ip address 10.1.110.2/24 secondary
   ip helper-address 10.9.9.1 vrf default source-interface Loopback0
   ip virtual-router address 10.1.10.1
""",
        id="eos old",
    ),
    pytest.param(
        "eos",
        {"warning:anycast-giaddr"},
        """\
hostname leaf1
interface Loopback0
   ip address 10.0.0.1/32
interface Vlan10
   ip address virtual 10.1.10.1/24
   ip helper-address 10.9.9.1
""",
        id="eos virtual anycast",
    ),
    pytest.param(
        "eos",
        set(),
        """\
hostname leaf1
ip dhcp relay information option
vrf instance RED
interface Loopback0
   ip address 10.0.0.1/32
interface Loopback100
   vrf RED
   ip address 10.255.0.1/32
interface Vlan10
   vrf RED
   ip address virtual 10.1.10.1/24
   ip helper-address 10.9.9.1 source-interface Loopback100
""",
        id="eos virtual ok",
    ),
    pytest.param(
        "eos",
        {"error:giaddr-without-link-selection"},
        """\
hostname leaf1
vrf instance RED
interface Loopback100
   vrf RED
   ip address 10.255.0.1/32
interface Vlan10
   vrf RED
   ip address virtual 10.1.10.1/24
   ip helper-address 10.9.9.1 source-interface Loopback100
""",
        id="eos virtual noopt",
    ),
    pytest.param(
        "eos",
        set(),
        """\
hostname leaf1
interface Loopback0
   ip address 10.1.10.1/24
interface Ethernet1
   no switchport
   ip address unnumbered Loopback0
   ip helper-address 10.9.9.1
""",
        id="eos unnumbered",
    ),
    pytest.param(
        "eos",
        set(),
        """\
hostname leaf1
interface Vlan10
   shutdown
   vrf X
   ip helper-address 10.9.9.1
interface Vlan20
   ip address 10.1.20.1/24
   ip helper-address 10.9.9.1
""",
        id="eos shut",
    ),
    pytest.param(
        "nxos",
        set(),
        """\
hostname n1
feature dhcp
feature interface-vlan
service dhcp
ip dhcp relay
ip dhcp relay information option
ip dhcp relay information option vpn
vrf context RED
  vni 50001
vrf context SVC
interface loopback1
  vrf member SVC
  ip address 10.0.0.1/32
interface Ethernet1/1
  no switchport
  vrf member SVC
  ip address 10.9.9.2/24
interface Vlan10
  no shutdown
  vrf member RED
  ip address 10.1.10.1/24
  fabric forwarding mode anycast-gateway
  ip dhcp relay address 10.9.9.1 use-vrf SVC
  ip dhcp relay source-interface loopback1
""",
        id="nxos ok",
    ),
    pytest.param(
        "nxos",
        {"warning:anycast-giaddr"},
        """\
hostname n1
feature dhcp
feature interface-vlan
service dhcp
ip dhcp relay
vrf context RED
interface Vlan10
  no shutdown
  vrf member RED
  ip address 10.1.10.1/24
  fabric forwarding mode anycast-gateway
  ip dhcp relay address 10.9.9.1
""",
        id="nxos anycast",
    ),
    pytest.param(
        "ios",
        {"warning:helper-group-unknown"},
        """\
hostname r2
version 15.9
interface Vlan10
 ip address 10.1.10.2 255.255.255.0
 ip helper-address 10.9.9.1 redundancy USERS
 ip helper-address 10.9.9.2 redundancy VOICE
 standby version 2
 standby 10 ip 10.1.10.254
 standby 10 priority 110
 standby 10 preempt
 standby 10 name USERS
""",
        id="ios redundancy",
    ),
    pytest.param(
        "nxos",
        set(),
        """\
hostname n1
feature dhcp
feature interface-vlan
service dhcp
ip dhcp relay
interface Vlan10
  no shutdown
  ip address 10.1.10.1 255.255.255.0
  ip address 10.1.11.1/24 secondary
  ip dhcp relay address 10.9.9.1
  hsrp 10
    ip 10.1.10.254
""",
        id="nxos mask",
    ),
    pytest.param(
        "nxos",
        {"error:giaddr-without-link-selection", "warning:no-override-between-vrfs"},
        """\
hostname n1
feature dhcp
feature interface-vlan
service dhcp
ip dhcp relay
ip dhcp relay information option
vrf context RED
interface loopback1
  ip address 10.0.0.1/32
interface Vlan10
  vrf member RED
  ip address 10.1.10.1/24
  ip dhcp relay address 10.9.9.1 use-vrf default
  ip dhcp relay source-interface loopback1
""",
        id="nxos novpn",
    ),
    pytest.param(
        "nxos",
        {"error:relaying-off"},
        """\
hostname n1
feature interface-vlan
interface Vlan10
  ip address 10.1.10.1/24
  ip dhcp relay address 10.9.9.1
""",
        id="nxos nofeature",
    ),
    pytest.param(
        "nxos",
        {"error:helper-vrf-unknown", "error:option-82-off-between-vrfs"},
        """\
hostname n1
feature dhcp
feature interface-vlan
service dhcp
ip dhcp relay
vrf context SVC
interface Ethernet1/1
  vrf member SVC
  ip address 10.9.9.2/24
interface Vlan10
  ip address 10.1.10.1/24
  ip dhcp relay address 10.9.9.1 use-vrf SVCS
""",
        id="nxos typo",
    ),
]
