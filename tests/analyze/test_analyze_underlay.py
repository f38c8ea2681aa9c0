"""Pings of addresses before they are offered, and the ends of the tunnels that carry messages, as captures show them."""

from __future__ import annotations

import struct
from pathlib import Path
from socket import inet_aton

import pytest
from analyze_wire import DISCOVER, OFFER, REQUEST, Wire
from test_analyze_blame import codes, one

SERVER, GIADDR, WATCHER = "192.0.2.10", "198.51.100.1", "192.0.2.77"
LEAF, OTHER_LEAF, BORDER = "203.0.113.1", "203.0.113.2", "203.0.113.9"


def packet(protocol: int, source: str, target: str, body: bytes) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 7, 0, 64, protocol, 0)
    return (
        b"\xff" * 6
        + bytes.fromhex("00005e0053fe")
        + b"\x08\0"
        + head
        + inet_aton(source)
        + inet_aton(target)
        + body
    )


def ping(wire: Wire, source: str, target: str, *, answered: bool = True) -> None:
    wire.records.append((wire.now, packet(1, source, target, struct.pack(">BBHHH", 8, 0, 0, 1, 1) + b"abcd")))
    if answered:
        wire.records.append(
            (wire.now, packet(1, target, source, struct.pack(">BBHHH", 0, 0, 0, 1, 1) + b"abcd"))
        )
    wire.now += 0.01


def asking(source: str, *, answered: bool = True, again: bool = False) -> Wire:
    """A client that asks in vain; after each DISCOVER somebody pings an address."""
    wire = Wire()
    for number in range(4):
        wire.send(DISCOVER, 1, 1)
        ping(wire, source, f"192.0.2.{20 if again else 20 + number}", answered=answered)
        wire.wait(8)
    return wire


def test_candidates_that_answer_are_in_use(tmp_path: Path) -> None:
    found = [f for f in asking(SERVER).analysis(tmp_path).findings if f.code == "address-conflict"]
    assert [f.message.partition(":")[0] for f in found] == [f"192.0.2.{20 + number}" for number in range(4)]
    assert all(f.severity == "warning" and f"{SERVER} pings" in f.message for f in found)


def test_candidate_that_is_free_and_offered_is_no_conflict(tmp_path: Path) -> None:
    wire = Wire()
    for number in range(4):
        wire.send(DISCOVER, number, number + 1)
        ping(wire, SERVER, f"192.0.2.{20 + number}", answered=False)
        wire.acquire(number, number + 1, f"192.0.2.{20 + number}")
        ping(wire, SERVER, f"192.0.2.{20 + number}")
        wire.wait(8)
    assert "address-conflict" not in codes(wire.analysis(tmp_path))


def test_host_that_is_watched_is_no_candidate(tmp_path: Path) -> None:
    assert "address-conflict" not in codes(asking(SERVER, again=True).analysis(tmp_path))
    assert "address-conflict" not in codes(asking(SERVER, answered=False).analysis(tmp_path))
    wire = asking(WATCHER)
    wire.acquire(5, 5, "192.0.2.50")
    assert "address-conflict" not in codes(wire.analysis(tmp_path))


def watched() -> Wire:
    """Somebody pings one host after the other, most of them at other times than that of a DISCOVER."""
    wire = asking(WATCHER)
    for number in range(8):
        for _ in range(7):
            wire.arp("00:00:5e:00:53:09", "192.0.2.9", "192.0.2.1")
        ping(wire, WATCHER, f"192.0.2.{100 + number}")
    return wire


def test_who_pings_all_the_time_is_no_server(tmp_path: Path) -> None:
    assert "address-conflict" not in codes(watched().analysis(tmp_path))


def tunnelled(wire: Wire, source: str, target: str, *, port: int = 4789) -> None:
    """Put the last frame into a tunnel."""
    time, frame = wire.records[-1]
    head = b"\x08\0\0\0" if port == 4789 else b"\0\0\x65\x58"
    inside = head + (50100).to_bytes(3, "big") + b"\0" + frame
    udp = struct.pack(">HHHH", 49152, port, 8 + len(inside), 0) + inside
    wire.records[-1] = time, packet(17, source, target, udp)


def overlay(back_to: str, port: int = 4789) -> Wire:
    """A relay behind LEAF asks a server behind BORDER; its OFFERs go back to `back_to`."""
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, GIADDR, SERVER, hops=1, giaddr=GIADDR)
        tunnelled(wire, LEAF, BORDER, port=port)
        wire.send(OFFER, 1, 1, SERVER, GIADDR, giaddr=GIADDR, yiaddr="198.51.100.20", server=SERVER, lease=60)
        tunnelled(wire, BORDER, back_to, port=port)
        wire.wait(8)
    return wire


@pytest.mark.parametrize("port", [4789, 6081], ids=["vxlan", "geneve"])
def test_offers_that_go_to_another_leaf_are_told(tmp_path: Path, port: int) -> None:
    message = one(overlay(OTHER_LEAF, port).analysis(tmp_path), "offers-not-taken").message
    assert (
        f"DISCOVERs of {GIADDR} come from the tunnel endpoint {LEAF}, and the OFFERs for it go to {OTHER_LEAF}"
        in message
    )
    assert "several nodes (anycast)" in message


def test_offers_that_go_back_to_the_leaf_are_lost_elsewhere(tmp_path: Path) -> None:
    told = overlay(LEAF).analysis(tmp_path)
    assert "tunnel endpoint" not in one(told, "offers-not-taken").message
    assert told.remarks == ()


def test_leaf_that_gets_its_lease_through_another_is_healthy(tmp_path: Path) -> None:
    wire = overlay(OTHER_LEAF)
    wire.send(REQUEST, 1, 1, GIADDR, SERVER, hops=1, giaddr=GIADDR, requested="198.51.100.20", server=SERVER)
    assert "offers-not-taken" not in codes(wire.analysis(tmp_path))
