"""What is added to `no answer` and to OFFERs nobody takes: only where the packets of others, and of the client itself, bear it."""

from __future__ import annotations

import struct
from pathlib import Path
from socket import inet_aton

import pytest
from analyze_offers import GATEWAY, SERVER, bound_to, net
from analyze_wire import ACK, ALL, DISCOVER, OFFER, REQUEST, Wire, option, relay_info

from labgen.dhcp.model import Finding, Severity

CLIENT, STRANGER = "00:00:5e:00:53:01", "00:00:5e:00:53:99"
ADDRESS = "198.51.100.21"
SNOOPED = relay_info(circuit=b"Gi1/0/7")


def beyond_info(wire: Wire, folder: Path) -> list[Finding]:
    return [f for f in wire.analysis(folder).findings if f.severity is not Severity.INFO]


def in_vxlan(frame: bytes, vni: int) -> bytes:
    """A frame as a VTEP sends it (RFC 7348 section 5)."""
    inner = b"\x08\0\0\0" + vni.to_bytes(3, "big") + b"\0" + frame
    udp = struct.pack(">HHHH", 50000, 4789, 8 + len(inner), 0) + inner
    ip = (
        struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0)
        + inet_aton(GATEWAY)
        + inet_aton(SERVER)
    )
    return bytes.fromhex("00005e0053e200005e0053e10800") + ip + udp


def asked_in_vain(wire: Wire, client: int = 1, *, more: bytes = b"", vlan: int | None = None) -> Wire:
    for _ in range(4):
        wire.send(DISCOVER, client, client, more=more, vlan=vlan)
        wire.wait(4)
    return wire


@pytest.mark.parametrize("trusted", [False, True])
def test_option_82_without_giaddr_is_a_reason_where_nobody_trusts_it(tmp_path: Path, trusted: bool) -> None:
    wire = Wire()
    for client in (2, 3):
        more = SNOOPED if trusted else b""
        address = f"198.51.100.{20 + client}"
        wire.send(DISCOVER, client, client, more=more)
        wire.send(OFFER, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
        wire.send(REQUEST, client, client, requested=address, server=SERVER, more=more)
        wire.send(ACK, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
    (found,) = beyond_info(asked_in_vain(wire, more=SNOOPED), tmp_path)
    assert found.code == "no-reply"
    assert ("its requests carry option 82 with giaddr 0" in found.message) is not trusted


def test_network_in_which_nobody_answers_is_named(tmp_path: Path) -> None:
    wire = Wire()
    for client in (2, 3):
        wire.acquire(client, client, f"198.51.100.{20 + client}", vlan=10)
    asked_in_vain(wire, vlan=20)
    wire.acquire(4, 4, "198.51.100.24", vlan=10)
    (found,) = beyond_info(wire, tmp_path)
    assert "nobody answers in VLAN 20, and clients in VLAN 10 are answered" in found.message
    assert "free address" not in found.message


def test_others_of_its_own_network_are_held_against_it(tmp_path: Path) -> None:
    wire = Wire()
    for client in (2, 3):
        wire.acquire(client, client, f"198.51.100.{20 + client}", vlan=20)
    asked_in_vain(wire, vlan=20)
    wire.acquire(4, 4, "198.51.100.24", vlan=20)
    (found,) = beyond_info(wire, tmp_path)
    assert "192.0.2.10 answered another client meanwhile: has it a free address for this one" in found.message


@pytest.mark.parametrize("served", [True, False])
def test_relay_whose_server_answered_before_is_told(tmp_path: Path, served: bool) -> None:
    wire = Wire()
    for client in (2, 3, 4):
        wire.relayed(client, client, f"198.51.100.{20 + client}", GATEWAY if served else "203.0.113.1")
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY)
        wire.wait(4)
    (found,) = beyond_info(wire, tmp_path)
    said = "192.0.2.10 answered other clients of this relay before: has it a free address left?"
    assert (said in found.message) is served


def offered_late(behind: int) -> Wire:
    """Each OFFER comes `behind` DISCOVERs after its own, which all have xids of their own."""
    wire = Wire()
    for turn in range(6):
        wire.send(DISCOVER, 1, 50 + turn)
        if turn >= behind:
            wire.send(
                OFFER, 1, 50 + turn - behind, SERVER, ADDRESS, yiaddr=ADDRESS, server=SERVER, lease=3600
            )
        wire.wait(4)
    return wire


@pytest.mark.parametrize("behind", [0, 2])
def test_offers_that_come_too_late_are_told(tmp_path: Path, behind: int) -> None:
    said = [
        f for f in beyond_info(offered_late(behind), tmp_path) if "more after their DISCOVERs" in f.message
    ]
    assert len(said) == (behind > 0)


def both_use(holders: tuple[str, ...]) -> Wire:
    """ARP announcements of an address by one after the other, after it was leased to the client."""
    wire = Wire()
    wire.acquire(1, 1, ADDRESS)
    for mac in holders:
        wire.arp(mac, ADDRESS, ADDRESS)
        wire.wait(10)
    return wire


def test_address_that_two_machines_announce_by_turns_is_a_conflict(tmp_path: Path) -> None:
    (found,) = beyond_info(both_use((CLIENT, STRANGER, CLIENT)), tmp_path)
    assert (found.code, found.severity) == ("address-conflict", Severity.WARNING)
    assert f"{STRANGER} announces {ADDRESS}, which was given to {CLIENT}" in found.message


@pytest.mark.parametrize("holders", [(CLIENT, CLIENT), (STRANGER, CLIENT), (CLIENT, STRANGER)])
def test_address_that_passes_from_one_to_the_other_is_none(tmp_path: Path, holders: tuple[str, ...]) -> None:
    assert not beyond_info(both_use(holders), tmp_path)


@pytest.mark.parametrize(("broadcast", "told"), [(True, True), (False, False)])
def test_relay_that_ignores_the_broadcast_flag_is_told(tmp_path: Path, broadcast: bool, told: bool) -> None:
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, broadcast=broadcast)
        given = {"giaddr": GATEWAY, "yiaddr": ADDRESS, "server": SERVER, "lease": 3600}
        wire.send(OFFER, 1, 1, GATEWAY, ADDRESS, ports=(67, 68), **given)  # type: ignore[arg-type]
        wire.wait(4)
    (found,) = beyond_info(wire, tmp_path)
    assert (f"the client asked for a broadcast, and it was sent to {ADDRESS}" in found.message) is told


