"""Packets that go astray: what the packets themselves, or a second capture, tell of why a client does not get on; and what they do not."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from socket import inet_aton

import pytest
from analyze_offers import GATEWAY, SERVER, bound_to, net
from analyze_wire import ACK, ALL, DISCOVER, INFORM, OFFER, REQUEST, Wire, option

from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.model import Finding, Severity

CLIENT, STRANGER = "00:00:5e:00:53:01", "00:00:5e:00:53:99"
ADDRESS = "198.51.100.21"
_IP = 14


def octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def beyond_info(folder: Path, **wires: Wire) -> list[Finding]:
    files = []
    for name, wire in wires.items():
        (folder / f"{name}.pcap").write_bytes(wire.pcap())
        files.append(Input(str(folder / f"{name}.pcap")))
    found = analyze(files, Readers(recognise, named, tell=tell, spare=spare))
    return [f for f in found.findings if f.severity is not Severity.INFO]


def changed(wire: Wire, change: Callable[[bytes], bytes]) -> None:
    time, frame = wire.records[-1]
    wire.records[-1] = (time, change(frame))


def to_machine(mac: str) -> Callable[[bytes], bytes]:
    return lambda frame: octets(mac) + frame[6:]


def first_fragment(frame: bytes) -> bytes:
    """The first 296 octets of the IP packet's payload, the others to follow."""
    head = frame[_IP : _IP + 20]
    return frame[:_IP] + head[:2] + struct.pack(">H", 316) + head[4:6] + b"\x20\0" + head[8:] + frame[34:330]


def with_checksum(wrong: int = 0) -> Callable[[bytes], bytes]:
    """The UDP checksum (RFC 768) of a frame filled in, or made wrong."""

    def change(frame: bytes) -> bytes:
        udp = frame[34:]
        words = frame[26:34] + struct.pack(">HH", 17, len(udp)) + udp + b"\0" * (len(udp) % 2)
        total = sum(struct.unpack(f">{len(words) // 2}H", words))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return frame[:40] + struct.pack(">H", ((~total & 0xFFFF) ^ wrong) or 0xFFFF) + frame[42:]

    return change


def offered_in_vain(change: Callable[[bytes], bytes] = bytes, more: bytes = b"") -> Wire:
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1)
        wire.send(OFFER, 1, 1, SERVER, ADDRESS, yiaddr=ADDRESS, server=SERVER, lease=3600, more=more)
        changed(wire, change)
        wire.wait(4)
    return wire


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        (
            offered_in_vain(to_machine(STRANGER)),
            "its frame goes to 00:00:5e:00:53:99, which is not the client",
        ),
        (offered_in_vain(more=b"\x03\x28\x0a\x01"), "option 3 runs past the end of the packet"),
        (
            offered_in_vain(first_fragment, option(43, bytes(200))),
            "the other fragments of its IP packet are not in the file",
        ),
    ],
    ids=["other-machine", "malformed", "fragment"],
)
def test_offer_says_itself_why_nobody_takes_it(tmp_path: Path, wire: Wire, says: str) -> None:
    (found,) = beyond_info(tmp_path, tap=wire)
    assert (found.code, found.severity) == ("offers-not-taken", Severity.ERROR)
    assert says in found.message


def test_offer_to_the_client_itself_has_nothing_against_it(tmp_path: Path) -> None:
    (found,) = beyond_info(tmp_path, tap=offered_in_vain(to_machine(CLIENT)))
    assert "cannot be used" not in found.message


def relayed_in_vain(to: str) -> Wire:
    """A relay that sends from its uplink's address."""
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, "192.0.2.1", SERVER, hops=1, giaddr=GATEWAY)
        given = {"giaddr": GATEWAY, "yiaddr": ADDRESS, "server": SERVER, "lease": 3600}
        wire.send(OFFER, 1, 1, SERVER, to, ports=(67, 67), **given)  # type: ignore[arg-type]
        wire.wait(4)
    return wire


