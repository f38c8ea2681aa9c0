"""What labgen learns from SR Linux, SR OS, Junos, NX-OS and IOS XR: answers in their formats become facts, and checks judge those."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from devices_vendors import CASES, Case, case
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labgen.devices import readers
from labgen.devices.observed import Observed
from labgen.dhcp.model import (
    Client,
    Direction,
    Exchange,
    ExchangeOutcome,
    Kind,
    Message,
    MessageRole,
    MessageType,
)
from labgen.ground.labplan import NodePlan, VrfPlan
from labgen.verify import groups
from labgen.verify.check import plan_checks
from labgen.verify.facts import Facts
from labgen.verify.judgement import Outcome

FABRICS = ("srlinux-switch", "sros-switch", "junos-switch", "nxos-switch")
SWITCHES = (*FABRICS, "iosxr-switch")
SERVERS = ("sros-server", "junos-server", "iosxr-server")
CLIENTS = ("srlinux-client", "sros-client", "junos-client", "iosxr-client")
CLIENT_MAC, REMOTE_MAC = "52:dc:00:fe:03:01", "52:dc:00:fe:05:01"
REFUSALS = (
    "% Invalid command at '^' marker.\n",
    "Parsing error: Unknown token 'state'. Options are ['info']\n",
    "MINOR: MGMT_CORE #2201: Unknown element - 'dhcp'\n",
    "                 ^\nsyntax error, expecting <command>.\n",
)


@pytest.fixture
def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    return case(request.param, tmp_path)


def cases(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vendor", names, ids=names, indirect=True)


def verdicts(vendor: Case, observed: Observed, *patterns: str) -> dict[str, Outcome]:
    """Outcomes of the checks on this node alone, by name."""
    facts = Facts(vendor.plan, observed)
    return {
        planned.check.name: planned.check.judge(planned.subject, facts).outcome
        for planned in plan_checks(patterns, vendor.plan)
        if vendor.node.name in (planned.subject.switch, planned.subject.server)
    }


def empty(observed: Observed) -> bool:
    return not any(getattr(observed, f.name) for f in fields(Observed) if f.name != "problems")


@cases(*CASES)
def test_a_transcript_answers_every_probe_and_no_other_command(vendor: Case) -> None:
    assert set(vendor.answers) == {probe.text for probe in vendor.probes}
    assert len({probe.name for probe in vendor.probes}) == len(vendor.probes)


@cases(*CASES)
def test_everything_is_understood(vendor: Case) -> None:
    observed = vendor.observe()
    assert observed.problems == ()
    assert observed.addresses
    assert observed.routes
    assert {a.node for a in observed.addresses} == {vendor.node.name}


@cases(*FABRICS)
def test_checks_of_the_fabric_see_what_is_there_and_what_is_not(vendor: Case) -> None:
    """One OSPF neighbor of two is `init` in every transcript; the rest of the fabric stands."""
    found = verdicts(vendor, vendor.observe(), "control-plane.*", "relay.running")
    assert found.pop("control-plane.ospf") is Outcome.FAIL
    assert set(found) == {
        "control-plane.evpn-session", "control-plane.vni", "control-plane.vtep", "control-plane.gateway",
        "control-plane.mac", "control-plane.return-route", "relay.running",
    }  # fmt: skip
    assert found.pop("control-plane.return-route") is Outcome.FAIL  # the server is another device
    assert set(found.values()) == {Outcome.PASS}


@cases(*SWITCHES)
def test_ospf_is_judged_by_router_and_state(vendor: Case) -> None:
    observed = vendor.observe()
    full = {n.neighbor_id for n in observed.ospf if n.state == "full"}
    assert full == {"10.0.0.1"}
    assert {n.interface for n in observed.ospf} <= {
        *(port.name for port in vendor.node.interfaces),
        "GigabitEthernet0/0/0/2",
    }


def test_ospf_passes_when_all_neighbors_are_full(tmp_path: Path) -> None:
    vendor = case("iosxr-switch", tmp_path)
    assert verdicts(vendor, vendor.observe(), "control-plane.ospf") == {"control-plane.ospf": Outcome.PASS}


@pytest.mark.parametrize(
    ("name", "probe", "old", "new", "check"),
    [
        ("srlinux-switch", "vxlan-interface", '"vni": 11000}, "egress"', '"vni": 11001}, "egress"', "control-plane.vni"),
        ("srlinux-switch", "vxlan-interface", '"vtep": "10.0.0.3"', '"vtep": "10.0.0.7"', "control-plane.vtep"),
        ("srlinux-switch", "bgp-neighbor", '"established"', '"connect"', "control-plane.evpn-session"),
        ("srlinux-switch", "interface-ipv4", '"oper-state": "up"', '"oper-state": "down"', "relay.running"),
        ("sros-switch", "show-service-id-vlan1000-vxlan-destinations", "Up    BUM   1", "Down  BUM   1", "control-plane.vtep"),
        ("sros-switch", "show-service-id-vlan1000-fdb-detail", "10.0.0.3:11000", "10.0.0.4:11000", "control-plane.mac"),
        ("sros-switch", "show-router-dhcp-summary", "Replace Up", "Replace Down", "relay.running"),
        ("sros-switch", "show-router-interface", "172.16.0.2/24", "172.16.0.9/24", "control-plane.gateway"),
        ("sros-switch", "show-router-bgp-summary-family-evpn", "4/4/4", "OpenSent", "control-plane.evpn-session"),
        ("junos-switch", "show-configuration-routing-instances", '{"name" : "irb.1000"}, ', "", "control-plane.gateway"),
        ("junos-switch", "show-evpn-database", '"10.0.0.3"', '"10.0.0.4"', "control-plane.mac"),
        ("junos-switch", "show-system-processes-extensive", "jdhcpd", "rpd", "relay.running"),
        ("nxos-switch", "show-nve-peers-detail", '"cp-vni": "11000,12000"', '"cp-vni": "12000"', "control-plane.vtep"),
        ("nxos-switch", "show-ip-dhcp-relay", "service is enabled", "service is disabled", "relay.running"),
        ("nxos-switch", "show-ip-interface-vrf-all", '"client", "intf-name": "V', '"blue", "intf-name": "V', "control-plane.gateway"),
        ("iosxr-switch", "show-processes-dhcpd", "Run", "Killed", "relay.running"),
        ("iosxr-switch", "show-ospf-neighbor", "FULL/  -", "INIT/  -", "control-plane.ospf"),
    ],
)  # fmt: skip
def test_what_is_broken_on_the_device_fails_its_check(
    name: str, probe: str, old: str, new: str, check: str, tmp_path: Path
) -> None:
    vendor = case(name, tmp_path)
    command = next(known.text for known in vendor.probes if known.name == probe)
    assert old in vendor.answers[command]
    assert verdicts(vendor, vendor.observe(), check) == {check: Outcome.PASS}
    broken = {**vendor.answers, command: vendor.answers[command].replace(old, new)}
    assert verdicts(vendor, vendor.observe(broken), check) == {check: Outcome.FAIL}


@cases(*SWITCHES)
def test_relay_counts_what_it_drops(vendor: Case) -> None:
    dropped = [
        counter.value for counter in vendor.observe().counters
        if any(word in counter.name.lower() for word in ("drop", "discard"))
    ]  # fmt: skip
    assert max(dropped) in (1, 3)


@cases(*FABRICS)
def test_remote_mac_is_behind_its_vtep(vendor: Case) -> None:
    assert ("10.0.0.3", 11000) in {(m.vtep, m.vni) for m in vendor.observe().macs if m.mac == REMOTE_MAC}


@pytest.mark.parametrize("name", ["junos-switch", "nxos-switch"])
def test_vrf_is_the_one_the_device_states(name: str, tmp_path: Path) -> None:
    observed = case(name, tmp_path).observe()
    assert {a.vrf for a in observed.addresses if a.address == "172.16.0.2/24"} == {"client"}
    assert {vni.vrf for vni in observed.vnis if vni.kind == "l2"} == {"client"}
    assert ("client", "172.16.0.0/24") in {(route.vrf, route.prefix) for route in observed.routes}


def in_vrf(vendor: Case) -> NodePlan:
    """The case's switch, with its clients and its relay in a VRF."""
    node = vendor.node
    vrf = VrfPlan(name="client", table=100, rd="65000:1", rt_import=("65000:1",), rt_export=("65000:1",))
    relays = tuple(relay.model_copy(update={"vrf": "client"}) for relay in node.relays)
    return node.model_copy(update={"vrfs": (vrf,), "relays": relays})


