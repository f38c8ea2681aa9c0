"""Captures that do not show the answers, or show why they do not come: what is concluded from that, and what is not."""

from __future__ import annotations

import struct
from pathlib import Path
from socket import inet_aton

import analyze_text
import pytest
from analyze_wire import ACK, RELEASE, REQUEST, Wire

OWN, OTHER, SERVER, GATEWAY = "198.51.100.30", "198.51.100.20", "192.0.2.10", "198.51.100.1"


def renewals(every: float, times: int) -> Wire:
    """A client whose renewals are seen and not answered, beside one whose answers are seen; leases of an hour."""
    wire = Wire()
    wire.acquire(2, 1, OTHER)
    for at in range(times):
        wire.wait(every)
        wire.send(REQUEST, 1, 0x100 + at, OWN, SERVER, ciaddr=OWN)
        wire.renew(2, 0x200 + at, OTHER)
    wire.acquire(3, 2, "198.51.100.21")
    return wire


def test_renewals_that_outlive_the_lease_were_answered_elsewhere(tmp_path: Path) -> None:
    told = renewals(1800, 6).analysis(tmp_path)
    assert [f.code for f in told.findings if f.severity != "info"] == []
    assert sum(e.kind == "renew" and e.client.mac == "00:00:5e:00:53:01" for e in told.exchanges) == 6


def test_renewals_within_one_lease_are_missed_answers(tmp_path: Path) -> None:
    told = renewals(600, 6).analysis(tmp_path)
    (finding,) = (f for f in told.findings if f.severity != "info")
    assert (finding.code, finding.client) == ("renew-unanswered", "00:00:5e:00:53:01")


def icmp(wire: Wire, sender: str, code: int) -> None:
    """An ICMP error (destination unreachable) about the last packet, sent to whoever sent that."""
    about = wire.records[-1][1][14:]
    body = struct.pack(">BBHI", 3, code, 0, 0) + about[:48]
    head = (
        struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 9, 0, 64, 1, 0) + inet_aton(sender) + about[12:16]
    )
    wire.records.append((wire.now, b"\xff" * 6 + bytes.fromhex("00005e0053fe") + b"\x08\x00" + head + body))
    wire.now += 0.01


def refused(sender: str, code: int, *, answered: bool) -> Wire:
    """A lease, then renewals that somebody refuses; with `answered` the server answers one of them in the end."""
    wire = Wire()
    wire.acquire(1, 1, OWN)
    wire.wait(1800)
    for _ in range(3):
        wire.send(REQUEST, 1, 2, OWN, SERVER, ciaddr=OWN)
        icmp(wire, sender, code)
        wire.wait(60)
    if answered:
        wire.send(REQUEST, 1, 2, OWN, SERVER, ciaddr=OWN)
        wire.send(ACK, 1, 2, SERVER, OWN, ciaddr=OWN, yiaddr=OWN, server=SERVER, lease=3600)
    return wire


def test_refusal_on_the_way_to_a_server_that_answered_before_is_told(tmp_path: Path) -> None:
    told = refused(GATEWAY, 13, answered=False).analysis(tmp_path)
    (finding,) = (f for f in told.findings if f.code == "server-unreachable")
    assert "3 times: ICMP from 198.51.100.1: 192.0.2.10 UDP port 67" in finding.message
    assert "prohibited" in finding.message
    assert [item.frame for item in finding.evidence] == [6, 8, 10]


@pytest.mark.parametrize(
    ("sender", "code"), [(GATEWAY, 13), (GATEWAY, 1), (SERVER, 3)], ids=["prohibited", "no-host", "own-port"]
)
def test_refusal_is_over_where_the_server_answers_afterwards(tmp_path: Path, sender: str, code: int) -> None:
    told = refused(sender, code, answered=True).analysis(tmp_path)
    assert [f.code for f in told.findings if f.severity != "info"] == []


def test_kernel_of_a_server_whose_program_ended_is_quoted(tmp_path: Path) -> None:
    told = refused(SERVER, 3, answered=False).analysis(tmp_path)
    (finding,) = (f for f in told.findings if f.code == "server-unreachable")
    assert "192.0.2.10 UDP port 67: port unreachable" in finding.message


def test_kernel_beside_a_server_that_takes_a_release_says_nothing(tmp_path: Path) -> None:
    wire = Wire()
    wire.acquire(1, 1, OWN)
    wire.wait(60)
    wire.send(RELEASE, 1, 2, OWN, SERVER, ciaddr=OWN, server=SERVER)
    icmp(wire, SERVER, 3)
    assert [f.code for f in wire.analysis(tmp_path).findings] == []


def acknowledged_again(broken: bool) -> Wire:
    """A client that repeats a REQUEST although each is acknowledged; with `broken` the UDP checksum of the ACKs is wrong."""
    wire = Wire()
    wire.acquire(1, 1, OWN)
    for _ in range(3):
        wire.wait(8)
        wire.send(REQUEST, 1, 1, requested=OWN, server=SERVER)
        wire.send(ACK, 1, 1, SERVER, OWN, yiaddr=OWN, server=SERVER, lease=3600)
    if broken:
        wire.records = [
            (time, frame[:40] + b"\x12\x34" + frame[42:] if frame[34:38] == b"\0\x43\0\x44" else frame)
            for time, frame in wire.records
        ]
    return wire


