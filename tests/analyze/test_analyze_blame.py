"""Whom a finding names: what is true of a network has to be said of the right party, and of nobody where it is not known."""

from __future__ import annotations

import struct
from pathlib import Path
from socket import inet_aton

import pytest
from analyze_wire import ALL, DISCOVER, NAK, OFFER, REQUEST, Wire

from labgen.dhcp.model import Analysis, Finding, Severity

SERVER, OTHER, GIADDR, ROUTER = "192.0.2.10", "192.0.2.11", "198.51.100.1", "203.0.113.6"
A = "198.51.100.20"


def one(told: Analysis, code: str) -> Finding:
    (found,) = (f for f in told.findings if f.code == code)
    return found


def codes(told: Analysis) -> set[str]:
    return {f.code for f in told.findings}


def icmp(wire: Wire, sender: str, kind: int, code: int) -> None:
    """An ICMP error about the last packet."""
    about = wire.records[-1][1][14:]
    body = struct.pack(">BBHI", kind, code, 0, 0) + about[:48]
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 9, 0, 64, 1, 0) + inet_aton(sender)
    frame = b"\xff" * 6 + bytes.fromhex("00005e0053fe") + b"\x08\x00" + head + about[12:16] + body
    wire.records.append((wire.now, frame))
    wire.now += 0.01


def offered_in_vain(sender: str, kind: int, code: int, *, cut: bool = False) -> Wire:
    """OFFERs to a relay, each of which somebody sends an ICMP error about."""
    wire = Wire()
    wire.relayed(9, 9, "203.0.113.77", "203.0.113.65")
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, GIADDR, SERVER, hops=1, giaddr=GIADDR)
        wire.send(OFFER, 1, 1, SERVER, GIADDR, giaddr=GIADDR, yiaddr=A, server=SERVER, lease=3600)
        if cut:
            time, frame = wire.records[-1]
            wire.records[-1] = (time, frame[:16] + b"\x01\x18" + frame[18:20] + b"\x20\0" + frame[22:294])
        icmp(wire, sender, kind, code)
        wire.wait(8)
    return wire


@pytest.mark.parametrize(("kind", "code"), [(3, 0), (3, 1), (11, 0)])
def test_replies_that_are_lost_on_their_way_name_the_relay(tmp_path: Path, kind: int, code: int) -> None:
    found = one(offered_in_vain(ROUTER, kind, code).analysis(tmp_path), "server-unreachable")
    assert f"{GIADDR} is the relay's address (giaddr): replies get lost on their way back" in found.message


def test_relay_that_does_not_listen_is_named(tmp_path: Path) -> None:
    found = one(offered_in_vain(GIADDR, 3, 3).analysis(tmp_path), "server-unreachable")
    assert f"{GIADDR} is the relay's address (giaddr): nothing listens there for replies" in found.message


def test_server_out_of_reach_is_no_relay(tmp_path: Path) -> None:
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, GIADDR, SERVER, hops=1, giaddr=GIADDR)
        icmp(wire, ROUTER, 3, 1)
        wire.wait(8)
    assert "relay" not in one(wire.analysis(tmp_path), "server-unreachable").message


def test_fragments_lost_on_the_way_leave_nobody_out_of_reach(tmp_path: Path) -> None:
    told = offered_in_vain(GIADDR, 11, 1, cut=True).analysis(tmp_path)
    assert "server-unreachable" not in codes(told)
    assert "fragment reassembly time exceeded" in one(told, "offers-not-taken").message


MACS = ["00:00:5e:00:53:01", "00:00:5e:00:53:02"]


def shared(servers: tuple[str, str], *, granted: bool) -> Wire:
    """One address with two users, each of whom announces it; with `granted` both were given it."""
    wire = Wire()
    wire.acquire(1, 1, A, servers[0])
    for _ in range(3):
        wire.arp(MACS[0], A, A)
    if granted:
        wire.acquire(2, 2, A, servers[1])
    for _ in range(3):
        wire.arp(MACS[1], A, A)
        wire.arp(MACS[0], A, A)
    return wire


def test_address_that_two_servers_gave_is_one_cause(tmp_path: Path) -> None:
    told = shared((SERVER, OTHER), granted=True).analysis(tmp_path)
    assert f"{SERVER} had given it, and {OTHER} gave it once more" in one(told, "double-lease").message
    assert "address-conflict" not in codes(told)


