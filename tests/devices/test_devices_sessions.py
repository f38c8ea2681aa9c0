"""Nornir sessions against recorded IOS, IOS XE and EOS devices over SSH: what is typed, read and understood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from devices_recorded import Device, Rack, RecordedLab
from reference_labs import REFERENCE

from labgen.collect import session as session_module
from labgen.collect.session import Output, Session
from labgen.devices import readers
from labgen.devices.base import Action, Probe
from labgen.devices.observed import Observed, Raw
from labgen.dhcp import reconstruct
from labgen.dhcp.model import ExchangeOutcome
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec import load

LOGS = REFERENCE / "evpn-redundant-server" / "logs"

BINDING = """Bindings from all pools not associated with VRF:
IP address      Client-ID/              Lease expiration        Type       State      Interface
                Hardware address/
                User name
172.16.0.6      0063.6973.636f.2d35.    Mar 16 2023 11:39 AM    Automatic  Active     GigabitEthernet2
                3235.342e.3030.3135.
                2e66.3234.662d.4769.
                302f.31
"""
NEIGHBOR = """
Neighbor ID     Pri   State           Dead Time   Address         Interface
10.0.0.6          0   FULL/  -        00:00:33    10.1.0.2        GigabitEthernet2
"""
INTERFACE = """GigabitEthernet1 is up, line protocol is up
  Internet address is 192.168.121.102/24
  VPN Routing/Forwarding "MGMT"
GigabitEthernet2 is up, line protocol is up
  Internet address is 10.1.0.1/30
GigabitEthernet3 is administratively down, line protocol is down
Loopback0 is up, line protocol is up
  Internet address is 10.0.0.2/32
"""
ROUTE = """Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP

Gateway of last resort is not set

      10.0.0.0/8 is variably subnetted, 9 subnets, 2 masks
C        10.0.0.2/32 is directly connected, Loopback0
O        10.0.0.4/32 [110/3] via 10.1.0.2, 00:12:33, GigabitEthernet2
O IA     10.1.0.8/30 [110/3] via 10.1.0.2, 00:12:33, GigabitEthernet2
      172.16.0.0/24 is subnetted, 1 subnets
O E2     172.16.0.0 [110/1] via 10.1.0.2, 00:12:33, GigabitEthernet2
"""
COUNTERS = """          |  Dhcp Packets  |
Interface | Rcvd Fwdd Drop |         Last Cleared
  All Req |    8   16    0 | 4 days, 19:55:12 ago
 All Resp |   16   16    0 | 4 days, 19:55:12 ago
 Vlan1000 |    8   16    0 | 4 days, 19:54:24 ago
"""
FLOOD = """          VXLAN Flood VTEP Table
--------------------------------------------------------------------------------

VLANS                            Ip Address
-----------------------------   ------------------------------------------------
10,1000                         10.0.0.5        10.0.0.7        10.0.0.8
                                10.0.0.9
1001-1002                       10.0.0.6
"""
REMOTE_MACS = """          Vxlan Mac Address Table
----------------------------------------------------------------------

VLAN  Mac Address     Type      Prt  VTEP             Moves   Last Move
----  -----------     ----      ---  ----             -----   ---------
1000  5254.00cb.0001  EVPN      Vx1  10.0.0.5         1       0:03:02 ago
4092  5254.00cb.0009  EVPN      Vx1  10.0.0.5         1       0:41:58 ago
Total Remote Mac Addresses for this criterion: 2
"""
LOCAL_MACS = """          Mac Address Table
------------------------------------------------------------------

Vlan    Mac Address       Type        Ports      Moves   Last Move
----    -----------       ----        -----      -----   ---------
1000    5254.00ca.0001    DYNAMIC     Et3        1       0:12:13 ago
1000    5254.00cb.0001    DYNAMIC     Vx1        1       0:03:02 ago
1000    0200.cafe.0001    STATIC      Cpu
Total Mac Addresses for this criterion: 3
"""
RELAY = """DHCP Relay is active
DHCP Relay Option 82 is enabled
DHCP Smart Relay is disabled
Interface: Vlan1000
  Option 82 Circuit ID: Vlan1000
  DHCP servers: 10.0.0.2:vrf=default
                10.0.0.3:vrf=default
