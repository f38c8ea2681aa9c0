"""What switches print, written by hand in the form of documents and recordings that the device modules name."""

from __future__ import annotations

import json

CX_ROUTES = """
Displaying ipv4 routes selected for forwarding

Origin Codes: C - connected, S - static, L - local
              R - RIP, B - BGP, O - OSPF, D - DHCP
Type Codes:   E - External BGP, I - Internal BGP, V - VPN, EV - EVPN

VRF: client

Prefix              Nexthop                                  Interface     VRF(egress)       Origin/   Distance/    Age
                                                                                             Type      Metric
--------------------------------------------------------------------------------------------------------
172.16.0.0/24       -                                        vlan1000      -                 C         [0/0]        -
172.16.0.2/32       -                                        vlan1000      -                 L         [0/0]        -
172.16.9.0/24       10.0.0.3                                 -             default           B/EV      [200/0]      00h:02m:27s

VRF: default

Prefix              Nexthop                                  Interface     VRF(egress)       Origin/   Distance/    Age
                                                                                             Type      Metric
--------------------------------------------------------------------------------------------------------
10.0.0.2/32         -                                        loopback0     -                 L         [0/0]        -
10.1.0.0/30         -                                        1/1/1         -                 C         [0/0]        -
10.1.0.1/32         -                                        1/1/1         -                 L         [0/0]        -
10.1.0.8/30         10.1.0.2                                 1/1/1         -                 O/IA      [110/200]    01h:20m:36s
                    10.1.0.6                                 1/1/2         -                           [110/200]    01h:20m:36s

Total Route Count : 7
"""
CX_ROUTES_LISTED = """Displaying ipv4 routes selected for forwarding

'[x/y]' denotes [distance/metric]

172.16.0.0/24, vrf client
\tvia  vlan1000,  [0/0],  connected
172.16.0.2/32, vrf client
\tvia  vlan1000,  [0/0],  local
10.0.0.3/32, vrf default
\tvia  10.1.0.2,  [110/100],  ospf
\tvia  10.1.0.6,  [110/100],  ospf
"""
CX_NEIGHBORS = """VRF : default                          Process : 1
===================================================

Total Number of Neighbors : 2

Neighbor ID      Priority  State             Nbr Address       Interface
-------------------------------------------------------------------------
10.0.0.3         n/a       FULL              10.1.0.2          1/1/1

10.0.0.4         1         INIT/DROTHER      10.1.0.6          1/1/2
"""
CX_SUMMARY = """VRF : default
BGP Summary
-----------
 Local AS               : 65000        BGP Router Identifier  : 10.0.0.2
 Peers                  : 3            Log Neighbor Changes   : No

Address-family : IPv4 Unicast
-----------------------------
 Neighbor        Remote-AS MsgRcvd MsgSent   Up/Down Time State        AdminStatus
 192.0.2.1       65001       17      16      00h:11m:05s  Established   Up

Address-family : L2VPN EVPN
-----------------------------
 Neighbor        Remote-AS MsgRcvd MsgSent   Up/Down Time State        AdminStatus
 10.0.0.3        65000       31      29      00h:11m:02s  Established   Up
 10.0.0.4        65000       0       0       00h:00m:00s  Idle          Up
"""
CX_VXLAN = """Interface vxlan1 is up
Admin state is up
Underlay VRF: default
Destination UDP port: 4789
VTEP source IPv4 address: 10.0.0.2

VNI        Routing   VLAN  VRF       VTEP Peers        Origin
---------- --------  ----  --------  ----------------- --------
11000      disabled  1000  --        10.0.0.3          evpn
11000      disabled  1000  --        10.0.0.4          evpn
11001      disabled  1001  --        --                static
12000      enabled   --    client    10.0.0.3          evpn

Aggregate Statistics
--------------------
 Decap:
      104 packets
"""
CX_MACS = """Flags:  Local(L), Remote(R)

EVI    MAC                  IP            Next-hop            Seq-Num   Flags
-----------------------------------------------------------------------------
11000  02:01:00:00:00:05                  vxlan1(10.0.0.3)    0         R
11000  02:01:00:00:00:05    172.16.0.10   vxlan1(10.0.0.3)    0         R
11000  02:01:00:00:00:04    172.16.0.9                        2         L

MACs        : 2
Remote MACs : 1
"""
CX_RELAY = """
 DHCP Relay Agent                 : Enabled
 DHCP Request Hop Count Increment : Enabled
 Option 82                        : Enabled
 Source-Interface                 : Enabled
 Option 82 Handle Policy          : replace

 DHCP Relay Statistics:

  Valid Requests   Dropped Requests   Valid Responses   Dropped Responses
  --------------   ----------------   ---------------   -----------------
  60               10                 58                2

 DHCP Relay Option 82 Statistics:

  Valid Requests   Dropped Requests   Valid Responses   Dropped Responses
  --------------   ----------------   ---------------   -----------------
  50               8                  48                1
"""
CX_HELPERS = """
IP Helper Addresses

 Interface: vlan1000
  IP Helper Address      VRF
  -----------------      -----------------
  10.0.0.1               default
"""
CX_LEASES = """
Expiry Time               MAC Address        IP Address   Hostname and Client-id
---------------------------------------------------------------------------------
Wed Nov 25 23:07:12 2026  02:01:00:00:00:05  172.16.0.10  user             *
"""

