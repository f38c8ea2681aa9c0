"""Tables of AOS-CX, OS10, Cumulus, SONiC and VyOS: what is read from them, and that nothing unreadable is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import devices_texts as texts
import pytest
from devices_specs import EVPN, ONE_VRF, ROUTED, planned
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labgen.devices import readers
from labgen.devices.observed import Observed, Raw
from labgen.devices.sonic.reader import COUNTERS
from labgen.ground.labplan import LabPlan

MAC = "02:01:00:00:00:05"


def observed(plan: LabPlan, name: str, answers: Mapping[str, str]) -> Observed:
    """Facts from texts by probe name; every text must be one the device asks for."""
    node = plan.node(name)
    reader = readers.get(node.device)
    assert set(answers) <= {probe.name for probe in reader.probes(node)}
    raw = {probe: Raw(text, f"raw/{name}/{probe}.txt") for probe, text in answers.items()}
    return reader.observe(node, raw)


@pytest.fixture
def cx(tmp_path: Path) -> LabPlan:
    return planned(EVPN, tmp_path, {"switch": "arubacx"})


@pytest.fixture
def os10(tmp_path: Path) -> LabPlan:
    return planned(EVPN, tmp_path, {"switch": "dellos10"})


def test_aoscx_routes_give_addresses_with_vrf_and_length(cx: LabPlan) -> None:
    facts = observed(cx, "sw1", {"show-ip-route-all-vrfs": texts.CX_ROUTES})
    assert [(a.interface, a.vrf, a.address) for a in facts.addresses] == [
        ("vlan1000", "client", "172.16.0.2/24"),
        ("loopback0", "default", "10.0.0.2/32"),
        ("1/1/1", "default", "10.1.0.1/30"),
    ]
    assert ("default", "10.1.0.8/30") in [(r.vrf, r.prefix) for r in facts.routes]
    assert ("client", "172.16.9.0/24") in [(r.vrf, r.prefix) for r in facts.routes]


def test_aoscx_routes_of_older_releases_are_read(cx: LabPlan) -> None:
    facts = observed(cx, "sw1", {"show-ip-route-all-vrfs": texts.CX_ROUTES_LISTED})
    assert [(a.interface, a.vrf, a.address) for a in facts.addresses] == [
        ("vlan1000", "client", "172.16.0.2/24")
    ]
    assert [(r.vrf, r.prefix) for r in facts.routes] == [
        ("client", "172.16.0.0/24"),
        ("client", "172.16.0.2/32"),
        ("default", "10.0.0.3/32"),
    ]


def test_aoscx_vni_is_in_the_vrf_of_its_vlan_interface(cx: LabPlan) -> None:
    answers = {"show-ip-route-all-vrfs": texts.CX_ROUTES, "show-interface-vxlan1": texts.CX_VXLAN}
    facts = observed(cx, "sw1", answers)
    assert [(v.vni, v.kind, v.vrf, v.vteps) for v in facts.vnis] == [
        (11000, "l2", "client", ("10.0.0.3", "10.0.0.4")),
        (11001, "l2", "default", ()),
        (12000, "l3", "client", ("10.0.0.3",)),
    ]


def test_aoscx_sessions_are_those_of_evpn_alone(cx: LabPlan) -> None:
    facts = observed(cx, "sw1", {"show-bgp-l2vpn-evpn-summary": texts.CX_SUMMARY})
    assert [(s.peer, s.state) for s in facts.sessions] == [("10.0.0.3", "established"), ("10.0.0.4", "idle")]


def test_aoscx_neighbors_and_macs_are_read(cx: LabPlan) -> None:
    answers = {"show-ip-ospf-neighbors": texts.CX_NEIGHBORS, "show-evpn-mac-ip": texts.CX_MACS}
    facts = observed(cx, "sw1", answers)
    assert [(n.neighbor_id, n.interface, n.state) for n in facts.ospf] == [
        ("10.0.0.3", "1/1/1", "full"),
        ("10.0.0.4", "1/1/2", "init"),
    ]
    assert [(m.vni, m.mac, m.vtep) for m in facts.macs] == [
        (11000, MAC, "10.0.0.3"),
        (11000, "02:01:00:00:00:04", None),
    ]


@pytest.mark.parametrize(("word", "running"), [("Enabled", True), ("Disabled", False)])
def test_aoscx_relay_agent_and_its_counters_are_read(cx: LabPlan, word: str, running: bool) -> None:
    text = texts.CX_RELAY.replace("Agent                 : Enabled", f"Agent                 : {word}")
    facts = observed(cx, "sw1", {"show-dhcp-relay": text})
    assert [(d.daemon, d.running) for d in facts.daemons] == [("relay", running)]
    assert {c.name: c.value for c in facts.counters}["dropped requests"] == 10
    assert {c.name: c.value for c in facts.counters}["dropped responses with option 82"] == 1


@pytest.mark.parametrize(
    ("device", "probe", "text"),
    [
        pytest.param("arubacx", "show-ip-helper-address", texts.CX_HELPERS, id="AOS-CX"),
        pytest.param("dellos10", "show-helper-addresses", texts.OS10_HELPERS, id="OS10"),
    ],
)
def test_switch_relays_where_it_has_every_servers_address(
    device: str, probe: str, text: str, tmp_path: Path
) -> None:
    plan = planned(EVPN, tmp_path, {"switch": device})
    lacking = text.replace("10.0.0.1 ", "10.0.0.11")
    found = [observed(plan, "sw1", {probe: said}) for said in (text, lacking, "")]
    assert [[(d.daemon, d.running) for d in facts.daemons] for facts in found] == [
        [("relay", True)], [("relay", False)], [("relay", False)],
    ]  # fmt: skip
    assert observed(plan, "sw1", {probe: "% Error: Illegal command.\n"}).daemons == ()


def test_aoscx_leases_are_bindings(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"server": "arubacx"})
    (lease,) = observed(plan, "srv", {"show-dhcp-server-leases": texts.CX_LEASES}).bindings
    assert (lease.address, lease.mac, lease.expires) == ("172.16.0.10", MAC, 1795648032.0)


def test_os10_connected_routes_give_addresses_with_vrf(os10: LabPlan) -> None:
    answers = {"show-ip-route": texts.OS10_ROUTES, "show-ip-route-vrf-client": texts.OS10_ROUTES_CLIENT}
    facts = observed(os10, "sw1", answers)
    assert [(a.interface, a.vrf, a.address) for a in facts.addresses] == [
        ("loopback0", "default", "10.0.0.2/32"),
        ("ethernet1/1/1", "default", "10.1.0.1/30"),
        ("virtual-network1000", "client", "172.16.0.2/24"),
    ]
    assert [(r.vrf, r.prefix) for r in facts.routes][-2:] == [
        ("client", "172.16.0.0/24"),
        ("client", "172.16.0.10/32"),
    ]
    assert len(facts.routes) == 6


def test_os10_remote_ends_that_are_down_do_not_count(os10: LabPlan) -> None:
    answers = {
        "show-ip-route-vrf-client": texts.OS10_ROUTES_CLIENT,
        "show-nve-remote-vtep": texts.OS10_VTEPS,
    }
    facts = observed(os10, "sw1", answers)
    assert [(v.vni, v.kind, v.vrf, v.svi, v.vteps) for v in facts.vnis] == [
        (11000, "l2", "client", "virtual-network1000", ("10.0.0.3", "10.0.0.5")),
        (11001, "l2", "default", None, ("10.0.0.3",)),
        (12000, "l3", "client", None, ("10.0.0.3",)),
    ]


def test_os10_sessions_neighbors_and_macs_are_read(os10: LabPlan) -> None:
    answers = {
        "show-ip-bgp-l2vpn-evpn-summary": texts.OS10_SUMMARY,
        "show-ip-ospf-neighbor": texts.OS10_NEIGHBORS,
        "show-mac-vni-11000": texts.OS10_MACS,
    }
    facts = observed(os10, "sw1", answers)
    assert [(s.peer, s.state) for s in facts.sessions] == [
        ("10.0.0.3", "established"),
        ("10.0.0.4", "active"),
    ]
    assert [(n.neighbor_id, n.interface, n.state) for n in facts.ospf] == [
        ("10.0.0.3", "ethernet1/1/1", "full"),
        ("10.0.0.4", "ethernet1/1/2", "init"),
    ]
    assert [(m.vni, m.mac, m.vtep) for m in facts.macs] == [(11000, MAC, "10.0.0.3")]


def test_os10_bindings_are_read(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"server": "dellos10"})
    (lease,) = observed(plan, "srv", {"show-ip-dhcp-binding": texts.OS10_BINDINGS}).bindings
    assert (lease.address, lease.mac, lease.expires) == ("172.16.0.10", MAC, 1795587825.0)


@pytest.mark.parametrize("device", ["cumulus_nvue", "vyos"])
def test_linux_switch_is_read_by_the_parsers_of_frr_and_isc(device: str, tmp_path: Path) -> None:
    plan = planned(ONE_VRF, tmp_path, {"switch": device})
    svi = plan.node("sw1").on_segment("cv1")
    assert svi is not None
    facts = observed(
        plan,
        "sw1",
        {
            "show-ip-ospf-neighbor": texts.FRR_NEIGHBORS,
            "show-bgp-l2vpn-evpn-summary": texts.FRR_SUMMARY,
            "show-evpn-vni-detail": texts.FRR_VNIS,
            "show-evpn-mac-vni-all": texts.FRR_MACS,
            "ip-address": texts.ip_address((svi.name, "172.16.0.2/24", "")),
            "ip-route": texts.ip_route("default", "10.0.0.3"),
            "dhcrelay-state": "running\n",
            "dhcrelay-log": texts.JOURNAL,
        },
    )
    assert facts.problems == ()
    assert [(n.neighbor_id, n.interface, n.state) for n in facts.ospf] == [("10.0.0.3", "swp1", "full")]
    assert [(s.peer, s.state) for s in facts.sessions] == [("10.0.0.3", "established")]
    assert [(v.vni, v.vteps) for v in facts.vnis] == [(11000, ("10.0.0.3",))]
    assert [(m.mac, m.vtep) for m in facts.macs] == [(MAC, "10.0.0.3")]
    assert [(a.interface, a.address) for a in facts.addresses] == [(svi.name, "172.16.0.2/24")]
    assert [r.prefix for r in facts.routes] == ["0.0.0.0/0", "10.0.0.3/32"]
    assert [(d.daemon, d.running) for d in facts.daemons] == [("relay", True)]
    assert [(m.type.value, m.mac, m.dst, m.time) for m in facts.messages] == [
        ("BOOTREQUEST", MAC, "10.0.0.1", 1795600801.0001),
        ("BOOTREPLY", MAC, "172.16.0.10", 1795600801.001),
    ]


@pytest.mark.parametrize("device", ["cumulus_nvue", "vyos:1.4"])
def test_linux_server_and_client_are_read(device: str, tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"server": device, "client": device})
    server = {
        "dhcpd.leases": texts.SERVER_LEASES,
        "dhcpd-log": texts.SERVER_JOURNAL,
        "dhcpd-state": "stopped\n",
    }
    facts = observed(plan, "srv", server)
    assert [(b.address, b.mac, b.lease_seconds) for b in facts.bindings] == [("172.16.0.10", MAC, 5400)]
    assert [(m.type.value, m.giaddr) for m in facts.messages] == [
        ("DISCOVER", "172.16.0.2"),
        ("OFFER", "172.16.0.2"),
    ]
    assert [(d.daemon, d.running) for d in facts.daemons] == [("server", False)]
    client = {"dhclient.leases": texts.CLIENT_LEASES, "dhclient-log": texts.CLIENT_JOURNAL}
    facts = observed(plan, "user", client)
    assert [(b.address, b.lease_seconds, b.role.value) for b in facts.bindings] == [
        ("172.16.0.10", 5400, "client")
    ]
    assert [m.type.value for m in facts.messages] == ["DISCOVER", "OFFER"]


def test_the_server_of_vyos_is_kea_unless_the_release_is_older(tmp_path: Path) -> None:
    leases = (
        "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n"
        f"172.16.0.10,{MAC},,5400,1795600800,1,0,0,,0,\n"
    )
    plan = planned(ROUTED, tmp_path, {"server": "vyos"})
    facts = observed(plan, "srv", {"dhcpd.leases": leases, "dhcpd-state": "running\n"})
    assert [(b.address, b.mac, b.lease_seconds) for b in facts.bindings] == [("172.16.0.10", MAC, 5400)]
    older = planned(ROUTED, tmp_path, {"server": "vyos:1.4"})
    assert observed(older, "srv", {"dhcpd.leases": leases, "dhcpd-state": "running\n"}).bindings == ()


def test_sonic_counters_are_read_in_both_directions(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": "sonic"})
    facts = observed(plan, "relay", {COUNTERS: texts.SONIC_COUNTERS})
    assert {c.name: c.value for c in facts.counters} == {
        "Vlan1001 RX Un": 0, "Vlan1001 RX Dis": 1, "Vlan1001 RX Off": 3, "Vlan1001 RX Drp": 0,
        "Vlan1001 TX Un": 0, "Vlan1001 TX Dis": 2,
    }  # fmt: skip


def test_sonic_port_has_the_address_of_the_vlan_made_of_it(tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": "sonic"})
    port = plan.node("relay").relays[0].interface
    text = texts.ip_address(("Vlan1001", "172.16.0.2/24", ""), ("Ethernet8", "10.9.9.1/30", ""))
    facts = observed(plan, "relay", {"ip-address": text})
    assert [(a.interface, a.address) for a in facts.addresses] == [
        (port, "172.16.0.2/24"),
        ("Ethernet8", "10.9.9.1/30"),
    ]


NOT_READ = {
    "arubacx": (
        "show-ip-route-all-vrfs", "show-dhcp-relay", "show-ip-ospf-neighbors", "show-bgp-l2vpn-evpn-summary",
        "show-evpn-mac-ip", "show-interface-vxlan1", "show-ip-helper-address", "show-interface",
    ),
    "dellos10": (
        "show-ip-route", "show-ip-route-vrf-client", "show-ip-ospf-neighbor",
        "show-ip-bgp-l2vpn-evpn-summary", "show-mac-vni-11000", "show-nve-remote-vtep",
        "show-helper-addresses", "show-interface",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", ["% Unknown command.\n", "Invalid input: vxlan1\n", "\x00\xff}{\n| |\n"])
@pytest.mark.parametrize(("device", "probe"), [(d, p) for d, names in NOT_READ.items() for p in names])
def test_text_that_is_no_table_is_a_problem_with_its_file(
    device: str, probe: str, text: str, tmp_path: Path
) -> None:
    plan = planned(EVPN, tmp_path, {"switch": device})
    facts = observed(plan, "sw1", {probe: text})
    assert [problem.split(":")[0] for problem in facts.problems] == [f"raw/sw1/{probe}.txt"]
    assert facts == Observed(problems=facts.problems)


@pytest.mark.parametrize(
    ("device", "node", "probe", "text"),
    [
        pytest.param("sonic", "relay", COUNTERS, "sh: show: not found\n", id="no counters"),
        pytest.param("sonic", "relay", COUNTERS, "| Vlan (RX) | Un |\n| Vlan1001 | many |\n", id="no number"),
        pytest.param("sonic", "relay", COUNTERS, "| Vlan (RX) | Un |\n| Vlan1001 | 1 | 2 |\n", id="columns"),
        pytest.param("sonic", "relay", "show-ip-ospf-neighbor", "sudo: vtysh: not found\n", id="no FRR"),
        pytest.param("vyos", "relay", "dhcrelay-log", "dhcrelay[1]: DHCP gone wild\n", id="relay's log"),
        pytest.param("cumulus_nvue", "relay", "dhcrelay-log", "sudo: a password is required\n", id="rights"),
    ],
)
def test_linux_text_that_cannot_be_read_is_a_problem(
    device: str, node: str, probe: str, text: str, tmp_path: Path
) -> None:
    plan = planned(ROUTED, tmp_path, {"switch": device})
    facts = observed(plan, node, {probe: text})
    assert len(facts.problems) == 1
    assert probe in facts.problems[0]


@pytest.mark.parametrize(("device", "probe"), [("arubacx", "show-dhcp-server-leases"), ("dellos10", "show-ip-dhcp-binding")])  # fmt: skip
def test_lease_table_that_is_none_is_a_problem(device: str, probe: str, tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {"server": device})
    assert len(observed(plan, "srv", {probe: "Invalid input: leases\n"}).problems) == 1
    assert observed(plan, "srv", {probe: ""}) == Observed()


PIECES = [
    piece
    for name, text in vars(texts).items()
    if name.isupper() and isinstance(text, str)
    for line in text.splitlines()
    for piece in (line, line[: len(line) // 2])
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("device", "spec", "node"),
    [
        pytest.param("arubacx", EVPN, "sw1"),
        pytest.param("dellos10", EVPN, "sw1"),
        pytest.param("cumulus_nvue", ONE_VRF, "sw1"),
        pytest.param("vyos", ONE_VRF, "sw1"),
        pytest.param("sonic", ROUTED, "relay"),
    ],
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=12))
def test_no_text_makes_an_observer_raise(
    device: str, spec: str, node: str, lines: list[str], tmp_path: Path
) -> None:
    plan = planned(spec, tmp_path, {"switch": device})
    probes = readers.get(device).probes(plan.node(node))
    observed(plan, node, {probe.name: "\n".join(lines) for probe in probes})
