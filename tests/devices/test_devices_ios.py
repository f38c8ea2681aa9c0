"""What IOS and IOS XE say: bindings by their own clock, leases, the service, and the tables of a VTEP."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from devices_specs import EVPN, VRF_RELAY, planned

from labgen.devices import readers
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import LabPlan

AT = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC).timestamp()
CLOCK = "*09:54:52.500 UTC Wed Mar 15 2023\n"
BINDINGS = """Bindings from all pools not associated with VRF:
IP address      Client-ID/              Lease expiration        Type       State      Interface
                Hardware address/
                User name
172.16.0.9      0100.5254.0000.09       Mar 15 2023 11:54 AM    Automatic  Selecting  GigabitEthernet2

Bindings from VRF pool client:
IP address      Client-ID/              Lease expiration        Type       State      Interface
                Hardware address/
                User name
172.16.0.3      0063.6973.636f.2d35.    Mar 16 2023 09:54 AM    Automatic  Active     GigabitEthernet2
                3235.342e.3030.3765.
                2e33.3037.652d.4769.
                302f.31
"""
LEASE = """Temp IP addr: 172.16.0.3  for peer on Interface: GigabitEthernet0/1
Temp  sub net mask: 255.255.255.0
   DHCP Lease server: 172.16.0.2, state: 5 Bound
   DHCP transaction id: 1108
   Lease: 86400 secs,  Renewal: 43200 secs,  Rebind: 75600 secs
Temp default-gateway addr: 172.16.0.2
   Next timer fires after: 11:53:03
   Retry count: 0   Client-ID: cisco-5254.007e.307e-Gi0/1
   Client-ID hex dump: 636973636F2D353235342E303037652E
                       333037652D4769302F31
   Hostname: user
"""
VNIS = """Interface  VNI        Multicast-group VNI state  Mode  VLAN  cfg vrf
nve1       12000      N/A             Up         L3CP  N/A   CLI client
nve1       11000      N/A             Up         L2CP  1000  CLI N/A
nve1       11001      N/A             BD Down/Re L2CP  1001  CLI N/A
"""
PEERS = """'M' - MAC entry download flag  'A' - Adjacency download flag
'4' - IPv4 flag  '6' - IPv6 flag

