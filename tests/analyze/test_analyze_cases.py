"""Small inputs of every kind met in the field: what is said about each, and what must not be said.

Each row has the exchanges (kind, outcome, address), the findings with the words they must hold, and nothing beyond: a finding
that is not listed fails the row, so that healthy inputs stay silent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Analysis, Severity

CASES = Path(__file__).parent / "cases"
Told = tuple[str, str, str | None]


def read(*inputs: Input) -> Analysis:
    return analyze(list(inputs), Readers(recognise, named, tell=tell, spare=spare))


def case(*names: str) -> Analysis:
    return read(*(Input(str(CASES / name)) for name in names))


@dataclass(frozen=True)
class Row:
    """What one input tells: exchanges, findings by code with words in them, words about the file."""

    files: tuple[str, ...]
    exchanges: tuple[Told, ...]
    findings: dict[str, str] = field(default_factory=dict)
    said: str = ""


BOUND = ("acquire", "bound", "198.51.100.21")
A, B, C = "198.51.100.21", "198.51.100.22", "198.51.100.23"
ROWS = (
    Row(("bootp.pcap",), (("bootp", "bound", A),)),
    Row(
        ("bystander.pcap",),
        (
            ("acquire", "incomplete", A),
            ("inform", "no-reply", A),
            ("acquire", "incomplete", B),
            ("acquire", "no-reply", C),
            ("rebind", "no-reply", C),
        ),
        {"replies-not-visible": "3 clients asked"},
    ),
    Row(
        ("cable-giaddr.pcap",),
        (("acquire", "bound", "203.0.113.21"), ("renew", "renewed", "203.0.113.21")),
        {"giaddr-wrong-subnet": "right where that subnet shares the link"},
    ),
    Row(
        ("cloned-client-id.pcap",),
        (BOUND, BOUND, ("renew", "renewed", A)),
        {"duplicate-client-id": "00:00:5e:00:53:01 and 00:00:5e:00:53:02"},
    ),
    Row(
        ("decline.pcap",),
        (BOUND, ("decline", "declined", A), ("acquire", "bound", B)),
        {"address-conflict": f"{A}: declined by the client"},
    ),
    Row(("dhcpv6.pcap",), (), said="4 DHCPv6 messages (RFC 8415)"),
    Row(("erspan.pcap",), (BOUND,)),
    Row(
        ("ip-fragments.pcap",),
        (("acquire", "incomplete", A),),
        {"option-82-stripped": "was sent option 82 and replied without it"},
    ),
    Row(("l2-relay-option82.pcap",), (BOUND,)),
    Row(
        ("leasequery.pcap",),
        (("leasequery", "active", A), ("leasequery", "unknown", None), ("leasequery", "no-reply", None)),
    ),
    Row(("moved-then-reused.pcap",), (BOUND, ("acquire", "bound", B), BOUND)),
    Row(
        ("192.0.2.201.pcap", "192.0.2.202.pcap"),
        (BOUND, ("acquire", "bound", B), ("acquire", "bound", C)),
        said="its clock was moved by -3.199 s",
    ),
    Row(
        ("offers-untaken.pcap",),
        (("acquire", "incomplete", A), ("acquire", "incomplete", B), ("acquire", "incomplete", C)),
        {"offers-not-taken": "4 times and no REQUEST followed"},
    ),
    Row(
        ("one-direction.pcap",),
        (("acquire", "incomplete", A), ("acquire", "incomplete", B)),
        {"replies-not-visible": "2 clients asked"},
    ),
    Row(("overlap-vlan.pcap",), (("acquire", "bound", "10.0.0.21"),) * 2),
    Row(("overlap-vni.pcap",), (("acquire", "bound", "10.0.0.21"),) * 2),
    Row(("pxe-proxydhcp.pcap",), (BOUND, ("boot-server", "answered", A))),
    Row(("rapid-commit.pcap",), (BOUND,)),
    Row(("relay-chain.pcap",), (BOUND,)),
    Row(("relayed-rebind.pcap",), (("rebind", "renewed", A),)),
    Row(("replies-only.pcap",), (BOUND,)),
    Row(("retry-new-xid.pcap",), (BOUND,), {"answered-late": "after 9.5 s, at DISCOVER number 4"}),
    Row(
        ("rotated-1.pcap", "rotated-2.pcap"),
        tuple(("renew", "renewed", f"198.51.100.{n}") for n in (21, 22, 23, 24, 25)) * 2,
    ),
    Row(
        ("server-died.pcap",),
        (
            ("renew", "renewed", A),
            ("renew", "renewed", A),
            ("renew", "no-reply", A),
            ("rebind", "no-reply", A),
        ),
        {"no-reply": "192.0.2.10 answered this client until then"},
    ),
    Row(("snaplen-96.pcap",), (("acquire", "incomplete", A),), said="snap length 96"),
    Row(("span-both-directions.pcap",), (BOUND,), said="every frame was captured more than once"),
    Row(("vxlan-over-ipv6.pcap",), (BOUND,)),
    Row(("wifi-monitor.pcap",), (BOUND,)),
    Row(("xid-changes.pcap",), (BOUND,)),
    Row(
        ("decline-and-conflict.txt",),
        (("acquire", "bound", "198.51.100.20"), ("decline", "declined", "198.51.100.20")),
        {"address-conflict": "198.51.100.2", "duplicate-client-id": "uid lease 198.51.100.22"},
    ),
    Row(
        ("dhclient-two-interfaces.txt",),
        (("acquire", "no-reply", None), ("acquire", "bound", "192.0.2.44")),
        {"no-reply": "No DHCPOFFERS received"},
    ),
    Row(("dhclient-xid-swapped.txt",), (("acquire", "bound", "198.51.100.20"),)),
    Row(
        ("dhcrelay-drop-reasons.txt",),
        (("acquire", "no-reply", None),),
        {"relay-dropped": "dhcrelay-drop-reasons says"},
    ),
    Row(
        ("dhcrelay-dropping-reply.txt",),
        (("acquire", "no-reply", None),),
        {"relay-dropped": "eth2 is not requested as upstream"},
    ),
    Row(
        ("dnsmasq-no-range.txt",),
        (),
        {"no-scope-for-giaddr": "via 198.51.100.1", "request-refused": "dnsmasq-no-range says"},
    ),
    Row(("docker-json.log",), (("acquire", "no-reply", None),) * 3, {"no-reply": "3 DISCOVERs in 2d"}),
    Row(("double-lease-after-weeks.txt",), (("acquire", "bound", "198.51.100.20"),) * 2),
    Row(
        ("ios-no-workspace-lines.txt",),
        (("acquire", "no-reply", None),),
        {"no-scope-for-giaddr": "3 times: there is no address pool for 198.51.100.1"},
    ),
    Row(("ios-opt82-giaddr-zero.txt",), (), {"option-82-untrusted": "ios-opt82-giaddr-zero says, 2 times"}),
    Row(("kea-14-alloc-is-offer.txt",), (("acquire", "bound", "198.51.100.10"),)),
    Row(("kea-freebsd-thread.txt",), (("acquire", "bound", "198.51.100.20"),)),
    Row(("kea-info-split.txt",), (("acquire", "bound", "198.51.100.20"),)),
    Row(
        ("markdown-unknown-blocks.md",),
        (("acquire", "no-reply", None),),
        {"no-reply": "No DHCPOFFERS received", "relay-dropped": "No interface match 118"},
    ),
    Row(
        ("masked-mac-dhcpd.txt",),
        (("acquire", "nak", "203.0.113.108"), ("acquire", "bound", "198.51.100.199")),
        {"nak-sent": "wrong network"},
    ),
    Row(("masked-values.txt",), (("renew", "renewed", None),)),
    Row(("networkd-before-248.txt",), (("acquire", "bound", None), ("renew", "renewed", None))),
    Row(("networkd-server-request.txt",), (("acquire", "bound", None),)),
    Row(("networkmanager-and-dhclient.txt",), (("renew", "renewed", "198.51.100.100"),)),
    Row(("new-year.txt",), (("acquire", "bound", "198.51.100.20"),)),
    Row(
        ("newest-first.txt",),
        (("acquire", "bound", "198.51.100.20"), *((("renew", "renewed", "198.51.100.20"),) * 2)),
    ),
    Row(
        ("nxos-drop-section.txt",),
        (),
        {"relay-dropped": "120 Offer dropped; its reason: Unknown output interface 120"},
    ),
    Row(
        ("offers-lost-dhcpd.txt",),
        (("acquire", "incomplete", "198.51.100.20"),),
        {"offers-not-taken": "to giaddr 198.51.100.1 3 times"},
    ),
    Row(
        ("reason-not-in-finding.txt",),
        (("acquire", "no-reply", None),) * 3,
        {"pool-exhausted": "reason-not-in-finding says", "no-scope-for-giaddr": "giaddr 203.0.113.7"},
    ),
    Row(
        ("tcpdump-renewal-twice.txt",),
        (("renew", "renewed", "198.51.100.20"),),
        {"relayed-and-routed": "192.0.2.10 got the REQUEST of 198.51.100.20 twice"},
    ),
    Row(("udhcpc-two-runs.txt",), (("acquire", "no-reply", None), ("acquire", "bound", "203.0.113.248"))),
    Row(
        ("unknown-format-answer.txt",),
        (("acquire", "bound", "198.51.100.5"), ("acquire", "nak", "203.0.113.77")),
        {"nak-sent": "refused 203.0.113.77", "pool-exhausted": "scope 198.51.100.0"},
    ),
    Row(("wireshark-text.txt",), (("renew", "nak", "198.51.100.20"),), {"nak-sent": "192.0.2.10 refused"}),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.files[0])
def test_exchanges_are_told_as_they_were(row: Row) -> None:
    found = case(*row.files).exchanges
    assert tuple((e.kind.value, e.outcome.value, e.address) for e in found) == row.exchanges


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.files[0])
def test_what_is_found_is_the_cause_and_nothing_else(row: Row) -> None:
    found = case(*row.files).findings
    assert {finding.code for finding in found} == set(row.findings)
    for code, words in row.findings.items():
        assert all(words in finding.message for finding in found if finding.code == code), code


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.files[0])
def test_what_a_file_cannot_show_is_said(row: Row) -> None:
    problems = " ".join(problem for source in case(*row.files).sources for problem in source.problems)
    assert row.said in problems
    assert bool(row.said) == bool(problems)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.files[0])
def test_no_sentence_speaks_of_none(row: Row) -> None:
    assert not [f.message for f in case(*row.files).findings if "None" in f.message]


def test_every_line_of_the_logs_is_a_message_a_remark_or_noise() -> None:
    for row in ROWS:
        for source in case(*row.files).sources:
            assert source.unparsed == 0 or row.said, (row.files, source)


def test_one_noisy_client_is_one_finding() -> None:
    (finding,) = case("one-noisy-client.pcap.gz").findings
    assert (finding.code, finding.severity) == ("no-reply", Severity.WARNING)
    assert "5000 DISCOVERs in 24995s" in finding.message
    assert len(finding.evidence) <= 24


def test_role_that_is_told_names_the_relay_and_its_directions() -> None:
    file = str(CASES / "told-relay.pcap")
    found = read(Input(file, "capture", "sw1", MessageRole.RELAY))
    (exchange,) = found.exchanges
    ways = [f"{message.direction.value} {message.type.value}" for message in exchange.messages]
    assert ways[:4] == ["rx DISCOVER", "tx DISCOVER", "rx OFFER", "tx OFFER"]
    assert found.findings == ()


def test_addresses_as_file_names_stay_two_nodes() -> None:
    found = case("192.0.2.201.pcap", "192.0.2.202.pcap")
    assert [source.node for source in found.sources] == ["192.0.2.201", "192.0.2.202"]
    assert [round(source.clock_offset, 3) for source in found.sources] == [0.0, -3.199]


def test_consecutive_files_of_one_tap_are_not_laid_on_each_other() -> None:
    found = case("rotated-1.pcap", "rotated-2.pcap")
    assert [source.clock_offset for source in found.sources] == [0.0, 0.0]
    times = [exchange.started or 0.0 for exchange in found.exchanges]
    assert times[5] - times[0] == pytest.approx(1800, abs=1)


@pytest.mark.parametrize(
    ("name", "segments"), [("vlan", {"VLAN 10", "VLAN 20"}), ("vni", {"VNI 10010", "VNI 10020"})]
)
def test_overlapping_plans_are_told_apart(name: str, segments: set[str]) -> None:
    assert {str(exchange.segment) for exchange in case(f"overlap-{name}.pcap").exchanges} == segments


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.glob("broken-*")))
def test_broken_input_is_read_as_far_as_it_goes(name: str) -> None:
    assert case(name).sources


def test_mask_that_is_none_does_not_end_the_analysis() -> None:
    (exchange,) = case("hostile-mask.pcap").exchanges
    assert exchange.address == "172.16.0.5"
