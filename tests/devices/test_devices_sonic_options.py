"""What dhcp4relay does with single packets, as recorded: one request or reply after the other, each known by its xid."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass

import pytest
from devices_sonic import RECORDED, Seen, recorded_plan, remarks, seen

from labgen.devices import formats, readers
from labgen.devices.observed import Raw
from labgen.devices.sonic.reader import COUNTERS, RELAY_LOG
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.remarks import Cause

IDENTIFIERS = (1, 2)
OTHERS = b"\x01\x05port7"
"""Option 82 of another relay, or of a client."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """How a request came out: `sub_options` of the relay's own option 82, None for none; `kept` tells that the other's is there."""

    giaddr: str = "172.16.0.2"
    hops: int = 1
    sub_options: tuple[int, ...] | None = IDENTIFIERS
    kept: bool = False
    copies: int = 1


REQUESTS: dict[str, Relayed | None] = {
    "plain": Relayed(),
    "tagged": Relayed("172.16.1.2", copies=2),
    "bootp": Relayed(sub_options=None),
    "client-option82": Relayed(kept=True),
    "checksum-none": None,
    "checksum-wrong": None,
    "source-port": Relayed(),
    "hops-15": Relayed(hops=16),
    "hops-16": None,
    "relayed-default": None,
    "relayed-default-without-82": None,
    "relayed-append": Relayed("192.0.2.7", 2, kept=True),
    "relayed-append-without-82": Relayed("192.0.2.7", 2),
    "relayed-replace": Relayed("192.0.2.7", 2),
    "relayed-discard": None,
    "relayed-forward": Relayed("192.0.2.7", 2, None, kept=True),
    "max-hop-count-2-hops-2": Relayed(hops=3),
    "max-hop-count-2-hops-1": Relayed(hops=2),
    "source-interface": Relayed("10.0.0.2"),
    "source-link-selection": Relayed("10.0.0.2", sub_options=(1, 2, 5)),
    "source-link-override": Relayed("10.0.0.2", sub_options=(1, 2, 5, 11)),
    "source-link-override-vrf-same-vrf": Relayed("10.0.0.2", sub_options=(1, 2, 5, 11)),
}
"""In the order they were sent; None: nothing came out."""
REPLIES = {
    "reply-loopback": True,
    "reply-loopback-without-82": False,
    "reply-interface-without-82": True,
    "reply-without-giaddr": False,
    "reply-of-another-switch": True,
    "reply-to-no-relay": False,
    "reply-circuit-unknown": False,
}
"""The same of replies: whether they came out at the client."""
NUMBERS = {name: 0x1001 + place for place, name in enumerate((*REQUESTS, *REPLIES, "no-address", "no-alias"))}


def of(name: str, capture: str, op: int) -> list[Seen]:
    return [each for each in seen(capture) if each.packet.xid == NUMBERS[name] and each.packet.op == op]


@pytest.mark.parametrize("name", REQUESTS)
def test_request(name: str) -> None:
    wanted, arrived = REQUESTS[name], of(name, "options-srv.pcap", 1)
    asked = of(name, f"options-{'cl_b' if name == 'tagged' else 'cl_a'}.pcap", 1)
    assert len(asked) == 1, "the request itself was not recorded"
    if wanted is None:
        assert arrived == []
        return
    assert len(arrived) == wanted.copies
    for each in arrived:
        assert (str(each.packet.giaddr), each.packet.hops) == (wanted.giaddr, wanted.hops)
        own = [data for data in each.option82 if data != OTHERS]
        assert (OTHERS in each.option82) == wanted.kept
        assert [codes(data) for data in own] == ([] if wanted.sub_options is None else [wanted.sub_options])


def codes(data: bytes) -> tuple[int, ...]:
    found: list[int] = []
    while data:
        found.append(data[0])
        data = data[2 + data[1] :]
    return tuple(found)


@pytest.mark.parametrize("name", REPLIES)
def test_reply(name: str) -> None:
    """Circuit-id finds the VLAN, whoever the relay is; giaddr does where there is none, and not by a loopback."""
    assert len(of(name, "options-srv.pcap", 2)) == 1, "the reply itself was not recorded"
    arrived = of(name, "options-cl_a.pcap", 2)
    assert bool(arrived) == REPLIES[name]
    assert all(each.destination == "255.255.255.255" and each.option82 == () for each in arrived)


def test_port_without_alias_leaves_its_place_empty() -> None:
    first, second = of("no-alias", "options-srv.pcap", 1)
    assert first.sub_options == second.sub_options
    assert first.sub_options[1] == b"sw1::Vlan1002"


def test_log_of_what_works_says_nothing() -> None:
    """Its warnings, one or two with every packet, are no complaints; no line is left."""
    told, reading = remarks("syslog.txt")
    assert told == []
    assert (reading.unparsed, reading.noise > 50) == (0, True)


def test_log_says_what_was_dropped_and_why() -> None:
    told, reading = remarks("options-syslog.txt")
    assert reading.unparsed == 0
    assert {remark.cause for remark in told} == {Cause.DROPPED}
    assert Tally(remark.words.partition(" (")[0].partition(", dropping DHCP")[0] for remark in told) == {
        "UDP checksum validation is failing packet is from interface Ethernet4": 2,
        "Dropping packet: hop count 16 exceeds max allowed 16": 1,
        "agent relay mode is discard, dropping the packet Vlan1001": 3,
        "Config not found for vlan Loopback0": 2,
        "Message received with empty giaddr from server 10.0.0.1": 1,
        "Failed to find interface attached to address 10.0.0.77": 1,
        "No IPv4 address configured on Vlan1001": 1,
    }
    assert {remark.interface for remark in told} == {"Ethernet4", "Vlan1001", "Loopback0", None}
    assert "`ethtool -K PORT tx off`" in next(remark.words for remark in told if "checksum" in remark.words)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("counters.txt", set()),
        ("options-counters.txt", {("relay-dropped", "rx Malformed 2 and tx Dropped 5")}),
    ],
)
def test_counters_are_read_and_tell_of_drops(name: str, found: set[tuple[str, str]]) -> None:
    by_format = Readers(formats.recognise, formats.named, tell=formats.tell)
    analysis = analyze([Input(str(RECORDED / name))], by_format)
    assert len(analysis.counters) == 44
    assert {counter.subject for counter in analysis.counters} == {"Vlan1001", "Vlan1002"}
    told = {(finding.code, finding.message.rpartition("reason: ")[2]) for finding in analysis.findings}
    assert told == found


def test_table_of_helpers_is_no_table_of_counters() -> None:
    """Its hop limit is a setting."""
    by_format = Readers(formats.recognise, formats.named, tell=formats.tell)
    text = (RECORDED / "counters.txt", RECORDED / "helper.txt")
    assert len(analyze([Input(str(file)) for file in text], by_format).counters) == 44


def test_device_reader_reads_the_recorded_counters() -> None:
    node = recorded_plan().node("sw1")
    raw = Raw((RECORDED / "counters.txt").read_text(), "raw/counters.txt")
    found = readers.get("sonic").observe(node, {COUNTERS: raw})
    assert found.problems == ()
    counted = {counter.name: counter.value for counter in found.counters}
    assert len(counted) == 44
    told = {name: value for name, value in counted.items() if value and name.startswith("Vlan1001 ")}
    way = {"Dis": 1, "Off": 1, "Req": 2, "Ack": 2, "Rel": 1}
    assert told == {f"Vlan1001 {d} {kind}": value for d in ("RX", "TX") for kind, value in way.items()}


def test_what_the_relay_dropped_is_its_complaint() -> None:
    """What a verdict quotes where a relay is at fault; of a relay that works there is nothing to quote."""
    node = recorded_plan().node("sw1")
    told = {}
    for name in ("syslog.txt", "options-syslog.txt"):
        raw = {RELAY_LOG.name: Raw((RECORDED / name).read_text(), f"raw/{name}")}
        found = readers.get("sonic").observe(node, raw)
        assert found.problems == ()
        told[name] = [complaint.text or "" for complaint in found.complaints]
    assert told["syslog.txt"] == []
    assert len(told["options-syslog.txt"]) == 11
    assert any("UDP checksum validation is failing" in text for text in told["options-syslog.txt"])
