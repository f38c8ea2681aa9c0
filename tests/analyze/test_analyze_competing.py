"""Servers that answer the same clients: pairs that agree, and what they contradict each other in."""

from __future__ import annotations

from pathlib import Path
from socket import inet_aton

import pytest
from analyze_offers import GATEWAY, net
from analyze_wire import ACK, ALL, DISCOVER, OFFER, REQUEST, Wire, option

from labgen.dhcp.model import Finding, Severity

FIRST, SECOND = "198.51.100.2", "198.51.100.3"
FAR, FAR_TOO = "192.0.2.10", "192.0.2.20"


def dns(*addresses: str) -> bytes:
    return option(6, b"".join(map(inet_aton, addresses)))


def beyond_info(wire: Wire, folder: Path) -> list[Finding]:
    return [f for f in wire.analysis(folder).findings if f.severity is not Severity.INFO]


def pair(first: bytes, second: bytes, *, subnet: str = "198.51.100.", lease: int = 3600) -> Wire:
    """Two servers on the clients' link; every client takes the second one's address."""
    wire = Wire()
    for client in (1, 2):
        one, other = f"198.51.100.{20 + client}", f"{subnet}{120 + client}"
        wire.send(DISCOVER, client, client)
        for server, address, more, mac, seconds in (
            (FIRST, one, first, "00:00:5e:00:53:a1", 3600),
            (SECOND, other, second, "00:00:5e:00:53:a2", lease),
        ):
            wire.send(
                OFFER, client, client, server, address,
                yiaddr=address, server=server, lease=seconds, more=more, source=mac,
            )  # fmt: skip
        wire.send(REQUEST, client, client, requested=other, server=SECOND)
        wire.send(
            ACK, client, client, SECOND, other, yiaddr=other, server=SECOND, lease=lease, more=second
        )  # fmt: skip
        wire.wait(5)
    return wire


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (net(None), "198.51.100.3 (MAC 00:00:5e:00:53:a2) offers 198.51.100.0/24 without a router, taken by 2"),
        (net(GATEWAY, "255.255.0.0"), "clients do not agree on what is on the link"),
        (net(GATEWAY, more=dns("203.0.113.53")), "and the DNS servers 203.0.113.53, taken by 2"),
        (net("198.51.100.66"), "with the router 198.51.100.66, taken by 2: one of them does not belong there"),
    ],
    ids=["no-router", "other-mask", "other-dns", "other-router"],
)  # fmt: skip
def test_servers_that_contradict_each_other_are_told(tmp_path: Path, second: bytes, says: str) -> None:
    (found,) = beyond_info(pair(net(GATEWAY, more=dns(FIRST)), second), tmp_path)
    assert (found.code, found.severity) == ("competing-servers", Severity.WARNING)
    assert says in found.message
    assert "on one link" in found.message


@pytest.mark.parametrize(
    ("first", "second", "lease"),
    [
        (net(GATEWAY, more=dns(FIRST, SECOND)), net(GATEWAY, more=dns(SECOND, FIRST)), 3600),
        (net(GATEWAY, more=dns(FIRST)), net(GATEWAY, more=dns(SECOND)), 3600),
        (net(GATEWAY), net(GATEWAY), 60),
        (net(GATEWAY), net(None, more=option(121, b"\0" + inet_aton(GATEWAY))), 3600),
        (net(None), net(None), 3600),
        (net(GATEWAY, more=dns(FIRST)), net(GATEWAY), 3600),
    ],
    ids=["dns-turned-round", "each-its-own-dns", "short-lease", "classless-route", "no-router", "no-dns"],
)
def test_servers_that_agree_are_a_pair(tmp_path: Path, first: bytes, second: bytes, lease: int) -> None:
    assert not beyond_info(pair(first, second, lease=lease), tmp_path)