OS10_ROUTES = """Codes: C - connected
       S - static
       B - BGP, IN - internal BGP, EX - external BGP, EV - EVPN BGP
       O - OSPF, IA - OSPF inter area, N1 - OSPF NSSA external type 1,
       > - non-active route
Gateway of last resort is not set
  Destination                 Gateway                                        Dist/Metric       Last Change
----------------------------------------------------------------------------------------------------------
  C     10.0.0.2/32          via 10.0.0.2             loopback0              0/0               00:12:23
  C     10.1.0.0/30          via 10.1.0.1             ethernet1/1/1          0/0               00:12:23
  O     10.0.0.3/32          via 10.1.0.2             ethernet1/1/1          110/2             00:10:23
  O  IA 10.1.0.8/30          via 10.1.0.2             ethernet1/1/1          110/2             00:10:23
"""
OS10_ROUTES_CLIENT = """Codes: C - connected
Gateway of last resort is not set
  Destination                 Gateway                                        Dist/Metric       Last Change
----------------------------------------------------------------------------------------------------------
  C     172.16.0.0/24        via 172.16.0.2           virtual-network1000    0/0               03:08:23
  B  EV 172.16.0.10/32       via 10.0.0.3                                    200/0             00:04:36
"""
OS10_NEIGHBORS = """
Neighbor ID     Pri  State           Dead Time   Address        Interface       Area
-------------------------------------------------------------------------------------
10.0.0.3        1    FULL/DR         00:00:34    10.1.0.2       ethernet1/1/1   0.0.0.0
10.0.0.4        1    INIT/DROTHER    00:00:38    10.1.0.6       ethernet1/1/2   0.0.0.0
"""
OS10_SUMMARY = """BGP router identifier 10.0.0.2 local AS number 65000
Neighbor                                      AS          MsgRcvd     MsgSent     Up/Down           State/Pfx
10.0.0.3                                      65000       1151        1075        14:43:13          17
10.0.0.4                                      65000       0           0           00:00:00          Active
"""
OS10_VTEPS = """IP Address: 10.0.0.3,  State: up, Encap: VxLAN
   VNI list: 11000,11001
   L3VNI list: 12000
IP Address: 10.0.0.4,  State: down, Encap: VxLAN
   VNI list: 11000
IP Address: 10.0.0.5,  State: up, Encap: VxLAN
   VNI list: 11000
"""
OS10_MACS = """Virtual-Network     VNI          MAC Address         Type        Remote-VTEP
------------------------------------------------------------------------
1000                11000        02:01:00:00:00:05   dynamic         VxLAN(10.0.0.3)
"""
OS10_HELPERS = " ip helper-address 10.0.0.1 vrf default\n"
OS10_BINDINGS = """
IP Address           Hardware address     Lease expiration               Hostname
-----------------------------------------------------------------------------------------
172.16.0.10          02:01:00:00:00:05    Nov 25 2026 06:23:45           user
Total Number of Entries in the Table = 1
"""


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


FRR_NEIGHBORS = _json({"neighbors": {"10.0.0.3": [
    {"nbrPriority": 1, "nbrState": "Full/-", "ifaceAddress": "10.1.0.2", "ifaceName": "swp1:10.1.0.1"}]}})  # fmt: skip
FRR_SUMMARY = _json({"as": 65000, "peers": {"10.0.0.3": {"remoteAs": 65000, "state": "Established"}}})
FRR_VNIS = _json([{"vni": 11000, "type": "L2", "tenantVrf": "default", "vxlanInterface": "vxlan48",
    "sviInterface": "vlan1000", "numRemoteVteps": ["10.0.0.3"]}])  # fmt: skip
