"""What `show`, `display` and `print` say of servers and relays: a state that explains is told, one that serves is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

EOS = """leaf1#show dhcp server
IPv4 DHCP Server is {server}
Debug log is disabled
Active Leases: 0
IPv4 DHCP interface status:
   Interface   Status
------------------------------------------
   Vlan30      {port}
"""
NXOS = """n9k# show ip dhcp relay
DHCP relay service is {state}
Insertion of option 82 is disabled
Insertion of VPN suboptions is disabled
Helper addresses are configured on the following interfaces:
 Interface        Relay Address     VRF Name
 -------------    -------------     --------
{row}
"""
ROW = " Vlan210          192.0.2.67        RED"
CX = """cx# show dhcp-relay
 DHCP Relay Agent                       : {state}
 DHCP Smart Relay                       : disabled
 Option 82                              : disabled

 DHCP Relay Statistics:

  Valid Requests Dropped Requests Valid Responses Dropped Responses
  -------------- ---------------- --------------- -----------------
  {sent}            {dropped}                {answered}               0
"""
PROCURVE = """hp# show dhcp-relay
 Status and Counters - DHCP Relay Agent

  DHCP Relay Agent Enabled : Yes

  Client Requests       Server Responses

  Valid      Dropped    Valid      Dropped
  ---------- ---------- ---------- ----------
  80         {dropped}          80         0
"""
SNOOPED = """hp# show dhcp-snooping stats

 Packet type  Action   Reason                        Count
 -----------  -------  ----------------------------  ---------
 server       forward  from trusted port             8
 server       drop     received on untrusted port    {dropped}
 client       drop     failed verify MAC check       0
"""
DROPS = """n9k# show ip dhcp global statistics
Packets processed 1880
Packets forwarded {sent}
Total packets dropped {dropped}
  Packets dropped from untrusted ports 0
  Packets dropped due to service dhcp not enabled {dropped}
"""
XR = """RP/0/RSP0/CPU0:r1#show dhcp ipv4 relay statistics
          VRF            |      RX      |      TX      |      DR      |
----------------------------------------------------------------------
RED                      |         420  |        {sent}  |        {dropped}  |
"""
HUAWEI = """<sw> display dhcp server statistics
 DHCP Server Statistics:
 Client Request                :             900
  Dhcp Discover                :             450
 Server Reply                  :             {offers}
  Dhcp Offer                   :             {offers}
 Bad Messages                  :             0
"""
POOL = """<sw> display ip pool name office
  Pool-name        : office
  Status           : {state}
  Address Statistic: Total       :253      Used        :40
                     Idle        :213      Expired     :0
"""
ROUTEROS = """[admin@gw] > /ip dhcp-server print
Flags: D - dynamic, X - disabled, I - invalid
 #    NAME      INTERFACE   RELAY           ADDRESS-POOL    LEASE-TIME ADD-ARP
 0  {flag} dhcp1     bridge1                     pool1           10m
"""
CLIENT = """[admin@gw] > /ip dhcp-client print
 #   INTERFACE           USE-PEER-DNS ADD-DEFAULT-ROUTE STATUS        ADDRESS
 0   ether1              yes          yes               {state}
"""
WINDOWS = """ScopeId         SubnetMask      Name           State    StartRange      EndRange
-------         ----------      ----           -----    ----------      --------
192.0.2.0       255.255.255.0   Office         {state} 192.0.2.100     192.0.2.200
"""
JUNOS = "2 clients, (0 init, {bound} bound, {selecting} selecting, 0 requesting, 0 renewing, 0 rebinding, 0 releasing)\n"
SROS = """A:pe1# show router dhcp local-dhcp-server "s1" pool-stats
Subnet             Free            % Free Stable Declined Offered  Rem-pend
-------------------------------------------------------------------------------
192.0.2.0/24       {free}               {free}      253    0        0        0
"""
UNIT = """   Loaded: loaded (/lib/systemd/system/isc-dhcp-server.service; enabled; vendor preset: enabled)
   Active: {state}