def test_vrf_of_sros_is_a_service_with_tables_of_its_own(tmp_path: Path) -> None:
    vendor = case("sros-switch", tmp_path)
    table = vendor.answers["show router interface"]
    answers = {
        **{c: t for c, t in vendor.answers.items() if "dhcp" not in c},
        "show router interface": table.replace("172.16.0.2/24", "172.16.9.2/24").replace(
            "svi.1000", "svi.2000"
        ),
        'show router service-name "client" interface detail': vendor.answers["show router interface detail"],
        'show router service-name "client" interface': table.replace("(Router: Base)", "(Service: 100)"),
        'show router service-name "client" route-table': vendor.answers["show router route-table"],
        'show router service-name "client" dhcp summary': vendor.answers["show router dhcp summary"],
        'show router service-name "client" dhcp statistics': vendor.answers["show router dhcp statistics"],
    }
    moved = replace(vendor, node=in_vrf(vendor), answers=answers)
    assert {probe.text for probe in moved.probes} == set(answers)
    observed = moved.observe()
    assert observed.problems == ()
    assert {a.vrf for a in observed.addresses if a.address == "172.16.0.2/24"} == {"client"}
    assert {vni.vrf for vni in observed.vnis} == {"client"}
    assert {route.vrf for route in observed.routes} == {"default", "client"}
    assert [daemon.running for daemon in observed.daemons] == [True]
    assert all(counter.name.startswith("client ") for counter in observed.counters)
    stop = readers.get("sros").actions(moved.node)["stop-relay"].commands
    assert '/configure service vprn "client" interface "svi.1000" ipv4 dhcp admin-state disable' in stop


