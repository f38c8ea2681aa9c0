"""Captures of networks with one fault each: the cause is named, in words of that network; beside it nothing is held against anybody.

Each fault has a healthy network like it in which the same must not be said.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from socket import inet_aton
from typing import NamedTuple

import pytest
from analyze_wire import ACK, ALL, DECLINE, DISCOVER, NAK, OFFER, REQUEST, Wire, option, relay_info

from labgen.devices.formats import named, recognise
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.model import Finding, Severity

SERVER, GATEWAY, OTHER_GATEWAY = "192.0.2.10", "198.51.100.1", "203.0.113.1"
Tell = Callable[[Wire], None]


def net(router: str | None, mask: str = "255.255.255.0", more: bytes = b"") -> bytes:
    """Mask and router, as servers hand them out."""
    return option(1, inet_aton(mask)) + (option(3, inet_aton(router)) if router else b"") + more


def told(tell: Tell, folder: Path) -> list[Finding]:
    """What is said about a network that is no mere information."""
    wire = Wire()
    tell(wire)
    return [f for f in wire.analysis(folder).findings if f.severity is not Severity.INFO]


def offers(wire: Wire, *, server: str | None = SERVER, lease: int | None = 3600, more: bytes = b"") -> None:
    """DISCOVER and OFFER, four times."""
    for _ in range(4):
        wire.send(DISCOVER, 1, 1)
        wire.send(
            OFFER,
            1,
            1,
            SERVER,
            "198.51.100.21",
            yiaddr="198.51.100.21",
            server=server,
            lease=lease,
            more=more,
        )
        wire.wait(4)


def no_identifier(wire: Wire) -> None:
    offers(wire, server=None)


def no_lease_time(wire: Wire) -> None:
    offers(wire, lease=None)


def offers_the_router(wire: Wire) -> None:
    offers(wire, more=net("198.51.100.21"))


def too_large(wire: Wire) -> None:
    offers(wire, more=option(43, bytes(250)) + option(125, bytes(250)))


def wants_broadcast(wire: Wire) -> None:
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, broadcast=True)
        wire.send(OFFER, 1, 1, SERVER, "198.51.100.21", yiaddr="198.51.100.21", server=SERVER, lease=3600)
        wire.wait(4)


def wrong_port(wire: Wire) -> None:
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY)
        wire.send(
            OFFER,
            1,
            1,
            SERVER,
            GATEWAY,
            giaddr=GATEWAY,
            yiaddr="198.51.100.21",
            server=SERVER,
            lease=3600,
            ports=(67, 68),
        )
        wire.wait(4)


def bound_to(wire: Wire, client: int, address: str, more: bytes, server: str = SERVER) -> None:
    wire.send(DISCOVER, client, client)
    wire.send(OFFER, client, client, server, address, yiaddr=address, server=server, lease=3600, more=more)
    wire.send(REQUEST, client, client, requested=address, server=server)
    wire.send(ACK, client, client, server, address, yiaddr=address, server=server, lease=3600, more=more)
    wire.wait(5)


def router_elsewhere(wire: Wire) -> None:
    for client in (1, 2, 3, 4):
        bound_to(wire, client, f"198.51.100.{20 + client}", net("203.0.113.1"))


def broadcast_given(wire: Wire) -> None:
    bound_to(wire, 1, "198.51.100.127", net("198.51.100.1", "255.255.255.128"))


def two_offers(wire: Wire, other: tuple[str, str, bytes]) -> None:
    """A server and another one, which offers an address of its own with options of its own; the client takes the other's."""
    server, address, more = other
    for client in (1, 2):
        given = address + str(client)
        wire.send(DISCOVER, client, client)
        wire.send(
            OFFER,
            client,
            client,
            SERVER,
            f"198.51.100.{20 + client}",
            yiaddr=f"198.51.100.{20 + client}",
            server=SERVER,
            lease=3600,
            more=net(GATEWAY),
        )
        wire.send(OFFER, client, client, server, given, yiaddr=given, server=server, lease=600, more=more)
        wire.send(REQUEST, client, client, requested=given, server=server)
        wire.send(ACK, client, client, server, given, yiaddr=given, server=server, lease=600, more=more)
        wire.wait(9)