"""
SNOOPING = """sw#show ip dhcp snooping
Switch DHCP snooping is enabled
DHCP snooping is configured on following VLANs:
10,20
DHCP snooping is operational on following VLANs:
{vlans}
"""
NT = "SERVICE_NAME: dhcpserver\n        TYPE               : 20  WIN32_SHARE_PROCESS\n        STATE              : {state}\n"
SERVICES = "Status   Name               DisplayName\n------   ----               -----------\n{state}  DHCPServer         DHCP Server\n"
OPERATES = "VRF Name             : default\nDHCP Server          : enabled\nOperational State    : {state}\n"
KEACTRL = "DHCPv4 server: {state}\nControl Agent: active\n"
DAEMON = "srv# service isc-dhcpd status\nisc-dhcpd is {state}.\n"
RELAYED = "Client packets received : 44\nClient packets relayed : 44\nServer packets received : {back}\nServer packets relayed : {back}\n"
EOS_SNOOPS = """                 |  Dhcp Request Pkts  |   Dhcp Reply Pkts   |
       Vlan      |  Rcvd  Fwdd   Drop |  Rcvd  Fwdd   Drop |   Last Cleared
       Vlan30    |  4100  {sent}   {drop} |     0     0      0 | 0:10:20 ago
"""
RELAYS = """Flags: X - disabled, I - invalid
 #   NAME     INTERFACE    DHCP-SERVER     LOCAL-ADDRESS
 0 {flag} relay1   vlan20       192.0.2.67      0.0.0.0
