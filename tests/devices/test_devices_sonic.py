"""SONiC's dhcp4relay as recorded, against what plans, dialect and readers make of it."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface

import pytest
from devices_sonic import RECORDED, SYSTEM_MAC, Seen, differences, recorded_plan, remarks, seen

from labgen.devices import registry
from labgen.devices.sonic.config_reader import read
from labgen.dhcp.packet import Packet
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.ground.vocabulary import RelayOption
from labgen.relay.config import parse_config
from labgen.relay.netlink import Interface
from labgen.relay.policy import resolve

CLIENTS = {"cl_a": "02:00:00:00:0a:01", "cl_b": "02:00:00:00:0b:01"}


@pytest.fixture(scope="module")
def plan() -> LabPlan:
    return recorded_plan()


def relay_of(plan: LabPlan, client: str) -> tuple[NodePlan, RelayPlan]:
    ((node, relay),) = plan.relays_for(client)
    return node, relay


def relayed(client: str) -> list[Seen]:
    """What the server got of a client by the relay, in the recording."""
    mac = CLIENTS[client]
    return [
        each
        for each in seen("srv-eth1.pcap")
        if each.packet.op == 1 and each.packet.mac == mac and each.packet.giaddr != IPv4Address(0)
    ]


@pytest.mark.parametrize("client", CLIENTS)
def test_plan_expects_the_option_82_that_was_recorded(plan: LabPlan, client: str) -> None:
    """DISCOVER, REQUEST, renewal and release, octet by octet."""
    requests = relayed(client)
    assert len(requests) == 4
    assert differences(*relay_of(plan, client), requests) == []


@pytest.mark.parametrize(
    ("octets", "instead"),
    [
        (b"sw1:", b"sw2:"),
        (b":Vlan1001", b":Vlan1002"),
        (b"fortyGigE0/4", b"fortyGigE0/8"),
        (SYSTEM_MAC.encode(), b"22:48:23:27:33:d9"),
        (b"\x05\x04\xac\x10\x00\x00", b"\x05\x04\xac\x10\x00\x02"),
        (b"\x0b\x04\xac\x10\x00\x02", b"\x0b\x04\xac\x10\x00\x00"),
        (b"\x0b\x04\xac\x10\x00\x02", b"\x98\x04\xac\x10\x00\x02"),
    ],
    ids=["host", "vlan", "port", "remote-id", "the interface's address", "the network", "another sub-option"],
)
def test_other_octets_are_a_difference(plan: LabPlan, octets: bytes, instead: bytes) -> None:
    first, *rest = relayed("cl_a")
    assert octets in first.datagram.payload
    changed = replace(first, packet=Packet.decode(first.datagram.payload.replace(octets, instead)))
    assert differences(*relay_of(plan, "cl_a"), [changed, *rest])


def test_no_recording_is_no_agreement(plan: LabPlan) -> None:
    with pytest.raises(AssertionError, match="nothing was recorded"):
        differences(*relay_of(plan, "cl_a"), [])


def test_recorded_lines_are_those_that_are_rendered(plan: LabPlan) -> None:
    """The script that configured the recorded switch is the one of today, but for routing: FRR was no part of the recording."""
    (section,) = registry.files(plan)["sw1"]
    lines = section.text.splitlines()
    routing = [line for line in lines if line.startswith("vtysh ")]
    assert [line for line in lines if line not in routing] == (RECORDED / "dhcp.sh").read_text().splitlines()
    assert [("interface Vlan1001" in line, "passive" in line) for line in routing] == [
        (True, True),
        (False, True),
    ]


def test_config_db_of_the_recording_is_the_plan(plan: LabPlan) -> None:
    """What SONiC's own plugin made of the rendered lines."""
    database = json.loads((RECORDED / "config_db.json").read_text())
    on, off = "enable", None
    for client, vlan, flags in (("cl_a", "Vlan1001", on), ("cl_b", "Vlan1002", off)):
        _, relay = relay_of(plan, client)
        entry = database[f"DHCPV4_RELAY|{vlan}"]
        assert entry["dhcpv4_servers@"].split(",") == [str(address) for address, _ in relay.asks]
        assert entry.get("source_interface") == (relay.source.interface if relay.source else None)
        assert (entry.get("link_selection"), entry.get("server_id_override")) == (flags, flags)
        assert f"VLAN_MEMBER|{vlan}|{relay.interface}" in database
    assert database["DEVICE_METADATA|localhost"]["has_sonic_dhcpv4_relay"] == "True"


