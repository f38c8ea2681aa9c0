"""OFFERs that tcpdump printed: two servers that contradict each other, and one whose router is out of reach; as in captures."""

from __future__ import annotations

from pathlib import Path

import analyze_text
import pytest

from labgen.dhcp.model import Finding

MAC = "00:00:5e:00:53:01"


def packet(at: float, kind: str, src: str, fields: str) -> str:
    sent = f"Request from {MAC}" if kind == "Discover" else "Reply"
    ends = "0.0.0.0.68 > 255.255.255.255.67" if kind == "Discover" else f"{src}.67 > 255.255.255.255.68"
    return (
        f"10:00:{at:09.6f} IP (tos 0x0, ttl 64, id 0, offset 0, flags [none], proto UDP (17), length 328)\n"
        f"    {ends}: [udp sum ok] BOOTP/DHCP, {sent}, length 300, xid 0x11, Flags [none] (0x0000)\n"
        f"{fields}\t  Client-Ethernet-Address {MAC}\n"
        f"\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x63825363\n\t    DHCP-Message (53), length 1: {kind}\n"
    )


def offer(at: float, server: str, address: str, *options: str) -> str:
    head = packet(at, "Offer", server, f"\t  Your-IP {address}\n")
    more = (f"Server-ID (54), length 4: {server}", "Lease-Time (51), length 4: 3600", *options)
    return head + "".join(f"\t    {option}\n" for option in more)


def net(router: str | None, dns: str = "192.0.2.53") -> tuple[str, ...]:
    found = ("Subnet-Mask (1), length 4: 255.255.255.0", f"Domain-Name-Server (6), length 4: {dns}")
    return (*found, f"Default-Gateway (3), length 4: {router}") if router else found


def findings(folder: Path, *packets: str) -> list[Finding]:
    found = analyze_text.told(packet(0, "Discover", "", "") + "".join(packets), folder, "tap.txt")
    return [f for f in found.findings if f.severity.value != "info"]


def test_two_servers_with_other_networks_contradict_each_other(tmp_path: Path) -> None:
    own = offer(0.01, "198.51.100.2", "198.51.100.50", *net("198.51.100.1"))
    other = offer(0.02, "192.168.0.1", "192.168.0.101", *net("192.168.0.1"))
    (finding,) = findings(tmp_path, own, other)
    assert finding.code == "competing-servers"
    assert "198.51.100.0/24 with the router 198.51.100.1" in finding.message
    assert "192.168.0.0/24 with the router 192.168.0.1" in finding.message


@pytest.mark.parametrize("router", ["198.51.100.1", None])
def test_pair_of_servers_that_agree_is_silent(router: str | None, tmp_path: Path) -> None:
    """The second OFFER may be printed without its router: what a text leaves out is not known to be missing."""
    own = offer(0.01, "198.51.100.2", "198.51.100.50", *net("198.51.100.1"))
    assert findings(tmp_path, own, offer(0.02, "198.51.100.3", "198.51.100.150", *net(router))) == []


@pytest.mark.parametrize(("router", "told"), [("198.51.101.1", True), ("198.51.100.1", False)])
def test_router_out_of_reach_is_why_nobody_takes_the_offer(router: str, told: bool, tmp_path: Path) -> None:
    rounds = [
        packet(at, "Discover", "", "") + offer(at + 0.01, "198.51.100.2", "198.51.100.50", *net(router))
        for at in (4, 9, 17)
    ]
    (finding,) = findings(tmp_path, *rounds)
    assert finding.code == "offers-not-taken"
    assert ("the router 198.51.101.1 is outside 198.51.100.0/24" in finding.message) is told
    assert ("lost on its way back" in finding.message) is not told