def behind_relay(second: bytes, clients: int = 2, subnet: str = "198.51.100.", more: bytes = b"") -> Wire:
    """Two servers that a relay asks, at its port towards them."""
    wire = Wire()
    for client in range(1, clients + 1):
        one, other = f"198.51.100.{20 + client}", f"{subnet}{120 + client}"
        asked = {"hops": 1, "giaddr": GATEWAY, "more": more}
        for server in (FAR, FAR_TOO):
            wire.send(DISCOVER, client, client, GATEWAY, server, **asked)  # type: ignore[arg-type]
        for server, address, options in ((FAR, one, net(GATEWAY)), (FAR_TOO, other, second)):
            wire.send(
                OFFER, client, client, server, GATEWAY,
                giaddr=GATEWAY, yiaddr=address, server=server, lease=3600, more=options + more,
            )  # fmt: skip
        wire.send(REQUEST, client, client, GATEWAY, FAR, requested=one, server=FAR, **asked)  # type: ignore[arg-type]
        wire.send(
            ACK, client, client, FAR, GATEWAY,
            giaddr=GATEWAY, yiaddr=one, server=FAR, lease=3600, more=net(GATEWAY) + more,
        )  # fmt: skip
        wire.wait(5)
    return wire


def test_rogue_server_behind_a_relay_is_told(tmp_path: Path) -> None:
    (found,) = beyond_info(behind_relay(net("192.168.77.1"), subnet="192.168.77."), tmp_path)
    assert found.code == "competing-servers"
    assert f"behind the relay {GATEWAY}" in found.message
    assert "192.0.2.20 offers 192.168.77.0/24 with the router 192.168.77.1" in found.message


def test_other_router_behind_a_relay_is_told(tmp_path: Path) -> None:
    (found,) = beyond_info(behind_relay(net("198.51.100.254")), tmp_path)
    assert "with the router 198.51.100.254" in found.message


@pytest.mark.parametrize(
    "wire",
    [
        behind_relay(net(GATEWAY)),
        behind_relay(net("192.168.77.1"), clients=1, subnet="192.168.77."),
    ],
    ids=["same-configuration", "one-client-of-a-shared-network"],
)
def test_pair_behind_a_relay_is_nothing(tmp_path: Path, wire: Wire) -> None:
    assert not beyond_info(wire, tmp_path)


def doubled(second: str, *, apart: bool) -> Wire:
    wire = Wire()
    for client in (1, 2):
        given = {"server": FIRST, "lease": 3600, "more": net(GATEWAY)}
        one, other = f"198.51.100.{20 + client}", f"{second}{client}"
        wire.send(DISCOVER, client, client)
        wire.send(OFFER, client, client, FIRST, ALL, yiaddr=one, source="00:00:5e:00:53:a1", **given)  # type: ignore[arg-type]
        mac = "00:00:5e:00:53:a2" if apart else "00:00:5e:00:53:a1"
        wire.send(OFFER, client, client, FIRST, ALL, yiaddr=other, source=mac, **given)  # type: ignore[arg-type]
        wire.send(REQUEST, client, client, requested=one, server=FIRST)
        wire.send(ACK, client, client, FIRST, ALL, yiaddr=one, source="00:00:5e:00:53:a1", **given)  # type: ignore[arg-type]
        wire.wait(5)
    return wire


def test_two_machines_with_one_identifier_are_told(tmp_path: Path) -> None:
    (found,) = beyond_info(doubled("198.51.100.8", apart=True), tmp_path)
    assert found.code == "competing-servers"
    assert "two machines answer as 198.51.100.2 on one link" in found.message
    assert "MAC 00:00:5e:00:53:a2 offers 198.51.100.81 and 198.51.100.82" in found.message


@pytest.mark.parametrize(
    ("second", "apart"), [("198.51.100.8", False), ("198.51.100.2", True)], ids=["one-machine", "one-address"]
)
def test_one_server_that_offers_twice_is_no_two(tmp_path: Path, second: str, apart: bool) -> None:
    assert not [f for f in beyond_info(doubled(second, apart=apart), tmp_path) if "two machines" in f.message]