"""
EOS_ANSWERS = {
    "terminal width 511": "Width set to 511 columns.\n",
    "terminal length 0": "Pagination disabled.\n",
    "show vxlan flood vtep": FLOOD,
    "show vxlan address-table": REMOTE_MACS,
    "show mac address-table": LOCAL_MACS,
    "show interfaces | json": json.dumps(
        {"interfaces": {"Ethernet3": {"physicalAddress": "52:54:00:AA:00:03"}, "Loopback0": {}}}),
    "show ip dhcp relay counters": COUNTERS,
    "show ip ospf neighbor | json": json.dumps(
        {"vrfs": {"default": {"instList": {"1": {"ospfNeighborEntries": [
            {"routerId": "10.0.0.5", "adjacencyState": "full", "interfaceName": "Ethernet1"},
            {"routerId": "10.0.0.6", "adjacencyState": "2-way/drother", "interfaceName": "Ethernet2"}]}}}}},
        indent=4),
    "show bgp evpn summary | json": json.dumps(
        {"vrfs": {"default": {"peers": {"10.0.0.5": {"peerState": "Established"}, "10.0.0.6": {"peerState": "Idle"}}}}}),
    "show vxlan vni | json": json.dumps(
        {"vxlanIntfs": {"Vxlan1": {"vniBindings": {"101000": {"vlan": 1000, "dynamicVlan": False}},
                                   "vniBindingsToVrf": {"12000": {"vrfName": "client", "vlan": 4094}}}}}),
    "show ip interface | json": json.dumps(
        {"interfaces": {"Vlan1000": {"vrf": "client", "interfaceAddress": {"primaryIp": {"address": "172.16.0.4", "maskLen": 24}}}}}),
    "show ip route vrf all | json": json.dumps(
        {"vrfs": {"default": {"routes": {"10.0.0.2/32": {}}}, "client": {"routes": {"172.16.0.0/24": {}}}}}),
    "show ip dhcp relay": RELAY,
    "show logging": "Syslog logging: enabled\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> LabPlan:
    return build(load.load("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}))


@contextmanager
def session(plan: LabPlan, folder: Path, *devices: Device) -> Iterator[Session]:
    rack = Rack({device.name: device for device in devices})
    try:
        with Session(RecordedLab(plan, folder, rack)) as found:
            yield found
    finally:
        rack.close()


def csr(log: str = "", **how: float | str | bool) -> Device:
    answers = {
        "show logging": log,
        "show ip dhcp binding": BINDING,
        "show ip ospf neighbor": NEIGHBOR,
        "show ip interface | include line protocol|Internet address|VPN Routing": INTERFACE,
        "show ip route": ROUTE,
        "show ip dhcp server statistics": "Memory usage         32768\n",
    }
    return Device("srv1", answers, confirms=True, **how)  # type: ignore[arg-type]


def collected(plan: LabPlan, running: Session, node: str) -> dict[str, Output]:
    probes = readers.get(plan.node(node).device).probes(plan.node(node))
    return {output.probe.name: output for output in running.collect({node: probes})}


def observed(plan: LabPlan, node: str, outputs: dict[str, Output]) -> Observed:
    raw = {
        name: Raw(output.text, f"raw/{node}/{name}.txt")
        for name, output in outputs.items()
        if not output.error
    }
    return readers.get(plan.node(node).device).observe(plan.node(node), raw)


def test_ios_xe_server_is_read(plan: LabPlan, tmp_path: Path) -> None:
    with session(plan, tmp_path, csr()) as running:
        outputs = collected(plan, running, "srv1")
    assert [output.error for output in outputs.values()] == [""] * len(outputs)
    facts = observed(plan, "srv1", outputs)
    assert [(b.address, b.client_id) for b in facts.bindings] == [
        ("172.16.0.6", "00:63:69:73:63:6f:2d:35:32:35:34:2e:30:30:31:35:2e:66:32:34:66:2d:47:69:30:2f:31")
    ]
    assert [(n.neighbor_id, n.interface, n.state) for n in facts.ospf] == [
        ("10.0.0.6", "GigabitEthernet2", "full")
    ]
    assert [(a.interface, a.vrf, a.address) for a in facts.addresses] == [
        ("GigabitEthernet1", "MGMT", "192.168.121.102/24"),
        ("GigabitEthernet2", "default", "10.1.0.1/30"),
        ("Loopback0", "default", "10.0.0.2/32"),
    ]
    assert [route.prefix for route in facts.routes] == [
        "10.0.0.2/32",
        "10.0.0.4/32",
        "10.1.0.8/30",
        "172.16.0.0/24",
    ]


def test_eos_switch_is_read(plan: LabPlan, tmp_path: Path) -> None:
    with session(plan, tmp_path, Device("sw1", EOS_ANSWERS)) as running:
        outputs = collected(plan, running, "sw1")
    facts = observed(plan, "sw1", outputs)
    assert [(n.neighbor_id, n.state) for n in facts.ospf] == [("10.0.0.5", "full"), ("10.0.0.6", "2-way")]
    assert [(s.peer, s.state) for s in facts.sessions] == [("10.0.0.5", "established"), ("10.0.0.6", "idle")]
    assert [(v.vni, v.kind, v.vrf, v.svi) for v in facts.vnis] == [
        (101000, "l2", "client", "Vlan1000"), (12000, "l3", "client", None),
    ]  # fmt: skip
    assert [(a.interface, a.vrf) for a in facts.addresses] == [("Vlan1000", "client")]
    assert {(route.vrf, route.prefix) for route in facts.routes} == {
        ("default", "10.0.0.2/32"), ("client", "172.16.0.0/24"),
    }  # fmt: skip
    assert facts.vnis[0].vteps == ("10.0.0.5", "10.0.0.7", "10.0.0.8", "10.0.0.9")
    assert [(m.vni, m.mac, m.vtep) for m in facts.macs] == [
        (101000, "52:54:00:cb:00:01", "10.0.0.5"), (101000, "52:54:00:ca:00:01", None),
    ]  # fmt: skip
    assert [(h.interface, h.mac) for h in facts.hardware] == [("Ethernet3", "52:54:00:aa:00:03")]
    assert [(d.daemon, d.running) for d in facts.daemons] == [("relay", True)]
    assert ("Vlan1000 forwarded", 16) in {(c.name, c.value) for c in facts.counters}
    assert facts.problems == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("DHCP Relay is not active\n", id="off"),
        pytest.param(RELAY.replace("Vlan1000\n", "Vlan1001\n"), id="on another interface"),
        pytest.param(RELAY.partition("  DHCP servers")[0], id="without servers"),
    ],
)
def test_a_relay_that_cannot_relay_does_not_run(plan: LabPlan, tmp_path: Path, text: str) -> None:
    with session(plan, tmp_path, Device("sw1", EOS_ANSWERS | {"show ip dhcp relay": text})) as running:
        facts = observed(plan, "sw1", collected(plan, running, "sw1"))
    assert [(d.daemon, d.running) for d in facts.daemons] == [("relay", False)]


def test_output_that_is_no_json_is_a_problem_with_its_file(plan: LabPlan, tmp_path: Path) -> None:
    answers = EOS_ANSWERS | {
        "show ip ospf neighbor | json": "% This command is not supported on this platform\n"
    }
    with session(plan, tmp_path, Device("sw1", answers)) as running:
        facts = observed(plan, "sw1", collected(plan, running, "sw1"))
    assert [problem.split(":")[0] for problem in facts.problems] == ["raw/sw1/show-ip-ospf-neighbor.txt"]


@pytest.mark.reference
@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="prompt"),
        pytest.param({"pause": 0.002}, id="slow"),
        pytest.param({"pages": False}, id="without paging"),
    ],
)
def test_recorded_log_gives_the_recorded_exchanges(
    plan: LabPlan, tmp_path: Path, how: dict[str, float]
) -> None:
    if not LOGS.is_dir():
        pytest.skip(f"no recorded logs at {LOGS}; set LABGEN_REFERENCE")
    log = (LOGS / "request-srv1.log").read_text()
    with session(plan, tmp_path, csr(log, **how)) as running:
        outputs = collected(plan, running, "srv1")
    assert len(outputs["show-logging"].text.splitlines()) == len(log.rstrip().splitlines())
    facts = observed(plan, "srv1", outputs)
    assert {message.giaddr for message in facts.messages if message.giaddr} >= {"10.0.0.4", "10.0.0.5"}
    offered = {message.yiaddr for message in facts.messages if message.type == "OFFER"}
    assert offered == {"172.16.0.6"}


@pytest.mark.reference
def test_recorded_client_and_servers_agree_on_the_lease(plan: LabPlan, tmp_path: Path) -> None:
    if not LOGS.is_dir():
        pytest.skip(f"no recorded logs at {LOGS}; set LABGEN_REFERENCE")
    texts = {node: (LOGS / f"request-{node}.log").read_text() for node in ("srv1", "srv2", "cl_a")}
    devices = [Device(node, {"show logging": text}) for node, text in texts.items()]
    with session(plan, tmp_path, *devices) as running:
        parts = [observed(plan, node, collected(plan, running, node)) for node in texts]
    exchanges = reconstruct(Observed.total(parts).messages)
    bound = [exchange for exchange in exchanges if exchange.outcome is ExchangeOutcome.BOUND]
    assert {(exchange.address, exchange.server_id) for exchange in bound} == {("172.16.0.6", "172.16.0.4")}


def test_debugs_are_on_while_the_session_lasts_and_off_after(plan: LabPlan, tmp_path: Path) -> None:
    device = csr()
    with session(plan, tmp_path, device) as running:
        assert running.connect(["srv1"]) == {}
        typed = [line for line in device.typed if line]
        assert typed[-2:] == ["debug ip dhcp server packet", "debug ip dhcp server events"]
        assert "undebug all" not in device.typed
    assert "undebug all" in device.typed


@pytest.mark.slow
def test_a_step_begins_with_an_empty_log(
    plan: LabPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lab's other machines are not there, and not waited for."""
    monkeypatch.setattr(session_module, "BOOTING", 0.2)
    device = csr()
    with session(plan, tmp_path, device) as running:
        running.connect(["srv1"])
        running.begin_step()
        assert "clear logging" in device.typed
        assert device.typed[device.typed.index("clear logging") + 1] == ""