def test_offer_to_the_relays_other_address_is_told(tmp_path: Path) -> None:
    (found,) = beyond_info(tmp_path, tap=relayed_in_vain("192.0.2.1"))
    assert "it was sent to 192.0.2.1, from which the relay asked, not to giaddr 198.51.100.1" in found.message
    (found,) = beyond_info(tmp_path, tap=relayed_in_vain(GATEWAY))
    assert "from which the relay asked" not in found.message
    assert "UDP port" not in found.message


def test_offers_in_another_vlan_than_their_discovers_are_told(tmp_path: Path) -> None:
    wire = Wire()
    for _ in range(4):
        wire.send(DISCOVER, 1, 1, vlan=10)
        wire.send(DISCOVER, 1, 1, GATEWAY, SERVER, hops=1, giaddr=GATEWAY)
        given = {"giaddr": GATEWAY, "yiaddr": ADDRESS, "server": SERVER, "lease": 3600}
        wire.send(OFFER, 1, 1, SERVER, GATEWAY, **given)  # type: ignore[arg-type]
        wire.send(OFFER, 1, 1, GATEWAY, ADDRESS, vlan=20, **given)  # type: ignore[arg-type]
        wire.wait(4)
    (found,) = beyond_info(tmp_path, tap=wire)
    assert "the DISCOVERs are in VLAN 10, the OFFERs in VLAN 20 alone" in found.message


def test_two_captures_tell_where_offers_are_lost(tmp_path: Path) -> None:
    server, client = offered_in_vain(), Wire()
    client.records = [record for record in server.records if record[1][42] == 1]
    (found,) = beyond_info(tmp_path, server=server, client=client)
    assert (
        "client.pcap shows the DISCOVERs and not the OFFERs: they are lost on the way there" in found.message
    )


def test_answers_that_come_back_to_another_relay_are_told(tmp_path: Path) -> None:
    both = relayed_in_vain(GATEWAY)
    leaf1, leaf2 = Wire(), Wire()
    for time, frame in both.records:
        source = frame[:26] + inet_aton(GATEWAY) + frame[30:] if frame[42] == 1 else frame
        (leaf1 if frame[42] == 1 else leaf2).records.append((time, source))
    (found,) = beyond_info(tmp_path, leaf1=leaf1, leaf2=leaf2)
    assert (
        "leaf1.pcap shows the DISCOVERs and not the OFFERs: they come back elsewhere, as leaf2.pcap shows, which has "
        "none of the DISCOVERs: is giaddr" in found.message
    )


def asked_with_checksums(wrong: int, *, others_wrong: bool) -> Wire:
    """One client with that checksum in vain, beside two that are served."""
    wire = Wire()
    for client in (2, 3):
        since = len(wire.records)
        wire.acquire(client, client, f"198.51.100.{20 + client}")
        for at in range(since, len(wire.records)):
            time, frame = wire.records[at]
            spoiled = 0x1357 if others_wrong else 0
            wire.records[at] = (time, with_checksum(spoiled)(frame) if frame[42] == 1 else frame)
    for _ in range(4):
        wire.send(DISCOVER, 1, 1)
        changed(wire, with_checksum(wrong))
        wire.wait(4)
    return wire


@pytest.mark.parametrize(
    ("wrong", "others_wrong", "told"),
    [(0x1357, False, True), (0, False, False), (0x1357, True, False)],
    ids=["its-own", "right", "everybody's"],
)
def test_wrong_checksum_of_requests_is_told_where_it_is_theirs_alone(
    tmp_path: Path, wrong: int, others_wrong: bool, told: bool
) -> None:
    (found,) = beyond_info(tmp_path, tap=asked_with_checksums(wrong, others_wrong=others_wrong))
    assert found.code == "no-reply"
    assert ("the UDP checksum of its requests is wrong" in found.message) is told


def seconds(code: int, value: int) -> bytes:
    return option(code, value.to_bytes(4, "big"))


