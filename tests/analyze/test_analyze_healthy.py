"""Captures of healthy networks that look like broken ones: nothing is held against anybody."""

from __future__ import annotations

from pathlib import Path
from socket import inet_aton

import pytest
from analyze_offers import GATEWAY, SERVER, Tell, bound_to, net, told, two_offers
from analyze_wire import ACK, ALL, DISCOVER, NAK, OFFER, REQUEST, Wire, option, relay_info

from labgen.dhcp.model import Severity


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
    assert (found.code, found.message) == (
        "nak-sent",
        "192.0.2.10 refused 198.51.100.21, which it had offered itself",
    )
