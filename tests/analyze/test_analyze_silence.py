"""Healthy networks of many kinds, in which nothing is wrong: no error, no warning; and beside each the fault that must be told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from socket import inet_aton

import pytest
from analyze_wire import (
    ACK,
    ALL,
    ANY,
    DECLINE,
    DISCOVER,
    INFORM,
    NAK,
    OFFER,
    RELEASE,
    REQUEST,
    Wire,
    option,
    relay_info,
)

from labgen.dhcp.model import Severity

A, B, C = "198.51.100.21", "198.51.100.22", "198.51.100.23"
SERVER, OTHER, GATEWAY = "192.0.2.10", "192.0.2.11", "198.51.100.1"
Tell = Callable[[Wire], None]


def cable(wire: Wire) -> None:
    """One giaddr, several subnets behind it: the server chooses another one by circuit-id."""
    info = relay_info(circuit=b"cable1/0", remote=b"\0\0\x5e\0\x53\1")
    for client in range(1, 6):
        wire.relayed(client, client, f"203.0.113.{client}", GATEWAY, more=info)
        wire.wait(1)
    wire.wait(1800)
    for client in range(1, 6):
        wire.renew(client, 100 + client, f"203.0.113.{client}")


def access_network(wire: Wire) -> None:
    """A broadband gateway: the same MAC behind two circuits in two VLANs, the same private plan in each."""
    for vlan in (101, 102):
        wire.acquire(1, vlan, "10.0.0.21", "10.0.0.1", vlan=vlan)
        wire.wait(3)
    for vlan in (101, 102):
        wire.renew(1, 200 + vlan, "10.0.0.21", "10.0.0.1", vlan=vlan)


def shared_network(wire: Wire) -> None:
    """A secondary subnet on the same link: the address is outside giaddr's subnet although link selection is sent."""
    info = relay_info(circuit=b"Vlan10")
    wire.relayed(1, 1, "203.0.113.9", GATEWAY, more=info)
    wire.wait(60)
    wire.relayed(2, 2, A, GATEWAY, more=info)


def snooping_switch(wire: Wire) -> None:
    """Captured on the uplink of a snooping switch: option 82 with giaddr 0, both ways."""
    info = relay_info(circuit=b"\0\4\0\12\1\1")
    for client, address in ((1, A), (2, B)):
        wire.send(DISCOVER, client, client, more=info)
        wire.send(OFFER, client, client, SERVER, address, yiaddr=address, server=SERVER, more=info)
        wire.send(REQUEST, client, client, requested=address, server=SERVER, more=info)
        wire.send(ACK, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600, more=info)


def campus_bystander(wire: Wire) -> None:
    """A host that sees its neighbours' broadcasts and its own answers, for an hour."""
    wire.acquire(1, 1, A)
    for client in range(2, 30):
        wire.send(DISCOVER, client, client)
        wire.wait(0.5)
        wire.send(REQUEST, client, client, requested=f"198.51.100.{client + 30}", server=SERVER)
        wire.wait(20)
    for client in range(30, 40):
        wire.send(REQUEST, client, client, requested=f"198.51.100.{client + 30}")
        wire.wait(30)
    for client in range(2, 12):
        address = f"198.51.100.{client + 30}"
        wire.send(INFORM, client, 100 + client, address, ALL, ciaddr=address)
        wire.wait(5)
    wire.renew(1, 500, A)


def one_way_tap(wire: Wire) -> None:
    """A mirror of what clients send: relayed requests, REQUESTs that name a server."""
    for client in range(1, 9):
        wire.relayed(client, client, f"198.51.100.{client + 20}", GATEWAY)
        wire.wait(30)
    wire.keep(replies=False)


def other_way_tap(wire: Wire) -> None:
    """A mirror of what servers send."""
    for client in range(1, 9):
        wire.relayed(client, client, f"198.51.100.{client + 20}", GATEWAY)
        wire.wait(30)
    wire.keep(requests=False)


def boot_room(wire: Wire) -> None:
    """PXE ROMs ask several times, a boot server answers beside the DHCP server; then the system asks with another identifier."""
    rom = option(60, b"PXEClient:Arch:00007") + option(61, b"\0" + bytes(range(16)))
    for client, address in ((1, A), (2, B)):
        for _ in range(3):
            wire.send(DISCOVER, client, client, more=rom, broadcast=True)
            wire.send(
                OFFER, client, client, SERVER, ALL, yiaddr=address, server=SERVER, lease=3600, broadcast=True
            )
            wire.send(
                OFFER, client, client, OTHER, ALL, server=OTHER, more=option(60, b"PXEClient"), broadcast=True
            )
            wire.wait(4)
        wire.wait(30)
        wire.acquire(client, 90 + client, address)


