"""Texts that hold sentences of logs and are none: a FAQ, a table of events, a program, a list of codes. What they show is no evidence of a
network; beside them, lines that are.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

from labgen.dhcp.model import Finding

LINE = "DHCPDISCOVER from 00:00:5e:00:53:01 via eth0: network 192.0.2.0/24: no free leases"
FAQ = f"""
## What does "no free leases" mean?

Where all addresses of a range are bound, the server writes a line such as

    {LINE}

and stays silent.
"""
TABLE = """
| Event ID | Meaning |
|---|---|
| 13 | An IP address was found to be in use on the network |
| 14 | A lease request could not be satisfied because the scope's address pool was exhausted |
"""
PROGRAM = """
static void discover(struct packet *p)
{
    if (!find_subnet(p->giaddr)) {
        log_warn("DHCPDISCOVER from %s via %s: unknown network segment", mac, ip);
        return;
    }
    log_error("%s: no free leases", text);
}
"""
POST = f"""
## What does this mean?

My server writes a line such as

    {LINE}

and my clients get nothing.
"""
LOG = f"Mar  4 09:12:01 gw dhcpd[18]: {LINE}\nMar  4 09:12:05 gw dhcpd[18]: {LINE}\n"
EVENTS = (
    "ID,Date,Time,Description,IP Address,Host Name,MAC Address\n14,03/04/26,08:01:10,Scope full,192.0.2.0,,\n"
)


def findings(text: str, folder: Path) -> tuple[Finding, ...]:
    return told(text, folder).findings


@pytest.mark.parametrize("text", [FAQ, TABLE, PROGRAM], ids=["faq", "table", "program"])
def test_examples_are_notes(text: str, tmp_path: Path) -> None:
    found = findings(text, tmp_path)
    assert found
    assert {f.severity.value for f in found} == {"info"}
    assert all(f.message.startswith("as an example in documentation: ") for f in found)


@pytest.mark.parametrize("text", [POST, LOG, EVENTS], ids=["post", "log", "audit-log"])
def test_what_somebody_saw_is_an_error(text: str, tmp_path: Path) -> None:
    found = findings(text, tmp_path)
    assert {(f.code, f.severity.value) for f in found} == {("pool-exhausted", "error")}
    assert not any("example" in f.message for f in found)


CODES = ("PXE-E51: No DHCP or proxyDHCP offers were received.", "PXE-E53: No boot filename received.")


def test_list_of_what_boot_roms_can_say_is_an_example(tmp_path: Path) -> None:
    listed = (*CODES, "PXE-E55: proxyDHCP service did not reply to request on port 4011.")
    found = findings("".join(f"* {code}\n\nThe client got no answer.\n\n" for code in listed), tmp_path)
    assert {f.severity.value for f in found} == {"info"}
    screen = findings(
        f"CLIENT MAC ADDR: 00 00 5E 00 53 01\n{CODES[0]}\nPXE-M0F: Exiting PXE ROM.\n", tmp_path
    )
    assert {f.severity.value for f in screen} == {"warning"}


def test_line_quoted_behind_a_short_name_is_a_note(tmp_path: Path) -> None:
    line = "no address range available for DHCP request via vtnet0"
    (note,) = findings(
        f"Requests came in on the port (`vtnet0`), so dnsmasq was logging `{line}` all day.\n", tmp_path
    )
    assert (note.severity.value, line in note.message) == ("info", True)


EMPTY = "<27>Nov  7 10:31:15 gw1 dhcp,info office: pool guests {empty}\n"


def test_pool_that_is_said_to_be_empty(tmp_path: Path) -> None:
    assert [f.code for f in findings(EMPTY.format(empty="empty"), tmp_path)] == ["pool-exhausted"]
    assert not findings(EMPTY.format(empty="not empty"), tmp_path)


BESIDE = """
 firewalld: DROPPED (IN=eth0 OUT=) TCP packet from 203.0.113.1:6667 to 192.0.2.5:22
 dhcpd: DHCPREQUEST for 192.0.2.100 from 00:00:5e:00:53:01 via eth0: No free leases