FRR_MACS = _json(
    {"11000": {"numMacs": 1, "macs": {"02:01:00:00:00:05": {"type": "remote", "remoteVtep": "10.0.0.3"}}}}
)
JOURNAL = """2026-11-25T10:00:01.000100+0000 sw1 dhcrelay[811]: Forwarded BOOTREQUEST for 02:01:00:00:00:05 to 10.0.0.1
2026-11-25T10:00:01.000900+0000 sw1 dhcrelay[811]: BOOTREPLY giaddr: 172.16.0.2
2026-11-25T10:00:01.001000+0000 sw1 dhcrelay[811]: Forwarded BOOTREPLY for 02:01:00:00:00:05 to 172.16.0.10
"""
SERVER_JOURNAL = (
    "2026-11-25T10:00:01.000300+0000 srv dhcpd[700]: DHCPDISCOVER from 02:01:00:00:00:05 via 172.16.0.2\n"
    "2026-11-25T10:00:01.000400+0000 srv dhcpd[700]: DHCPOFFER on 172.16.0.10 to 02:01:00:00:00:05 via 172.16.0.2\n"
)
SERVER_LEASES = """# The format of this file is documented in the dhcpd.leases(5) manual page.
lease 172.16.0.10 {
  starts 3 2026/11/25 10:00:01;
  ends 3 2026/11/25 11:30:01;
  binding state active;
  hardware ethernet 02:01:00:00:00:05;
}
"""
CLIENT_JOURNAL = (
    "2026-11-25T10:00:01.000000+0000 user dhclient[90]: DHCPDISCOVER on swp1 to 255.255.255.255 port 67 interval 3\n"
    "2026-11-25T10:00:01.002000+0000 user dhclient[90]: DHCPOFFER of 172.16.0.10 from 172.16.0.2\n"
)
CLIENT_LEASES = """lease {
  interface "swp1";
  fixed-address 172.16.0.10;
  option dhcp-lease-time 5400;
  option dhcp-server-identifier 10.0.0.1;
  expire 3 2026/11/25 11:30:01;
}
"""
SONIC_COUNTERS = """Packet type Abbr: Un - Unknown, Dis - Discover, Off - Offer, Req - Request,
                  Ack - Acknowledge, Nack - NegativeAcknowledge, Rel - Release,
                  Inf - Inform, Dec - Decline, Mal - Malformed, Drp - Dropped

+-------------+------+-------+-------+-------+
| Vlan (RX)   |   Un |   Dis |   Off |   Drp |
+=============+======+=======+=======+=======+
| Vlan1001    |    0 |     1 |     3 |     0 |
+-------------+------+-------+-------+-------+
Packet type Abbr: Un - Unknown, Dis - Discover, Off - Offer, Req - Request,

+-------------+------+-------+
| Vlan (TX)   |   Un |   Dis |
+=============+======+=======+
| Vlan1001    |    0 |     2 |
+-------------+------+-------+
"""


def ip_address(*ports: tuple[str, str, str]) -> str:
    """`ip -j -4 address` of a node, as labgen's probe prints it: interface, address with length, VRF (or empty)."""
    entries = [
        {"ifname": name, "addr_info": [{"local": address.split("/")[0], "prefixlen": int(address.split("/")[1])}]}
        | ({"master": vrf} if vrf else {})
        for name, address, vrf in ports
    ]  # fmt: skip
    return f"default {json.dumps(entries)}\n"


CX_INTERFACES = """
Interface 1/1/1 is up
 Admin state is up
 Link state: up for 2 hours (since Wed Nov 25 00:02:11 UTC 2026)
 Description: sw1 -> sw2
 Hardware: Ethernet, MAC Address: 08:00:09:aa:02:00
 IPv4 address 10.1.0.2/30

Interface 1/1/3 is down (Administratively down)
 Admin state is down
 Hardware: Ethernet, MAC Address: 08:00:09:AA:02:03
 VLAN Mode: access

Interface loopback0 is up
 Admin state is up
 IPv4 address 10.0.0.2/32

Interface vlan1000 is up
 Admin state is up
 Description:
 Hardware: Ethernet, MAC Address: 08:00:09:aa:02:00
 IPv4 address 172.16.0.2/24
"""

OS10_INTERFACES = """Ethernet 1/1/1 is up, line protocol is up
Hardware is Eth, address is 0c:59:02:00:02:01
    Current address is 0c:59:02:00:02:11
Pluggable media present, SFP28 type is SFP28 25GBASE-CR-3.0M
Interface index is 16
Internet address is 10.1.0.2/30
Mode of IPv4 Address Assignment: MANUAL

Ethernet 1/1/3 is up, line protocol is up
Hardware is Eth, address is 0c:59:02:00:02:03
    Current address is 0c:59:02:00:02:03
Internet address is not set

Loopback 0 is up, line protocol is up
Internet address is 10.0.0.2/32

Virtual-network 1000 is up, line protocol is up
Address is 0c:59:02:00:02:f0, Current address is 0c:59:02:00:02:f1
Internet address is 172.16.0.2/24
"""


def ip_link(**macs: str) -> str:
    """`ip -j link` of a node: MAC addresses by interface, after the loopback."""
    entries = [{"ifname": "lo", "link_type": "loopback", "address": "00:00:00:00:00:00"}]
    entries += [{"ifname": name, "link_type": "ether", "address": mac} for name, mac in macs.items()]
    return json.dumps(entries) + "\n"


def ip_route(*prefixes: str) -> str:
    """`ip -j -4 route`."""
    return json.dumps([{"dst": prefix} for prefix in prefixes]) + "\n"