@pytest.mark.parametrize(
    ("renewal", "rebinding", "says"),
    [
        (3000, 2000, "its rebinding time (option 59, 2000 s) is before its renewal time (option 58, 3000 s)"),
        (1800, 7200, "its rebinding time (option 59, 7200 s) is not before the end of the lease (3600 s)"),
        (3240, 3420, None),
        (1800, 3150, None),
    ],
)
def test_times_that_no_client_can_keep_are_told(
    tmp_path: Path, renewal: int, rebinding: int, says: str | None
) -> None:
    wire = Wire()
    bound_to(wire, 1, ADDRESS, net(GATEWAY, more=seconds(58, renewal) + seconds(59, rebinding)))
    assert [f.message.partition(": ")[2] for f in beyond_info(tmp_path, tap=wire)] == ([says] if says else [])


def probed(answer: bool, *, sender: str = STRANGER) -> Wire:
    """A client that asks by ARP whether anybody has the address it was given (RFC 5227)."""
    wire = Wire()
    wire.acquire(1, 1, ADDRESS)
    wire.arp(CLIENT, "0.0.0.0", ADDRESS)
    if answer:
        body = b"\0\1\x08\0\6\4\0\2" + octets(sender) + inet_aton(ADDRESS) + octets(CLIENT) + bytes(4)
        wire.records.append((wire.now, octets(CLIENT) + octets(sender) + b"\x08\x06" + body))
    return wire


def test_answer_to_the_probe_of_a_bound_client_is_a_conflict(tmp_path: Path) -> None:
    (found,) = beyond_info(tmp_path, tap=probed(answer=True))
    assert (found.code, found.severity) == ("address-conflict", Severity.WARNING)
    assert f"{STRANGER} answers {CLIENT}, which was given {ADDRESS}" in found.message


def test_probe_without_answer_or_of_ones_own_is_none(tmp_path: Path) -> None:
    assert not beyond_info(tmp_path, tap=probed(answer=False))
    assert not beyond_info(tmp_path, tap=probed(answer=True, sender=CLIENT))


def informs(count: int, pause: float) -> Wire:
    wire = Wire()
    for turn in range(count):
        wire.send(INFORM, 1, 100 + turn, ADDRESS, ALL, ciaddr=ADDRESS)
        wire.send(ACK, 1, 100 + turn, SERVER, ADDRESS, ciaddr=ADDRESS, server=SERVER)
        wire.wait(pause)
    return wire


def test_inform_after_inform_is_a_storm(tmp_path: Path) -> None:
    (found,) = beyond_info(tmp_path, tap=informs(40, 1))
    assert (found.code, found.severity) == ("inform-storm", Severity.WARNING)
    assert f"{ADDRESS} sent 40 INFORMs, every 1.0 s" in found.message


@pytest.mark.parametrize(("count", "pause"), [(8, 1), (40, 60)])
def test_some_informs_are_none(tmp_path: Path, count: int, pause: float) -> None:
    assert not beyond_info(tmp_path, tap=informs(count, pause))


def chained(overwrites: bool, address: str) -> Wire:
    """A relay that sends to a second one, which leaves giaddr alone or puts its own address there."""
    wire = Wire()
    second = "203.0.113.1"
    for kind, answer in ((DISCOVER, OFFER), (REQUEST, ACK)):
        asked = {"requested": address, "server": SERVER} if kind == REQUEST else {}
        giaddr = second if overwrites else GATEWAY
        wire.send(kind, 1, 1, GATEWAY, second, hops=1, giaddr=GATEWAY, **asked)  # type: ignore[arg-type]
        wire.send(kind, 1, 1, second, SERVER, hops=2, giaddr=giaddr, **asked)  # type: ignore[arg-type]
        given = {"giaddr": giaddr, "yiaddr": address, "server": SERVER, "lease": 3600}
        wire.send(answer, 1, 1, SERVER, giaddr, more=net(None), **given)  # type: ignore[arg-type]
    return wire