"""


def test_reason_in_capitals_beside_what_other_programs_drop(tmp_path: Path) -> None:
    (finding,) = findings(BESIDE, tmp_path)
    assert finding.code == "pool-exhausted"


LEAVES = """Listening on LPF/eth0/00:00:5e:00:53:01
DHCPRELEASE on eth0 to 192.0.2.1 port 67
send_packet: Network is unreachable
send_packet: please consult README file regarding broadcast address.
"""
ASKS = "Listening on LPF/eth0/00:00:5e:00:53:01\nDHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval 3\nsend_packet: Network is down\n"
STOPPED = "Feb 10 16:44:21 pc1 NetworkManager: <info> Device 'eth1' DHCP transaction took too long (>99s), stopping it.\n"
STAGE = "Jun 21 16:49:56 pc1 NetworkManager: <information> Activation (eth1) Stage 4 of 5 (IP Configure {end}) complete. \n"


def severities(text: str, folder: Path) -> list[tuple[str, str]]:
    return [(f.code, f.severity.value) for f in findings(text, folder)]


def test_release_that_does_not_leave_is_a_note_and_a_request_that_does_not_is_a_warning(
    tmp_path: Path,
) -> None:
    assert severities(LEAVES, tmp_path) == [("node-complains", "info")]
    assert ("node-complains", "warning") in severities(ASKS, tmp_path)


def test_old_network_manager_gives_up(tmp_path: Path) -> None:
    assert severities(STOPPED + LEAVES, tmp_path)[0] == ("node-complains", "warning")
    assert severities(STAGE.format(end="Timeout"), tmp_path) == [("node-complains", "warning")]
    assert not findings(STAGE.format(end="Get"), tmp_path)


def test_error_of_windows_alone_and_between_what_somebody_notes(tmp_path: Path) -> None:
    words = "Unable to contact your DHCP server"
    noted = f'```cmd\n# From pc1\nipconfig /release\nipconfig /renew\n# Error: "{words}"\n```\n'
    for text in (f"It returned:\n\n```\n{words}\n```\n", noted):
        (finding,) = findings(text, tmp_path)
        assert (finding.severity.value, words in finding.message) == ("warning", True)
        assert "From pc1" not in finding.message


def test_line_of_a_client_quoted_in_a_paragraph_about_it(tmp_path: Path) -> None:
    text = "The stale `dhclient` never comes back, it\nloops `send_packet: Network is unreachable` all day.\n"
    (note,) = findings(text, tmp_path)
    assert (note.severity.value, "send_packet: Network is unreachable" in note.message) == ("info", True)
    assert not findings(text.replace("dhclient", "ssh").replace("send_packet", "connect"), tmp_path)


OSSEC = """<rule id="53011" level="7">
    <decoded_as>dhcpd</decoded_as>
    <pcre2>no free leases on subnet</pcre2>
    <pcre2>Can't listen on </pcre2>
</rule>
"""
GROK = """DHCPD_NOLEASE DHCPDISCOVER from %{COMMONMAC:mac} via %{WORD:port}: network %{IP:net}: no free leases
DHCPD_NAK DHCPNAK on %{IP:ip} to %{COMMONMAC:mac}
DHCPD_BAD bind: Address already in use on %{IP:ip}
"""


@pytest.mark.parametrize("text", [OSSEC, GROK], ids=["ossec", "grok"])
def test_rules_of_an_analyzer_are_examples(text: str, tmp_path: Path) -> None:
    assert {f.severity.value for f in findings(text, tmp_path)} <= {"info"}


def test_step_that_somebody_is_told_to_do_is_no_line_of_a_program(tmp_path: Path) -> None:
    page = "# Lab\n\n```\n1) Attach the switch\n2) Block the Rogue DHCP Server\n```\n"
    assert not findings(page, tmp_path)
    seen = "Mar  4 10:11:12 sw1 snoop[7]: rogue DHCP server detected on port 7\n"
    assert [f.code for f in findings(seen, tmp_path)] == ["rogue-server"]
    assert not findings(
        "This time the switch will block the OFFER of the other DHCP server because of snooping.\n", tmp_path
    )


MAILER = "- 1131566490 2005.11.09 adm1 Nov 9 12:01:30 src@adm1 sendmail[4306]: unable to qualify my own domain name\n"
DISCOVER = "- 1131566501 2005.11.09 adm1 Nov 9 12:01:41 src@adm1 dhcpd: {0}\n"


def test_other_programs_in_a_log_of_a_cluster(tmp_path: Path) -> None:
    text = MAILER + DISCOVER.format(
        "DHCPDISCOVER from 00:00:5e:00:53:01 via eth1: network A_net: no free leases"
    )
    assert [f.code for f in findings(text, tmp_path)] == ["pool-exhausted"]


STATISTICS = "Memory usage         17342\n\nMessage              Received\nDHCPDISCOVER         {0}\n\nDHCP Discovers dropped       {0}\n"


def test_drops_that_ios_counts_beside_its_messages(tmp_path: Path) -> None:
    (finding,) = findings(STATISTICS.format(1526), tmp_path)
    assert (finding.code, "DHCP Discovers dropped 1526" in finding.message) == ("counters-dropping", True)
    assert not findings(STATISTICS.format(0), tmp_path)


COPIED = """DHCPREQUEST(br-lan) 192.0.2.213 00:00:5e:00:53:8d
DHCPNAK(br-lan) 192.0.2.213 00:00:5e:00:53:8d static lease available
DHCPDISCOVER(br-lan) 00:00:5e:00:53:8d
DHCPOFFER(br-lan) 192.0.2.2 00:00:5e:00:53:8d
"""
BOUND = """DHCPREQUEST(br-lan) 192.0.2.2 00:00:5e:00:53:8d
DHCPACK(br-lan) 192.0.2.2 00:00:5e:00:53:8d phone
"""


def test_lines_of_dnsmasq_without_its_name(tmp_path: Path) -> None:
    refused = findings(COPIED, tmp_path)
    assert any("static lease available" in f.message and "192.0.2.213" in f.message for f in refused)
    assert not findings(COPIED.split("\n", 2)[2] + BOUND, tmp_path)
