"""The relay process on real interfaces: what depends on the kernel, on sockets and on frames."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path

import pytest
from relay_bench import ACK, DISCOVER, MAC, NAK, OFFER, RELEASE, REQUEST, reply, request
from relay_spaces import can_make_namespaces
from relay_wire import CONFIG, Headers, Wire

from labgen.dhcp.packet import Packet
from labgen.relay.control import ask_stats

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not can_make_namespaces(), reason="needs root for namespaces and port 67"),
]
NOBODY = IPv4Address(0)


@pytest.fixture(scope="module")
def module_wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with Wire(tmp_path_factory.mktemp("wire")) as wire:
        yield wire


@pytest.fixture
def wire(module_wire: Wire) -> Wire:
    module_wire.drain()
    return module_wire


@pytest.fixture(scope="module")
def xids() -> Iterator[int]:
    return count(0x1000)


def agent_of(wire: Wire, xid: int, tap: str = "c10") -> bytes:
    """Option 82 as a server gets it from one client interface."""
    wire.send(tap, request(xid=xid))
    agent = wire.until(xid)[-1].packet.option(82)
    wire.drain()
    assert agent is not None
    return agent


def test_request_leaves_from_giaddr_port_67_to_port_67(wire: Wire, xids: Iterator[int]) -> None:
    """R01: to both servers, once each."""
    wire.send("c10", request(xid=next(xids)))
    copies = wire.received(2)
    assert {copy.server for copy in copies} == {"10.0.0.2", "10.0.0.3"}
    assert {copy.source for copy in copies} == {("10.0.0.4", 67)}
    assert wire.received(timeout=0.05) == []


def test_burst_arrives_whole_in_order_and_unmixed(wire: Wire, xids: Iterator[int]) -> None:
    """R01, R27: more packets than fit one batch."""
    numbers = [next(xids) for _ in range(300)]
    for number in numbers:
        wire.send("c10", request(DISCOVER, (12, b"host-%d" % number), xid=number))
    copies = wire.received(600)
    for server in ("10.0.0.2", "10.0.0.3"):
        got = [copy.packet for copy in copies if copy.server == server]
        assert [packet.xid for packet in got] == numbers
        assert [packet.option(12) for packet in got] == [b"host-%d" % number for number in numbers]


@pytest.mark.parametrize("port", [68, 1024, 50000])
def test_any_client_source_port_is_relayed(wire: Wire, xids: Iterator[int], port: int) -> None:
    """R26."""
    wire.send("c10", request(xid=next(xids)), headers=Headers(port=port))
    assert len(wire.received(2)) == 2


@pytest.mark.parametrize(
    ("headers", "relayed"),
    [
        (Headers(udp_checksum=0), True),
        (Headers(udp_checksum=0x1234), False),
        (Headers(ip_options=b"\x01\x01\x01\x00"), True),
        (Headers(mtu=200), True),
    ],
    ids=["no-checksum", "bad-checksum", "ip-options", "fragments"],
)
def test_datagrams_are_taken_as_ip_says(
    wire: Wire, xids: Iterator[int], headers: Headers, relayed: bool
) -> None:
    """R25."""
    number, after = next(xids), next(xids)
    wire.send("c10", request(xid=number), headers=headers)
    wire.send("c10", request(xid=after))
    seen = {copy.packet.xid for copy in wire.until(after)}
    assert (number in seen) is relayed


@pytest.mark.parametrize(
    ("destination", "flag"),
    [("172.16.0.4", b"\x80"), ("172.16.0.9", b"\x80"), ("255.255.255.255", b"\0"), ("172.16.0.255", b"\0")],
    ids=["override-address", "secondary", "broadcast", "subnet-broadcast"],
)
def test_renewal_to_the_override_address_is_relayed_like_a_broadcast(
    wire: Wire, xids: Iterator[int], destination: str, flag: bytes
) -> None:
    """R18; R17: only sub-option 10 tells the two apart."""
    renewal = request(REQUEST, xid=next(xids), ciaddr=IPv4Address("172.16.0.50"))
    wire.send("c10", renewal, destination=destination, source="172.16.0.50")
    copies = wire.received(2)
    assert len(copies) == 2
    for copy in copies:
        info = copy.packet.relay_agent
        assert info is not None
        assert info.get(10) == flag
        assert info.server_id_override == IPv4Address("172.16.0.4")
        assert copy.packet.giaddr == IPv4Address("10.0.0.4")


def test_primary_address_stands_for_the_interface(wire: Wire, xids: Iterator[int]) -> None:
    """R28: vlan10 has a secondary one, too."""
    wire.send("c10", request(xid=next(xids)))
    info = wire.received(2)[0].packet.relay_agent
    assert info is not None
    assert info.link_selection == IPv4Address("172.16.0.4")


def test_giaddr_is_the_interface_address_within_one_vrf(wire: Wire, xids: Iterator[int]) -> None:
    """R01, R15, R19: nothing but circuit-id and flags is needed."""
    wire.send("c1", request(xid=next(xids)))
    (copy,) = wire.received()
    assert copy.packet.giaddr == IPv4Address("172.19.0.1")
    assert copy.packet.option(82) == b"\x01\x05vlan1\x0a\x01\0"


def test_server_in_a_third_vrf_is_reached(wire: Wire, xids: Iterator[int]) -> None:
    """Client in VRF client, server in VRF mgmt, relay in the default one."""
    number = next(xids)
    agent = agent_of(wire, number, "c20")
    wire.answer("192.0.2.2", reply(OFFER, agent, xid=number, yiaddr=IPv4Address("172.17.0.50")))
    (got,) = wire.frames("c20")
    assert (got.destination, got.source) == (IPv4Address("172.17.0.50"), IPv4Address("172.17.0.4"))


def test_overlapping_subnets_of_two_vrfs_are_told_apart(wire: Wire, xids: Iterator[int]) -> None:
    """R16: same giaddr, same subnet, same circuit-id; VSS differs."""
    for tap in ("c10", "c11"):
        number = next(xids)
        wire.answer("10.0.0.2", reply(OFFER, agent_of(wire, number, tap), xid=number))
        (got,) = wire.frames(tap)
        assert got.packet.xid == number
    assert wire.frames("c10", timeout=0.05) == []


def test_unicast_reply_needs_no_arp(wire: Wire, xids: Iterator[int]) -> None:
    """R12: nothing owns the address yet, so ARP could not succeed."""
    number = next(xids)
    wire.answer("10.0.0.2", reply(OFFER, agent_of(wire, number), xid=number))
    (got,) = wire.frames("c10")
    assert (got.mac, got.destination) == (MAC, IPv4Address("172.16.0.100"))
    assert got.packet.option(82) is None


@pytest.mark.parametrize(
    "packet",
    [reply(OFFER, b"", flags=0x8000), reply(NAK, b"", yiaddr=NOBODY)],
    ids=["broadcast-flag", "nak"],
)
def test_broadcast_reply_reaches_the_whole_segment(wire: Wire, xids: Iterator[int], packet: Packet) -> None:
    """R12, R14."""
    number = next(xids)
    kind, flags, yiaddr = packet.message_type, packet.flags, packet.yiaddr
    assert kind is not None
    answer = reply(kind, agent_of(wire, number), xid=number, flags=flags, yiaddr=yiaddr)
    wire.answer("10.0.0.2", answer)
    (got,) = wire.frames("c10")
    assert (got.mac, got.destination) == (b"\xff" * 6, IPv4Address("255.255.255.255"))


def test_inform_is_answered_to_ciaddr(wire: Wire, xids: Iterator[int]) -> None:
    """R13."""
    number = next(xids)
    answer = reply(ACK, agent_of(wire, number), xid=number, yiaddr=NOBODY, ciaddr=IPv4Address("172.16.0.50"))
    wire.answer("10.0.0.2", answer)
    (got,) = wire.frames("c10")
    assert (got.mac, got.destination) == (MAC, IPv4Address("172.16.0.50"))


def test_reply_above_the_mtu_is_fragmented(wire: Wire, xids: Iterator[int]) -> None:
    number = next(xids)
    long = reply(ACK, agent_of(wire, number), *[(125, b"v" * 250)] * 8, xid=number)
    wire.answer("10.0.0.2", long)
    pieces = wire.raw_frames("c10", 2)
    assert all(len(piece) <= 1514 for piece in pieces)
    payload = b"".join(piece[34:] for piece in pieces)[8:]
    assert Packet.decode(payload).options == long.options[:-1]


def test_relayed_request_is_not_sent_out_on_client_interfaces(wire: Wire, xids: Iterator[int]) -> None:
    """R29: the copies at the servers are the positive control."""
    number = next(xids)
    wire.send("c10", request(xid=number))
    wire.until(number)
    assert wire.frames("c20", timeout=0.05) == []
    assert wire.frames("c1", timeout=0.05) == []


def test_interface_without_address_is_dropped_counted_and_logged(wire: Wire, xids: Iterator[int]) -> None:
    """R32."""
    number, after = next(xids), next(xids)
    wire.send("c30", request(xid=number))
    wire.send("c10", request(xid=after))
    wire.until(after)
    wire.wait(lambda: bool(wire.log("packet", xid=f"{number:#010x}")), "logged")
    (line,) = wire.log("packet", xid=f"{number:#010x}")
    assert (line["action"], line["reason"], line["interface"]) == ("dropped", "no-address", "vlan30")
    snapshot = ask_stats(wire.folder / "relay.sock")
    assert snapshot.interfaces["vlan30@client"].drops == {"no-address": 1}


def test_log_tells_each_packet_on_one_line(wire: Wire, xids: Iterator[int]) -> None:
    number = next(xids)
    wire.answer("10.0.0.2", reply(OFFER, agent_of(wire, number), (54, b"\xac\x10\0\x04"), xid=number))
    assert wire.frames("c10")
    asked, answered = wire.log("packet", xid=f"{number:#010x}")
    assert (asked["message"], asked["direction"], asked["servers"]) == (
        "DISCOVER",
        "request",
        ["10.0.0.2", "10.0.0.3"],
    )
    assert (answered["message"], answered["src"], answered["client"], answered["server_id"]) == (
        "OFFER",
        "10.0.0.2",
        "172.16.0.100",
        "172.16.0.4",
    )
    assert asked["option82"] == answered["option82"]


def test_counters_tell_interface_server_and_message(wire: Wire, xids: Iterator[int]) -> None:
    before = ask_stats(wire.folder / "relay.sock")
    number = next(xids)
    wire.send("c10", request(RELEASE, xid=number))
    wire.until(number)
    after = ask_stats(wire.folder / "relay.sock")
    releases = [item.interfaces["vlan10@client"].requests.get("RELEASE", 0) for item in (before, after)]
    sent = [item.servers["10.0.0.3@default"].sent for item in (before, after)]
    assert (releases[1] - releases[0], sent[1] - sent[0]) == (1, 1)


def test_relay_survives_a_link_flap(wire: Wire, xids: Iterator[int]) -> None:
    """R30."""
    wire.ip("client", "link set vlan10 down")
    wire.ip("client", "link set vlan10 up")
    number = next(xids)
    wire.answer("10.0.0.2", reply(OFFER, agent_of(wire, number), xid=number))
    assert wire.frames("c10")


def test_relay_takes_up_an_interface_that_was_made_anew(wire: Wire, xids: Iterator[int]) -> None:
    """R30: same name, another index."""
    known = len(wire.log("ready"))
    wire.ip("client", "link set vlan20 name old20")
    wire.wait(lambda: bool(wire.log("waiting")), "waiting for vlan20")
    wire.ip("client", "link set old20 name vlan20", "link set vlan20 up")
    wire.wait(lambda: len(wire.log("ready")) > known, "ready again")
    number = next(xids)
    wire.send("c20", request(xid=number))
    wire.until(number)


def test_relay_follows_an_address_that_changes(wire: Wire, xids: Iterator[int]) -> None:
    """R30, R32: an interface that gets its address late."""
    number = next(xids)
    wire.ip("client", "addr add 172.18.0.4/24 dev vlan30")
    wire.ip("sw", "addr add 172.18.0.4/32 dev lo")
    wire.ip("srv", "route replace 172.18.0.4/32 via 10.1.0.1")

    def relayed() -> bool:
        wire.send("c30", request(xid=number))
        return any(copy.packet.xid == number for copy in wire.received(timeout=0.05))

    wire.wait(relayed, "relayed with the new address")
    wire.ip("client", "addr del 172.18.0.4/24 dev vlan30")


def copies(wire: Wire) -> int:
    return ask_stats(wire.folder / "relay.sock").interfaces["vlan10@client"].copies


def test_macvlan_gateway_and_unnumbered_interface(tmp_path: Path) -> None:
    """An anycast gateway on a device of its own counts as the interface; vlan30 borrows vlan10's address."""
    gateway = "listen_also: [gw10], server_id_override: 172.16.0.1, giaddr: 10.0.0.4"
    lines = [
        f"  - {{{{name: vlan10, vrf: client, {gateway}, servers: [{{{{address: 10.0.0.2}}}}]}}}}",
        "  - {{name: vlan30, vrf: client, unnumbered: vlan10, giaddr: 10.0.0.4, servers: [{{address: 10.0.0.2}}]}}",
    ]
    config = CONFIG.split("interfaces:")[0] + "interfaces:\n" + "\n".join(lines) + "\n"
    with Wire(tmp_path, config) as wire:
        mac = bytes.fromhex("00005e000101")
        wire.ip(
            "client",
            "link add link vlan10 name gw10 address 00:00:5e:00:01:01 type macvlan mode bridge",
            "addr add 172.16.0.1/32 dev gw10",
            "link set gw10 up",
        )
        renewal = request(REQUEST, xid=5, ciaddr=IPv4Address("172.16.0.50"))

        def relayed() -> bool:
            wire.send("c10", renewal, destination="172.16.0.1", source="172.16.0.50", to=mac)
            return bool(wire.received(timeout=0.05))

        wire.wait(relayed, "relayed by way of the gateway")
        wire.drain()
        wire.send("c10", request(xid=6))
        assert len(wire.until(6)) == 1
        wire.wait(lambda: copies(wire) >= 1, "counted as a copy")
        assert wire.received(timeout=0.2) == []
        wire.send("c30", request(xid=7))
        info = wire.until(7)[-1].packet.relay_agent
        assert info is not None
        assert (info.circuit_id, info.link_selection) == (b"vlan30", IPv4Address("172.16.0.4"))
        wire.answer("10.0.0.2", reply(OFFER, info.encode(), xid=7, yiaddr=IPv4Address("172.16.0.60")))
        assert wire.frames("c30")[0].source == IPv4Address("172.16.0.4")