@pytest.mark.parametrize("client", CLIENTS)
def test_client_gets_lease_and_renewal_through_the_relay(plan: LabPlan, client: str) -> None:
    """Replies reach clients as broadcasts from the VLAN's address, without option 82; renewals are relayed, too."""
    _, relay = relay_of(plan, client)
    got = [each for each in seen(f"{client}-eth1.pcap") if each.packet.op == 2]
    broadcast = [each for each in got if each.destination == "255.255.255.255"]
    assert [each.source for each in broadcast] == [str(relay.link_address)] * 3
    assert all(each.option82 == () and each.packet.giaddr == relay.giaddr for each in broadcast)
    straight = [each for each in got if each not in broadcast]
    overridden = RelayOption.SERVER_ID_OVERRIDE in relay.sent
    assert len(straight) == (0 if overridden else 1), "who renews with the server itself is answered twice"


@pytest.mark.parametrize(
    ("client", "settings"),
    [
        (
            "cl_a",
            "giaddr: 10.0.0.2\n    options: [circuit-id, remote-id, link-selection, server-id-override]\n",
        ),
        ("cl_b", ""),
    ],
)
def test_dialect_sends_what_was_recorded(client: str, settings: str) -> None:
    """labgen-relay's dialect, configured alike."""
    vlan, address = ("Vlan1001", "172.16.0.2/24") if client == "cl_a" else ("Vlan1002", "172.16.1.2/24")
    assert {sent(vlan, address, settings)} == {each.option82[0] for each in relayed(client)}


def sent(vlan: str, address: str, settings: str, vrf: str = "default") -> bytes:
    """The value of option 82 that labgen-relay puts in, but for the port, which it knows when a request comes."""
    text = (
        f"name: sw1\ndialect: sonic\nvrfs: {{Vrfclient: {{device: Vrfclient}}}}\ninterfaces:\n  - name: {vlan}\n"
        f'    vrf: {vrf}\n    servers: [{{address: 10.0.0.1}}]\n    circuit_id: "sw1:{PORTS[vlan]}:{vlan}"\n'
    )
    own = Interface(
        vlan, 1, bytes.fromhex(SYSTEM_MAC.replace(":", "")), 1500, True, (IPv4Interface(address),)
    )
    loopback = Interface("Loopback0", 2, bytes(6), 65536, True, (IPv4Interface("10.0.0.2/32"),))
    config = parse_config(text + (f"    {settings}" if settings else ""))
    places = {name: {"Loopback0": loopback} for name in ("default", *config.vrfs)}
    places[vrf] = {**places[vrf], vlan: own}
    (link,) = resolve(config, places)
    return link.groups[0].option82(unicast=False)[2:]


PORTS = {"Vlan1001": "fortyGigE0/4", "Vlan1002": "fortyGigE0/8", "Vlan1003": "fortyGigE0/8"}


def test_reader_of_configurations_reads_the_recorded_lines(plan: LabPlan) -> None:
    text = (RECORDED / "dhcp.sh").read_text()
    config = read(text)
    assert config.unread == ()
    assert [(relay.interface, relay.source) for relay in config.relays] == [
        ("Vlan1001", "Loopback0"),
        ("Vlan1002", ""),
    ]
    words = [shlex.split(line) for line in text.splitlines() if "dhcpv4_relay add" in line]
    assert len(words) == len(config.relays)