def test_vrf_of_ios_xr_heads_its_routes(tmp_path: Path) -> None:
    vendor = case("iosxr-switch", tmp_path)
    vrf = (
        "\nVRF: client\n\nCodes: C - connected\n\nC    172.16.9.0/24 is directly connected, 1d22h, BVI1000\n"
    )
    statistics = vendor.answers["show dhcp vrf default ipv4 relay statistics"]
    answers = {
        **{c: t for c, t in vendor.answers.items() if "statistics" not in c},
        "show route vrf all": f"Wed Nov 25 02:11:07.112 UTC\n{vrf}",
        "show dhcp vrf client ipv4 relay statistics": statistics.replace("VRF default", "VRF client"),
    }
    moved = replace(vendor, node=in_vrf(vendor), answers=answers)
    assert {probe.text for probe in moved.probes} == set(answers)
    observed = moved.observe()
    assert observed.problems == ()
    assert {route.prefix for route in observed.routes if route.vrf == "default"} == {
        "10.0.0.1/32", "10.0.0.2/32", "10.9.0.0/16", "172.16.0.0/24",
    }  # fmt: skip
    assert [route.prefix for route in observed.routes if route.vrf == "client"] == ["172.16.9.0/24"]
    assert {counter.name.split()[0] for counter in observed.counters} == {"client"}


@cases(*SERVERS)
def test_only_a_lease_in_use_is_an_active_binding(vendor: Case) -> None:
    held = [b for b in vendor.observe().bindings if groups.active(b, 0.0)]
    assert [(b.address, b.mac, b.role) for b in held] == [("172.16.0.77", CLIENT_MAC, MessageRole.SERVER)]
    assert held[0].line is not None


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("sros-server", Outcome.PASS),
        ("junos-server", Outcome.FAIL),
        ("iosxr-server", Outcome.FAIL),
    ],
)
def test_server_that_does_not_run_is_told(name: str, outcome: Outcome, tmp_path: Path) -> None:
    vendor = case(name, tmp_path)
    assert verdicts(vendor, vendor.observe(), "server.running") == {"server.running": outcome}
    assert verdicts(vendor, vendor.observe(), "control-plane.return-route") == {
        "control-plane.return-route": Outcome.PASS
    }


@cases(*CLIENTS)
def test_client_holds_one_lease_and_the_address_of_it(vendor: Case) -> None:
    observed = vendor.observe()
    lease = Facts(vendor.plan, observed).lease(vendor.node.name)
    assert lease is not None
    assert (lease.address, lease.mac, lease.state) == ("172.16.0.77", CLIENT_MAC, "bound")
    assert f"{lease.address}/24" in {a.address for a in observed.addresses}