def test_relay_that_overwrites_giaddr_is_told(tmp_path: Path) -> None:
    (found,) = beyond_info(tmp_path, tap=chained(overwrites=True, address="203.0.113.21"))
    assert found.code == "giaddr-replaced"
    assert "203.0.113.1 put 203.0.113.1 in place of the giaddr 198.51.100.1" in found.message


@pytest.mark.parametrize(
    ("overwrites", "address"), [(False, ADDRESS), (True, ADDRESS)], ids=["chain", "served-all-the-same"]
)
def test_relay_chain_that_serves_the_client_is_nothing(
    tmp_path: Path, overwrites: bool, address: str
) -> None:
    assert not beyond_info(tmp_path, tap=chained(overwrites, address))


@pytest.mark.parametrize(("source", "told"), [("198.51.100.2", True), ("203.0.113.9", False)])
def test_server_identifier_that_nobody_answers_at_is_told(tmp_path: Path, source: str, told: bool) -> None:
    identifier = "203.0.113.9"
    wire = Wire()
    wire.send(DISCOVER, 1, 1)
    for kind in (OFFER, ACK):
        given = {"yiaddr": ADDRESS, "server": identifier, "lease": 3600}
        wire.send(kind, 1, 1, source, ADDRESS, **given)  # type: ignore[arg-type]
        if kind == OFFER:
            wire.send(REQUEST, 1, 1, requested=ADDRESS, server=identifier)
    wire.wait(1800)
    for _ in range(3):
        wire.send(REQUEST, 1, 2, ADDRESS, identifier, ciaddr=ADDRESS)
        wire.wait(300)
    wire.send(REQUEST, 1, 2, ADDRESS, ALL, ciaddr=ADDRESS)
    wire.send(ACK, 1, 2, source, ADDRESS, ciaddr=ADDRESS, yiaddr=ADDRESS, server=identifier, lease=3600)
    (found,) = beyond_info(tmp_path, tap=wire)
    assert found.code == "renew-unanswered"
    assert (f"which sends from {source}: do clients reach {identifier}" in found.message) is told


@pytest.mark.parametrize(("full", "says"), [(True, "answered 2 other clients before"), (False, None)])
def test_server_that_answered_others_before_is_named(tmp_path: Path, full: bool, says: str | None) -> None:
    wire = Wire()
    for client in (2, 3) if full else (1, 2):
        wire.acquire(client, client, f"198.51.100.{20 + client}")
    wire.wait(60)
    for _ in range(4):
        wire.send(DISCOVER, 1, 9, broadcast=True)
        wire.wait(4)
    (found,) = beyond_info(tmp_path, tap=wire)
    assert found.code == "no-reply"
    assert (says in found.message) if says else ("other client" not in found.message)


def looking_around(source: str, *, answered: bool) -> Wire:
    """An access point or a client that sends DISCOVER every five seconds and takes nothing."""
    wire = Wire()
    for client in (2, 3):
        wire.acquire(client, client, f"198.51.100.{20 + client}")
    for turn in range(5):
        wire.send(DISCOVER, 1, 50 + turn, source, ALL)
        if answered:
            wire.send(OFFER, 1, 50 + turn, SERVER, ALL, yiaddr=ADDRESS, server=SERVER, lease=3600)
        wire.wait(5)
    return wire


@pytest.mark.parametrize("answered", [True, False])
def test_machine_with_an_address_that_looks_for_servers_waits_for_nothing(
    tmp_path: Path, answered: bool
) -> None:
    assert not beyond_info(tmp_path, tap=looking_around("198.51.100.4", answered=answered))
    (found,) = beyond_info(tmp_path, tap=looking_around("0.0.0.0", answered=answered))
    assert (found.code, found.severity) == (
        "offers-not-taken" if answered else "no-reply",
        Severity.ERROR,
    )