def config_db(**tables: dict[str, dict[str, object]]) -> str:
    """The recorded database as a switch keeps it in a file: tables, and lists where Redis has commas; some tables are others."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for key, row in json.loads((RECORDED / "config_db.json").read_text()).items():
        table, _, name = key.partition("|")
        fields = {
            field.rstrip("@"): value.split(",") if field.endswith("@") else value
            for field, value in row.items()
        }
        found.setdefault(table, {})[name] = {} if fields == {"NULL": "NULL"} else fields
    return json.dumps(found | tables, indent=4)


def test_config_db_is_read_as_the_commands_that_made_it() -> None:
    """`labgen audit` reads /etc/sonic/config_db.json."""
    written, kept = read((RECORDED / "dhcp.sh").read_text()), read(config_db())
    assert not kept.off
    assert [replace(each, line=0, targets=()) for each in kept.relays] == [
        replace(each, line=0, targets=()) for each in written.relays
    ]
    assert [[target.address for target in each.targets] for each in kept.relays] == [
        [target.address for target in each.targets] for each in written.relays
    ]
    assert [str(kept.giaddr(relay)) for relay in kept.relays] == ["10.0.0.2", "172.16.1.2"]
    lines = config_db().splitlines()
    assert all(f'"{relay.interface}"' in lines[relay.line - 1] for relay in kept.relays)


def test_config_db_says_which_vlans_there_are_as_the_commands_do() -> None:
    commands = """
config vxlan add vtep 10.0.0.1
config vlan add 10
config vlan member add -u 10 Ethernet4
config vlan member add 10 Ethernet8
config vxlan map add vtep 10 100010
config interface ip add Vlan10 10.1.10.1/24
config vlan add 20
"""
    tables = {
        "VLAN": {"Vlan10": {"vlanid": "10"}, "Vlan20": {"vlanid": "20"}},
        "VLAN_MEMBER": {
            "Vlan10|Ethernet4": {"tagging_mode": "untagged"},
            "Vlan10|Ethernet8": {"tagging_mode": "tagged"},
        },
        "VLAN_INTERFACE": {"Vlan10": {}, "Vlan10|10.1.10.1/24": {}, "Vlan20": {"vrf_name": "Vrfred"}},
        "VXLAN_TUNNEL_MAP": {"vtep|map_100010_Vlan10": {"vlan": "Vlan10", "vni": "100010"}},
    }
    kept = read(json.dumps(tables)).vlans
    assert kept == read(commands).vlans
    assert [(vlan.number, vlan.vni, vlan.routed) for vlan in kept] == [(10, 100010, "Vlan10"), (20, 0, "")]


FLAG = "sonic-db-cli CONFIG_DB hset 'DEVICE_METADATA|localhost' has_sonic_dhcpv4_relay True\n"
BEGIN = "systemctl restart dhcp_relay || true\n"


@pytest.mark.parametrize(
    ("before", "off"),
    [
        ("", False),  # lines of a configuration, which say nothing of the relay itself
        (FLAG + BEGIN, False),
        (FLAG, True),
        (BEGIN, True),
        (BEGIN + FLAG, True),
        (FLAG + BEGIN + "config feature state dhcp_relay disabled\n", True),
    ],
)
def test_commands_turn_the_relay_on_with_its_flag_and_then_its_container(before: str, off: bool) -> None:
    relay = "config dhcpv4_relay add --dhcpv4-servers 10.0.0.1 Vlan10\n"
    assert read(before + relay).off is off


def test_config_db_without_the_flag_has_the_relay_before_dhcp4relay() -> None:
    """Its servers are the VLAN's; what stands in the other's table is nobody's."""
    text = config_db(
        DEVICE_METADATA={"localhost": {"hostname": "sw1"}},
        VLAN={"Vlan7": {"vlanid": "7", "dhcp_servers": ["192.0.2.1", "192.0.2.2"]}, "Vlan8": {"vlanid": "8"}},
    )
    (relay,) = read(text).relays
    assert (relay.interface, [str(each.address) for each in relay.targets]) == (
        "Vlan7",
        ["192.0.2.1", "192.0.2.2"],
    )
    assert relay.options == frozenset()