def home_router(wire: Wire) -> None:
    two_offers(wire, ("192.168.0.1", "192.168.0.10", net("192.168.0.1")))


def false_gateway(wire: Wire) -> None:
    two_offers(wire, ("198.51.100.66", "198.51.100.20", net("198.51.100.66")))


def relay_without_subnet(wire: Wire) -> None:
    for turn in range(3):
        wire.relayed(20 + turn, 20 + turn, f"198.51.100.{20 + turn}", GATEWAY)
        wire.send(DISCOVER, 1, 1, OTHER_GATEWAY, SERVER, hops=1, giaddr=OTHER_GATEWAY)
        wire.wait(6)


def pool_used_up(wire: Wire) -> None:
    for turn in range(4):
        wire.relayed(20 + turn, 20 + turn, f"198.51.100.{20 + turn}", GATEWAY)
        wire.send(DISCOVER, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY)
        wire.wait(6)


def no_relay_at_all(wire: Wire) -> None:
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, GATEWAY, SERVER)
        wire.wait(6)


def relay_keeps_acks(wire: Wire) -> None:
    """The OFFER gets through, the ACKs arrive at the relay and do not."""
    address = "198.51.100.21"
    wire.send(DISCOVER, 1, 1)
    wire.send(DISCOVER, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY)
    for dst in (GATEWAY, address):
        src = SERVER if dst == GATEWAY else GATEWAY
        wire.send(OFFER, 1, 1, src, dst, giaddr=GATEWAY, yiaddr=address, server=SERVER, lease=3600)
    for turn in range(4):
        wire.send(REQUEST, 1, 1, requested=address, server=SERVER)
        wire.send(REQUEST, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY, requested=address, server=SERVER)
        wire.send(ACK, 1, 1, SERVER, GATEWAY, giaddr=GATEWAY, yiaddr=address, server=SERVER, lease=3600)
        wire.wait(4 * 2**turn)


def starved(wire: Wire) -> None:
    """Forty clients behind one Ethernet address, broadcast replies, and a pool of ten."""
    for client in range(100, 140):
        wire.send(DISCOVER, client, client, broadcast=True, source="00:00:5e:00:53:ee")
        if client < 110:
            offered = f"198.51.100.{client}"
            wire.send(OFFER, client, client, SERVER, ALL, yiaddr=offered, server=SERVER, lease=60)
        wire.wait(0.3)


def wrong_checksum(wire: Wire) -> None:
    offers(wire, more=net(GATEWAY))
    wire.records = [(time, spoiled(frame)) for time, frame in wire.records]


def spoiled(frame: bytes) -> bytes:
    """The same frame with a UDP checksum that cannot be right."""
    return frame[:40] + b"\x00\x01" + frame[42:]


def declined(wire: Wire, address: str, speaker: str) -> None:
    """A lease, the probe, the answer of somebody else, and the DECLINE."""
    wire.acquire(1, 1, address)
    wire.arp("00:00:5e:00:53:01", "0.0.0.0", address)
    wire.arp(speaker, address, "0.0.0.0")
    wire.send(DECLINE, 1, 1, requested=address, server=SERVER)
    wire.wait(10)


def somebody_has_it(wire: Wire) -> None:
    declined(wire, "198.51.100.21", "00:00:5e:00:53:77")


def everything_is_answered(wire: Wire) -> None:
    for host in (21, 22, 23):
        declined(wire, f"198.51.100.{host}", "00:00:5e:00:53:fd")


class Fault(NamedTuple):
    tell: Tell
    code: str
    severity: Severity
    says: str
    not_said: str