def test_terminal_settings_are_the_sessions_own(plan: LabPlan, tmp_path: Path) -> None:
    """Nothing but terminal lines, debugs and what was asked for is typed, and nothing in configuration mode."""
    device = csr()
    with session(plan, tmp_path, device) as running:
        collected(plan, running, "srv1")
    others = [
        line for line in device.typed if not line.startswith(("show ", "terminal ", "debug ", "undebug "))
    ]
    assert [line for line in others if line not in ("", "exit", "clear logging")] == []


def test_a_connection_that_drops_is_an_error_of_its_node_alone(plan: LabPlan, tmp_path: Path) -> None:
    broken = csr(drop="show ip dhcp binding")
    with session(plan, tmp_path, broken, Device("sw1", EOS_ANSWERS)) as running:
        wanted = {
            node: readers.get(plan.node(node).device).probes(plan.node(node)) for node in ("srv1", "sw1")
        }
        outputs = running.collect(wanted)
    assert all(output.error for output in outputs if output.node == "srv1")
    assert not any(output.error for output in outputs if output.node == "sw1")


def test_a_connection_that_dropped_is_opened_anew_and_prepared_again(plan: LabPlan, tmp_path: Path) -> None:
    device = csr(drop="show ip dhcp binding")
    with session(plan, tmp_path, device) as running:
        (lost,) = running.collect({"srv1": [Probe("bindings", "show ip dhcp binding")]})
        (again,) = running.collect({"srv1": [Probe("neighbors", "show ip ospf neighbor")]})
        assert device.debugs == {"debug ip dhcp server packet", "debug ip dhcp server events"}
    assert (bool(lost.error), again.error, again.text) == (True, "", NEIGHBOR)
    assert device.debugs == set()