"""
TOLD = {
    "snooping": (SNOOPING, {"vlans": "none"}, "on VLANs 10,20 and operational on none", "info"),
    "nt": (NT, {"state": "1  STOPPED"}, "service dhcpserver: STOPPED", "info"),
    "services": (SERVICES, {"state": "Stopped"}, "service DHCPServer: Stopped", "info"),
    "operates": (OPERATES, {"state": "disabled"}, "enabled, operational state: disabled", "warning"),
    "keactrl": (KEACTRL, {"state": "inactive"}, "DHCPv4 server: inactive", "info"),
    "daemon": (DAEMON, {"state": "not running"}, "isc-dhcpd is not running", "info"),
    "relayed": (RELAYED, {"back": 0}, "44 client packets relayed and none of a server", "warning"),
    "eos-snooping": (EOS_SNOOPS, {"sent": 0, "drop": 4100}, "4100 Vlan30 dropped", "warning"),
    "routeros-relay": (RELAYS, {"flag": "I"}, "DHCP relay relay1 vlan20: invalid", "warning"),
    "eos-port": (EOS, {"server": "active", "port": "Inactive (No IP address)"}, "Vlan30: Inactive (No IP address)", "warning"),
    "eos-link": (EOS, {"server": "active", "port": "Inactive (Not up)"}, "Vlan30: Inactive (Not up)", "info"),
    "eos-off": (EOS, {"server": "inactive", "port": "Active"}, "IPv4 DHCP Server is inactive", "info"),
    "nxos-wanted": (NXOS, {"state": "disabled", "row": ROW}, "DHCP relay service is disabled", "warning"),
    "nxos-off": (NXOS, {"state": "disabled", "row": ""}, "DHCP relay service is disabled", "info"),
    "nxos-bare": (NXOS, {"state": "enabled", "row": ""}, "no helper address is configured", "info"),
    "cx-off": (CX, {"state": "disabled", "sent": 0, "dropped": 0, "answered": 0}, "DHCP Relay Agent : disabled", "info"),
    "cx-silent": (CX, {"state": "enabled", "sent": 140, "dropped": 0, "answered": 0}, "140 valid requests and no response", "warning"),
    "cx-drops": (CX, {"state": "enabled", "sent": 9, "dropped": 140, "answered": 9}, "dropped requests 140", "warning"),
    "procurve": (PROCURVE, {"dropped": 1612}, "client requests dropped 1612", "warning"),
    "snooped": (SNOOPED, {"dropped": 240}, "drop received on untrusted port 240", "warning"),
    "nxos-drops": (DROPS, {"sent": 0, "dropped": 1880}, "service dhcp not enabled 1880", "warning"),
    "xr": (XR, {"sent": 0, "dropped": 420}, "420 RED dropped", "warning"),
    "huawei": (HUAWEI, {"offers": 0}, "450 DISCOVERs received and 0 OFFERs sent", "warning"),
    "locked": (POOL, {"state": "Locked"}, "pool office: status locked", "warning"),
    "routeros-invalid": (ROUTEROS, {"flag": "I"}, "dhcp1 bridge1: invalid", "warning"),
    "routeros-off": (ROUTEROS, {"flag": "X"}, "dhcp1 bridge1: disabled", "info"),
    "routeros-client": (CLIENT, {"state": "searching..."}, "DHCP client on ether1: searching", "info"),
    "windows": (WINDOWS, {"state": "InActive"}, "scope 192.0.2.0: InActive", "info"),
    "junos": (JUNOS, {"bound": 0, "selecting": 2}, "0 bound, 2 selecting", "info"),
    "sros": (SROS, {"free": 0}, "253 of 253 addresses are leased", "error"),
    "unit": (UNIT, {"state": "failed (Result: exit-code) since today"}, "isc-dhcp-server.service: failed (Result: exit-code)", "warning"),
}  # fmt: skip
SILENT = {
    "snooping": (SNOOPING, {"vlans": "10,20"}),
    "nt": (NT, {"state": "4  RUNNING"}),
    "services": (SERVICES, {"state": "Running"}),
    "operates": (OPERATES, {"state": "enabled"}),
    "keactrl": (KEACTRL, {"state": "active"}),
    "relayed": (RELAYED, {"back": 44}),
    "eos-snooping": (EOS_SNOOPS, {"sent": 4100, "drop": 0}),
    "routeros-relay": (RELAYS, {"flag": " "}),
    "eos": (EOS, {"server": "active", "port": "Active"}),
    "nxos": (NXOS, {"state": "enabled", "row": ROW}),
    "cx": (CX, {"state": "enabled", "sent": 140, "dropped": 0, "answered": 138}),
    "procurve": (PROCURVE, {"dropped": 0}),
    "snooped": (SNOOPED, {"dropped": 0}),
    "nxos-drops": (DROPS, {"sent": 1880, "dropped": 0}),
    "xr": (XR, {"sent": 420, "dropped": 0}),
    "huawei": (HUAWEI, {"offers": 450}),
    "pool": (POOL, {"state": "Unlocked"}),
    "routeros": (ROUTEROS, {"flag": " "}),
    "routeros-client": (CLIENT, {"state": "bound         192.0.2.77/24"}),
    "windows": (WINDOWS, {"state": "Active  "}),
    "junos": (JUNOS, {"bound": 2, "selecting": 0}),
    "sros": (SROS, {"free": 12}),
    "unit": (UNIT, {"state": "active (running) since today"}),
}


@pytest.mark.parametrize(("text", "values", "words", "severity"), TOLD.values(), ids=TOLD)
def test_state_that_explains_is_told(
    text: str, values: dict[str, object], words: str, severity: str, tmp_path: Path
) -> None:
    findings = told(text.format(**values), tmp_path).findings
    assert [f.severity.value for f in findings if words in f.message] == [severity]
    assert len(findings) == 1


@pytest.mark.parametrize(("text", "values"), SILENT.values(), ids=SILENT)
def test_state_of_what_serves_is_known_and_not_told(
    text: str, values: dict[str, object], tmp_path: Path
) -> None:
    found = told(text.format(**values), tmp_path)
    assert not found.findings
    assert [source.problems for source in found.sources] == [()]


OTHERS = (
    "sw# show ip dhcp snooping\nSwitch DHCP snooping is enabled\nInsertion of option 82 is disabled\n",
    "DHCP Enabled. . . . . . . . . . . : No\nIPv4 Address. . . : 192.0.2.5\n",
    "DHCPv6 relay is disabled\nDHCP Relay Option 82 is disabled\nDHCP Smart Relay is disabled\n",
    "   Loaded: loaded (/lib/systemd/system/hostapd.service; enabled)\n   Active: failed (Result: exit-code)\n",
    "SERVICE_NAME: dnscache\n        STATE              : 1  STOPPED\n",
    "Status   Name               DisplayName\nStopped  Fax                Fax\n",
    "Client packets received : 44\nServer packets received : 0\n",
    "Interface   Status\nEthernet3   connected\nEthernet4   notconnect\n",
)


@pytest.mark.parametrize("text", OTHERS)
def test_state_of_something_else_is_not_told(text: str, tmp_path: Path) -> None:
    assert not told(text, tmp_path).findings


@pytest.mark.parametrize("front", ["error: the ", "warning: ", '!!! failure "'])
def test_daemon_that_junos_does_not_reach(front: str, tmp_path: Path) -> None:
    (note,) = told(f"{front}dhcp-service subsystem not running\n", tmp_path).findings
    assert (note.severity.value, "subsystem not running" in note.message) == ("info", True)


def test_interface_without_helper_and_table_of_conflicts(tmp_path: Path) -> None:
    text = (
        "Vlan20 is up, line protocol is up\n  Internet address is 192.0.2.1/24\n  Helper address is not set\n"
    )
    (note,) = told(text, tmp_path).findings
    assert (note.severity.value, "Vlan20: Helper address is not set" in note.message) == ("info", True)
    table = "<sw> display dhcp server conflict\nIP address          Detect time\n192.0.2.22          Apr 25 16:57:20 2026\n"
    (conflict,) = told(table, tmp_path).findings
    assert (conflict.code, conflict.message.startswith("192.0.2.22:")) == ("address-conflict", True)
