"""labgen-relay beside ISC dhcrelay 4.4.3 and dnsmasq 2.90: one probe per rule, the outcome of each relay on record.

The table in docs/relay.md is this one. A row that changes with a new release of a peer fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

import pytest
from relay_bench import ACK, DISCOVER, NAK, OFFER, REQUEST, reply, request
from relay_peers import PEERS, Peer, available
from relay_spaces import can_make_namespaces, has_all_users
from relay_wire import Headers

from labgen.dhcp.options import Option
from labgen.dhcp.packet import Packet, dhcp_options

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not can_make_namespaces(), reason="needs root for namespaces and port 67"),
]
OWN = IPv4Address("172.16.0.4")
OTHER = IPv4Address("192.0.2.7")
NOBODY = IPv4Address(0)


def once_per_server(peer: Peer) -> bool:
    return sorted(item.server for item in peer.request(request())) == ["10.0.0.2", "10.0.0.3"]


def ports_are_67(peer: Peer) -> bool:
    return all(item.source[1] == 67 for item in peer.request(request()))


def unknown_type(peer: Peer) -> bool:
    return len(peer.request(request(200))) == 2


def plain_bootp(peer: Peer) -> bool:
    return len(peer.request(request(None, dhcp=False, trailer=bytes(64)))) == 2


def option_82_last(peer: Peer) -> bool:
    options = peer.request(request(DISCOVER, (12, b"h")))[0].packet.options
    return [option.code for option in options if option.code] == [53, 12, 82]


def untrusted_option_82(peer: Peer) -> bool:
    return peer.request(request(DISCOVER, (82, b"\x01\x01x"))) == []


def own_giaddr(peer: Peer) -> bool:
    return peer.request(request(giaddr=OWN)) == []


def foreign_giaddr(peer: Peer) -> bool:
    packet = request(DISCOVER, (82, b"\x01\x03abc"), giaddr=OTHER, hops=1)
    copies = peer.request(packet)
    return len(copies) == 2 and all(
        copy.packet.giaddr == OTHER and copy.packet.option(82) == b"\x01\x03abc" and copy.packet.hops == 2
        for copy in copies
    )


def hop_limit(peer: Peer) -> bool:
    return len(peer.request(request(hops=16))) == 2 and peer.request(request(hops=17)) == []


def no_giaddr(peer: Peer) -> bool:
    return peer.reply(reply(OFFER, peer.agent, giaddr=NOBODY)) == []


def option_82_removed(peer: Peer) -> bool:
    agent = peer.agent or b"\x01\x05vlan1"
    (got,) = peer.reply(reply(ACK, agent, (54, bytes(4)), giaddr=OWN))
    return [option.code for option in got.packet.options if option.code] == [53, 54]


def no_arp(peer: Peer) -> bool:
    (got,) = peer.reply(reply(OFFER, peer.agent, giaddr=OWN, yiaddr=IPv4Address("172.16.0.77")))
    return got.destination == IPv4Address("172.16.0.77")


def inform_to_ciaddr(peer: Peer) -> bool:
    fields = {"giaddr": OWN, "yiaddr": NOBODY, "ciaddr": IPv4Address("172.16.0.50")}
    got = peer.reply(reply(ACK, peer.agent, **fields))
    return [item.destination for item in got] == [IPv4Address("172.16.0.50")]


def nak_broadcast(peer: Peer) -> bool:
    got = peer.reply(reply(NAK, peer.agent, giaddr=OWN, yiaddr=NOBODY))
    return [item.mac for item in got] == [b"\xff" * 6]


def unicast_renewal(peer: Peer) -> bool:
    packet = request(REQUEST, ciaddr=IPv4Address("172.16.0.50"))
    copies = peer.request(packet, destination="172.16.0.4", source="172.16.0.50")
    return len(copies) == 2 and all(copy.packet.giaddr == OWN for copy in copies)


def long_options(peer: Peer) -> bool:
    packet = request(DISCOVER, (125, b"y" * 400))
    copies = peer.request(packet)
    return bool(copies) and copies[0].packet.options[: len(packet.options)] == packet.options


def malformed_agent(peer: Peer) -> bool:
    packet = Packet(
        2,
        3,
        flags=0x8000,  # a neighbour's entry, which dnsmasq would make, cannot always be had: all namespaces share the table
        giaddr=OWN,
        yiaddr=IPv4Address("172.16.0.9"),
        options=(*dhcp_options(OFFER), Option(82, b"\x01\x09ab")),
    )
    return peer.reply(packet) == []


def bad_checksum(peer: Peer) -> bool:
    return peer.request(request(), headers=Headers(udp_checksum=0x1234)) == []


def no_checksum(peer: Peer) -> bool:
    return len(peer.request(request(), headers=Headers(udp_checksum=0))) == 2


def fragments(peer: Peer) -> bool:
    return len(peer.request(request(), headers=Headers(mtu=200))) == 2


def ip_options(peer: Peer) -> bool:
    return len(peer.request(request(), headers=Headers(ip_options=b"\x01\x01\x01\x00"))) == 2


def any_source_port(peer: Peer) -> bool:
    return len(peer.request(request(), headers=Headers(port=5068))) == 2


def client_id(peer: Peer) -> bool:
    return peer.request(request(DISCOVER, (61, b"\xff\x01\x02")))[0].packet.client_id == b"\xff\x01\x02"


@dataclass(frozen=True)
class Rule:
    """One probe, and which relays pass it."""

    number: str
    probe: Callable[[Peer], bool]
    passes: frozenset[str]


ALL = frozenset(PEERS)
LABGEN = frozenset({"labgen-relay"})
BUT_DHCRELAY = ALL - {"dhcrelay"}
BUT_DNSMASQ = ALL - {"dnsmasq"}
RULES = [
    Rule("R01", once_per_server, ALL),
    Rule("R01", ports_are_67, ALL),
    Rule("R02", unknown_type, ALL),
    Rule("R02", plain_bootp, ALL),
    Rule("R03", option_82_last, BUT_DNSMASQ),
    Rule("R04", untrusted_option_82, LABGEN),
    Rule("R05", own_giaddr, ALL),
    Rule("R06", foreign_giaddr, BUT_DHCRELAY),
    Rule("R08", hop_limit, LABGEN),
    Rule("R10", no_giaddr, BUT_DHCRELAY),
    Rule("R11", option_82_removed, BUT_DNSMASQ),
    Rule("R12", no_arp, ALL),
    Rule("R13", inform_to_ciaddr, LABGEN),
    Rule("R14", nak_broadcast, LABGEN),
    Rule("R18", unicast_renewal, ALL),
    Rule("R22", long_options, ALL),
    Rule("R24", malformed_agent, LABGEN),
    Rule("R25", bad_checksum, ALL),
    Rule("R25", no_checksum, ALL),
    Rule("R25", fragments, BUT_DHCRELAY),
    Rule("R25", ip_options, ALL),
    Rule("R26", any_source_port, ALL),
    Rule("R31", client_id, ALL),
]


@pytest.fixture(scope="module", params=PEERS)
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    name: str = request.param
    if not available(name):
        pytest.skip(f"{name} is not installed")
    if name == "dnsmasq" and not has_all_users():
        pytest.skip("dnsmasq needs users besides root")
    with Peer(name, tmp_path_factory.mktemp(name)) as running:
        yield running


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.number}-{rule.probe.__name__}")
def test_relay_does_as_the_table_says(peer: Peer, rule: Rule) -> None:
    assert rule.probe(peer) is (peer.name in rule.passes)