def test_a_client_is_told_to_renew_and_watched_until_bound(plan: LabPlan, tmp_path: Path) -> None:
    device = Device("cl_a", {"show dhcp lease": "   DHCP Lease server: 172.16.0.4, state: 5 Bound\n"})
    action = readers.get("iosv").actions(plan.node("cl_a"))["acquire"]
    with session(plan, tmp_path, device) as running:
        (done,) = running.act({"cl_a": action}, 10)
    assert done.error == ""
    typed = [line for line in device.typed if "dhcp" in line and "debug" not in line]
    assert typed == ["release dhcp GigabitEthernet0/1", "renew dhcp GigabitEthernet0/1", "show dhcp lease"]


def test_a_refused_command_is_an_error(plan: LabPlan, tmp_path: Path) -> None:
    with session(plan, tmp_path, csr()) as running:
        (done,) = running.act({"srv1": Action(("shwo version",))}, 10)
    assert "shwo version" in done.error
    assert "Invalid input" in done.error


def test_a_server_is_stopped_and_started_in_configuration_mode(plan: LabPlan, tmp_path: Path) -> None:
    device = csr()
    actions = readers.get("csr").actions(plan.node("srv1"))
    with session(plan, tmp_path, device) as running:
        for name in ("stop-server", "start-server"):
            (done,) = running.act({"srv1": actions[name]}, 10)
            assert done.error == ""
    typed = [line for line in device.typed if "service dhcp" in line or line in ("configure terminal", "end")]
    assert typed == [
        "configure terminal",
        "no service dhcp",
        "end",
        "configure terminal",
        "service dhcp",
        "end",
    ]
