"""Requests from clients to servers: what is relayed, what is dropped, what is added."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from relay_bench import (
    CONFIG,
    DISCOVER,
    INFORM,
    MAC,
    OFFER,
    RELEASE,
    REQUEST,
    Bench,
    MakeBench,
    interface,
    reply,
    request,
)

from labgen.dhcp.options import Option
from labgen.dhcp.packet import Packet


def using(make_bench: MakeBench, config: str, **state: str) -> Bench:
    interfaces = enumerate(state.items(), start=1)
    return make_bench(
        config, {name: interface(name, *text.split(), index=index) for index, (name, text) in interfaces}
    )


def test_request_goes_to_every_server_once_with_giaddr_and_hop(relay: Bench) -> None:
    """R01."""
    sent = relay.request(request())
    assert [copy.server for copy in sent] == ["10.0.0.2@default", "10.0.0.3@default"]
    assert {copy.packet.giaddr for copy in sent} == {IPv4Address("10.0.0.4")}
    assert {copy.packet.hops for copy in sent} == {1}


def test_copies_for_servers_of_one_vrf_are_identical(relay: Bench) -> None:
    """R27."""
    first, second = relay.request(request(REQUEST, (50, bytes(4))))
    assert first.data == second.data


@pytest.mark.parametrize("kind", [*range(1, 9), 10, 13, 200, 255], ids=lambda kind: f"type-{kind}")
def test_every_message_type_is_relayed_and_counted(relay: Bench, kind: int) -> None:
    """R02."""
    assert len(relay.request(request(kind))) == 2
    assert relay.counters.links["vlan1000@client"].requests[kind] == 1


SAME_VRF = CONFIG.replace("vrf: client", "vrf: default")
VENDOR = bytes(range(1, 65))


def test_plain_bootp_is_relayed_with_its_vendor_area_and_the_address_of_its_interface(
    make_bench: MakeBench,
) -> None:
    """R02; RFC 1542 section 4.1.1: without link selection only giaddr tells the subnet, so no loopback will do."""
    sent = make_bench(SAME_VRF).request(request(None, dhcp=False, trailer=VENDOR), "vlan1000@default")
    assert [copy.packet.trailer for copy in sent] == [VENDOR, VENDOR]
    assert {copy.packet.giaddr for copy in sent} == {IPv4Address("172.16.0.4")}
    assert {copy.sent.source for copy in sent} == {IPv4Address("172.16.0.4")}


def test_reply_to_plain_bootp_finds_back_by_the_address_of_its_interface(make_bench: MakeBench) -> None:
    it = make_bench(SAME_VRF)
    answer = reply(OFFER, None, giaddr=IPv4Address("172.16.0.4"))
    assert [got.interface for got in it.reply(answer)] == ["vlan1000"]


def test_plain_bootp_with_a_giaddr_of_another_vrf_is_dropped_and_counted(relay: Bench) -> None:
    """R02: neither giaddr nor the interface's address would tell a server in another VRF where the client is."""
    assert relay.request(request(None, dhcp=False, trailer=VENDOR)) == []
    assert relay.drops() == {"unplaceable": 1}


def test_bootp_with_cookie_and_no_message_type_is_relayed_with_option_82(relay: Bench) -> None:
    """R02."""
    sent = relay.request(request(None))
    assert sent[0].agent.circuit_id == b"Vlan1000"


def test_bootp_with_vendor_information_gets_the_address_of_its_interface(make_bench: MakeBench) -> None:
    """R02; RFC 1542 section 4.1.1: a BOOTP server knows no option 82, with a cookie in the packet or without."""
    relay = make_bench(SAME_VRF)
    bootp = replace(request(None), options=(Option(12, b"host"),))
    sent = relay.request(bootp, "vlan1000@default")
    assert [(str(copy.packet.giaddr), copy.packet.relay_agent) for copy in sent] == [("172.16.0.4", None)] * 2
    assert all(copy.packet.option(12) == b"host" for copy in sent)
    (dhcp, _) = relay.request(request(DISCOVER), "vlan1000@default")
    assert (str(dhcp.packet.giaddr), dhcp.agent.circuit_id) == ("10.0.0.4", b"Vlan1000")


def test_option_82_is_last_before_the_end(relay: Bench) -> None:
    """R03."""
    sent = relay.request(request(DISCOVER, (12, b"host"), (55, b"\x01\x03")))[0]
    assert [option.code for option in sent.packet.options] == [53, 12, 55, 82]
    assert sent.packet.trailer.strip(b"\0") == b"\xff"
    assert sent.agent.malformed is None


def test_option_82_is_left_out_rather_than_empty(make_bench: MakeBench) -> None:
    """R03: RFC 3046 wants at least one sub-option."""
    it = make_bench(CONFIG + "    options: []\n")
    sent = it.request(request())
    assert all(copy.packet.relay_agent is None for copy in sent)
    assert len(sent) == 2


def test_missing_end_option_is_supplied_behind_option_82(relay: Bench) -> None:
    """R03."""
    data = request(DISCOVER, (60, b"x" * 100), trailer=b"").encode()
    sent = relay.request(data)[0]
    assert [option.code for option in sent.packet.options] == [53, 60, 82]
    assert sent.packet.trailer[0] == 255


