"""What servers offer in the networks of captures, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from socket import inet_aton

from analyze_wire import ACK, DISCOVER, OFFER, REQUEST, Wire, option

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


def bound_to(wire: Wire, client: int, address: str, more: bytes, server: str = SERVER) -> None:
    wire.send(DISCOVER, client, client)
    wire.send(OFFER, client, client, server, address, yiaddr=address, server=server, lease=3600, more=more)
    wire.send(REQUEST, client, client, requested=address, server=server)
    wire.send(ACK, client, client, server, address, yiaddr=address, server=server, lease=3600, more=more)
    wire.wait(5)


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