Interface  VNI      Type Peer-IP          RMAC/Num_RTs   eVNI     state flags UP time
nve1       12000    L3CP 10.0.0.3         5c71.0dfe.fb60 12000      UP  A/M/4 1w0d
nve1       11000    L2CP 10.0.0.3         1              11000      UP   N/A  2d02h
nve1       11000    L2CP 10.0.0.9         1              11000    DOWN   N/A  2d02h
"""
MACS = """MAC Address    EVI   BD    ESI                      Ether Tag  Next Hop(s)
-------------- ----- ----- ------------------------ ---------- ---------------
5254.00cb.0001 1000  1000  0000.0000.0000.0000.0000 0          10.0.0.3
5254.00ca.0001 1000  1000  0000.0000.0000.0000.0000 0          Gi3:1000
"""
SESSIONS = """BGP router identifier 10.0.0.2, local AS number 65000

Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd
10.0.0.3        4        65000     326     302       88    0    0 03:27:35        4
10.0.0.4        4        65000       0       0        1    0    0 never    Idle
"""
SERVICE = "ip dhcp pool p_172.16.0.0\n"


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> LabPlan:
    return planned(VRF_RELAY, tmp_path_factory.mktemp("routed"), {})


def read(plan: LabPlan, node: str, **texts: str) -> Observed:
    """Texts by probe name, with underscores for hyphens, all collected at the same moment."""
    named = {name.replace("_", "-"): text for name, text in texts.items()}
    raw = {name: Raw(text, f"raw/{node}/{name}.txt", AT) for name, text in named.items()}
    return readers.get(plan.node(node).device).observe(plan.node(node), raw)


def test_a_binding_ends_by_the_clock_of_the_device(routed: LabPlan) -> None:
    found = read(routed, "srv", show_ip_dhcp_binding=BINDINGS, show_clock=CLOCK).bindings
    assert [(b.address, b.state, b.vrf) for b in found] == [
        ("172.16.0.9", "selecting", None), ("172.16.0.3", "active", "client"),
    ]  # fmt: skip
    left = (found[1].expires or 0.0) - AT
    assert 86400 - 60 < left <= 86400 + 60


def test_without_a_clock_nobody_knows_when_a_binding_ends(routed: LabPlan) -> None:
    assert [b.expires for b in read(routed, "srv", show_ip_dhcp_binding=BINDINGS).bindings] == [None, None]


def test_dates_in_a_log_are_laid_on_the_clock_of_who_asks(routed: LabPlan) -> None:
    line = "*Mar 15 09:54:51.250: DHCPD: DHCPDISCOVER received from client 0100.5254.0000.09 through relay 10.1.0.1.\n"
    (message,) = read(routed, "srv", show_logging=line, show_clock=CLOCK).messages
    assert message.time == pytest.approx(AT - 1.25)


def test_the_leases_time_is_read_with_it(routed: LabPlan) -> None:
    (lease,) = read(routed, "user", show_dhcp_lease=LEASE).bindings
    assert (lease.address, lease.state, lease.lease_seconds) == ("172.16.0.3", "bound", 86400)
    assert (lease.server_id, lease.line) == ("172.16.0.2", 3)
    assert (
        lease.client_id
        and bytes.fromhex(lease.client_id.replace(":", ""))[1:] == b"cisco-5254.007e.307e-Gi0/1"
    )


@pytest.mark.parametrize(
    ("node", "text", "running"),
    [
        pytest.param("srv", SERVICE, True, id="server"),
        pytest.param("srv", f"no service dhcp\n{SERVICE}", False, id="server off"),
        pytest.param("srv", "", False, id="server without a pool"),
        pytest.param("relay", " ip helper-address global 10.0.0.1\n", True, id="relay"),
        pytest.param("relay", "no service dhcp\n ip helper-address global 10.0.0.1\n", False, id="relay off"),
    ],
)
def test_the_service_is_told_by_the_running_configuration(
    routed: LabPlan, node: str, text: str, running: bool
) -> None:
    (state,) = read(routed, node, show_running_config_dhcp=text).daemons
    assert (state.daemon, state.running) == ("server" if node == "srv" else "relay", running)


def test_hardware_addresses_are_those_of_the_ports(routed: LabPlan) -> None:
    text = (
        "GigabitEthernet0/1 is up, line protocol is up \n"
        "  Hardware is iGbE, address is 5254.007e.307e (bia 5254.007e.307e)\n"
        "  Internet address is 172.16.0.3/24\nLoopback0 is up, line protocol is up \n"
    )
    found = read(routed, "user", show_interfaces=text).hardware
    assert [(h.interface, h.mac) for h in found] == [("GigabitEthernet0/1", "52:54:00:7e:30:7e")]


def test_an_ios_xe_vtep_is_read(tmp_path: Path) -> None:
    plan = planned(EVPN, tmp_path, {"switch": "cat8000v", "server": "csr", "client": "iosv"})
    svi = 'BDI1000 is up, line protocol is up\n  Internet address is 172.16.0.2/24\n  VPN Routing/Forwarding "client"\n'
    facts = read(
        plan, "sw1", show_nve_vni=VNIS, show_nve_peers=PEERS, show_l2vpn_evpn_mac=MACS,
        show_bgp_l2vpn_evpn_summary=SESSIONS, show_ip_interface=svi,
    )  # fmt: skip
    assert [(v.vni, v.kind, v.vrf, v.vteps) for v in facts.vnis] == [
        (12000, "l3", "client", ()), (11000, "l2", "client", ("10.0.0.3",)),
    ]  # fmt: skip
    assert [(m.vni, m.mac, m.vtep) for m in facts.macs] == [
        (11000, "52:54:00:cb:00:01", "10.0.0.3"), (11000, "52:54:00:ca:00:01", None),
    ]  # fmt: skip
    assert [(s.peer, s.state) for s in facts.sessions] == [("10.0.0.3", "established"), ("10.0.0.4", "idle")]


def test_a_vtep_is_asked_for_its_tables(tmp_path: Path) -> None:
    plan = planned(EVPN, tmp_path, {"switch": "cat8000v", "server": "csr", "client": "iosv"})
    asked = {probe.name for probe in readers.get("cat8000v").probes(plan.node("sw1"))}
    assert {"show-nve-vni", "show-nve-peers", "show-l2vpn-evpn-mac", "show-bgp-l2vpn-evpn-summary"} <= asked
    assert not {name for name in asked if "nve" in name} & {
        p.name for p in readers.get("csr").probes(plan.node("srv"))
    }
