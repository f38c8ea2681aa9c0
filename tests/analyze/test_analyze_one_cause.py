"""One cause, one finding, and of the right party: times no client can keep, RELEASEs of somebody else, a VLAN without answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_wire import ACK, DISCOVER, OFFER, RELEASE, REQUEST, Wire, option

from labgen.dhcp.model import ExchangeOutcome

A, SERVER, OTHER, ROUTER = "198.51.100.20", "198.51.100.2", "00:0c:29:66:66:66", "00:00:5e:00:53:fe"
MASK = option(1, b"\xff\xff\xff\0")


def times(renewal: int, rebinding: int) -> bytes:
    return MASK + option(58, renewal.to_bytes(4, "big")) + option(59, rebinding.to_bytes(4, "big"))


def again(lease: int, pause: float, more: bytes, renews: bool) -> Wire:
    wire = Wire()
    for at in range(5):
        wire.send(DISCOVER, 1, 10 + at)
        wire.send(OFFER, 1, 10 + at, SERVER, A, yiaddr=A, server=SERVER, lease=lease, more=more)
        wire.send(REQUEST, 1, 10 + at, requested=A, server=SERVER)
        wire.send(ACK, 1, 10 + at, SERVER, A, yiaddr=A, server=SERVER, lease=lease, more=more)
        if renews:
            wire.wait(1)
            wire.renew(1, 30 + at, A, SERVER)
        wire.wait(pause)
    return wire


@pytest.mark.parametrize(
    ("lease", "pause", "more", "codes"),
    [
        (0, 5.0, MASK, {"lease-unusable"}),
        (600, 601.0, times(3600, 5400), {"lease-unusable"}),
        (600, 603.0, times(300, 700), {"lease-unusable"}),
        (600, 601.0, times(300, 525), {"renewal-loop"}),
        (3600, 3.0, times(4000, 5000), {"lease-unusable", "renewal-loop"}),
    ],
    ids=["zero", "T1", "T2", "sound", "long before its end"],
)
def test_lease_that_no_client_can_keep_is_one_finding(
    lease: int, pause: float, more: bytes, codes: set[str], tmp_path: Path
) -> None:
    assert {f.code for f in again(lease, pause, more, renews=False).analysis(tmp_path).findings} == codes


def released(sender: str | None, other: str | None = None, vlan: int | None = None) -> Wire:
    """A lease, and a RELEASE from this Ethernet address; `other`: from which the client sends all else."""
    wire = Wire()
    wire.send(DISCOVER, 1, 1, source=other)
    wire.send(OFFER, 1, 1, SERVER, A, yiaddr=A, server=SERVER, lease=3600, more=MASK)
    wire.send(REQUEST, 1, 1, requested=A, server=SERVER, source=other)
    wire.send(ACK, 1, 1, SERVER, A, yiaddr=A, server=SERVER, lease=3600, more=MASK)
    wire.wait(30)
    wire.send(RELEASE, 1, 2, A, SERVER, ciaddr=A, server=SERVER, source=sender, vlan=vlan)
    return wire


@pytest.mark.parametrize(
    ("sender", "other", "vlan", "forged"),
    [
        (OTHER, None, None, True),
        (None, None, None, False),
        (ROUTER, None, None, False),
        (OTHER, OTHER, None, False),
        (OTHER, None, 9, False),
    ],
    ids=["forged", "own", "routed", "bridge that has its own address", "routed to another VLAN"],
)
def test_release_of_somebody_else_is_told(
    sender: str | None, other: str | None, vlan: int | None, forged: bool, tmp_path: Path
) -> None:
    found = [
        f for f in released(sender, other, vlan).analysis(tmp_path).findings if f.code == "release-forged"
    ]
    assert [OTHER in f.message and A in f.message for f in found] == [True] * forged


@pytest.mark.parametrize("leased", [True, False])
def test_who_was_given_the_address_after_another_has_a_lease_for_it(leased: bool, tmp_path: Path) -> None:
    wire = released(OTHER)
    wire.arp("00:00:5e:00:53:01", A, SERVER)
    if leased:
        wire.acquire(2, 3, A, SERVER)
    wire.arp("00:00:5e:00:53:02", A, A)
    wire.arp("00:00:5e:00:53:01", A, SERVER)
    codes = {f.code for f in wire.analysis(tmp_path).findings}
    assert "release-forged" in codes
    assert ("address-conflict" in codes) is not leased


def phone(ends_served: bool, voice: int = 110) -> Wire:
    """A phone that asks in its voice VLAN in vain, and untagged with success, in turn."""
    wire, xid = Wire(), 1
    wire.acquire(1, xid, A, SERVER)
    for turn in range(2):
        wire.send(RELEASE, 1, 100 + turn, A, SERVER, ciaddr=A, server=SERVER)
        xid += 1
        for pause in (4, 8, 16):
            wire.send(DISCOVER, 1, xid, vlan=voice)
            wire.wait(pause)
        xid += 1
        if turn == 0 or ends_served:
            wire.acquire(1, xid, A, SERVER)
    return wire


@pytest.mark.parametrize("ends_served", [True, False])
def test_discovers_of_a_vlan_are_not_answered_by_what_comes_untagged(
    ends_served: bool, tmp_path: Path
) -> None:
    found = phone(ends_served).analysis(tmp_path)
    bound = [e for e in found.exchanges if e.outcome is ExchangeOutcome.BOUND]
    waits = [e for e in found.exchanges if e.outcome is ExchangeOutcome.NO_REPLY]
    assert [e.segment.vlan for e in bound] == [None] * (3 if ends_served else 2)
    assert [e.segment.vlan for e in waits] == [110, 110]
    told = [f.message for f in found.findings if f.code == "no-reply"]
    assert ["asks in VLAN 110, where nobody answers it, and is served untagged" in text for text in told] == [
        True
    ] * (not ends_served)
    assert "answered-late" not in {f.code for f in found.findings}
