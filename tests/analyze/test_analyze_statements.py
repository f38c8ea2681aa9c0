"""What people write about programs, and for them, is no complaint of a program; what programs print beside it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

SERVED = (
    "dnsmasq-dhcp[1]: DHCPDISCOVER(eth0) 02:00:00:00:00:01\n"
    "dnsmasq-dhcp[1]: DHCPOFFER(eth0) 192.0.2.9 02:00:00:00:00:01\n"
    "dnsmasq-dhcp[1]: DHCPREQUEST(eth0) 192.0.2.9 02:00:00:00:00:01\n"
    "dnsmasq-dhcp[1]: DHCPACK(eth0) 192.0.2.9 02:00:00:00:00:01\n"
)


@pytest.mark.parametrize(
    "said",
    [
        "- `DHCPDISCOVER`: the server should reject the packet and count it as denied",
        "The strange part of it is that the DHCP daemon, when a board is reset, sees each of its failed requests as a new one",
        "Use another range, otherwise dnsmasq will cause an error about the lease",
        "# every second DHCP request fails on this board",
        '    dhcp_retry_timeout: "90s"',
        "dhcp-fail-count = 3",
    ],
)
def test_words_of_people_and_settings_are_no_complaint_of_a_program(said: str, tmp_path: Path) -> None:
    for text in (f"{said}\n", f"{SERVED}\n{said}\n", f"{said}\n\n{SERVED}"):
        assert "node-complains" not in {one.code for one in told(text, tmp_path).findings}


@pytest.mark.parametrize(
    "line",
    [
        "dnsmasq-dhcp[1]: failed to bind DHCP server socket: Address already in use",
        "Nov  3 10:00:00 gw dnsmasq-dhcp[1]: Error sending DHCP packet to 192.0.2.9: Operation not permitted",
    ],
)
def test_a_line_of_a_program_beside_them_is_one(line: str, tmp_path: Path) -> None:
    text = f"# every second DHCP request fails on this board\n\n{line}\n"
    assert "node-complains" in {one.code for one in told(text, tmp_path).findings}


@pytest.mark.parametrize("program", ["wget", "curl", "ntpdate"])
def test_another_program_beside_a_client_does_not_speak_for_it(program: str, tmp_path: Path) -> None:
    client = "udhcpc (v1.30.1) started\nSending discover...\nSending discover...\nNo lease, failing\n"
    other = f"{program}: can't connect to remote host (192.0.2.80): Network is unreachable\n"
    found = told(client + other, tmp_path).findings
    assert found and not any(program in one.message for one in found)


@pytest.mark.parametrize(
    "error",
    [
        "NetPlugin.Join: failed to acquire an address via DHCP: context deadline exceeded",
        "cni: unable to get DHCP lease for eth1: network is down",
    ],
)
def test_an_error_that_a_program_passes_on_is_quoted(error: str, tmp_path: Path) -> None:
    page = f"# Documentation\n\nI always had this one :\n{error}.\n\n```\nnets:\n    driver: dhcp\n```\n"
    found = told(page, tmp_path, "page.md").findings
    assert [one.code for one in found] == ["node-complains"] and "DHCP" in found[0].message
    fine = page.replace("failed to acquire", "acquired").replace("unable to get", "got")
    assert not told(fine, tmp_path, "fine.md").findings


def test_an_error_of_another_program_about_dhcp_is_heard_in_the_file_of_a_daemon(tmp_path: Path) -> None:
    stamp = "May  7 21:12:12 watch daemon."
    text = (
        f"{stamp}err connmand[32]: Can not request DHCP lease\n"
        f"{stamp}info systemd-networkd[27]: usb0: Gained carrier\n"
        f"{stamp}info systemd-networkd[27]: usb0: DHCP lease lost\n"
    )
    assert any("Can not request" in one.message for one in told(text, tmp_path).findings)
    mild = text.replace("err connmand[32]: Can not request", "info connmand[32]: Can renew")
    assert not any("renew" in one.message for one in told(mild, tmp_path).findings)


def test_a_nak_to_the_client_that_asked_is_seen_where_it_is_not_named(tmp_path: Path) -> None:
    text = (
        "portal[18]: cb_dhcp_connect(52): New DHCP REQUEST from MAC=02:00:00:00:00:01\n"
        "portal[18]: dhcp_getreq(36): Sending NAK to client\n"
    )
    codes = {one.code for one in told(text, tmp_path).findings}
    assert "nak-sent" in codes and "replies-not-visible" not in codes


def test_indented_lines_of_several_hosts_are_of_several_nodes(tmp_path: Path) -> None:
    lines = (
        "    Mar  8 14:12:17 s1 dhcpd: DHCPREQUEST for 192.0.2.4 (192.0.2.2) from 02:00:00:00:00:01 via e1: unknown lease 192.0.2.4.",
        "    Mar  8 14:12:17 s2 dhcpd: DHCPREQUEST for 192.0.2.4 (192.0.2.2) from 02:00:00:00:00:01 via e1: wrong network.",
        "    Mar  8 14:12:17 s2 dhcpd: DHCPNAK on 192.0.2.4 to 02:00:00:00:00:01 via e1",
    )
    found = told("\n".join(lines) + "\n", tmp_path).findings
    naks = [one.message for one in found if "refused 192.0.2.4" in one.message]
    assert naks and all("s2" in message and "unknown lease" not in message for message in naks)