def test_config_db_tells_vrfs_and_a_relay_that_is_off() -> None:
    text = config_db(
        FEATURE={"dhcp_relay": {"state": "disabled"}},
        VLAN_INTERFACE={"Vlan1001": {"vrf_name": "Vrfclient"}, "Vlan1001|172.16.0.2/24": {}},
        DHCPV4_RELAY={
            "Vlan1001": {"dhcpv4_servers": ["10.0.0.1"], "server_vrf": "default", "vrf_selection": "enable"}
        },
    )
    found = read(text)
    assert found.off
    (relay,) = found.relays
    assert (relay.targets[0].vrf, RelayOption.VSS in relay.options) == ("default", True)
    vlan = found.interface("Vlan1001")
    assert vlan is not None
    assert (vlan.vrf, [str(each) for each in vlan.addresses]) == ("Vrfclient", ["172.16.0.2/24"])


@pytest.mark.parametrize("text", ["{", "{}", "[1]", '{"DHCPV4_RELAY": 7}', '{"DHCPV4_RELAY": {"Vlan1": 7}}'])
def test_what_is_no_config_db_has_no_relays(text: str) -> None:
    assert read(text).relays == ()


BETWEEN = "giaddr: 10.0.0.2\n    options: [circuit-id, remote-id, link-selection, server-id-override{}]\n"


@pytest.mark.parametrize(("state", "named"), [("shipped", False), ("named", True)])
def test_relay_between_vrfs(state: str, named: bool) -> None:
    """Clients in Vrfclient, their server in the default VRF: all flags are on, and 151 is sent only where the relay learns the VRF's name.

    `shipped`: STATE_DB as intfmgrd writes it, the VRF in the field `vrf`; `named`: with the field `vrf_name` that the relay reads.
    """
    requests = [each for each in seen(f"vrf-{state}-srv.pcap") if each.packet.op == 1]
    kinds = [next(option.data[0] for option in each.packet.options if option.code == 53) for each in requests]
    assert kinds == [1, 3, 3], "DISCOVER, REQUEST, renewal"
    asked = BETWEEN.format(", vss" if named else "")
    assert {each.option82 for each in requests} == {(sent("Vlan1001", "172.16.0.2/24", asked, "Vrfclient"),)}
    vss = {each.sub_options.get(151) for each in requests}
    assert vss == ({b"\0Vrfclient"} if named else {None})
    assert all(152 not in each.sub_options and str(each.packet.giaddr) == "10.0.0.2" for each in requests)


@pytest.mark.parametrize("state", ["shipped", "named"])
def test_client_in_a_vrf_gets_lease_and_renewal(state: str) -> None:
    """The renewal to the override address came by the relay again."""
    frames = list(seen(f"vrf-{state}-cl_a.pcap"))
    got = [each for each in frames if each.packet.op == 2]
    assert [(each.source, each.destination) for each in got] == [("172.16.0.2", "255.255.255.255")] * 3
    assert [each.destination for each in frames if each.packet.op == 1][-1] == "172.16.0.2"


@pytest.mark.parametrize(("state", "relayed_there"), [("shipped", False), ("named", True)])
def test_servers_in_the_clients_own_vrf(state: str, relayed_there: bool) -> None:
    """Without the name of the VRF requests leave by the default one, where nobody is; replies find their way."""
    asked = [each for each in seen(f"vrf-{state}-cl_c.pcap") if each.packet.op == 1]
    assert len(asked) == 1, "the request itself was not recorded"
    arrived = [each for each in seen(f"vrf-{state}-own.pcap") if each.packet.op == 1]
    assert [(each.source, str(each.packet.giaddr)) for each in arrived] == [
        ("10.1.0.5", "172.16.2.2")
    ] * relayed_there
    assert [each.destination for each in seen(f"vrf-{state}-cl_c.pcap") if each.packet.op == 2] == [
        "255.255.255.255"
    ]


def test_log_says_that_the_server_in_the_vrf_was_not_reached() -> None:
    """And nothing of the kind where it was."""
    for state, wanted in (
        ("shipped", ["Failed to send to target address: 10.1.0.6", "DHCP packet sending FAILED"]),
        ("named", []),
    ):
        told, reading = remarks(f"vrf-{state}-syslog.txt")
        assert reading.unparsed == 0
        assert len(told) == len(wanted)
        assert all(each in remark.words for each, remark in zip(wanted, told, strict=True))