FAULTS = [
    Fault(no_identifier, "offers-not-taken", Severity.ERROR, "no server identifier (option 54)", "lost on"),
    Fault(no_lease_time, "offers-not-taken", Severity.ERROR, "no lease time (option 51)", "identifier"),
    Fault(
        offers_the_router, "offers-not-taken", Severity.ERROR, "198.51.100.21 is the router's own", "lost on"
    ),
    Fault(
        too_large, "offers-not-taken", Severity.ERROR, "octets, and the client takes 576", "server identifier"
    ),
    Fault(
        wants_broadcast,
        "offers-not-taken",
        Severity.ERROR,
        "the client asked for a broadcast, and it was sent to 198.51.100.21",
        "lost on",
    ),
    Fault(wrong_port, "offers-not-taken", Severity.ERROR, "sent to UDP port 68, not 67", "broadcast"),
    Fault(
        router_elsewhere,
        "lease-unusable",
        Severity.WARNING,
        "4 clients (00:00:5e:00:53:01, 00:00:5e:00:53:02 and 00:00:5e:00:53:03 among them) a lease that cannot work: "
        "the router 203.0.113.1 is outside 198.51.100.0/24",
        "own address",
    ),
    Fault(
        broadcast_given,
        "lease-unusable",
        Severity.WARNING,
        "198.51.100.127 is the network's or the broadcast address of 198.51.100.0/25",
        "outside",
    ),
    Fault(
        home_router,
        "competing-servers",
        Severity.WARNING,
        "192.168.0.1 (MAC 00:00:5e:00:53:fe) offers 192.168.0.0/24 with the router 192.168.0.1, taken by 2",
        "double",
    ),
    Fault(
        false_gateway,
        "competing-servers",
        Severity.WARNING,
        "198.51.100.66 (MAC 00:00:5e:00:53:fe) offers 198.51.100.0/24 with the router 198.51.100.66",
        "double",
    ),
    Fault(
        relay_without_subnet,
        "no-reply",
        Severity.ERROR,
        "relayed by 203.0.113.1 to 192.0.2.10; 192.0.2.10 answered 198.51.100.1 meanwhile: has it a subnet for 203.0.113.1",
        "free address",
    ),
    Fault(
        pool_used_up,
        "no-reply",
        Severity.ERROR,
        "192.0.2.10 answered other clients of this relay meanwhile: has it a free address for this one?",
        "has it a subnet",
    ),
    Fault(
        no_relay_at_all,
        "no-reply",
        Severity.WARNING,
        "came to 192.0.2.10 from 198.51.100.1 with giaddr 0",
        "subnet",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.tell.__name__)
def test_cause_is_named_and_nothing_beside_it(fault: Fault, tmp_path: Path) -> None:
    found = told(fault.tell, tmp_path)
    assert {(f.code, f.severity) for f in found} == {(fault.code, fault.severity)}
    assert fault.says in found[0].message
    assert fault.not_said not in found[0].message
    assert all(item.file and item.frame for item in found[0].evidence)


def good_offers(wire: Wire) -> None:
    """An OFFER with all that a client wants, lost on its way."""
    offers(wire, more=net(GATEWAY))


def test_good_offers_that_nobody_takes_are_not_called_unusable(tmp_path: Path) -> None:
    (found,) = told(good_offers, tmp_path)
    assert found.code == "offers-not-taken"
    assert "lost on its way back" in found.message
    assert "cannot be used" not in found.message


def host_routes(wire: Wire) -> None:
    """An access network: 32 bits, and the router outside."""
    bound_to(wire, 1, "198.51.100.21", net("203.0.113.1", "255.255.255.255"))


def classless_routes(wire: Wire) -> None:
    """The router is outside, and classless routes say how it is reached (RFC 3442)."""
    routes = b"\x20" + inet_aton("203.0.113.1") + inet_aton("0.0.0.0") + b"\0" + inet_aton("203.0.113.1")
    bound_to(wire, 1, "198.51.100.21", net("203.0.113.1", more=option(121, routes)))


def link_local_router(wire: Wire) -> None:
    bound_to(wire, 1, "198.51.100.21", net("169.254.1.1"))


def no_router(wire: Wire) -> None:
    bound_to(wire, 1, "198.51.100.21", net(None))


def pair_of_servers(wire: Wire) -> None:
    """Two servers of one subnet with one router."""
    two_offers(wire, ("192.0.2.11", "198.51.100.10", net(GATEWAY)))


def shared_by_two(wire: Wire) -> None:
    """A link with two subnets, each served by a server of its own, with the same router on it."""
    two_offers(wire, ("192.0.2.11", "203.0.113.10", net(None)))


def large_for_who_takes_it(wire: Wire) -> None:
    """An OFFER of 900 octets to a client that takes 1,500."""
    wire.send(DISCOVER, 1, 1, more=option(57, b"\x05\xdc"))
    more = net(GATEWAY, more=option(43, bytes(250)) + option(125, bytes(250)))
    wire.send(
        OFFER, 1, 1, SERVER, "198.51.100.21", yiaddr="198.51.100.21", server=SERVER, lease=3600, more=more
    )
    wire.send(REQUEST, 1, 1, requested="198.51.100.21", server=SERVER)
    wire.send(
        ACK, 1, 1, SERVER, "198.51.100.21", yiaddr="198.51.100.21", server=SERVER, lease=3600, more=more
    )


def many_at_once(wire: Wire) -> None:
    """A room is switched on: sixty clients in a minute, all served."""
    for client in range(1, 61):
        wire.acquire(client, client, f"198.51.100.{client + 20}")


def repeater(wire: Wire) -> None:
    """A radio bridge sends its clients' requests from its own Ethernet address."""
    for client in range(1, 31):
        address = f"198.51.100.{client + 20}"
        wire.send(DISCOVER, client, client, source="00:00:5e:00:53:ee", broadcast=True)
        wire.send(OFFER, client, client, SERVER, ALL, yiaddr=address, server=SERVER, lease=3600)
        wire.send(REQUEST, client, client, requested=address, server=SERVER, source="00:00:5e:00:53:ee")
        wire.send(ACK, client, client, SERVER, ALL, yiaddr=address, server=SERVER, lease=3600)


def option82_not_echoed(wire: Wire) -> None:
    """The server does not return option 82, and the relay takes its replies all the same."""
    info = relay_info(circuit=b"Vlan10")
    for kind, answer in ((DISCOVER, OFFER), (REQUEST, ACK)):
        named = SERVER if kind == REQUEST else None
        wanted = "198.51.100.21" if kind == REQUEST else None
        wire.send(
            kind, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY, requested=wanted, server=named, more=info
        )
        wire.send(
            answer, 1, 1, SERVER, GATEWAY, giaddr=GATEWAY, yiaddr="198.51.100.21", server=SERVER, lease=60
        )


def own_probe(wire: Wire) -> None:
    """A client probes its address and announces it; nobody else answers."""
    wire.acquire(1, 1, "198.51.100.21")
    wire.arp("00:00:5e:00:53:01", "0.0.0.0", "198.51.100.21")
    wire.arp("00:00:5e:00:53:01", "198.51.100.21", "198.51.100.21")


def slow_ack(wire: Wire) -> None:
    """The ACK takes its time, and the REQUEST is sent twice."""
    address = "198.51.100.21"
    wire.send(DISCOVER, 1, 1)
    wire.send(OFFER, 1, 1, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
    for _ in range(2):
        wire.send(REQUEST, 1, 1, requested=address, server=SERVER)
        wire.wait(4)
        wire.send(ACK, 1, 1, SERVER, address, yiaddr=address, server=SERVER, lease=3600)


def ordinary_checksums(wire: Wire) -> None:
    """Checksums left out, which IPv4 allows (RFC 768)."""
    wire.acquire(1, 1, "198.51.100.21")


def moved_machine(wire: Wire) -> None:
    """It comes with the address of another network, is refused, and gets one of this."""
    wire.send(REQUEST, 1, 1, requested="203.0.113.77")
    wire.send(NAK, 1, 1, SERVER, ALL, server=SERVER, broadcast=True)
    wire.wait(0.5)
    wire.acquire(1, 2, "198.51.100.21")


def unnumbered_relay(wire: Wire) -> None:
    """The relay's port borrows the address of its loopback, which is the clients' router."""
    address, router = "198.51.100.21", "10.255.0.1"
    for kind, answer in ((DISCOVER, OFFER), (REQUEST, ACK)):
        named, wanted = (SERVER, address) if kind == REQUEST else (None, None)
        wire.send(kind, 1, 1, requested=wanted, server=named)
        wire.send(kind, 1, 1, router, SERVER, hops=1, giaddr=router, requested=wanted, server=named)
        for src, dst in ((SERVER, router), (router, address)):
            wire.send(
                answer,
                1,
                1,
                src,
                dst,
                giaddr=router,
                yiaddr=address,
                server=SERVER,
                lease=60,
                more=net(router),
            )


HEALTHY = [
    unnumbered_relay,
    option82_not_echoed,
    own_probe,
    many_at_once,
    repeater,
    slow_ack,
    ordinary_checksums,
    host_routes,
    classless_routes,
    link_local_router,
    no_router,
    pair_of_servers,
    shared_by_two,
    large_for_who_takes_it,
    moved_machine,
]


@pytest.mark.parametrize("tell", HEALTHY, ids=lambda tell: tell.__name__)
def test_healthy_network_like_it_has_neither_error_nor_warning(tell: Tell, tmp_path: Path) -> None:
    assert [(f.code, f.message) for f in told(tell, tmp_path)] == []


def test_a_moved_machine_is_refused_for_information_with_what_it_got(tmp_path: Path) -> None:
    wire = Wire()
    moved_machine(wire)
    (found,) = wire.analysis(tmp_path).findings
    assert (found.code, found.severity) == ("nak-sent", Severity.INFO)
    assert found.message == (
        "192.0.2.10 refused 203.0.113.77; the client, which came with that address, then took 198.51.100.21"
    )


def refused_what_was_offered(wire: Wire) -> None:
    wire.send(DISCOVER, 1, 1)
    wire.send(OFFER, 1, 1, SERVER, "198.51.100.21", yiaddr="198.51.100.21", server=SERVER, lease=3600)
    wire.send(REQUEST, 1, 1, requested="198.51.100.21", server=SERVER)
    wire.send(NAK, 1, 1, SERVER, ALL, server=SERVER)
    wire.wait(2)
    wire.acquire(1, 2, "198.51.100.22")


def test_a_nak_to_what_the_server_had_offered_stays_a_warning(tmp_path: Path) -> None:
    (found,) = told(refused_what_was_offered, tmp_path)
    assert (found.code, found.message) == ("nak-sent", "192.0.2.10 refused 198.51.100.21")


def exchanges(tell: Tell, folder: Path) -> list[str]:
    wire = Wire()
    tell(wire)
    return [f"{e.kind} {e.outcome} {e.address}" for e in wire.analysis(folder).exchanges]


def ciaddr_in_selecting(wire: Wire) -> None:
    """VPCS writes the address it chose into ciaddr as well."""
    address = "198.51.100.21"
    wire.send(DISCOVER, 1, 1)
    wire.send(OFFER, 1, 1, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
    wire.send(REQUEST, 1, 1, requested=address, server=SERVER, ciaddr=address)
    wire.send(ACK, 1, 1, SERVER, address, ciaddr=address, yiaddr=address, server=SERVER, lease=3600)


def test_request_that_names_server_and_address_chooses_whatever_ciaddr_holds(tmp_path: Path) -> None:
    assert exchanges(ciaddr_in_selecting, tmp_path) == ["acquire bound 198.51.100.21"]


def rebinding(wire: Wire) -> None:
    wire.acquire(1, 1, "198.51.100.21")
    wire.wait(3000)
    wire.send(REQUEST, 1, 2, "198.51.100.21", ALL, ciaddr="198.51.100.21")
    wire.send(ACK, 1, 2, SERVER, "198.51.100.21", yiaddr="198.51.100.21", server=SERVER, lease=3600)


def test_request_without_server_that_holds_ciaddr_still_rebinds(tmp_path: Path) -> None:
    assert exchanges(rebinding, tmp_path) == ["acquire bound 198.51.100.21", "rebind renewed 198.51.100.21"]


def rapid_commit_through_relay(wire: Wire) -> None:
    """DISCOVER and ACK (RFC 4039), each seen before and behind the relay."""
    address, rapid = "198.51.100.21", option(80, b"")
    wire.send(DISCOVER, 1, 1, more=rapid)
    wire.send(DISCOVER, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY, more=rapid)
    for src, dst in ((SERVER, GATEWAY), (GATEWAY, address)):
        wire.send(ACK, 1, 1, src, dst, giaddr=GATEWAY, yiaddr=address, server=SERVER, lease=3600, more=rapid)


def test_rapid_commit_behind_a_relay_is_one_exchange(tmp_path: Path) -> None:
    assert exchanges(rapid_commit_through_relay, tmp_path) == ["acquire bound 198.51.100.21"]


def broadcasts_of_some(wire: Wire) -> None:
    """One client's broadcast replies are in the file; another one takes an OFFER of which it shows nothing, and starts over."""
    wire.acquire(1, 1, "198.51.100.21")
    wire.send(DISCOVER, 2, 2, broadcast=True)
    wire.send(OFFER, 2, 2, SERVER, ALL, yiaddr="198.51.100.22", server=SERVER, lease=3600)
    wire.send(REQUEST, 2, 2, requested="198.51.100.22", server=SERVER)
    wire.send(ACK, 2, 2, SERVER, ALL, yiaddr="198.51.100.22", server=SERVER, lease=3600)
    for xid in (3, 4):
        wire.send(DISCOVER, 3, xid, broadcast=True)
        wire.send(REQUEST, 3, xid, requested="198.51.100.23", server="192.0.2.99", broadcast=True)
        wire.wait(20)


def test_a_taken_offer_that_is_not_in_the_file_shows_that_replies_are_not(tmp_path: Path) -> None:
    wire = Wire()
    broadcasts_of_some(wire)
    assert {f.code for f in wire.analysis(tmp_path).findings} == {"replies-not-visible"}


def site(folder: Path, number: int, *, gateway: str) -> Input:
    """The capture of a site whose clients get addresses of a plan that other sites have as well."""
    wire = Wire()
    for client in (1, 2, 3):
        address = f"192.168.1.{20 + client}"
        own = 10 * number + client
        wire.send(DISCOVER, own, own)
        for kind, answer in ((None, OFFER), (REQUEST, ACK)):
            if kind is not None:
                wire.send(kind, own, own, requested=address, server="192.168.1.1")
            wire.send(
                answer,
                own,
                own,
                "192.168.1.1",
                address,
                yiaddr=address,
                server="192.168.1.1",
                lease=3600,
                source=gateway,
            )
    file = folder / f"site{number}.pcap"
    file.write_bytes(wire.pcap())
    return Input(str(file))


def codes(inputs: list[Input]) -> set[str]:
    return {finding.code for finding in analyze(inputs, Readers(recognise, named)).findings}


def test_captures_of_two_sites_with_one_plan_are_two_networks(tmp_path: Path) -> None:
    sites = [site(tmp_path, 1, gateway="00:00:5e:00:53:f1"), site(tmp_path, 2, gateway="00:00:5e:00:53:f2")]
    assert codes(sites) == set()


def test_captures_with_one_gateway_are_one_network_and_an_address_has_one_owner_in_it(tmp_path: Path) -> None:
    sites = [site(tmp_path, 1, gateway="00:00:5e:00:53:f1"), site(tmp_path, 2, gateway="00:00:5e:00:53:f1")]
    assert codes(sites) == {"double-lease"}
