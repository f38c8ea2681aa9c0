"""Replies from servers to clients: where they go, and what is left of them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from relay_bench import ACK, CONFIG, MAC, NAK, OFFER, Bench, MakeBench, interface, reply, request

from labgen.dhcp.options import Option
from labgen.dhcp.packet import Packet, dhcp_options

BROADCAST = b"\xff" * 6
EVERYONE = IPv4Address("255.255.255.255")
NOBODY = IPv4Address(0)


def agent_of(relay: Bench, link: str = "vlan1000@client") -> bytes:
    """The value of option 82 as the relay sends it."""
    return relay.links[link].groups[0].policy.option82(unicast=False)[2:]


@pytest.mark.parametrize(
    ("giaddr", "reason"), [("0.0.0.0", "no-giaddr"), ("10.0.0.9", "foreign-giaddr")], ids=["zero", "foreign"]
)
def test_reply_for_no_giaddr_of_this_relay_is_dropped(relay: Bench, giaddr: str, reason: str) -> None:
    """R10."""
    assert relay.reply(reply(OFFER, agent_of(relay), giaddr=IPv4Address(giaddr))) == []
    assert relay.drops(None) == {reason: 1}


def test_option_82_is_removed_and_all_else_kept_in_order(relay: Bench) -> None:
    """R11."""
    more = [(54, bytes(4)), (51, b"\0\0\x0e\x10"), (1, b"\xff\xff\xff\0"), (61, b"\x01" + MAC)]
    packet = reply(
        ACK, agent_of(relay), *more, siaddr=IPv4Address("10.0.0.2"), file=b"boot".ljust(128, b"\0")
    )
    (got,) = relay.reply(packet)
    assert got.packet.options == packet.options[:-1]
    assert got.data[:240] == packet.encode()[:240]
    assert got.packet.trailer.strip(b"\0") == b"\xff"
    assert len(got.data) == 300


def test_long_reply_is_not_padded_beyond_its_end(relay: Bench) -> None:
    """R11."""
    packet = reply(ACK, agent_of(relay), (56, b"m" * 250))
    (got,) = relay.reply(packet)
    assert len(got.data) == len(packet.encode()) - len(agent_of(relay)) - 2


@pytest.mark.parametrize("place", ["first", "middle"])
def test_option_82_is_removed_wherever_it_is(relay: Bench, place: str) -> None:
    """R11: some servers sort options by code."""
    agent, others = (
        Option(82, agent_of(relay)),
        (*dhcp_options(ACK), Option(97, b"zz"), Option(0), Option(12, b"h")),
    )
    options = (agent, *others) if place == "first" else (*others[:1], agent, *others[1:])
    packet = Packet(op=2, giaddr=IPv4Address("10.0.0.4"), yiaddr=IPv4Address("172.16.0.9"), options=options)
    (got,) = relay.reply(packet)
    assert got.packet.options == others


def test_option_82_in_two_pieces_is_removed_whole(relay: Bench) -> None:
    """R22, R11: RFC 3396."""
    agent = agent_of(relay)
    pieces = (Option(82, agent[:7]), Option(12, b"h"), Option(82, agent[7:]))
    packet = Packet(
        op=2,
        giaddr=IPv4Address("10.0.0.4"),
        yiaddr=IPv4Address("172.16.0.9"),
        options=(*dhcp_options(ACK), *pieces),
    )
    (got,) = relay.reply(packet)
    assert got.packet.options == (*dhcp_options(ACK), Option(12, b"h"))


def test_other_long_options_of_a_reply_pass_unmerged(relay: Bench) -> None:
    """R22."""
    packet = reply(ACK, agent_of(relay), (125, b"y" * 400))
    (got,) = relay.reply(packet)
    assert got.packet.options == packet.options[:-1]


def test_overloaded_fields_of_a_reply_are_untouched(relay: Bench) -> None:
    """R23: what looks like option 82 in sname and file stays."""
    sname, file = b"\x52\x04\x01\x02xx\xff".ljust(64, b"\0"), b"\x52\x01\x00\xff".ljust(128, b"\0")
    packet = reply(ACK, agent_of(relay), (52, b"\x03"), sname=sname, file=file)
    (got,) = relay.reply(packet)
    assert (got.packet.sname, got.packet.file) == (sname, file)


@pytest.mark.parametrize(
    ("fields", "mac", "destination"),
    [
        ({}, MAC, "172.16.0.100"),
        ({"flags": 0x8000}, BROADCAST, "255.255.255.255"),
        ({"flags": 0x7FFF}, MAC, "172.16.0.100"),
        ({"yiaddr": NOBODY, "ciaddr": IPv4Address("172.16.0.50")}, MAC, "172.16.0.50"),
        ({"ciaddr": IPv4Address("172.16.0.50")}, MAC, "172.16.0.100"),
        ({"yiaddr": NOBODY}, BROADCAST, "255.255.255.255"),
        ({"htype": 32, "hlen": 0}, BROADCAST, "255.255.255.255"),
        ({"chaddr": bytes(16)}, BROADCAST, "255.255.255.255"),
    ],
    ids=["unicast", "broadcast", "other-flags", "inform", "renew", "no-address", "infiniband", "no-mac"],
)
def test_reply_goes_where_the_client_can_hear_it(
    relay: Bench, fields: dict[str, object], mac: bytes, destination: str
) -> None:
    """R12, R13, R14: RFC 2131 section 4.1; no ARP is needed for any of them."""
    (got,) = relay.reply(reply(ACK, agent_of(relay), **fields))
    assert (got.mac, got.destination) == (mac, IPv4Address(destination))
    assert got.source == IPv4Address("172.16.0.4")
    assert got.interface == "vlan1000"


@pytest.mark.parametrize("ciaddr", [NOBODY, IPv4Address("172.16.0.50")], ids=["init", "renewing"])
def test_nak_is_broadcast(relay: Bench, ciaddr: IPv4Address) -> None:
    """R14: RFC 2131 section 4.3.2: the client may have no use of its address any more."""
    (got,) = relay.reply(reply(NAK, agent_of(relay), yiaddr=NOBODY, ciaddr=ciaddr))
    assert (got.mac, got.destination) == (BROADCAST, EVERYONE)


SHARED = """
name: sw1
vrfs: {red: {device: red}, blue: {device: blue}}
interfaces:
  - {name: vlan10, vrf: red, giaddr: 10.0.0.4, servers: [{address: 10.0.0.2}]}
  - {name: vlan20, vrf: red, giaddr: 10.0.0.4, servers: [{address: 10.0.0.2}]}
  - {name: vlan30, vrf: blue, circuit_id: vlan10, giaddr: 10.0.0.4, servers: [{address: 10.0.0.2}]}
