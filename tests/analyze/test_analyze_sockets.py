"""Ports that a program could not have, boot ROMs without an OFFER, clients that tell only what they send, and what is none of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

from labgen.dhcp.model import ExchangeOutcome

TAKEN = {
    "Go": "failed to start DHCP: listen udp4 0.0.0.0:67: bind: address already in use",
    "Python": "DHCP server starts\nOSError: [Errno 98] Address already in use",
    "Perl": "DHCP listener\nUnable to create DHCP Listener socket! Address already in use at ./start.pl line 88.",
    ".NET": (
        "2021-10-31 11:35:21 [192.0.2.2:67] DHCP Server failed to activate scope: LAN\n"
        "System.Net.Sockets.SocketException (10048): Only one usage of each socket address (protocol/port) is normally permitted."
    ),
    "dnsmasq": "dnsmasq: failed to bind DHCP server socket: Address already in use",
}  # fmt: skip


@pytest.mark.parametrize("program", TAKEN)
def test_port_that_is_taken_is_quoted_and_no_conflict_of_clients(program: str, tmp_path: Path) -> None:
    found = told(TAKEN[program], tmp_path).findings
    assert {one.code for one in found} == {"node-complains"}
    said = " ".join(one.message for one in found).lower()
    assert "already in use" in said or "only one usage" in said


@pytest.mark.parametrize(
    "line",
    [
        "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
        "sshd: error: Bind to port 22 on 0.0.0.0 failed: Address already in use.",
        "web[77]: Address already in use",
    ],
)
def test_port_of_another_service_is_not_told(line: str, tmp_path: Path) -> None:
    assert not told(f"DHCP lease of eth0 ends in 600 s\n{line}\n", tmp_path).findings


def test_address_of_a_client_that_is_in_use_is_still_a_conflict(tmp_path: Path) -> None:
    line = "2024-05-01 10:00:00 dhcp: DECLINE: address 192.0.2.5 already in use, from 02:00:00:00:00:09"
    assert "address-conflict" in {one.code for one in told(line, tmp_path).findings}


@pytest.mark.parametrize("line", ["PXE-E16: No valid offer received.", "PXE-E18: Server response timeout."])
def test_boot_rom_without_offer_is_quoted(line: str, tmp_path: Path) -> None:
    text = f">>Start PXE over IPv4.\n  {line}\nBdsDxe: failed to load Boot0001: Not Found\n"
    found = told(text, tmp_path).findings
    assert [one.code for one in found] == ["node-complains"] and line.rstrip(".") in found[0].message


def test_boot_rom_that_fails_behind_its_lease_says_nothing_of_dhcp(tmp_path: Path) -> None:
    text = ">>Start PXE over IPv4.\n  Station IP address is 192.0.2.9\n  PXE-E99: Unexpected network error.\n"
    assert not told(text, tmp_path).findings


@pytest.mark.parametrize(
    "asks",
    [
        "DHCP sending discover",
        "[I/38 dhcp]: Broadcasting DHCPDISCOVER message with xid: [933103]",
        "dhcp-tx msgtype=1",
    ],
)
def test_client_that_tells_only_what_it_sends_has_no_answer(asks: str, tmp_path: Path) -> None:
    text = f"{asks}\n" * 4 + "DHCP timeout\n"
    result = told(text, tmp_path)
    assert [one.outcome for one in result.exchanges] == [ExchangeOutcome.NO_REPLY]
    assert [one.code for one in result.findings] == ["no-reply"]


def test_types_by_number_tell_a_refusal(tmp_path: Path) -> None:
    text = "dhcp-tx msgtype=1\ndhcp-rx msgtype=2\ndhcp-tx msgtype=3\ndhcp-rx msgtype=6\n"
    assert [one.code for one in told(text, tmp_path).findings] == ["nak-sent"]
    text = "dhcp-tx msgtype=1\ndhcp-rx msgtype=2\ndhcp-tx msgtype=3\ndhcp-rx msgtype=5\n"
    assert not told(text, tmp_path).findings


@pytest.mark.parametrize(
    "line",
    [
        "Jun 04 08:44:45 h wickedd-dhcp4[1368]: ni_timer_next_timeout: timer 0x5593c133ef00 timeout 96",
        "Jun 04 08:44:45 h wickedd-dhcp4[1368]: eth0: setting fsm timeout to 200 msec",
        "labels: invalid, dhcp",
        "# Unable to reach the DHCP chapter",
        "2015-05-14 16:40:25,043 : DEBUG : dhcp : started\nthat function will send a NAK if it cannot find a DHCP lease for an address.",
        "09:00:00.1 IP 0.0.0.0.bootpc > 255.255.255.255.bootps: BOOTP/DHCP, Request from 02:00:00:00:00:09 (oui Unknown), length 300",
    ],
)  # fmt: skip
def test_what_complains_of_nothing_is_not_quoted(line: str, tmp_path: Path) -> None:
    assert "node-complains" not in {one.code for one in told(line, tmp_path).findings}


def test_citation_mark_before_one_line_of_a_capture_is_read_over(tmp_path: Path) -> None:
    line = "IP 192.0.2.1.67 > 255.255.255.255.68: BOOTP/DHCP, Reply, length 300"
    text = f"> 21:49:15.483420 {line}\n21:49:16.483420 {line}\n"
    assert sum(source.events for source in told(text, tmp_path).sources) == 2