def test_pads_between_options_stay(relay: Bench) -> None:
    padded = Packet.decode(request().encode()[:-1] + b"\0\0\x0c\x01h\0\xff")
    sent = relay.request(padded)[0]
    assert sent.packet.options[:-1] == padded.options


def test_option_82_without_giaddr_is_dropped_from_an_untrusted_interface(relay: Bench) -> None:
    """R04."""
    assert relay.request(request(DISCOVER, (82, b"\x01\x01x"))) == []
    assert relay.drops() == {"untrusted-option82": 1}


def test_trusted_interface_lets_option_82_pass_and_adds_no_second(make_bench: MakeBench) -> None:
    """R04."""
    it = make_bench(CONFIG + "    trusted: true\n")
    sent = it.request(request(DISCOVER, (82, b"\x01\x01x")))
    assert [option for option in sent[0].packet.options if option.code == 82] == [Option(82, b"\x01\x01x")]
    assert sent[0].packet.giaddr == IPv4Address("10.0.0.4")


@pytest.mark.parametrize("address", ["10.0.0.4", "172.16.0.4"], ids=["giaddr", "interface"])
def test_request_with_own_address_as_giaddr_is_dropped(relay: Bench, address: str) -> None:
    """R05."""
    assert relay.request(request(giaddr=IPv4Address(address))) == []
    assert relay.drops() == {"own-giaddr": 1}


@pytest.mark.parametrize(
    "address",
    ["255.255.255.255", "240.0.0.1", "239.1.2.3", "127.0.0.1", "0.0.0.7", "172.16.0.255", "172.16.0.0"],
)
def test_giaddr_that_can_be_no_relays_never_leaves(relay: Bench, address: str) -> None:
    """RFC 1542 section 4.1.1: a server would answer to everybody, or to itself."""
    assert relay.request(request(giaddr=IPv4Address(address), hops=1)) == []
    assert relay.drops() == {"impossible-giaddr": 1}


@pytest.mark.parametrize("address", ["172.16.0.254", "223.255.255.1", "1.0.0.1", "10.0.0.255"])
def test_giaddr_that_can_be_another_relays_is_kept(relay: Bench, address: str) -> None:
    sent = relay.request(request(giaddr=IPv4Address(address), hops=1))
    assert {str(copy.packet.giaddr) for copy in sent} == {address}


@pytest.mark.parametrize("agent", [None, b"\x01\x03abc"], ids=["bare", "option-82"])
def test_request_of_another_relay_keeps_giaddr_and_option_82(relay: Bench, agent: bytes | None) -> None:
    """R06."""
    more = [] if agent is None else [(82, agent)]
    packet = request(DISCOVER, *more, giaddr=IPv4Address("192.0.2.7"), hops=3)
    for copy in relay.request(packet):
        assert copy.data[4:] == packet.padded()[4:]
        assert copy.packet.hops == 4


@pytest.mark.parametrize(
    ("mode", "values"),
    [
        ("append", [b"\x01\x03abc", b"\x01\x08Vlan1000"]),
        ("replace", [b"\x01\x08Vlan1000"]),
        ("forward", [b"\x01\x03abc"]),
    ],
)
def test_option_82_of_another_relay_follows_the_configured_mode(
    make_bench: MakeBench, mode: str, values: list[bytes]
) -> None:
    """R06: append and replace are opt-in."""
    it = make_bench(CONFIG + f"    options: [circuit-id]\n    relayed: {mode}\n")
    packet = request(DISCOVER, (82, b"\x01\x03abc"), (12, b"h"), giaddr=IPv4Address("192.0.2.7"))
    sent = it.request(packet)[0].packet
    assert [option.data for option in sent.options if option.code == 82] == values
    assert [option.data for option in sent.options if option.code == 12] == [b"h"]
    assert sent.giaddr == IPv4Address("192.0.2.7")


def test_request_of_another_relay_is_dropped_where_configured(make_bench: MakeBench) -> None:
    """R06."""
    it = make_bench(CONFIG + "    relayed: discard\n")
    assert it.request(request(giaddr=IPv4Address("192.0.2.7"))) == []
    assert it.drops() == {"relayed": 1}


@pytest.mark.parametrize(("hops", "copies"), [(0, 2), (15, 2), (16, 2), (17, 0), (255, 0)])
def test_only_hops_above_the_limit_are_dropped(relay: Bench, hops: int, copies: int) -> None:
    """R08."""
    sent = relay.request(request(hops=hops))
    assert len(sent) == copies
    assert all(copy.packet.hops == hops + 1 for copy in sent)
    assert relay.drops() == ({} if copies else {"hop-limit": 1})


def test_hop_limit_can_be_set_per_interface(make_bench: MakeBench) -> None:
    """R08."""
    it = make_bench(CONFIG + "    hop_limit: 0\n")
    assert len(it.request(request(hops=0))) == 2
    assert it.request(request(hops=1)) == []


