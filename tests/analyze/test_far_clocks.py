"""Captures whose clocks are further apart than the captures are long: laid on each other on proof, else left, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_wire import ACK, ALL, ANY, DISCOVER, OFFER, REQUEST, Wire

from labgen.devices.formats import named, recognise, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.model import Analysis

SERVER, GIADDR = "192.0.2.10", "198.51.100.1"


def told(folder: Path, **wires: Wire) -> Analysis:
    """The analysis of one capture for each wire, in order of their names."""
    inputs = []
    for name, wire in sorted(wires.items()):
        file = folder / f"{name}.pcap"
        file.write_bytes(wire.pcap())
        inputs.append(Input(str(file)))
    return analyze(inputs, Readers(recognise, named, tell=tell))


def said(analysis: Analysis) -> list[str]:
    return [problem for source in analysis.sources for problem in source.problems]


def both_sides(clients: int, apart: float) -> tuple[Wire, Wire]:
    """A tap before a relay and one behind it, `apart` seconds by their clocks."""
    before, behind = Wire(), Wire()
    for client in range(1, clients + 1):
        address = f"198.51.100.{20 + client}"
        for kind in (DISCOVER, OFFER, REQUEST, ACK):
            reply = kind in (OFFER, ACK)
            first, second = (behind, before) if reply else (before, behind)
            for wire in (first, second):
                if wire is second:
                    second.now = first.now + (-apart if reply else apart)
                on_link = wire is before
                ends = (GIADDR, address) if reply and on_link else (SERVER, GIADDR) if reply else (ANY, ALL)
                wire.send(
                    kind,
                    client,
                    0x71C0FFEE + 977 * client,
                    *(ends if on_link or reply else (GIADDR, SERVER)),
                    giaddr=ANY if on_link and not reply else GIADDR,
                    yiaddr=address if reply else ANY,
                    requested=address if kind == REQUEST else None,
                    server=SERVER if kind != DISCOVER else None,
                    lease=3600 if reply else None,
                    hops=0 if on_link and not reply else 1,
                )
        before.wait(3)
    return before, behind


@pytest.mark.parametrize("apart", [5000.0, -86_400.0, 1_741_000_000.0 - 86_400.0])
def test_one_acquisition_on_both_sides_of_a_relay_proves_the_distance(apart: float, tmp_path: Path) -> None:
    before, behind = both_sides(1, apart)
    found = told(tmp_path, a=before, b=behind)
    assert [(e.outcome, len(e.messages)) for e in found.exchanges] == [("bound", 8)]
    (line,) = said(found)
    assert line.startswith("its clock was moved by ")
    assert found.sources[1].clock_offset == pytest.approx(-apart, abs=0.02)
    assert not found.findings


def test_order_on_both_sides_of_the_relay_is_kept(tmp_path: Path) -> None:
    before, behind = both_sides(2, 7200.0)
    found = told(tmp_path, a=before, b=behind)
    for exchange in found.exchanges:
        assert [(m.node, m.type.value) for m in exchange.messages] == [
            ("a", "DISCOVER"), ("b", "DISCOVER"), ("b", "OFFER"), ("a", "OFFER"),
            ("a", "REQUEST"), ("b", "REQUEST"), ("b", "ACK"), ("a", "ACK"),
        ]  # fmt: skip


def test_two_clients_at_one_place_prove_the_distance(tmp_path: Path) -> None:
    one, other = Wire(), Wire()
    other.now += 40_000
    for wire in (one, other):
        for client in (1, 2):
            wire.acquire(client, 0x4000 + client, f"198.51.100.{20 + client}")
            wire.wait(4)
    found = told(tmp_path, a=one, b=other)
    assert [(e.outcome, len(e.messages)) for e in found.exchanges] == [("bound", 8)] * 2
    assert found.sources[1].clock_offset == pytest.approx(-40_000)


def renewals_under_one_xid(start: float) -> Wire:
    """Clients that keep the xid of their acquisition renew it every half hour, in files of one tap that follow each other."""
    wire = Wire()
    wire.now += start
    for client in (1, 2, 3):
        wire.renew(client, 0x5000 + client, f"198.51.100.{20 + client}")
        wire.wait(2)
    return wire


def test_renewals_at_equal_distances_are_no_proof(tmp_path: Path) -> None:
    found = told(tmp_path, a=renewals_under_one_xid(0), b=renewals_under_one_xid(1800))
    assert [(e.kind, e.outcome, len(e.messages)) for e in found.exchanges] == [("renew", "renewed", 2)] * 6
    assert [source.clock_offset for source in found.sources] == [0.0, 0.0]
    assert not any("was moved" in line for line in said(found))
    assert not found.findings


def test_what_is_too_little_to_prove_a_distance_is_said(tmp_path: Path) -> None:
    found = told(tmp_path, a=renewals_under_one_xid(0), b=renewals_under_one_xid(1800))
    (line,) = said(found)
    assert "its clock cannot be compared with that of" in line
    assert "6 messages are in both, -1800 s apart" in line
    assert line.endswith("times are as written")


def test_rotated_files_that_share_a_request_sent_again_are_left_alone(tmp_path: Path) -> None:
    one, other = Wire(), Wire()
    one.send(DISCOVER, 1, 0x6001)
    other.now = one.now + 4
    other.acquire(1, 0x6001, "198.51.100.21")
    found = told(tmp_path, a=one, b=other)
    assert [(e.outcome, len(e.messages)) for e in found.exchanges] == [("bound", 5)]
    assert said(found) == []


def test_files_without_a_common_message_are_left_alone_and_nothing_is_said(tmp_path: Path) -> None:
    one, other = Wire(), Wire()
    one.acquire(1, 0x6101, "198.51.100.21")
    other.now += 9000
    other.acquire(2, 0x6102, "198.51.100.22")
    found = told(tmp_path, a=one, b=other)
    assert [source.clock_offset for source in found.sources] == [0.0, 0.0]
    assert said(found) == []


def test_one_client_at_one_place_is_no_proof(tmp_path: Path) -> None:
    """A device without random numbers takes the same xid after each power cycle."""
    one, other = Wire(), Wire()
    other.now += 3600
    for wire in (one, other):
        wire.acquire(1, 0x6201, "198.51.100.21")
    found = told(tmp_path, a=one, b=other)
    assert [(e.outcome, len(e.messages)) for e in found.exchanges] == [("bound", 4)] * 2
    assert "was moved" not in " ".join(said(found))
