"""What people write in sentences: told as their claim, and only where they report what happened to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

from labgen.dhcp.model import Severity

CLAIMS = {
    "a title": ("# dhcpd not responding\n\nI have a bridge.", "dhcpd not responding"),
    "a client without address": (
        "Since the upgrade my phone does not get an IP address from the DHCP server.",
        "my phone does not get an IP address",
    ),
    "an answer that does not come": (
        "I run a DHCP relay here.\nThe DISCOVER leaves the switch, but no OFFER ever comes back.",
        "no OFFER ever comes back",
    ),
    "a wrapped sentence": (
        "Hi all, in our lab the DHCP server of the second floor\nnever answers the phones behind the relay.",
        "never answers the phones",
    ),
    "requests that a server does not see": (
        "My DHCP server doesn't see the requests of the client behind this bridge.",
        "doesn't see the requests",
    ),
    "the same request again": (
        "# DHCP client keeps sending REQUEST even if nobody answers\n\nI use it at home.",
        "keeps sending REQUEST",
    ),
    "a port that is taken": (
        "After the update the DHCP server does not start, because UDP port 67 is already used by dnsmasq.",
        "port 67 is already used",
    ),
    "a relay that drops": (
        "In our network the relay drops DHCP requests that come from the second VLAN.",
        "the relay drops DHCP requests",
    ),
    "what a filter does": (
        "I looked again: the DHCP queries were blocked by iptables on the host.",
        "were blocked by iptables",
    ),
    "a field that is not set": (
        "In my network the giaddr in the relayed DHCP packet is not modified.",
        "is not modified",
    ),
    "an address that a host gave itself": (
        "We run no VLANs, and DHCP is on.\nBut my machine has the address 169.254.27.31 since Monday.",
        "169.254.27.31",
    ),
    "what a program says, as a title": ("# dhcp daemon: no DHCP packet received within 7s\n\nI use a bridge.", "no DHCP packet"),
    "a crash": ("# dhcpcd crashes every 5 days\n\nHere is my log.", "dhcpcd crashes"),
    "one address for two": (
        "I saw in the capture that two boards are using the exact same IP address of the DHCP server.",
        "the exact same IP address",
    ),
    "an error of the whole": ("I wired it again, but whatever I do the DHCP returns an error.", "the DHCP returns an error"),
    "an option that is lost": (
        "We see that the option 82 value of the client is not included in the reply packet.",
        "is not included",
    ),
    "OFFERs that nobody takes": ("# DHCP offers not being accepted\n\nI have a laptop.", "not being accepted"),
    "a title with its condition": (
        "# DHCP server gives a duplicated IP address if another one has it\n\nI use it at home.",
        "gives a duplicated IP address",
    ),
    "an address that goes": ("# networkd loses its IPv4 address during DHCP renewal\n\nI saw it today.", "loses its IPv4 address"),
    "a guard of the kernel": ("In our lab dnsmasq appears to be blocked by apparmor in each container.", "blocked by apparmor"),
    "refusals": (
        "My second DHCP server has no slots, so it only replies with NAKs.",
        "replies with NAKs",
    ),
    "a cause that was found": (
        "It turned out that my DHCP pool was exhausted by the phones.",
        "pool was exhausted",
    ),
    "renewals that are not sent": ("# [v4.1] Board stops sending DHCP renewals\n\nI saw it twice.", "stops sending DHCP renewals"),
    "an answer on its way": ("# DHCPOFFER never arrives at the guest on the second host\n\nI use a bridge.", "DHCPOFFER never arrives"),
    "a request on its way": ("I captured on both ends: the DHCP request isn't even getting to the server.", "isn't even getting"),
    "a verb of the protocol": ("# Container cannot DHCP after a restart\n\nI use macvlan.", "cannot DHCP"),
    "a pool that ran out, over a line end": (
        "On Monday my dnsmasq had run out of\nfree addresses, because the machines of last week held them.",
        "run out of free addresses",
    ),
    "a program that is quoted": ("Since yesterday my kea was reporting 'no free leases' for this VLAN.", "'no free leases'"),
    "addresses that are not given": ("# controller not handing out addresses over DHCP\n\nI use it.", "not handing out addresses"),
    "a message that is not served": ("# plugin fails to answer DISCOVER of phones\n\nI run the server.", "fails to answer DISCOVER"),
    "a NAK that is overlooked": ("# [NET-12] DHCP client handles NAK incorrectly\n\nI have two boards.", "handles NAK incorrectly"),
    "a NAK too many": ("# dhcpd: an INFORM triggers a NAK, phones lose their address\n\nI use it.", "triggers a NAK"),
    "an address after its lease": ("My DHCP lease expired at noon, and the laptop still uses the IP address.", "still uses"),
    "an address that went": ("While the test ran for two hours I noticed that the IP address of DHCP had disappeared.", "had disappeared"),
    "a server that is off": ("In our lab the DHCP server of the hypervisor is not running on the second host.", "is not running"),
    "two with one address": ("I booted two boards at once, and both end up with the same IP from DHCP.", "same IP"),
    "renewals that fail": ("My router experiences frequent DHCP renewal failures at night.", "renewal failures"),
    "another language": (
        "# DHCP: Client bekommt keine IP-Adresse\n\nI tried two cables.",
        "keine IP-Adresse",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLAIMS)
def test_what_somebody_reports_is_told_as_his_claim(case: str, tmp_path: Path) -> None:
    text, words = CLAIMS[case]
    found = told(text, tmp_path).findings
    assert [(one.code, one.severity) for one in found] == [("claimed-in-words", Severity.WARNING)]
    assert found[0].message.startswith("somebody writes: ") and words in found[0].message
    assert found[0].evidence[0].line is not None


@pytest.mark.parametrize(
    "text",
    [
        "If your DHCP server does not answer, my advice is to look at the relay.",
        "I would like an option so that the DHCP client does not get an address.",
        "You should check whether the relay drops DHCP requests, as ours did not.",
        "# Fix DHCP server not responding\n\nThis is my change.",
        "The relay drops DHCP replies from untrusted ports. Rogue DHCP servers are found that way.",
        "The client sends DISCOVER and gets an address from my DHCP server at once.",
        "Is my DHCP server not answering?",
        "My DHCPv6 server never answers the SOLICIT of the client.",
        "My web server does not answer, and there is no DHCP here.\nThe server does not respond to pings of ours.",
        "I configured the DHCP server not to send out a lease time.",
        'Actually "abandoned" is no state that my DHCP client has.',
        "My site: Error response from daemon: creating endpoint: no DHCP lease received from the server",
        "My keeper logged only a terse `no DHCP OFFER` and a short summary, so this change makes it log what each of the replies said.",
        "In my design this can lead to a state where the DHCP client never gets an address.",
        "My agent's log is full of this: no port found in network None with the IP address 169.254.169.254.",
        "Relay agents receiving a DHCP packet with giaddr set to zero, as my RFC says, are the first hop.",
        "# probe: forget the lease after a DHCP reply\n\nThis is my change.",
        "I ask: but doesn't this mean that there are two DHCP servers running on the same network?",
        "As my RFC has it, relays that get a DHCP packet with giaddr zero but with an option 82 in it SHALL discard the packet.",
        "My relay needs no DHCP on this port, and it is not in use by others.",
        "When the pool of my DHCP server is exhausted, it has no free addresses to give, and sends nothing.",
        "My DHCP server is not enabled by default.",
        "My DHCP client does not fail to renew its lease.",
        "# Ignore NAKs of servers that were not asked\n\nI changed the DHCP client.",
        "# DHCP pool exhausted: support an alert\n\nI would like to see it.",
        "In my cluster the DHCP client once its lease expires still keeps the address for a minute.",
        "My worker did not renew the lease before the heartbeat ended, so the job is locked.",
        "I start it with this option, otherwise the DHCP server does not get an address to bind.",
        "My DHCP relay no longer crashes with this version.",
        "Release notes\n\nThanks to all.\nThe DHCP server did not assign addresses of the second pool to our phones.",
        ".TH DHCPD 8\n.SH DESCRIPTION\nThanks to all.\nThe DHCP server does not assign addresses to our phones.",
    ],
)  # fmt: skip
def test_what_may_be_is_wished_for_or_is_of_something_else_is_no_claim(text: str, tmp_path: Path) -> None:
    assert "claimed-in-words" not in {one.code for one in told(text, tmp_path).findings}


def test_bytes_are_no_words(tmp_path: Path) -> None:
    dump = "ff ff ff ff ff ff 02 00 00 00 00 09 08 00 45 00\n01 aa 04 00 00 00 40 11 75 44 00 43 00 44 00 00"
    found = told(
        f"My DHCP client sent this frame\n{dump}\nand I got no answer from the DHCP server.", tmp_path
    ).findings
    assert [one.message for one in found] == ["somebody writes: and I got no answer from the DHCP server"]


def test_claim_is_not_told_where_a_log_shows_the_error(tmp_path: Path) -> None:
    log = "\n".join(
        f"Mar  3 10:00:{second:02} srv1 dhcpd[77]: DHCPDISCOVER from 02:00:00:00:00:09 via eth1: network 192.0.2.0/24: no free leases"
        for second in (1, 5, 14)
    )
    text = f"# My DHCP server does not answer\n\nI see this:\n```\n{log}\n```\n"
    assert [one.code for one in told(text, tmp_path, "page.md").findings] == ["pool-exhausted"]


def test_claim_stands_beside_a_log_that_shows_no_error(tmp_path: Path) -> None:
    text = (
        "# DHCP client does not get an address when it asks again\n\nMy log:\n```\n"
        "Mar  3 10:00:01 cl1 dhclient[77]: DHCPDISCOVER on eth1 to 255.255.255.255 port 67 interval 5\n"
        "Mar  3 10:00:01 cl1 dhclient[77]: DHCPOFFER from 192.0.2.1\n```\n"
    )
    found = told(text, tmp_path, "page.md").findings
    assert [one.code for one in found] == ["claimed-in-words"]


def test_line_of_a_program_that_stands_alone_in_quotes_is_quoted(tmp_path: Path) -> None:
    line = "DHCPDISCOVER from xx:xx: via vlan01: network 192.0.2.0/24: no free leases"
    page = f"# New VLAN\n\nI got this in the log file:\n\n`{line}`\n\n```\nsubnet 192.0.2.0 netmask 255.255.255.0 {{\n}}\n```\n"
    assert any("no free leases" in one.message for one in told(page, tmp_path, "page.md").findings)