@pytest.mark.parametrize(
    ("broken", "why"), [(True, "its UDP checksum is wrong"), (False, "it is lost behind")]
)
def test_acks_that_are_not_taken_for_their_checksum_are_told_so(
    tmp_path: Path, broken: bool, why: str
) -> None:
    (finding,) = (f for f in acknowledged_again(broken).analysis(tmp_path).findings if f.severity != "info")
    assert finding.code == "acks-not-taken"
    assert why in finding.message
    assert ("checksum" in finding.message) is broken


def walk(step: int, *, behind_one: bool) -> Wire:
    """Thirty hardware addresses that ask, without DISCOVER, each for an address; a server gives them, twice around."""
    wire = Wire()
    for turn in range(2):
        for at in range(30):
            client, address = 30 * turn + at + 1, f"198.51.100.{10 + at * step}"
            source = "00:00:5e:00:53:f0" if behind_one else None
            wire.send(REQUEST, client, client, requested=address, source=source)
            wire.send(ACK, client, client, SERVER, address, yiaddr=address, server=SERVER, lease=3600)
            wire.wait(0.2)
    return wire


def test_sender_that_asks_for_one_address_after_the_other_uses_up_a_pool(tmp_path: Path) -> None:
    told = walk(1, behind_one=True).analysis(tmp_path)
    codes = [f.code for f in told.findings if f.severity != "info"]
    assert codes == ["double-lease", "starvation"]
    twice, crowd = (f for f in told.findings if f.severity != "info")
    assert "30 addresses were given to a second client" in twice.message
    assert "00:00:5e:00:53:f0 asks for 30 hardware addresses" in crowd.message
    assert "198.51.100.10 to 198.51.100.39" in crowd.message


@pytest.mark.parametrize(
    ("step", "behind_one"), [(7, True), (1, False)], ids=["behind-a-bridge", "each-for-itself"]
)
def test_many_clients_that_come_back_are_no_crowd(tmp_path: Path, step: int, behind_one: bool) -> None:
    told = walk(step, behind_one=behind_one).analysis(tmp_path)
    assert "starvation" not in [f.code for f in told.findings]


@pytest.mark.parametrize(
    ("tag", "segment"), [(0xE000, "VLAN 10"), (0xE014, "VLAN 20")], ids=["priority", "other"]
)
def test_priority_tag_is_no_vlan(tmp_path: Path, tag: int, segment: str) -> None:
    """A port's side and the trunk's side of a switch: the port sends with a priority (IEEE 802.1Q, VLAN 0), or in a VLAN of its own."""
    wire = Wire()
    wire.acquire(1, 1, OWN, vlan=10)
    tagged = b"\x81\x00" + tag.to_bytes(2, "big")
    wire.records = [
        (time, frame[:12] + tagged + frame[16:] if at % 2 == 0 else frame)
        for at, (time, frame) in enumerate(wire.records)
    ]
    (exchange,) = wire.analysis(tmp_path).exchanges
    assert (str(exchange.segment), exchange.outcome.value) == (segment, "bound")


def test_priority_tag_within_a_tag_leaves_the_vlan_alone(tmp_path: Path) -> None:
    wire = Wire()
    wire.acquire(1, 1, OWN, vlan=10)
    wire.records = [(time, frame[:16] + b"\x81\x00\xe0\x00" + frame[16:]) for time, frame in wire.records]
    (exchange,) = wire.analysis(tmp_path).exchanges
    assert str(exchange.segment) == "VLAN 10"


def client_log(server: str, later: str, answered: bool) -> str:
    """A client's log without times: bound, then three unicast REQUESTs, then one to everybody."""
    lines = [
        "DHCPREQUEST for 198.51.100.20 on ens3 to 255.255.255.255 port 67",
        f"DHCPACK of 198.51.100.20 from {server}",
        "bound to 198.51.100.20 -- renewal in 1600 seconds.",
        *[f"DHCPREQUEST for 198.51.100.20 on ens3 to {server} port 67"] * 3,
    ]
    if answered:
        lines.append(f"DHCPACK of 198.51.100.20 from {server}")
    else:
        lines.append("DHCPREQUEST for 198.51.100.20 on ens3 to 255.255.255.255 port 67")
        lines.append(f"DHCPACK of 198.51.100.20 from {later}")
    return "\n".join([*lines, "bound to 198.51.100.20 -- renewal in 1700 seconds.", ""])


def test_rebinding_in_a_log_without_times_follows_unanswered_renewals(tmp_path: Path) -> None:
    told = analyze_text.told(client_log("192.0.2.2", "192.0.2.3", answered=False), tmp_path, "pc.log")
    assert [e.kind.value for e in told.exchanges] == ["acquire", "renew", "rebind"]
    (finding,) = told.findings
    assert finding.code == "renew-unanswered"
    assert "sent to 192.0.2.2; the rebinding was answered by 192.0.2.3" in finding.message


def test_renewal_that_is_answered_at_the_third_time_is_no_rebinding(tmp_path: Path) -> None:
    told = analyze_text.told(client_log("192.0.2.2", "192.0.2.3", answered=True), tmp_path, "pc.log")
    assert [e.kind.value for e in told.exchanges] == ["acquire", "renew"]
    assert [f.code for f in told.findings] == []