def test_address_that_one_server_gave_twice_has_no_second_server(tmp_path: Path) -> None:
    told = shared((SERVER, SERVER), granted=True).analysis(tmp_path)
    assert "two servers" not in one(told, "double-lease").message
    assert "address-conflict" not in codes(told)


def test_user_without_lease_is_still_told(tmp_path: Path) -> None:
    told = shared((SERVER, SERVER), granted=False).analysis(tmp_path)
    assert MACS[1] in one(told, "address-conflict").message
    assert "double-lease" not in codes(told)


def test_copies_in_a_relay_loop_are_no_tries_of_the_client(tmp_path: Path) -> None:
    wire = Wire()
    second = "203.0.113.2"
    for _ in range(3):
        wire.send(DISCOVER, 1, 1)
        for hops in range(1, 17):
            source, target = (GIADDR, second) if hops % 2 else (second, GIADDR)
            wire.send(DISCOVER, 1, 1, source, target, hops=hops, giaddr=GIADDR)
        wire.wait(8)
    told = wire.analysis(tmp_path)
    message = one(told, "no-reply").message
    assert "3 DISCOVERs" in message
    assert f"relays send it round ({GIADDR} and {second}), up to 16 hops" in message
    assert f"{GIADDR} to {GIADDR}" not in message
    assert "relay-loop" in codes(told)


def test_nak_that_a_relay_brings_is_the_servers(tmp_path: Path) -> None:
    wire = Wire()
    wire.send(REQUEST, 1, 1, ciaddr=A, src=A)
    wire.send(NAK, 1, 1, GIADDR, ALL, server=OTHER)
    assert one(wire.analysis(tmp_path), "nak-sent").message.startswith(
        f"{OTHER} (sent from {GIADDR}) refused {A}"
    )


def test_nak_of_a_server_itself_needs_no_place(tmp_path: Path) -> None:
    wire = Wire()
    wire.send(REQUEST, 1, 1, ciaddr=A, src=A)
    wire.send(NAK, 1, 1, OTHER, ALL, server=OTHER)
    assert one(wire.analysis(tmp_path), "nak-sent").message.startswith(f"{OTHER} refused {A}")


def crowded(victim_tries: int) -> Wire:
    """A sender that uses up a pool, beside clients that were served before, and one that comes too late."""
    wire = Wire()
    for client in (1, 2):
        wire.acquire(client, client, f"198.51.100.{client + 1}")
    for number in range(60):
        wire.send(DISCOVER, 100 + number, 100 + number, source="00:00:5e:00:53:66")
        if number < 20:
            given = f"198.51.100.{number + 10}"
            wire.send(OFFER, 100 + number, 100 + number, SERVER, given, yiaddr=given, server=SERVER, lease=60)
    for _ in range(victim_tries):
        wire.wait(8)
        wire.send(DISCOVER, 3, 3)
    wire.wait(20)
    wire.arp("00:00:5e:00:53:01", "198.51.100.2", "198.51.100.1")
    return wire


def test_one_sender_with_many_names_does_not_hide_that_replies_are_visible(tmp_path: Path) -> None:
    told = crowded(4).analysis(tmp_path)
    found = one(told, "no-reply")
    assert found.severity is Severity.ERROR
    assert f"{SERVER} answered" in found.message
    assert "not visible" not in " ".join(f.message for f in told.findings)
    assert "starvation" in codes(told)


def asked_out_of_sight(after: float) -> Wire:
    """Three DISCOVERs where no answers are visible; the capture goes on for a while."""
    wire = Wire()
    for pause in (5, 5, 0):
        wire.send(DISCOVER, 1, 1)
        wire.wait(pause)
    wire.wait(after)
    wire.arp("00:00:5e:00:53:09", "198.51.100.2", "198.51.100.1")
    return wire


@pytest.mark.parametrize(("after", "severity"), [(1.2, Severity.INFO), (30, Severity.WARNING)])
def test_file_that_ends_too_soon_blames_nobody(tmp_path: Path, after: float, severity: Severity) -> None:
    assert one(asked_out_of_sight(after).analysis(tmp_path), "no-reply").severity is severity
