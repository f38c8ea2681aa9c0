"""Texts in which people write around what programs say: who says what, and what is no line of a program."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

from labgen.dhcp.model import Analysis, Severity


def _codes(found: Analysis) -> list[str]:
    return [f"{one.severity.value} {one.code}" for one in found.findings]


def _words(found: Analysis) -> str:
    return "\n".join(one.message for one in found.findings)


PROSE = {
    "a title before a healthy log": (
        "# image for kvm failed to boot on the first node\n\n"
        "Mar  3 10:00:01 n1 dhclient[77]: DHCPDISCOVER on ens3 to 255.255.255.255 port 67 interval 4\n"
        "Mar  3 10:00:01 n1 dhclient[77]: DHCPOFFER from 192.0.2.1\n"
        "Mar  3 10:00:01 n1 dhclient[77]: DHCPREQUEST on ens3 to 255.255.255.255 port 67\n"
        "Mar  3 10:00:01 n1 dhclient[77]: DHCPACK from 192.0.2.1\n"
        "Mar  3 10:00:02 n1 dhclient[77]: bound to 192.0.2.7 -- renewal in 1700 seconds.\n"
    ),
    "a deeper title in small letters": (
        "Mar  3 10:00:01 n1 dhclient[77]: DHCPREQUEST on ens3 to 255.255.255.255 port 67\n"
        "Mar  3 10:00:01 n1 dhclient[77]: DHCPACK from 192.0.2.1\n"
        "Mar  3 10:00:02 n1 dhclient[77]: bound to 192.0.2.7 -- renewal in 1700 seconds.\n"
        "### pods cannot start after dhcp\n"
    ),
    "a sentence of a manual that goes on": (
        "A client waits for the server. Set the wait with\nvalue of the DHCP_CLIENT_TIMEOUT setting or the ifcfg file\n"
        "in the folder of the interface.\n"
    ),
    "another sentence of a manual": (
        "The interface asks by DHCP. An administrator changes the\nnumber through a DHCP_RETRY_ERROR variable in the profile\n"
        "of the host.\n"
    ),
}


@pytest.mark.parametrize("text", PROSE.values(), ids=PROSE)
def test_titles_and_sentences_are_no_errors_of_programs(text: str, tmp_path: Path) -> None:
    assert not told(text, tmp_path).findings


def test_report_around_an_error_of_windows_quotes_that_error_alone(tmp_path: Path) -> None:
    found = told(
        "# DHCP: laptop unable to renew from the new box\n\n"
        "It is odd, a new DHCP box was set up yesterday.\n\n"
        "* DHCP Discover (Client -> Broadcast)\n* 192.0.2.9 - old router / DHCP\n\n"
        "> An error occurred while renewing interface Ethernet : unable to contact your DHCP server. Request has timed out.\n\n"
        "[DHCP.zip](https://example.org/DHCP.zip)\n1. Stop the DHCP service\n",
        tmp_path,
    )
    assert _codes(found) == ["warning node-complains"]
    assert "An error occurred while renewing interface Ethernet" in _words(found)
    assert "Discover" not in _words(found) and "zip" not in _words(found)


def test_error_of_windows_behind_its_prompt_is_quoted_in_any_language(tmp_path: Path) -> None:
    found = told(
        "C:\\Users\\x> ipconfig /renew\n\nWindows-IP-Konfiguration\n\n"
        "Beim Aktualisieren der Schnittstelle Ethernet ist ein Fehler aufgetreten: Es kann keine Verbindung zum DHCP-Server\n"
        "hergestellt werden.\n",
        tmp_path,
    )
    assert "DHCP-Server" in _words(found)


CLAIMED = {
    "lines with a thread": '# plugin "DHCP DISCOVER timed out"\n\nI get this in my log\n'
    "07[CFG] sending DHCP DISCOVER for alice to 192.0.2.255\n07[CFG] sending DHCP DISCOVER for alice to 192.0.2.255\n",
    "lines with a process": '# plugin "DHCP DISCOVER timed out"\n\nI get this in my log\n'
    "charon[812]: sending DHCP DISCOVER for alice to the segment again and again\n",
}


@pytest.mark.parametrize("text", CLAIMED.values(), ids=CLAIMED)
def test_lines_of_programs_are_no_claims(text: str, tmp_path: Path) -> None:
    claims = [one.message for one in told(text, tmp_path).findings if one.code == "claimed-in-words"]
    assert not any("sending DHCP DISCOVER" in words for words in claims)


def test_claim_is_not_told_where_a_program_is_quoted_that_says_so(tmp_path: Path) -> None:
    found = told(
        "# Failure to obtain DHCP lease\n\nAfter our update this is logged:\n\n"
        "agent[11]: 2026-05-08 14:58:42,981 - cloud.py[ERROR]: result=error|reason=failure to obtain DHCP lease\n",
        tmp_path,
    )
    assert _codes(found) == ["warning node-complains"]


CLAIMS = {
    "an allowlist": "I use udhcpc here.\nYou helped – the MAC address of the board was not properly whitelisted, so it is closed.\n",
    "a register": "We run DHCP here.\nThe MAC address of the phone was never registered in the portal.\n",
    "repeating": "I use udhcpc on my board.\nIt keeps printing the same, and repeating `Sending discover...` with pauses of seconds.\n",
}


@pytest.mark.parametrize("text", CLAIMS.values(), ids=CLAIMS)
def test_devices_that_are_not_let_in_and_vain_discovers_are_claims(text: str, tmp_path: Path) -> None:
    assert _codes(told(text, tmp_path)) == ["warning claimed-in-words"]


def test_device_that_is_not_let_in_elsewhere_is_no_claim(tmp_path: Path) -> None:
    text = "I use a portal here.\nThe MAC address of the phone was never registered in the portal.\n"
    assert not told(text, tmp_path).findings


def test_clients_have_no_pool(tmp_path: Path) -> None:
    client = told("Mar  3 10:00:01 n1 connmand[77]: eth0: DHCP failed: No address available\n", tmp_path)
    assert "pool-exhausted" not in " ".join(_codes(client))
    server = told(
        "Mar  3 10:00:01 n1 mydhcp[77]: DHCP: No address available for 00:11:22:33:44:55\n", tmp_path
    )
    assert "pool-exhausted" in " ".join(_codes(server))


DECLINED = {
    "wicked": "dracut-initqueue[190]: wicked: eth0: Declining DHCPv4 lease with address 192.0.2.56\n",
    "a client of a manager": "Mar  3 10:00:01 n1 dhcp-client[7]: eth1: declined DHCP lease 192.0.2.57\n",
    "another": "Mar  3 10:00:01 n1 netd[7]: dhcp: declining address 192.0.2.58\n",
}


@pytest.mark.parametrize("text", DECLINED.values(), ids=DECLINED)
def test_client_that_declines_tells_of_a_conflict(text: str, tmp_path: Path) -> None:
    assert _codes(told(text, tmp_path)) == ["error address-conflict"]


def test_dhcpv4_in_a_name_is_not_dhcpv6(tmp_path: Path) -> None:
    found = told(
        "- DHCPv4[52]: 7200-DHCPv4 - No Offer or Ack Received 15 times\n- 2020/4/03 05:45:40 Critical\n"
        "- x_dhcp6c[47]: 7201-DHCPv6 - No Advertise or Reply Received 1 times\n- 2020/4/03 05:44:08 Critical\n",
        tmp_path,
    )
    assert "No Offer or Ack Received 15 times" in _words(found) and "Advertise" not in _words(found)


@pytest.mark.parametrize(
    "words",
    [
        "dhcp4 (eth0): client pid 22 exited with status 1",
        "dhcp6 (eth0): client pid 22 exited with status 127",
    ],
)
def test_client_that_ends_with_an_error_is_quoted(words: str, tmp_path: Path) -> None:
    line = "Nov 21 21:21:06 host NetworkManager[1064]: <info> [1542824466.3494] "
    found = told(line + words + "\n", tmp_path)
    assert words in _words(found)
    healthy = told(f"{line}dhcp4 (eth0): client pid 22 exited with status 0\n", tmp_path)
    assert "exited" not in _words(healthy)


def test_dhcpv6_is_told_with_its_counts_and_its_status(tmp_path: Path) -> None:
    frame = "14:57:06.985499 IP6 fe80::1.546 > ff02::1:2.547: dhcp6 solicit\n"
    answer = "14:57:07.985499 IP6 fe80::2.547 > fe80::1.546: dhcp6 advertise (status-code NoAddrsAvail)\n"
    found = told(frame * 3 + answer, tmp_path)
    (problem,) = found.sources[0].problems
    assert "about DHCPv6" in problem and "3 solicit, 1 advertise, status NoAddrsAvail once" in problem
    assert not found.findings
    quoted = told(
        "Mar  3 10:00:01 n1 dhclient[7]: XMT: Solicit on eth0, interval 2\n"
        'Mar  3 10:00:01 n1 dhclient[7]: IA_NA status code NoAddrsAvail: "No addresses."\n',
        tmp_path,
    )
    assert "status code NoAddrsAvail" in _words(quoted)


def test_kea_of_other_identifiers_is_not_read_as_dhcpd(tmp_path: Path) -> None:
    found = told(
        "2024-01-15 10:30:16.150 INFO  [kea-dhcp4.dhcp4] DHCP4_X_RECEIVED DHCPREQUEST from 00:11:22:33:44:55 via 192.0.2.1\n"
        "2024-01-15 10:30:16.151 INFO  [kea-dhcp4.dhcp4] DHCP4_X_SENT DHCPACK to 00:11:22:33:44:55 via 192.0.2.1: 192.0.2.9\n",
        tmp_path,
    )
    assert not found.findings


def test_packet_in_marks_of_a_list_is_read_between_the_words_of_its_page(tmp_path: Path) -> None:
    found = told(
        "Advertisement\nSign Up,\nit has features!\n"
        "- 08:14:05.210344 IP (tos 0x0, ttl 64, id 0, offset 0, flags [none], proto UDP (17), length 314)\n"
        "- 0.0.0.0.bootpc > 255.255.255.255.bootps: [udp sum ok] BOOTP/DHCP, Request from 00:00:5e:00:53:c2, length 286, xid 0x51ab7e02\n"
        "- Client-Ethernet-Address 00:00:5e:00:53:c2\n- DHCP-Message Option 53, length 1: Discover\n"
        "- Requested-IP Option 50, length 4: 192.0.2.10\nAdvertisement\nAdd Comment\n",
        tmp_path,
    )
    assert [message.type.value for one in found.exchanges for message in one.messages] == ["DISCOVER"]


def test_replies_without_their_client_are_visible(tmp_path: Path) -> None:
    def frame(second: int, words: str) -> str:
        return f"19:37:{second:02}.677836 IP {words}, length 300\n"

    ask = "0.0.0.0.bootpc > 255.255.255.255.bootps: BOOTP/DHCP, Request from fa:16:3e:00:00:{:02}"
    reply = "192.0.2.1.bootps > 192.0.2.{0}.bootpc: BOOTP/DHCP, Reply"
    found = told(
        "".join(
            frame(10 + 2 * n, ask.format(n // 2)) + frame(11 + 2 * n, reply.format(9 + n // 2))
            for n in range(3)
        )
        + frame(17, ask.format(1)),
        tmp_path,
    )
    assert not [
        one for one in found.findings if one.code == "replies-not-visible" or one.severity is Severity.ERROR
    ]
