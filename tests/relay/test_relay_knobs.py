"""What can be set: what it puts into packets and where, and what stays as it was without it."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from relay_bench import (
    ACK,
    CONFIG,
    DISCOVER,
    MAC,
    OFFER,
    REQUEST,
    Bench,
    MakeBench,
    reply,
    request,
)

from labgen.dhcp.options import RelayAgentInfo

SAME_VRF = CONFIG.replace("vrf: client", "vrf: default").replace("    giaddr: 10.0.0.4\n", "")
HERE = "vlan1000@default"


def sub_options(relay: Bench, link: str = "vlan1000@client") -> dict[int, bytes]:
    agent = relay.request(request(), link)[0].agent
    assert agent.malformed is None
    return {sub.code: sub.data for sub in agent.sub_options}


@pytest.mark.parametrize(
    ("line", "code", "value"),
    [
        ("subscriber_id: unit-7", 6, b"unit-7"),
        ('sub_options: {9: "0x0000118b03010155"}', 9, bytes.fromhex("0000118b03010155")),
        ("sub_options: {12: relay-7}", 12, b"relay-7"),
        ("sub_options: {161: private}", 161, b"private"),
        ('sub_options: {20: ""}', 20, b""),
    ],
    ids=["subscriber-id", "vendor-specific", "relay-id", "private", "empty"],
)
def test_further_sub_option_is_sent_as_it_is_written(
    make_bench: MakeBench, line: str, code: int, value: bytes
) -> None:
    """RFC 3993, 4243, 6925."""
    plain = sub_options(make_bench(SAME_VRF), HERE)
    assert code not in plain
    assert sub_options(make_bench(SAME_VRF + f"    {line}\n"), HERE) == {**plain, code: value}


def test_further_sub_options_come_back_and_are_taken_out(make_bench: MakeBench) -> None:
    it = make_bench(SAME_VRF + "    sub_options: {9: x, 161: y}\n")
    sent = it.request(request(), HERE)[0].packet
    (got,) = it.reply(reply(OFFER, sent.option(82), giaddr=sent.giaddr))
    assert got.packet.option(82) is None


def test_vpn_id_stands_for_the_name_of_the_vrf(make_bench: MakeBench) -> None:
    """RFC 6607 section 3.5, RFC 2685: type 1, three octets and four."""
    it = make_bench(CONFIG.replace("{device: client}", '{device: client, vpn_id: "00005e:0000002a"}'))
    assert sub_options(it)[151] == bytes.fromhex("0100005e0000002a")
    echoed = b"\x01\x08Vlan1000"
    assert it.reply(reply(OFFER, echoed + bytes.fromhex("97080100005e0000002a")))
    assert it.reply(reply(OFFER, echoed + bytes.fromhex("97080100005e0000002b"))) == []
    assert it.drops(None) == {"foreign-vpn": 1}


def test_source_address_can_differ_from_giaddr(make_bench: MakeBench) -> None:
    """Replies may come to either."""
    it = make_bench(SAME_VRF + "    source: 10.0.0.9\n")
    sent = it.request(request(), HERE)
    assert {str(copy.sent.source) for copy in sent} == {"10.0.0.9"}
    assert {str(copy.packet.giaddr) for copy in sent} == {"172.16.0.4"}
    answer = reply(OFFER, sent[0].packet.option(82), giaddr=IPv4Address("172.16.0.4"))
    assert len(it.reply(answer)) == len(it.reply(answer, destination="10.0.0.9")) == 1
    assert it.reply(answer, destination="10.0.0.8") == []


def test_source_address_is_giaddr_otherwise(make_bench: MakeBench) -> None:
    sent = make_bench(SAME_VRF).request(request(), HERE)
    assert {str(copy.sent.source) for copy in sent} == {"172.16.0.4"}


@pytest.mark.parametrize(("secs", "copies"), [(0, 0), (7, 0), (8, 2), (65535, 2)])
def test_requests_are_relayed_once_a_client_has_waited_long_enough(
    make_bench: MakeBench, secs: int, copies: int
) -> None:
    """RFC 1542 section 4.1.1."""
    it = make_bench(SAME_VRF + "    min_secs: 8\n")
    assert len(it.request(request(secs=secs), HERE)) == copies
    assert it.drops(HERE) == ({} if copies else {"early": 1})


def test_what_is_sent_to_the_relay_itself_does_not_wait(make_bench: MakeBench) -> None:
    """A renewal to the override address says no `secs`, and is no other relay's."""
    it = make_bench(SAME_VRF + "    min_secs: 8\n")
    renewal = request(REQUEST, ciaddr=IPv4Address("172.16.0.100"))
    assert len(it.request(renewal, HERE, destination="172.16.0.4")) == 2
    assert it.request(renewal, HERE) == []
    assert it.drops(HERE) == {"early": 1}


def test_relay_port_is_told_in_every_option_82(make_bench: MakeBench) -> None:
    """RFC 8357: a port other than 67 is told in an empty sub-option 19."""
    assert 19 not in sub_options(make_bench(SAME_VRF), HERE)
    it = make_bench("relay_port: 6767\n" + SAME_VRF)
    sent = it.request(request(), HERE)
    assert {copy.agent.get(19) for copy in sent} == {b""}
    assert {copy.sent.box for copy in sent} == {"6767@default"}


@pytest.mark.parametrize(
    "packet",
    [request(None, dhcp=False, trailer=bytes(64)), request(giaddr=IPv4Address("10.7.7.7"), hops=1)],
    ids=["bootp", "relayed"],
)
def test_what_cannot_tell_the_relay_port_leaves_from_port_67(make_bench: MakeBench, packet: object) -> None:
    """A server would answer to port 67 then."""
    it = make_bench("relay_port: 6767\n" + SAME_VRF)
    sent = it.request(packet, HERE)  # type: ignore[arg-type]
    assert {copy.sent.box for copy in sent} == {"67@default"}


