"""What nodes say in other words than those that were known: conflicts, nobody who answers, a subnet that is missing, a leap day."""

from __future__ import annotations

from pathlib import Path

import pytest
from analyze_text import told

from labgen.dhcp.model import ExchangeOutcome, Kind

IOS = """\
*Nov  4 07:11:12.501: DHCPD: DHCPDISCOVER received from client 0102.005e.1000.41 on interface Vlan31.
*Nov  4 07:11:12.502: DHCPD: Sending ping to 10.31.4.10
{ping}*Nov  4 07:11:14.502: DHCPD: Sending DHCPOFFER to client 0102.005e.1000.41 (10.31.4.11).
*Nov  4 07:11:14.540: DHCPD: DHCPREQUEST received from client 0102.005e.1000.41.
*Nov  4 07:11:14.541: DHCPD: Sending DHCPACK to client 0102.005e.1000.41 (10.31.4.11).
{declined}"""
PING = "%DHCPD-4-PING_CONFLICT: DHCP address conflict:  server pinged 10.31.4.10.\n"
DECLINED = "*Nov  4 07:11:15.1: %DHCPD-4-DECLINE_CONFLICT: DHCP address conflict:  client 0102.005e.1000.41 declined 10.31.4.11.\n"


@pytest.mark.parametrize(
    ("ping", "declined", "addresses"),
    [
        (PING, DECLINED, {"10.31.4.10", "10.31.4.11"}),
        (PING, "", {"10.31.4.10"}),
        ("", DECLINED, {"10.31.4.11"}),
        ("", "", set()),
    ],
)
def test_ios_messages_about_conflicts_among_its_debugs(
    ping: str, declined: str, addresses: set[str], tmp_path: Path
) -> None:
    found = told(IOS.format(ping=ping, declined=declined), tmp_path)
    conflicts = [each for each in found.findings if each.code == "address-conflict"]
    assert {each.message.partition(":")[0] for each in conflicts} == addresses
    assert {each.severity for each in conflicts} <= {"error"}
    (bound,) = found.exchanges
    assert (bound.outcome, bound.address) == (ExchangeOutcome.BOUND, "10.31.4.11")


TWO = """\
Feb  2 10:00:00 lap dhcpcd[511]: wlan0: soliciting a DHCP lease
Feb  2 10:00:00 lap dhcpcd[512]: eth0: soliciting a DHCP lease
Feb  2 10:00:01 lap dhcpcd[512]: eth0: offered 10.31.9.4 from 10.31.9.1
Feb  2 10:00:01 lap dhcpcd[512]: eth0: leased 10.31.9.4 for 3600 seconds
Feb  2 10:00:05 lap dhcpcd[511]: wlan0: probing for an IPv4LL address
Feb  2 10:00:10 lap dhcpcd[511]: wlan0: using IPv4LL address 169.254.77.3
"""
LATER = """\
Feb  2 10:00:12 lap dhcpcd[511]: wlan0: offered 10.44.0.7 from 10.44.0.1
Feb  2 10:00:12 lap dhcpcd[511]: wlan0: leased 10.44.0.7 for 3600 seconds
"""


def test_dhcpcd_that_takes_a_link_local_address_got_no_answer(tmp_path: Path) -> None:
    found = told(TWO, tmp_path)
    (missing,) = (each for each in found.findings if each.code == "no-reply")
    assert missing.severity == "error"
    assert any(proof.line == 1 for proof in missing.evidence)
    assert [each.address for each in found.exchanges if each.outcome is ExchangeOutcome.BOUND] == [
        "10.31.9.4"
    ]


def test_dhcpcd_that_gets_a_lease_in_the_end_is_healthy(tmp_path: Path) -> None:
    found = told(TWO + LATER, tmp_path)
    assert not [each for each in found.findings if each.severity == "error"]
    assert {each.address for each in found.exchanges} == {"10.31.9.4", "10.44.0.7"}


NOTICE = """\
No subnet declaration for ens19 (10.31.77.1).
** Ignoring requests on ens19.  If this is not what
   you want, please write a subnet declaration
   in your dhcpd.conf file for the network segment
   to which interface ens19 is attached. **
"""


@pytest.mark.parametrize("before", ["", "Internet Systems Consortium DHCP Server 4.4.3\n"])
@pytest.mark.parametrize("prefix", ["", "Feb 11 08:14:01 srv dhcpd[812]: "])
def test_a_subnet_that_dhcpd_misses_is_one_error(prefix: str, before: str, tmp_path: Path) -> None:
    text = "".join(f"{prefix}{line}\n" for line in (before + NOTICE).splitlines())
    found = told(text, tmp_path)
    (error,) = (each for each in found.findings if each.severity == "error")
    assert error.code == "no-scope-for-giaddr"
    assert "No subnet declaration for ens19 (10.31.77.1)" in error.message
    assert [source.format for source in found.sources] == ["dhcpd"]
    assert found.sources[0].unparsed == 0


LEAP = """\
Feb 29 23:59:59 srv1 dhcpd: DHCPDISCOVER from 02:00:5e:11:00:11 via eth0
Mar  1 00:00:00 srv1 dhcpd: DHCPOFFER on 10.31.9.62 to 02:00:5e:11:00:11 via eth0
Mar  1 00:00:00 srv1 dhcpd: DHCPREQUEST for 10.31.9.62 (10.31.9.1) from 02:00:5e:11:00:11 via eth0
Mar  1 00:00:00 srv1 dhcpd: DHCPACK on 10.31.9.62 to 02:00:5e:11:00:11 via eth0
Mar  2 00:00:00 srv1 dhcpd: DHCPREQUEST for 10.31.9.62 from 02:00:5e:11:00:11 via eth0
Mar  2 00:00:00 srv1 dhcpd: DHCPACK on 10.31.9.62 to 02:00:5e:11:00:11 via eth0
"""


@pytest.mark.parametrize("first", ["Feb 29", "Feb 28"])
def test_an_exchange_over_the_end_of_february_is_one(first: str, tmp_path: Path) -> None:
    """The year that a date does without may be none with such a day."""
    found = told(LEAP.replace("Feb 29", first), tmp_path)
    types = [[message.type.value for message in each.messages] for each in found.exchanges]
    if first == "Feb 29":
        assert types[0] == ["DISCOVER", "OFFER", "REQUEST", "ACK"]
        assert len(types) == 2
        times = [message.time for message in found.exchanges[0].messages]
        assert times[-1] is not None
        assert times[0] is not None
        assert times[-1] - times[0] == 1.0
    assert found.findings == ()


MASKED = """\
Jan 22 12:26:13 r dhclient[97]: DHCPREQUEST for 203.x.x.x on igb0 to {to} port 67
Jan 22 12:26:13 r dhclient[97]: DHCPACK from 203.x.x.1
Jan 22 12:26:13 r dhclient[97]: bound to 203.x.x.x -- renewal in 1800 seconds.
"""


@pytest.mark.parametrize(("to", "kind"), [("203.x.x.1", Kind.RENEW), ("255.255.255.255", Kind.ACQUIRE)])
def test_a_server_that_is_masked_is_asked_by_unicast(to: str, kind: Kind, tmp_path: Path) -> None:
    (exchange,) = told(MASKED.format(to=to), tmp_path).exchanges
    assert exchange.kind is kind
    assert exchange.address is None
    assert exchange.outcome in (ExchangeOutcome.RENEWED, ExchangeOutcome.BOUND)
