"""Captures of networks with one fault each: the cause is named, in words of that network; beside it nothing is held against anybody.

Each fault has a healthy network like it in which the same must not be said.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from analyze_offers import GATEWAY, OTHER_GATEWAY, SERVER, Tell, bound_to, net, offers, told, two_offers
from analyze_wire import ACK, ALL, DECLINE, DISCOVER, OFFER, REQUEST, Wire, option

from labgen.dhcp.model import Severity


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


def router_elsewhere(wire: Wire) -> None:
    for client in (1, 2, 3, 4):
        bound_to(wire, client, f"198.51.100.{20 + client}", net("203.0.113.1"))


def broadcast_given(wire: Wire) -> None:
    bound_to(wire, 1, "198.51.100.127", net("198.51.100.1", "255.255.255.128"))


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