def test_server_port_is_part_of_its_name(make_bench: MakeBench) -> None:
    it = make_bench(SAME_VRF.replace("{address: 10.0.0.3}", "{address: 10.0.0.3, port: 1067}"))
    assert [copy.server for copy in it.request(request(), HERE)] == [
        "10.0.0.2@default",
        "10.0.0.3:1067@default",
    ]


TRUSTED = SAME_VRF + "    trusted: true\n"
NEIGHBOUR = b"\x01\x04gi-7\x02\x06switch"


def test_option_82_of_a_trusted_neighbour_goes_back_to_it(make_bench: MakeBench) -> None:
    """RFC 3046 section 2.1.1: who added it takes it out."""
    it = make_bench(TRUSTED)
    sent = it.request(request(DISCOVER, (82, NEIGHBOUR)), HERE)[0].packet
    assert sent.option(82) == NEIGHBOUR
    (got,) = it.reply(reply(ACK, sent.option(82), giaddr=sent.giaddr))
    assert got.packet.option(82) == NEIGHBOUR


def test_option_82_of_a_trusted_neighbour_gives_way_to_the_relays_own_where_that_is_wanted(
    make_bench: MakeBench,
) -> None:
    it = make_bench(TRUSTED + "    trusted_option82: replace\n")
    own = sub_options(it, HERE)
    sent = it.request(request(DISCOVER, (82, NEIGHBOUR), (50, bytes(4))), HERE)[0]
    assert {sub.code: sub.data for sub in sent.agent.sub_options} == own
    assert sent.packet.option(50) == bytes(4)
    assert [option.code for option in sent.packet.options].count(82) == 1
    (got,) = it.reply(reply(ACK, sent.packet.option(82), giaddr=sent.packet.giaddr))
    assert got.packet.option(82) is None


def test_requests_with_option_82_of_a_trusted_neighbour_are_dropped_where_that_is_wanted(
    make_bench: MakeBench,
) -> None:
    it = make_bench(TRUSTED + "    trusted_option82: discard\n")
    assert it.request(request(DISCOVER, (82, NEIGHBOUR)), HERE) == []
    assert len(it.request(request(), HERE)) == 2


@pytest.mark.parametrize("neighbour", [b"\x01\x04gi-7", b"\x02\x06switch"], ids=["circuit-id", "remote-id"])
def test_a_relay_without_option_82_of_its_own_gives_back_what_a_neighbour_sent(
    make_bench: MakeBench, neighbour: bytes
) -> None:
    it = make_bench(TRUSTED + "    options: []\n")
    sent = it.request(request(DISCOVER, (82, neighbour)), HERE)[0].packet
    (got,) = it.reply(reply(ACK, sent.option(82), giaddr=sent.giaddr))
    assert got.packet.option(82) == neighbour


def test_option_82_of_the_relay_itself_is_taken_out_on_a_trusted_interface(make_bench: MakeBench) -> None:
    it = make_bench(TRUSTED)
    sent = it.request(request(), HERE)[0].packet
    (got,) = it.reply(reply(ACK, sent.option(82), giaddr=sent.giaddr))
    assert got.packet.option(82) is None


def test_option_82_from_elsewhere_is_taken_out_on_an_untrusted_interface(make_bench: MakeBench) -> None:
    it = make_bench(SAME_VRF)
    (got,) = it.reply(reply(ACK, NEIGHBOUR, giaddr=IPv4Address("172.16.0.4")))
    assert got.packet.option(82) is None


def test_circuit_id_can_be_composed(make_bench: MakeBench) -> None:
    text = SAME_VRF.replace("    circuit_id: Vlan1000\n", "")
    it = make_bench(text + '    circuit_id: "{host}/{interface}/other"\n')
    assert sub_options(it, HERE)[1] == b"sw1/vlan1000/other"


def test_reply_finds_back_by_a_circuit_id_with_any_bridge_port(make_bench: MakeBench) -> None:
    """Whichever port: between them stands what makes the interface."""
    from dataclasses import replace

    from relay_bench import interface

    circuit = '    circuit_id: "{host}:{port}:{interface}"\n'
    text = (
        SAME_VRF.replace("    circuit_id: Vlan1000\n", "")
        + circuit
        + "  - {name: vlan7, giaddr: 172.16.0.4, servers: [{address: 10.0.0.2}], "
    )
    text += 'circuit_id: "{host}:{port}:{interface}"}\n'
    state = {
        name: replace(interface(name, address, index=number), kind="bridge")
        for number, (name, address) in enumerate(
            {"vlan1000": "172.16.0.4/24", "vlan7": "172.16.7.4/24"}.items(), 1
        )
    }
    it = make_bench(text, state)
    link = it.links[HERE]
    link.port_of = lambda mac: b"swp3" if mac == MAC else b""
    assert sub_options(it, HERE)[1] == b"sw1:swp3:vlan1000"
    assert sub_options(it, "vlan7@default")[1] == b"sw1:vlan7:vlan7"
    for port, name in (("swp3", "vlan1000"), ("swp99", "vlan7"), ("", "vlan7")):
        agent = RelayAgentInfo.decode(
            b"\x01" + bytes((len(f"sw1:{port}:{name}"),)) + f"sw1:{port}:{name}".encode()
        )
        (got,) = it.reply(reply(OFFER, agent.encode(), giaddr=IPv4Address("172.16.0.4")))
        assert got.interface == name
    stranger = b"\x01\x0csw1:p:vlan99"
    assert it.reply(reply(OFFER, stranger, giaddr=IPv4Address("172.16.0.4"))) == []
