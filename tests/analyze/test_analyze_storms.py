"""Loops, bursts, clients that start over, servers that look for a relay in vain: each told, and its healthy neighbour not."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_wire import ACK, DISCOVER, OFFER, REQUEST, Wire, option

from labgen.dhcp.model import Finding

ADDRESS, SERVER, GIADDR, SENDER = "198.51.100.20", "192.0.2.10", "192.0.2.1", "00:0c:29:66:66:66"
MASK = option(1, b"\xff\xff\xff\0")


def told(wire: Wire, folder: Path) -> list[Finding]:
    return list(wire.analysis(folder).findings)


@pytest.mark.parametrize(
    ("times", "looped"), [(60, True), (2, False), (32, False)], ids=["loop", "mirror", "head-end"]
)
def test_frame_that_comes_again_and_again_is_a_loop(times: int, looped: bool, tmp_path: Path) -> None:
    wire = Wire()
    wire.send(DISCOVER, 1, 1, times=times)
    wire.wait(1)
    wire.acquire(1, 1, ADDRESS)
    found = [f for f in told(wire, tmp_path) if f.code == "frame-loop"]
    assert [f"one DISCOVER was captured {times} times" in f.message for f in found] == [True] * looped


def burst(served: int, clients: int, pause: float) -> Wire:
    wire = Wire()
    for client in range(1, clients + 1):
        address = f"198.51.100.{client}"
        wire.send(DISCOVER, client, client, source=SENDER)
        if client <= served:
            wire.send(
                OFFER, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600, more=MASK
            )
            wire.send(REQUEST, client, client, requested=address, server=SERVER, source=SENDER)
            wire.send(
                ACK, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600, more=MASK
            )
        wire.wait(pause)
    return wire


@pytest.mark.parametrize(
    ("served", "clients", "pause", "codes"),
    [(90, 120, 0.0, {"starvation"}), (120, 120, 0.0, set()), (30, 40, 0.0, set()), (90, 120, 1.0, set())],
    ids=["takes-them-all", "all-served", "few", "slow"],
)
def test_burst_behind_one_sender_that_takes_its_leases_uses_up_the_pool(
    served: int, clients: int, pause: float, codes: set[str], tmp_path: Path
) -> None:
    assert {f.code for f in told(burst(served, clients, pause), tmp_path)} & {"starvation"} == codes


def starts_over(times: int, pause: float, more: bytes) -> Wire:
    wire = Wire()
    for at in range(times):
        wire.send(DISCOVER, 1, 10 + at)
        wire.send(OFFER, 1, 10 + at, SERVER, ADDRESS, yiaddr=ADDRESS, server=SERVER, lease=86400, more=more)
        wire.send(REQUEST, 1, 10 + at, requested=ADDRESS, server=SERVER)
        wire.send(ACK, 1, 10 + at, SERVER, ADDRESS, yiaddr=ADDRESS, server=SERVER, lease=86400, more=more)
        wire.wait(pause)
    return wire


def test_client_that_starts_over_with_a_bare_ack_is_told_with_the_reason(tmp_path: Path) -> None:
    (found,) = [f for f in told(starts_over(5, 3.0, b""), tmp_path) if f.code == "renewal-loop"]
    assert "acquired afresh 5 times, every 3.0 s" in found.message
    assert "its ACKs have no subnet mask (option 1)" in found.message


def test_client_that_starts_over_with_a_whole_ack_is_told_without(tmp_path: Path) -> None:
    (found,) = [f for f in told(starts_over(5, 3.0, MASK), tmp_path) if f.code == "renewal-loop"]
    assert "mask" not in found.message


@pytest.mark.parametrize(("times", "pause"), [(3, 4.0), (4, 20.0)], ids=["boot-loader", "boot-stages"])
def test_stages_of_a_boot_are_no_loop(times: int, pause: float, tmp_path: Path) -> None:
    assert "renewal-loop" not in {f.code for f in told(starts_over(times, pause, MASK), tmp_path)}


def remembers(asked: int, answered: bool) -> Wire:
    wire = Wire()
    wire.acquire(2, 2, "198.51.100.30")
    for at in range(asked):
        wire.send(REQUEST, 1, 7, requested="203.0.113.44")
        wire.wait(4.0 * (at + 1))
    if answered:
        wire.acquire(1, 8, ADDRESS)
    return wire


def test_remembered_address_that_nobody_refuses_is_a_note(tmp_path: Path) -> None:
    (found,) = [f for f in told(remembers(3, answered=True), tmp_path) if f.code == "answered-late"]
    assert found.severity == "info"
    assert (
        "3 REQUESTs for 203.0.113.44, which it had before, were neither acknowledged nor refused"
        in found.message
    )


def test_remembered_address_that_is_given_again_is_none(tmp_path: Path) -> None:
    assert "answered-late" not in {f.code for f in told(remembers(1, answered=True), tmp_path)}


def seeks(answers: bool, times: int) -> Wire:
    wire = Wire()
    wire.acquire(2, 2, "198.51.100.30")
    for _ in range(4):
        wire.send(DISCOVER, 1, 9, GIADDR, SERVER, giaddr=GIADDR, hops=1)
        for _ in range(times):
            wire.arp("00:00:5e:00:53:fe", SERVER, GIADDR)
        if answers:
            wire.arp("00:00:5e:00:53:fd", GIADDR, SERVER)
        wire.wait(8)
    return wire


def test_relay_that_a_server_seeks_in_vain_is_told(tmp_path: Path) -> None:
    (found,) = [f for f in told(seeks(False, 3), tmp_path) if f.code == "server-unreachable"]
    assert (
        f"ARP: {SERVER} asks 12 times who has {GIADDR}, the relay's address, and nobody answers"
        in found.message
    )
    assert all(item.frame for item in found.evidence)


@pytest.mark.parametrize(("answers", "times"), [(True, 3), (False, 0)], ids=["answered", "not-asked"])
def test_relay_that_answers_or_is_not_sought_is_none(answers: bool, times: int, tmp_path: Path) -> None:
    assert "server-unreachable" not in {f.code for f in told(seeks(answers, times), tmp_path)}
