"""Two who have one address: ARP on clients' wires tells."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from struct import pack

import pytest
from verify_campus import campus, giaddr, leased
from verify_facts import concluded

from labgen.devices.observed import Reached
from labgen.verify.arp import ArpClaim
from labgen.verify.arp import claims as arp_claims
from labgen.verify.facts import Facts
from labgen.verify.judgement import Outcome


def conflict(address: str, mac: str, node: str = "u1", at: float = 0.0) -> ArpClaim:
    return ArpClaim(node, address, mac, at, f"captures/{node}-eth1.pcap", 7)


def claimed(*claims: ArpClaim) -> Facts:
    """u1 has a lease and reaches its gateway; its wire says more by ARP."""
    tale = leased().leases({"u1": "10.41.0.9"})
    port = campus().node("r1").on_segment("users")
    assert port is not None
    tale.reached.append(Reached("u1", giaddr(), True, port.mac, "raw/u1/reach.txt"))
    own = (
        conflict(giaddr(), port.mac),
        conflict("10.41.0.9", tale.mac("u1")),
        conflict("10.41.0.66", STRANGER),
    )
    return replace(tale.facts(), claims=(*own, *claims))


STRANGER = "02:00:00:00:00:99"


def test_each_address_at_its_own_hardware_address_is_no_conflict() -> None:
    for check, key in (("reach.gateway", "u1:users"), ("lease.address", "u1")):
        assert concluded(check, key, claimed()).outcome is Outcome.PASS


@pytest.mark.parametrize(("mac_of", "blamed"), [("u2", ("u2",)), ("", ())], ids=["a node", "nobody known"])
def test_a_second_owner_of_the_gateway_address_is_found_though_the_right_one_answered_first(
    mac_of: str, blamed: tuple[str, ...]
) -> None:
    mac = leased().mac(mac_of) if mac_of else STRANGER
    found = concluded("reach.gateway", "u1:users", claimed(conflict(giaddr(), mac)))
    assert (found.outcome, found.at) == (Outcome.FAIL, blamed)
    assert f"{mac} says by ARP that it has it too" in found.observed
    elsewhere = claimed(conflict(giaddr(), mac, "u2"))
    assert concluded("reach.gateway", "u1:users", elsewhere).outcome is Outcome.PASS


@pytest.mark.parametrize(("mac_of", "blamed"), [("u2", ("u2",)), ("", ())], ids=["a node", "nobody known"])
def test_a_host_that_has_a_leased_address_too_is_found(mac_of: str, blamed: tuple[str, ...]) -> None:
    mac = leased().mac(mac_of) if mac_of else STRANGER
    found = concluded("lease.address", "u1", claimed(conflict("10.41.0.9", mac, "u2")))
    assert (found.outcome, found.at) == (Outcome.FAIL, blamed)
    assert (
        found.observed
        == f"10.41.0.9, which {mac_of or 'somebody else'} has too: ARP says that it is at {mac}"
    )


def test_claims_are_read_from_a_capture_up_to_a_frame(tmp_path: Path) -> None:
    def arp(operation: int, mac: str, address: str) -> bytes:
        head = b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) + b"\x08\x06\x00\x01\x08\x00\x06\x04"
        sender = bytes.fromhex(mac.replace(":", "")) + IPv4Address(address).packed
        return head + operation.to_bytes(2, "big") + sender + bytes(10)

    frames = [
        arp(1, STRANGER, "0.0.0.0"),
        arp(2, STRANGER, "10.41.0.3"),
        b"\x00" * 60,
        arp(1, STRANGER, "10.41.0.4"),
    ]
    file = tmp_path / "u1-eth1.pcap"
    records = (pack("<IIII", 100 + n, 0, len(data), len(data)) + data for n, data in enumerate(frames))
    file.write_bytes(pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records))
    found = list(arp_claims(file, "u1", "captures/u1-eth1.pcap"))
    assert [(c.address, c.mac, c.time, c.frame) for c in found] == [
        ("10.41.0.3", STRANGER, 101.0, 2),
        ("10.41.0.4", STRANGER, 103.0, 4),
    ]
    assert list(arp_claims(file, "u1", "captures/u1-eth1.pcap", limit=3)) == found[:1]