"""
LINKS = ["vlan10@red", "vlan20@red", "vlan30@blue"]


@pytest.fixture
def shared(make_bench: MakeBench) -> Bench:
    """Three interfaces behind one giaddr, all with the same subnet; two with the same circuit-id."""
    names = {"vlan10": 1, "vlan20": 2, "vlan30": 3}
    state = {name: interface(name, "172.16.0.4/24", index=index) for name, index in names.items()}
    return make_bench(SHARED, state)


@pytest.mark.parametrize("link", LINKS)
def test_reply_goes_to_the_interface_its_option_82_names(shared: Bench, link: str) -> None:
    """R16: by circuit-id, and by VSS where VRFs use the same one."""
    sent = shared.request(request(), link)[0].packet.option(82)
    (got,) = shared.reply(reply(OFFER, sent))
    assert got.interface == link.split("@")[0]


@pytest.mark.parametrize("link", LINKS)
def test_reply_finds_its_interface_when_the_server_drops_sub_option_152(shared: Bench, link: str) -> None:
    """R16: ISC dhcpd leaves the empty 152 out; what it echoes still tells."""
    agent = agent_of(shared, link).replace(b"\x98\x00", b"")
    (got,) = shared.reply(reply(OFFER, agent))
    assert got.interface == link.split("@")[0]


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        (None, "several-interfaces"),
        (b"\x05\x04\xac\x10\x00\x04", "several-interfaces"),
        (b"\x01\x06vlan10", "several-interfaces"),
        (b"\x01\x06vlan99", "no-interface"),
        (b"\x01\x06vlan10\x97\x06\0green", "foreign-vpn"),
        (b"\x01\x06vlan20\x97\x05\0blue", "foreign-vpn"),
    ],
    ids=["none", "subnet-only", "circuit-of-two", "unknown-circuit", "unknown-vpn", "vpn-of-another"],
)
def test_reply_that_names_no_single_interface_is_dropped(
    shared: Bench, agent: bytes | None, reason: str
) -> None:
    """R16: never guessed; RFC 6607 section 5.1 for the VPN."""
    assert shared.reply(reply(OFFER, agent)) == []
    assert shared.drops(None) == {reason: 1}


@pytest.mark.parametrize(
    "agent",
    [
        b"\x01\x06vlan20",
        b"\x01\x06vlan20\x97\x04\0red",
        b"\x01\x06vlan20\x97\x03red",
        b"\x01\x06vlan20\x05\x04\1\2\3\4",
    ],
    ids=["circuit", "circuit-and-vpn", "vpn-without-type", "foreign-subnet"],
)
def test_what_a_server_does_not_echo_makes_no_difference(shared: Bench, agent: bytes) -> None:
    """R16: RFC 3527 section 3 for sub-option 5, RFC 6607 section 7.2 for 151: the circuit-id is enough."""
    (got,) = shared.reply(reply(OFFER, agent))
    assert got.interface == "vlan20"


def test_reply_for_a_foreign_vpn_is_dropped_where_giaddr_alone_tells(relay: Bench) -> None:
    """RFC 6607 section 5.1."""
    assert relay.reply(reply(OFFER, b"\x01\x08Vlan1000\x97\x05\0blue")) == []
    assert relay.drops(None) == {"foreign-vpn": 1}


def test_reply_without_option_82_is_delivered_where_giaddr_is_one_interfaces(relay: Bench) -> None:
    """RFC 3046 section 2.2: a server that knows no option 82; counted."""
    (got,) = relay.reply(reply(OFFER, None))
    assert got.interface == "vlan1000"
    assert relay.counters.servers["10.0.0.2@default"].option82_missing == 1


def test_echoed_sub_option_152_counts_as_ignored_vss(relay: Bench) -> None:
    """R20: RFC 6607 section 4.1."""
    agent = agent_of(relay)
    relay.reply(reply(OFFER, agent))
    assert relay.counters.servers["10.0.0.2@default"].vss_ignored == 1
    relay.reply(reply(OFFER, agent.replace(b"\x98\x00", b"")))
    assert relay.counters.servers["10.0.0.2@default"].vss_ignored == 1


@pytest.mark.parametrize(
    "agent",
    [b"", b"\x01", b"\x01\x09Vlan1000", b"\x01\x08Vlan1000\x05\x04\x01", b"\xff\xff"],
    ids=["empty", "no-length", "too-long", "second-cut", "all-ones"],
)
def test_reply_with_malformed_sub_options_is_not_delivered(relay: Bench, agent: bytes) -> None:
    """R24."""
    assert relay.reply(reply(OFFER, agent)) == []
    assert relay.drops(None) == {"malformed-option82": 1}


def test_reply_with_an_option_past_its_end_is_dropped(relay: Bench) -> None:
    """R24."""
    packet = reply(OFFER, agent_of(relay)).encode()[:-1] + b"\x0c\xf0ab"
    assert relay.reply(packet) == []
    assert relay.drops(None) == {"malformed-options": 1}


def test_another_switch_may_hand_a_reply_over_on_the_segment_where_that_is_said(
    make_bench: MakeBench,
) -> None:
    """A subnet that several switches have: the server's reply to giaddr may reach the wrong one, which bridges it on."""
    same = CONFIG.replace("vrf: client", "vrf: default")
    packet = reply(OFFER, b"\x01\x08Vlan1000")
    assert make_bench(same).reply(packet, ifindex=1) == []
    allowed = make_bench(same.replace("    servers:", "    replies_on_segment: true\n    servers:", 1))
    assert len(allowed.reply(packet, ifindex=1)) == 1