def test_giaddr_of_the_clients_vrf_works_over_a_leaked_route(tmp_path: Path) -> None:
    """Requests leave the server's VRF with an address of the clients' VRF; replies come in there."""
    link = "  - {{name: vlan10, vrf: client, servers: [{{address: 10.0.0.2}}]}}\n"
    config = CONFIG.split("interfaces:")[0] + "interfaces:\n" + link
    with Wire(tmp_path, config) as wire:
        wire.nets.join("sw", "x0", "client", "x1")
        wire.ip("sw", "addr add 10.9.0.1/30 dev x0", "link set x0 up", "route add 172.16.0.4/32 via 10.9.0.2")
        wire.ip(
            "client", "addr add 10.9.0.2/30 dev x1", "link set x1 up", "route add 10.0.0.0/8 via 10.9.0.1"
        )
        wire.nets.forward("sw")
        agent = agent_of(wire, 8)
        wire.answer("10.0.0.2", reply(OFFER, agent, xid=8, giaddr=IPv4Address("172.16.0.4")), "172.16.0.4")
        (got,) = wire.frames("c10")
        assert got.packet.xid == 8


def test_server_without_a_route_does_not_hold_up_the_other(tmp_path: Path) -> None:
    servers = "[{{address: 203.0.113.9}}, {{address: 10.0.0.2}}]"
    link = f"  - {{{{name: vlan10, vrf: client, giaddr: 10.0.0.4, servers: {servers}}}}}\n"
    with Wire(tmp_path, CONFIG.split("interfaces:")[0] + "interfaces:\n" + link) as wire:
        wire.send("c10", request(xid=9))
        assert [copy.server for copy in wire.received()] == ["10.0.0.2"]
        wire.wait(lambda: bool(wire.log("trouble", where="203.0.113.9@default")), "told")
        snapshot = ask_stats(wire.folder / "relay.sock")
        assert snapshot.servers["203.0.113.9@default"].failed == 1
        assert snapshot.servers["10.0.0.2@default"].failed == 0


def test_restart_loses_nothing_but_what_was_in_flight(wire: Wire, xids: Iterator[int]) -> None:
    """R30: the OFFER to a request from before the restart still finds its client."""
    number = next(xids)
    agent = agent_of(wire, number)
    wire.stop(kill=True)
    wire.start()
    wire.answer("10.0.0.2", reply(OFFER, agent, xid=number))
    (got,) = wire.frames("c10")
    assert got.packet.xid == number
