"""VLANs and VNIs that a switch translates, seen on both of its sides; and what only looks like it."""

from __future__ import annotations

from pathlib import Path

from analyze_wire import ALL, DISCOVER, OFFER, Wire

from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.model import Analysis, ExchangeOutcome, Severity

SERVER = "192.0.2.10"
_LAG = 0.00006
"""Seconds between both sides of a switch."""


def other_side(wire: Wire, vlan: int, since: int = 0, *, broadcasts_only: bool = False) -> None:
    """Show each frame, all of them tagged, from number `since` on in another VLAN too, moments later."""
    for time, frame in wire.records[since:]:
        if frame[34:38] == b"\xff" * 4 or not broadcasts_only:
            wire.records.append((time + _LAG, frame[:14] + vlan.to_bytes(2, "big") + frame[16:]))
    wire.records.sort(key=lambda record: record[0])


def beyond_info(found: Analysis) -> list[tuple[str, Severity]]:
    return [(f.code, f.severity) for f in found.findings if f.severity is not Severity.INFO]


def bound(found: Analysis) -> list[str | None]:
    return [e.client.mac for e in found.exchanges if e.outcome is ExchangeOutcome.BOUND]


def test_both_sides_of_a_translation_are_one_network(tmp_path: Path) -> None:
    wire = Wire()
    for client in (1, 2, 3):
        wire.acquire(client, client, f"198.51.100.{20 + client}", vlan=10)
        wire.wait(3)
    other_side(wire, 110)
    found = wire.analysis(tmp_path)
    assert len(found.exchanges) == len(bound(found)) == 3
    assert not found.findings
    assert (
        "VLAN 10 and VLAN 110 are one network: the same broadcasts are in both" in found.sources[0].problems
    )


def test_answers_on_one_side_answer_the_requests_on_both(tmp_path: Path) -> None:
    wire = Wire()
    for client in (1, 2, 3):
        wire.acquire(client, client, f"198.51.100.{20 + client}", vlan=10)
        wire.wait(3)
    other_side(wire, 110, broadcasts_only=True)
    found = wire.analysis(tmp_path)
    assert len(found.exchanges) == len(bound(found)) == 3
    assert not beyond_info(found)


def test_two_taps_of_a_translation_are_one_network(tmp_path: Path) -> None:
    near, far = Wire(), Wire()
    for client in (1, 2):
        near.acquire(client, client, f"198.51.100.{20 + client}", vlan=10)
        far.now = near.now - 0.04 + _LAG
        far.acquire(client, client, f"198.51.100.{20 + client}", vlan=110)
        near.wait(3)
    files = []
    for name, wire in (("near.pcap", near), ("far.pcap", far)):
        (tmp_path / name).write_bytes(wire.pcap())
        files.append(Input(str(tmp_path / name)))
    found = analyze(files, Readers(recognise, named, tell=tell, spare=spare))
    assert len(found.exchanges) == len(bound(found)) == 2
    assert not beyond_info(found)


def test_one_hardware_address_in_two_vlans_stays_two_clients(tmp_path: Path) -> None:
    wire = Wire()
    for client in (1, 2):
        wire.acquire(client, client, f"198.51.100.{20 + client}", vlan=10)
    for _ in range(5):
        wire.send(DISCOVER, 1, 99, vlan=20)
        wire.wait(4)
    wire.renew(1, 7, "198.51.100.21", vlan=10)
    found = wire.analysis(tmp_path)
    assert bound(found) == ["00:00:5e:00:53:01", "00:00:5e:00:53:02"]
    assert beyond_info(found) == [("no-reply", Severity.ERROR)]
    assert not any("one network" in word for word in found.sources[0].problems)


def test_offers_that_do_not_cross_the_translation_are_told(tmp_path: Path) -> None:
    wire = Wire()
    for _ in range(5):
        since = len(wire.records)
        wire.send(DISCOVER, 1, 1, vlan=10)
        other_side(wire, 110, since)
        wire.send(OFFER, 1, 1, SERVER, ALL, yiaddr="198.51.100.21", server=SERVER, lease=3600, vlan=110)
        wire.wait(4)
    found = wire.analysis(tmp_path)
    assert beyond_info(found) == [("offers-not-taken", Severity.ERROR)]


def offers_only(wire: Wire, *, acknowledged: bool) -> None:
    """What comes down to the clients of a cable, by broadcast; their requests go up another way."""
    for turn in range(4):
        for client in (1, 2):
            address = f"198.51.100.{20 + client}"
            kind = OFFER if turn < 3 or not acknowledged else 5
            wire.send(kind, client, client, SERVER, ALL, yiaddr=address, server=SERVER, lease=3600)
        wire.wait(5)


def test_offers_without_sight_of_requests_are_no_error(tmp_path: Path) -> None:
    wire = Wire()
    offers_only(wire, acknowledged=False)
    found = wire.analysis(tmp_path)
    assert beyond_info(found) == [("offers-not-taken", Severity.WARNING)] * 2
    assert all("requests are not visible in this file" in f.message for f in found.findings)


def test_offers_that_are_acknowledged_in_the_end_are_nothing(tmp_path: Path) -> None:
    wire = Wire()
    offers_only(wire, acknowledged=True)
    assert not beyond_info(wire.analysis(tmp_path))


def test_a_broadcast_answer_to_somebody_else_does_not_show_that_answers_are_seen(tmp_path: Path) -> None:
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, broadcast=True)
        wire.wait(5)
    wire.wait(3e5)
    wire.send(OFFER, 9, 9, SERVER, ALL, yiaddr="198.51.100.29", server=SERVER, lease=3600, broadcast=True)
    assert beyond_info(wire.analysis(tmp_path)) == [("no-reply", Severity.WARNING)]


def test_a_broadcast_answer_to_a_neighbour_who_asked_shows_it(tmp_path: Path) -> None:
    wire = Wire()
    wire.send(DISCOVER, 9, 9, broadcast=True)
    wire.send(OFFER, 9, 9, SERVER, ALL, yiaddr="198.51.100.29", server=SERVER, lease=3600, broadcast=True)
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, broadcast=True)
        wire.wait(5)
    assert ("no-reply", Severity.ERROR) in beyond_info(wire.analysis(tmp_path))