def test_junos_client_tells_the_lease_time_and_the_server(tmp_path: Path) -> None:
    (lease,) = case("junos-client", tmp_path).observe().bindings
    assert (lease.lease_seconds, lease.server_id, lease.expires) == (5400, "10.0.0.1", 1795577412.0)


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(5400, Outcome.PASS), (3600, Outcome.FAIL), (None, Outcome.BLOCKED)]
)
def test_lease_time_a_client_keeps_to_itself_is_taken_from_the_wire(
    seconds: int | None, outcome: Outcome, tmp_path: Path
) -> None:
    vendor = case("srlinux-client", tmp_path)
    ack = Message(
        MessageType.ACK, "user", MessageRole.CLIENT, Direction.RX, time=1.0, yiaddr="172.16.0.77",
        mac=CLIENT_MAC, lease_seconds=seconds, file="captures/user-eth1.pcap", frame=4,
    )  # fmt: skip
    exchange = Exchange(Client(CLIENT_MAC), Kind.ACQUIRE, ExchangeOutcome.BOUND, (ack,) if seconds else ())
    facts = Facts(vendor.plan, vendor.observe(), exchanges=(exchange,))
    (planned,) = plan_checks(["lease.options"], vendor.plan)
    judgement = planned.check.judge(planned.subject, facts)
    assert judgement.outcome is outcome
    assert [proof.frame for proof in judgement.proofs] == ([4] if seconds else [])


def test_nxos_row_alone_is_read_like_a_list_of_one(tmp_path: Path) -> None:
    vendor = case("nxos-switch", tmp_path)
    command = "show bgp l2vpn evpn summary | json"
    alone = vendor.answers[command]
    assert '"ROW_neighbor":\n    {' in alone
    listed = alone.replace('"ROW_neighbor":\n    {', '"ROW_neighbor": [{').replace('"4"}}}', '"4"}]}}', 1)
    assert vendor.observe({command: alone}).sessions == vendor.observe({command: listed}).sessions != ()


@pytest.mark.slow
@cases(*CASES)
@pytest.mark.parametrize("refusal", REFUSALS, ids=["cisco", "srlinux", "sros", "junos"])
def test_a_refused_command_is_a_problem_with_its_file(vendor: Case, refusal: str) -> None:
    for probe in vendor.probes:
        observed = vendor.observe({probe.text: refusal})
        assert [problem.split(":")[0] for problem in observed.problems] == [f"raw/{probe.name}.txt"]
        assert empty(observed)


@cases(*CASES)
def test_an_answer_that_is_cut_off_is_a_problem_where_it_is_json(vendor: Case) -> None:
    for probe in vendor.probes:
        text = vendor.answers[probe.text].strip()
        if text.startswith("{"):
            assert vendor.observe({probe.text: text[:-1]}).problems
            assert vendor.observe({probe.text: '{"something": "else"}'}).problems


@cases(*CASES)
def test_an_empty_answer_holds_no_facts_and_is_no_problem(vendor: Case) -> None:
    observed = vendor.observe({probe.text: "\n" for probe in vendor.probes})
    assert empty(observed)
    assert observed.problems == ()


@pytest.mark.slow
@cases(*CASES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_text_raises(vendor: Case, data: st.DataObject) -> None:
    """Garbage, and answers with a piece cut out or put in."""
    garbled: dict[str, str] = {}
    for command, text in vendor.answers.items():
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        piece = data.draw(
            st.one_of(st.text(max_size=8), st.sampled_from(['"', "{}", "[]", "null", "0", "\n"]))
        )
        garbled[command] = text[:start] + piece + text[end:]
    assert isinstance(vendor.observe(garbled), Observed)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@cases("srlinux-switch", "junos-switch", "nxos-switch")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_json_of_another_shape_raises_nothing(vendor: Case, data: st.DataObject) -> None:
    garbled = {}
    for command, text in vendor.answers.items():
        if text.lstrip().startswith("{"):
            value = json.loads(text)
            _replace(value, data)
            garbled[command] = json.dumps(value)
    assert isinstance(vendor.observe(garbled), Observed)


def _replace(value: object, data: st.DataObject) -> None:
    """Put another value somewhere into a tree."""
    while True:
        keys: list[object] = (
            list(value)
            if isinstance(value, dict)
            else list(range(len(value)))
            if isinstance(value, list)
            else []
        )
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        inner = value[key]  # type: ignore[index]  # a dict's key, or a list's index
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            value[key] = data.draw(json_values)  # type: ignore[index]
            return
        value = inner