def phones(wire: Wire) -> None:
    """Phones find their voice VLAN: bound in the data VLAN, released, bound in the voice VLAN; another xid for the REQUEST."""
    for client in (1, 2, 3):
        wire.acquire(client, client, f"198.51.100.{20 + client}", vlan=10)
        wire.wait(2)
        wire.send(
            RELEASE,
            client,
            40 + client,
            f"198.51.100.{20 + client}",
            SERVER,
            ciaddr=f"198.51.100.{20 + client}",
            vlan=10,
        )
        voice = f"203.0.113.{20 + client}"
        wire.send(DISCOVER, client, 50 + client, vlan=20)
        wire.send(OFFER, client, 50 + client, OTHER, voice, yiaddr=voice, server=OTHER, vlan=20)
        wire.send(REQUEST, client, 60 + client, requested=voice, server=OTHER, vlan=20)
        wire.send(ACK, client, 60 + client, OTHER, voice, yiaddr=voice, server=OTHER, lease=3600, vlan=20)
        wire.wait(10)


def failover_pair(wire: Wire) -> None:
    """Two servers offer, the client takes one; later the other one renews by rebinding."""
    for client, address, spare in ((1, A, "198.51.100.121"), (2, B, "198.51.100.122")):
        wire.send(DISCOVER, client, client)
        wire.send(OFFER, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
        wire.send(OFFER, client, client, OTHER, spare, yiaddr=spare, server=OTHER, lease=3600)
        wire.send(REQUEST, client, client, requested=address, server=SERVER)
        wire.send(ACK, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
        wire.wait(3)
    wire.wait(3200)
    wire.send(REQUEST, 1, 77, A, ALL, ciaddr=A)
    wire.send(ACK, 1, 77, OTHER, A, ciaddr=A, yiaddr=A, server=OTHER, lease=3600)


def relay_chain(wire: Wire) -> None:
    """Access relay, then distribution relay, captured between all of them."""
    inner, outer = GATEWAY, "203.0.113.1"
    for client, address in ((1, A), (2, B)):
        for kind, answer in ((DISCOVER, OFFER), (REQUEST, ACK)):
            wanted, named = (address, SERVER) if kind == REQUEST else (None, None)
            wire.send(
                kind, client, client, inner, outer, hops=1, giaddr=inner, requested=wanted, server=named
            )
            wire.send(
                kind, client, client, outer, SERVER, hops=2, giaddr=inner, requested=wanted, server=named
            )
            wire.send(
                answer, client, client, SERVER, inner, giaddr=inner, yiaddr=address, server=SERVER, lease=3600
            )


def mirror_twice(wire: Wire) -> None:
    """A mirror of both directions of a port: everything twice."""
    for client, address in ((1, A), (2, B)):
        for kind, ends in (
            (DISCOVER, (ANY, ALL)),
            (OFFER, (SERVER, address)),
            (REQUEST, (ANY, ALL)),
            (ACK, (SERVER, address)),
        ):
            reply = kind in (OFFER, ACK)
            wire.send(
                kind, client, client, *ends, yiaddr=address if reply else ANY,
                requested=address if kind == REQUEST else None, server=None if kind == DISCOVER else SERVER, times=2,
            )  # fmt: skip


def slow_port(wire: Wire) -> None:
    """Spanning tree holds the port for a while."""
    for xid in (1, 2, 3):
        wire.send(DISCOVER, 1, xid)
        wire.wait(4)
    wire.acquire(1, 4, A)


def moved_on(wire: Wire) -> None:
    """A laptop is refused its old address and starts over; its old address goes to another one a day later."""
    wire.acquire(1, 1, A)
    wire.wait(7200)
    wire.send(REQUEST, 1, 2, requested="203.0.113.77")
    wire.send(NAK, 1, 2, SERVER, ALL, server=SERVER)
    wire.acquire(1, 3, B)
    wire.wait(86400)
    wire.acquire(2, 4, A)


def ipv6_mostly(wire: Wire) -> None:
    """A phone that prefers IPv6 asks, is offered option 108, and wants no IPv4 address (RFC 8925)."""
    wait = option(108, (1800).to_bytes(4, "big"))
    for xid in (1, 2, 3):
        wire.send(DISCOVER, 1, xid)
        wire.send(OFFER, 1, xid, SERVER, ALL, yiaddr=A, server=SERVER, more=wait)
        wire.wait(1800)


HEALTHY = (
    cable, access_network, shared_network, snooping_switch, campus_bystander, one_way_tap, other_way_tap, boot_room, phones,
    failover_pair, relay_chain, mirror_twice, slow_port, ipv6_mostly,
)  # fmt: skip


@pytest.mark.parametrize("tell", HEALTHY, ids=lambda tell: tell.__name__)
def test_healthy_network_has_neither_errors_nor_warnings(tell: Tell, tmp_path: Path) -> None:
    wire = Wire()
    tell(wire)
    found = wire.analysis(tmp_path)
    assert found.exchanges
    assert [(f.code, f.message) for f in found.findings if f.severity is not Severity.INFO] == []


def test_a_client_that_moved_is_refused_once_and_nothing_else_is_wrong(tmp_path: Path) -> None:
    wire = Wire()
    moved_on(wire)
    assert {finding.code for finding in wire.analysis(tmp_path).findings} == {"nak-sent"}


def dead_server(wire: Wire) -> None:
    wire.acquire(1, 1, A)
    wire.wait(30)
    for client in (2, 3):
        for _ in range(3):
            wire.send(DISCOVER, client, client)
            wire.wait(6)


def lost_offers(wire: Wire) -> None:
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY)
        wire.send(OFFER, 1, 1, SERVER, GATEWAY, giaddr=GATEWAY, yiaddr=A, server=SERVER)
        wire.wait(4)


def two_of_one_address(wire: Wire) -> None:
    wire.acquire(1, 1, A)
    wire.wait(60)
    wire.acquire(2, 2, A, OTHER)


def leaking_relay(wire: Wire) -> None:
    wire.send(DISCOVER, 1, 1)
    wire.send(OFFER, 1, 1, GATEWAY, A, yiaddr=A, server=SERVER, more=relay_info(circuit=b"Vlan10"))
    wire.send(REQUEST, 1, 1, requested=A, server=SERVER)
    wire.send(ACK, 1, 1, GATEWAY, A, yiaddr=A, server=SERVER, lease=3600, more=relay_info(circuit=b"Vlan10"))


def clashing(wire: Wire) -> None:
    wire.acquire(1, 1, A)
    wire.send(DECLINE, 1, 1, requested=A, server=SERVER)


def cloned_machines(wire: Wire) -> None:
    identity = option(61, b"\xff\0\0\0\1\0\2\0\0\xab\x11" + bytes(8))
    for client, xid in ((1, 1), (2, 2), (1, 3)):
        wire.send(DISCOVER, client, xid, more=identity)
        wire.send(OFFER, client, xid, SERVER, A, yiaddr=A, server=SERVER)
        wire.send(REQUEST, client, xid, requested=A, server=SERVER, more=identity)
        wire.send(ACK, client, xid, SERVER, A, yiaddr=A, server=SERVER, lease=3600)
        wire.wait(100)


def wrong_subnet(wire: Wire) -> None:
    info = relay_info(link=inet_aton("198.51.100.0"))
    wire.send(DISCOVER, 1, 1, "203.0.113.7", SERVER, hops=1, giaddr="203.0.113.7", more=info)
    mask = option(1, inet_aton("255.255.255.0"))
    wire.send(
        OFFER,
        1,
        1,
        SERVER,
        "203.0.113.7",
        giaddr="203.0.113.7",
        yiaddr="203.0.113.9",
        server=SERVER,
        more=mask + info,
    )


FAULTY = {
    "no-reply": dead_server,
    "offers-not-taken": lost_offers,
    "double-lease": two_of_one_address,
    "option-82-leaked-to-client": leaking_relay,
    "address-conflict": clashing,
    "duplicate-client-id": cloned_machines,
    "giaddr-wrong-subnet": wrong_subnet,
}


@pytest.mark.parametrize("code", FAULTY)
def test_fault_is_told_and_nothing_beside_it(code: str, tmp_path: Path) -> None:
    wire = Wire()
    FAULTY[code](wire)
    found = [finding for finding in wire.analysis(tmp_path).findings if finding.severity is not Severity.INFO]
    assert {finding.code for finding in found} == {code}
    assert all(item.file and item.frame for finding in found for item in finding.evidence)


def test_each_client_without_answer_is_one_finding(tmp_path: Path) -> None:
    wire = Wire()
    dead_server(wire)
    assert [f.client for f in wire.analysis(tmp_path).findings] == ["00:00:5e:00:53:02", "00:00:5e:00:53:03"]