@pytest.mark.parametrize("op", [0, 3, 255])
def test_unknown_op_is_dropped(relay: Bench, op: int) -> None:
    """R09."""
    data = request().padded()
    assert relay.request(bytes((op,)) + data[1:]) == []
    assert relay.drops(None) == {"wrong-op": 1}


def test_reply_of_nobodys_server_on_a_client_interface_is_dropped(relay: Bench) -> None:
    """R09: what a client sends as a reply has no server's address, and no giaddr."""
    data = request().padded()
    assert relay.request(b"\x02" + data[1:]) == []
    assert relay.drops(None) == {"no-giaddr": 1}


def test_request_that_comes_in_by_no_client_interface_is_dropped(relay: Bench) -> None:
    """R09."""
    assert relay.feed(request().padded()) == []
    assert relay.drops(None) == {"wrong-op": 1}


def test_long_options_pass_unmerged(relay: Bench) -> None:
    """R22: RFC 3396."""
    packet = request(DISCOVER, (125, b"y" * 400), (12, b"h"))
    sent = relay.request(packet)[0].packet
    assert sent.options[:-1] == packet.options
    assert [len(option.data) for option in sent.options if option.code == 125] == [255, 145]


def test_overloaded_fields_are_not_looked_into(relay: Bench) -> None:
    """R23: option 82 and end octets in sname and file mean nothing to a relay."""
    fields = {"sname": b"\x52\x02\x01\x00".ljust(64, b"\xff"), "file": b"\x52\xff\xff".ljust(128, b"\x52")}
    packet = request(DISCOVER, (52, b"\x03"), **fields)
    sent = relay.request(packet)[0]
    assert (sent.packet.sname, sent.packet.file) == (packet.sname, packet.file)


@pytest.mark.parametrize(
    "tail", [b"\x0c", b"\x0c\x05ab", b"\x35", b"\x52\xff\x01"], ids=["no-length", "short", "type", "agent"]
)
def test_option_that_runs_past_the_packet_is_dropped_and_counted(relay: Bench, tail: bytes) -> None:
    assert relay.request(request(trailer=tail).encode()) == []
    assert relay.drops() == {"malformed-options": 1}


@pytest.mark.parametrize("length", [0, 1, 43, 235])
def test_less_than_a_bootp_header_is_dropped(relay: Bench, length: int) -> None:
    assert relay.request(request().padded()[:length]) == []
    assert relay.drops(None) == {"too-short": 1}


@pytest.mark.parametrize("length", [236, 239, 240, 241])
def test_short_but_whole_packets_are_relayed_at_300_octets(make_bench: MakeBench, length: int) -> None:
    sent = make_bench(SAME_VRF).request(request(None).padded()[:length], "vlan1000@default")
    assert [len(copy.data) for copy in sent] == [300, 300]


def test_short_packet_carries_nothing_of_the_one_before_it(relay: Bench) -> None:
    relay.request(request(DISCOVER, (12, b"S" * 200)))
    assert b"SSS" not in relay.request(request())[0].data


@pytest.mark.parametrize(
    "identifier",
    [b"\x01" + MAC, b"\xff\x00\x00\x00\x01\x00\x02text", b"x" * 255],
    ids=["mac", "duid", "longest"],
)
def test_client_identifier_is_untouched(relay: Bench, identifier: bytes) -> None:
    """R31: RFC 2132 9.14, RFC 4361."""
    assert relay.request(request(DISCOVER, (61, identifier)))[0].packet.client_id == identifier


def test_interface_without_address_drops_and_counts_by_its_name(make_bench: MakeBench) -> None:
    """R32."""
    it = using(make_bench, CONFIG, vlan1000="", vlan7="172.16.7.4/24")
    assert it.request(request()) == []
    assert it.drops("vlan1000@client") == {"no-address": 1}


def test_unnumbered_interface_borrows_an_address(make_bench: MakeBench) -> None:
    config = CONFIG.replace("    giaddr: 10.0.0.4\n", "    unnumbered: lo1\n")
    it = using(make_bench, config, vlan1000="", lo1="172.16.9.1/24")
    sent = it.request(request())[0]
    assert sent.packet.giaddr == IPv4Address("172.16.9.1")
    assert sent.agent.server_id_override == IPv4Address("172.16.9.1")


def test_everything_but_hops_giaddr_and_option_82_is_the_clients(relay: Bench) -> None:
    packet = request(
        INFORM,
        (12, b"h"),
        secs=7,
        flags=0x8000,
        ciaddr=IPv4Address("172.16.0.50"),
        siaddr=IPv4Address("192.0.2.1"),
    )
    sent = relay.request(packet)[0].packet
    assert (sent.xid, sent.secs, sent.flags, sent.ciaddr, sent.siaddr) == (
        packet.xid,
        7,
        0x8000,
        packet.ciaddr,
        packet.siaddr,
    )
    assert (sent.chaddr, sent.htype, sent.hlen) == (packet.chaddr, 1, 6)


def test_release_goes_to_all_servers(relay: Bench) -> None:
    assert len(relay.request(request(RELEASE, (54, bytes(4)), ciaddr=IPv4Address("172.16.0.50")))) == 2