def test_bootp_reply_without_cookie_is_delivered(relay: Bench) -> None:
    """R02."""
    packet = Packet(
        op=2,
        dhcp=False,
        giaddr=IPv4Address("10.0.0.4"),
        yiaddr=IPv4Address("172.16.0.7"),
        chaddr=MAC.ljust(16, b"\0"),
        trailer=bytes(64),
    )
    (got,) = relay.reply(packet)
    assert got.destination == IPv4Address("172.16.0.7")


def test_messages_are_counted_by_interface_and_server(relay: Bench) -> None:
    relay.reply(reply(OFFER, agent_of(relay)))
    relay.reply(reply(ACK, agent_of(relay)))
    assert relay.counters.links["vlan1000@client"].replies[OFFER] == 1
    assert relay.counters.servers["10.0.0.2@default"].replies[ACK] == 1


def test_reply_of_a_server_on_a_client_segment_is_delivered(make_bench: MakeBench) -> None:
    """R09: a server may be on a client's segment, where the kernel says the way to it is; nobody else there is one."""
    it = make_bench(CONFIG.replace("vrf: client", "vrf: default"))
    packet = reply(OFFER, b"\x01\x08Vlan1000")
    assert it.reply(packet, ifindex=1) == []
    assert it.drops(None) == {"wrong-side": 1}
    it.routes["10.0.0.2"] = 1
    assert len(it.reply(packet, ifindex=1)) == 1


def test_client_identifier_of_a_reply_is_untouched(relay: Bench) -> None:
    """R31: RFC 6842."""
    packet = reply(ACK, agent_of(relay), (61, b"\xff\x01\x02\x03"))
    assert relay.reply(packet)[0].packet.client_id == b"\xff\x01\x02\x03"