def test_renewal_time_of_nothing_is_told(tmp_path: Path) -> None:
    wire = Wire()
    bound_to(wire, 1, ADDRESS, net(GATEWAY, more=option(58, bytes(4))))
    (found,) = beyond_info(wire, tmp_path)
    assert (found.code, found.message.partition(": ")[2]) == (
        "lease-unusable",
        "its renewal time (option 58) is 0",
    )


@pytest.mark.parametrize(("answering", "told"), [(20010, True), (10010, False)])
def test_offers_in_another_vni_are_told(tmp_path: Path, answering: int, told: bool) -> None:
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1)
        wire.send(OFFER, 1, 1, SERVER, ADDRESS, yiaddr=ADDRESS, server=SERVER, lease=3600)
        wire.wait(4)
    wire.records = [
        (time, in_vxlan(frame, answering if frame[42] == 2 else 10010)) for time, frame in wire.records
    ]
    (found,) = beyond_info(wire, tmp_path)
    assert ("the DISCOVERs are in VNI 10010, the OFFERs in VNI 20010 alone" in found.message) is told


@pytest.mark.parametrize(("router", "told"), [("198.51.100.66", True), (GATEWAY, False)])
def test_two_machines_with_one_identifier_and_other_routers_are_told(
    tmp_path: Path, router: str, told: bool
) -> None:
    wire = Wire()
    for client in (1, 2):
        address = f"198.51.100.{20 + client}"
        given = {"yiaddr": address, "server": SERVER, "lease": 3600}
        wire.send(DISCOVER, client, client)
        wire.send(OFFER, client, client, SERVER, ALL, more=net(router), source=STRANGER, **given)  # type: ignore[arg-type]
        wire.send(OFFER, client, client, SERVER, ALL, more=net(GATEWAY), **given)  # type: ignore[arg-type]
        wire.send(REQUEST, client, client, requested=address, server=SERVER)
        wire.send(ACK, client, client, SERVER, ALL, more=net(router), source=STRANGER, **given)  # type: ignore[arg-type]
        wire.wait(4)
    said = [f for f in beyond_info(wire, tmp_path) if "two machines answer as 192.0.2.10" in f.message]
    assert len(said) == told
    assert all(f"with the router {router}" in f.message for f in said)
