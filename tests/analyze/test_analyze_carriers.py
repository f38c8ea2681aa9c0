"""One plan of addresses in several VPNs: what carries the packets between relay and server tells them apart, and nothing else does."""

from __future__ import annotations

from pathlib import Path
from socket import inet_aton

import pytest
from analyze_wire import Wire

from labgen.dhcp.model import Analysis, Finding

GIADDR, A = "198.51.100.1", "198.51.100.21"


def found(analysis: Analysis, code: str) -> list[Finding]:
    return [finding for finding in analysis.findings if finding.code == code]


def in_mpls(wire: Wire, first: int, label: int) -> None:
    """Put the packets from record `first` on behind a transport label and `label`."""
    stack = (16 << 12 | 64).to_bytes(4, "big") + (label << 12 | 1 << 8 | 64).to_bytes(4, "big")
    for at in range(first, len(wire.records)):
        time, frame = wire.records[at]
        wire.records[at] = time, frame[:12] + b"\x88\x47" + stack + frame[14:]


def two_vpns(labels: tuple[int, int]) -> Wire:
    wire = Wire()
    for client, label in enumerate(labels, 1):
        first = len(wire.records)
        wire.relayed(client, client, A, GIADDR)
        in_mpls(wire, first, label)
        wire.wait(5)
    return wire


def test_one_address_in_two_mpls_vpns_is_no_double_lease(tmp_path: Path) -> None:
    told = two_vpns((100, 200)).analysis(tmp_path)
    assert [(e.outcome, e.address) for e in told.exchanges] == [("bound", A)] * 2
    assert told.exchanges[0].messages[0].mpls_label == 100
    assert not told.findings


def test_one_address_twice_behind_one_mpls_label_is_a_double_lease(tmp_path: Path) -> None:
    assert A in found(two_vpns((100, 100)).analysis(tmp_path), "double-lease")[0].message


@pytest.mark.parametrize(("vlans", "twice"), [((101, 102), 0), ((101, 101), 1)])
def test_vlan_of_a_vrf_between_relay_and_server_tells_networks_apart(
    vlans: tuple[int, int], twice: int, tmp_path: Path
) -> None:
    wire = Wire()
    for client, vlan in enumerate(vlans, 1):
        first = len(wire.records)
        wire.relayed(client, client, A, GIADDR)
        tag = b"\x81\x00" + vlan.to_bytes(2, "big")
        wire.records[first:] = [(time, f[:12] + tag + f[12:]) for time, f in wire.records[first:]]
    assert len(found(wire.analysis(tmp_path), "double-lease")) == twice


def in_gre(wire: Wire, first: int, key: int) -> None:
    """Put the packets from record `first` on into a GRE tunnel with a key."""
    for at in range(first, len(wire.records)):
        time, frame = wire.records[at]
        inner = b"\x20\x00\x08\x00" + key.to_bytes(4, "big") + frame[14:]
        head = b"\x45\0" + (20 + len(inner)).to_bytes(2, "big") + b"\0\x01\0\0\x40\x2f\0\0"
        wire.records[at] = (
            time,
            frame[:14] + head + inet_aton("203.0.113.1") + inet_aton("203.0.113.2") + inner,
        )


@pytest.mark.parametrize(("keys", "twice"), [((1, 2), 0), ((1, 1), 1)])
def test_key_of_a_gre_tunnel_tells_vpns_apart(keys: tuple[int, int], twice: int, tmp_path: Path) -> None:
    wire = Wire()
    for client, key in enumerate(keys, 1):
        first = len(wire.records)
        wire.relayed(client, client, A, GIADDR)
        in_gre(wire, first, key)
    told = wire.analysis(tmp_path)
    assert told.exchanges[0].messages[0].tunnel == keys[0]
    assert len(found(told, "double-lease")) == twice
