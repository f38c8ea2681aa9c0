"""Pastes as pages show them, numbered and without indentation, and samples of many logs that are no story."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

MAC = "00:00:5e:00:53:01"
PACKETS = f"""11:32:15.850398 IP (tos 0x10, ttl 128, id 0, offset 0, flags [none], proto UDP (17), length 328)
0.0.0.0.67 > 255.255.255.255.68: [udp sum ok] BOOTP/DHCP, Reply, length 300, xid 0xa37d, Flags [Broadcast] (0x8000)
Client-Ethernet-Address {MAC}
Vendor-rfc1048 Extensions
Magic Cookie 0x63825363
DHCP-Message Option 53, length 1: NACK
MSG Option 56, length 15: "no such session"
11:32:19.850026 IP (tos 0x0, ttl 64, id 65379, offset 0, flags [none], proto UDP (17), length 576)
0.0.0.0.68 > 255.255.255.255.67: [bad udp cksum 0x6c0d -> 0xef0f!] BOOTP/DHCP, Request from {MAC}, length 548, xid 0xd2af
Client-Ethernet-Address {MAC} (oui Unknown)
Vendor-rfc1048 Extensions
Magic Cookie 0x63825363
DHCP-Message Option 53, length 1: Discover
Hostname Option 12, length 9: "TL-WR841N"
"""
AROUND = (
    "Guest User\n\nUntitled\n\na guest\nMay 16th, 2026\n29\n0\nNever\nSign up, it unlocks many features!\n"
)


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("around", [AROUND, ""], ids=["page", "bare"])
def test_packets_without_indentation_are_read_with_and_without_numbers(
    numbered: bool, around: str, tmp_path: Path
) -> None:
    lines = PACKETS.splitlines()
    text = "\n".join(f"  {at}. {line}" for at, line in enumerate(lines, 1)) if numbered else PACKETS
    found = told(around + text + "\n", tmp_path)
    assert [(e.client.mac, e.outcome.value) for e in found.exchanges] == [(MAC, "nak"), (MAC, "no-reply")]
    assert "no such session" in next(f for f in found.findings if f.code == "nak-sent").message
    assert not [f for f in found.findings if f.code == "node-complains"]


def sample(day: int, words: str) -> str:
    return f"Mar {day:2} 08:32:59 srv{day} dhcpd[17]: {words}"


def test_samples_of_many_logs_do_not_show_that_nobody_answered(tmp_path: Path) -> None:
    asked = [
        sample(day, f"DHCPREQUEST for 198.51.100.20 from {MAC} via eth{day}") for day in (27, 3, 29, 5, 28)
    ]
    late = [sample(4, f"DHCPDISCOVER from 00:00:5e:00:53:{day:02} via eth1") for day in (1, 2)]
    why = f"DHCPREQUEST for 198.51.100.20 from {MAC} via eth3 TransID 542900fa uid 01:{MAC}: database update failed"
    found = told(
        "\n".join([*asked, *late, sample(30, why), sample(6, "DHCPNAK on 198.51.100.9 to " + MAC)]), tmp_path
    )
    codes = {f.code for f in found.findings}
    assert "no-reply" not in codes
    assert any("database update failed" in f.message for f in found.findings)


def test_rotated_logs_behind_each_other_do(tmp_path: Path) -> None:
    days = [*range(20, 26), *range(14, 20)]
    lines = [
        sample(day, f"DHCPDISCOVER from 00:00:5e:00:53:{day:02} via eth1").replace(f"srv{day}", "srv")
        for day in days
    ]
    lines += [line.replace("08:32:59", "08:33:09") for line in lines[:1]]
    found = told("\n".join(sorted(lines[:6] + lines[12:]) + lines[6:12]) + "\n", tmp_path)
    assert "no-reply" in {f.code for f in found.findings}
