"""Captures of what goes wrong in networks and clients: the finding that names it, and what must not be said of the healthy twin."""

from __future__ import annotations

from pathlib import Path
from socket import inet_aton

import pytest
from analyze_wire import ACK, ALL, ANY, DISCOVER, NAK, OFFER, RELEASE, REQUEST, Wire, option, relay_info

from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.model import Analysis, Finding

LEASEQUERY = 10
SERVER, OTHER, GIADDR, A, B = "192.0.2.10", "192.0.2.11", "198.51.100.1", "198.51.100.21", "198.51.100.22"


def found(analysis: Analysis, code: str) -> list[Finding]:
    return [finding for finding in analysis.findings if finding.code == code]


def one(analysis: Analysis, code: str) -> Finding:
    (finding,) = found(analysis, code)
    return finding


def unanswered_behind(wire: Wire, giaddr: str) -> None:
    for pause in (4, 8, 16):
        wire.send(DISCOVER, 9, 9, giaddr, SERVER, giaddr=giaddr, hops=1)
        wire.relayed(int(pause), pause, f"203.0.113.{pause}", "203.0.113.1")
        wire.wait(pause)


def test_relay_that_was_served_before_is_not_said_to_lack_a_subnet(tmp_path: Path) -> None:
    wire = Wire()
    wire.relayed(1, 1, A, GIADDR)
    wire.wait(5)
    unanswered_behind(wire, GIADDR)
    message = one(wire.analysis(tmp_path), "no-reply").message
    assert "192.0.2.10 answered other clients of this relay before" in message
    assert "has it a free address for this one?" in message
    assert "subnet" not in message


def test_relay_that_was_never_served_is_asked_for_its_subnet(tmp_path: Path) -> None:
    wire = Wire()
    unanswered_behind(wire, GIADDR)
    message = one(wire.analysis(tmp_path), "no-reply").message
    assert "has it a subnet for 198.51.100.1, and a way back to it?" in message
    assert "free address" not in message


def test_nak_of_a_server_that_was_not_chosen_names_the_chosen_one(tmp_path: Path) -> None:
    wire = Wire()
    for xid in range(1, 5):
        wire.send(DISCOVER, 1, xid)
        wire.send(OFFER, 1, xid, SERVER, A, yiaddr=A, server=SERVER, lease=3600)
        wire.send(REQUEST, 1, xid, requested=A, server=SERVER)
        wire.send(NAK, 1, xid, OTHER, ALL, server=OTHER)
        wire.send(ACK, 1, xid, SERVER, A, yiaddr=A, server=SERVER, lease=3600)
        wire.wait(10)
    message = one(wire.analysis(tmp_path), "nak-sent").message
    assert message.startswith(f"{OTHER} refused {A}, which the client had chosen from {SERVER}")


def test_nak_of_the_chosen_server_is_its_own(tmp_path: Path) -> None:
    wire = Wire()
    wire.send(DISCOVER, 1, 1)
    wire.send(OFFER, 1, 1, SERVER, A, yiaddr=A, server=SERVER, lease=3600)
    wire.send(REQUEST, 1, 1, requested=A, server=SERVER)
    wire.send(NAK, 1, 1, SERVER, ALL, server=SERVER)
    assert (
        one(wire.analysis(tmp_path), "nak-sent").message
        == f"{SERVER} refused {A}, which it had offered itself"
    )


def rapid(servers: tuple[tuple[str, str], ...]) -> Wire:
    wire, commit = Wire(), option(80, b"")
    for server, _ in servers:
        wire.send(DISCOVER, 1, 1, GIADDR, server, giaddr=GIADDR, hops=1, more=commit)
    for server, given in servers:
        wire.send(
            ACK, 1, 1, server, GIADDR, giaddr=GIADDR, yiaddr=given, server=server, lease=600, more=commit
        )
    return wire


def test_rapid_commit_of_two_servers_is_one_exchange_with_two_leases(tmp_path: Path) -> None:
    told = rapid(((SERVER, A), (OTHER, B))).analysis(tmp_path)
    assert [(e.outcome, e.address) for e in told.exchanges] == [("bound", A)]
    finding = one(told, "double-lease")
    assert finding.severity.value == "warning"
    assert f"{A} and {B}" in finding.message and "rapid commit" in finding.message


def test_rapid_commit_of_one_server_is_silent(tmp_path: Path) -> None:
    assert not rapid(((SERVER, A),)).analysis(tmp_path).findings


def chained(onward: bytes, rounds: int = 4) -> Wire:
    """A first relay with circuit port5, a second one that passes `onward` on, which comes back with the OFFERs."""
    wire = Wire()
    for turn in range(rounds):
        wire.send(
            DISCOVER, 1, 1, GIADDR, "198.51.100.254", giaddr=GIADDR, hops=1, more=relay_info(circuit=b"port5")
        )
        wire.send(
            DISCOVER, 1, 1, "203.0.113.1", SERVER, giaddr=GIADDR, hops=2, more=relay_info(circuit=onward)
        )
        wire.send(
            OFFER, 1, 1, SERVER, GIADDR, giaddr=GIADDR, yiaddr=A, server=SERVER, lease=600, hops=2,
            more=relay_info(circuit=onward),
        )  # fmt: skip
        wire.wait(4 * 2**turn)
    return wire


def test_second_relay_that_rewrites_option_82_is_named(tmp_path: Path) -> None:
    wire = chained(b"uplink1")
    finding = one(wire.analysis(tmp_path), "option-82-changed")
    assert finding.message.startswith("203.0.113.1 changed option 82 of 198.51.100.1")
    assert "circuit-id port5 came back as uplink1" in finding.message


def test_second_relay_that_leaves_option_82_alone_is_not_named(tmp_path: Path) -> None:
    assert not found(chained(b"port5").analysis(tmp_path), "option-82-changed")


def asks_in_vain(more: bytes) -> Wire:
    wire = Wire()
    wire.acquire(2, 2, B)
    for pause in (4, 8, 16, 1):
        wire.send(DISCOVER, 1, 1, more=more)
        wire.wait(pause)
    wire.acquire(3, 3, "198.51.100.23")
    return wire


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (b"\x3d\x00", "option 61 has 0 octets, not 2 or more"),
        (b"\x32\x03\x0a\x07\x00", "option 50 has 3 octets, not 4"),
        (b"\x0c\x40ab", "option 12 runs past the end of the packet"),
    ],
)
def test_broken_options_are_the_reason_for_no_answer(more: bytes, words: str, tmp_path: Path) -> None:
    told = asks_in_vain(more).analysis(tmp_path)
    assert one(told, "no-reply").message.endswith(
        f"{words}: servers and relays drop packets that break RFC 2132"
    )
    assert (
        next(e for e in told.exchanges if e.client.mac == "00:00:5e:00:53:01").messages[0].malformed == words
    )


def test_whole_options_are_no_reason(tmp_path: Path) -> None:
    told = asks_in_vain(option(12, b"pc1") + option(50, inet_aton(A)))
    assert "RFC 2132" not in one(told.analysis(tmp_path), "no-reply").message


def rebinds_after(renewals: int, identifier: str) -> Analysis | Wire:
    wire = Wire()
    wire.relayed(1, 1, A, GIADDR)
    for _ in range(renewals):
        wire.wait(75)
        wire.send(REQUEST, 1, 2, A, identifier, ciaddr=A)
    wire.wait(80)
    wire.send(REQUEST, 1, 2, GIADDR, SERVER, ciaddr=A, giaddr=GIADDR, hops=1)
    wire.send(ACK, 1, 2, SERVER, GIADDR, ciaddr=A, yiaddr=A, giaddr=GIADDR, server=identifier, lease=3600)
    return wire


def test_relayed_request_after_vain_renewals_is_the_rebinding(tmp_path: Path) -> None:
    wire = rebinds_after(3, "203.0.113.5")
    assert isinstance(wire, Wire)
    told = wire.analysis(tmp_path)
    assert [(e.kind, e.outcome) for e in told.exchanges[1:]] == [("renew", "no-reply"), ("rebind", "renewed")]
    message = one(told, "renew-unanswered").message
    assert (
        "renewals sent to 203.0.113.5; the rebinding was answered by 203.0.113.5, which sends from 192.0.2.10"
        in message
    )


def test_renewal_that_a_relay_catches_is_one_renewal(tmp_path: Path) -> None:
    """The relay's copy comes at once, not after T2."""
    wire = Wire()
    wire.send(REQUEST, 1, 2, A, SERVER, ciaddr=A)
    wire.send(REQUEST, 1, 2, GIADDR, SERVER, ciaddr=A, giaddr=GIADDR, hops=1)
    wire.send(ACK, 1, 2, SERVER, A, ciaddr=A, yiaddr=A, server=SERVER, lease=3600)
    told = wire.analysis(tmp_path)
    assert [(e.kind, e.outcome) for e in told.exchanges] == [("renew", "renewed")]
    assert not found(told, "renew-unanswered")


@pytest.mark.parametrize(
    ("lease", "more", "severity", "words"),
    [
        (0, b"", "warning", "a lease that cannot work: its lease time is 0"),
        (600, option(58, b"\0\0\x02\x58"), "warning", "renewal time (option 58, 600 s) is not before the end of the lease (600 s)"),
        (None, b"", "info", "a lease against RFC 2131: it has no lease time (option 51)"),
    ],
)  # fmt: skip
def test_lease_that_no_client_can_keep_is_told(
    lease: int | None, more: bytes, severity: str, words: str, tmp_path: Path
) -> None:
    wire = Wire()
    wire.send(REQUEST, 1, 1, requested=A)
    wire.send(ACK, 1, 1, SERVER, A, yiaddr=A, server=SERVER, lease=lease, more=more)
    finding = one(wire.analysis(tmp_path), "lease-unusable")
    assert finding.severity.value == severity
    assert words in finding.message


def test_lease_with_usual_times_is_silent(tmp_path: Path) -> None:
    wire = Wire()
    wire.send(REQUEST, 1, 1, requested=A)
    wire.send(ACK, 1, 1, SERVER, A, yiaddr=A, server=SERVER, lease=600, more=option(58, b"\0\0\x01\x2c"))
    assert not wire.analysis(tmp_path).findings


@pytest.mark.parametrize(
    ("ciaddr", "named", "words"),
    [
        (ANY, SERVER, "names no address"),
        (A, OTHER, f"names the server {OTHER}, and the lease is from {SERVER}"),
    ],
)
def test_release_that_frees_nothing_is_told(ciaddr: str, named: str, words: str, tmp_path: Path) -> None:
    wire = Wire()
    wire.acquire(1, 1, A)
    wire.wait(60)
    wire.send(RELEASE, 1, 2, A, SERVER, ciaddr=ciaddr, server=named)
    assert words in one(wire.analysis(tmp_path), "release-unmatched").message


@pytest.mark.parametrize("to", [SERVER, OTHER])
def test_release_to_whom_it_names_is_silent(to: str, tmp_path: Path) -> None:
    """The lease may have been extended by another server meanwhile, out of sight."""
    wire = Wire()
    wire.acquire(1, 1, A)
    wire.wait(60)
    wire.send(RELEASE, 1, 2, A, to, ciaddr=A, server=to)
    assert not found(wire.analysis(tmp_path), "release-unmatched")


def crowd(clients: int, offered: int) -> Wire:
    wire = Wire()
    for client in range(1, clients + 1):
        wire.send(DISCOVER, client, client)
        if client <= offered:
            given = f"198.51.100.{client}"
            wire.send(OFFER, client, client, SERVER, given, yiaddr=given, server=SERVER, lease=600)
    return wire


def test_crowd_that_uses_a_pool_up_counts_those_without_offer(tmp_path: Path) -> None:
    message = one(crowd(60, 20).analysis(tmp_path), "starvation").message
    assert "60 hardware addresses" in message
    assert "offered 20 addresses, and nothing to the 40 that asked last" in message


def test_neighbours_that_ask_once_are_no_crowd(tmp_path: Path) -> None:
    assert not found(crowd(60, 2).analysis(tmp_path), "starvation")


@pytest.mark.parametrize(("own", "times"), [(30, 0), (1800, 1)])
def test_renewals_are_held_against_t1_of_their_own_server(own: int, times: int, tmp_path: Path) -> None:
    """A second server on the link offers leases of a day beside short ones."""
    wire = Wire()
    wire.send(DISCOVER, 1, 1)
    wire.send(
        OFFER,
        1,
        1,
        OTHER,
        B,
        yiaddr=B,
        server=OTHER,
        lease=86400,
        more=option(58, (43200).to_bytes(4, "big")),
    )
    wire.send(REQUEST, 1, 1, requested=A, server=SERVER)
    timed = option(58, own.to_bytes(4, "big"))
    wire.send(ACK, 1, 1, SERVER, A, yiaddr=A, server=SERVER, lease=2 * own, more=timed)
    for xid in range(2, 9):
        wire.wait(30)
        wire.send(REQUEST, 1, xid, A, SERVER, ciaddr=A)
        wire.send(ACK, 1, xid, SERVER, A, ciaddr=A, yiaddr=A, server=SERVER, lease=2 * own, more=timed)
    assert len(found(wire.analysis(tmp_path), "renewal-loop")) == times


@pytest.mark.parametrize(("goes_on", "lost"), [(True, True), (False, False)])
def test_capture_that_shows_the_discover_and_not_the_request_tells_where_it_is_lost(
    goes_on: bool, lost: bool, tmp_path: Path
) -> None:
    """A switch passes DISCOVERs and drops REQUESTs; its uplink is captured as well, until the end or not."""
    port, uplink = Wire(), Wire()
    for wire in (port, uplink):
        wire.send(DISCOVER, 1, 1)
        wire.send(OFFER, 1, 1, SERVER, A, yiaddr=A, server=SERVER, lease=600)
    for _ in range(3):
        port.send(REQUEST, 1, 1, requested=A, server=SERVER)
        port.wait(4)
    port.acquire(2, 2, B)
    if goes_on:
        uplink.now = port.now
        uplink.acquire(3, 3, "198.51.100.23")
    for name, wire in (("port", port), ("uplink", uplink)):
        (tmp_path / f"{name}.pcap").write_bytes(wire.pcap())
    files = [Input(str(tmp_path / f"{name}.pcap")) for name in ("port", "uplink")]
    message = one(analyze(files, Readers(recognise, named, tell=tell, spare=spare)), "no-reply").message
    assert (
        "uplink.pcap shows the DISCOVER and not the REQUEST: it is lost on the way there" in message
    ) is lost


@pytest.mark.parametrize(("times", "told"), [(2, 0), (4, 1)])
def test_leasequery_that_is_sent_again_and_again_is_told(times: int, told: int, tmp_path: Path) -> None:
    wire = Wire()
    for _ in range(times):
        wire.send(LEASEQUERY, 1, 7, GIADDR, SERVER, ciaddr=A, giaddr=GIADDR)
        wire.wait(2)
    findings = found(wire.analysis(tmp_path), "no-reply")
    assert [(f.severity.value, f.message.split(";")[0]) for f in findings] == [
        ("warning", f"no answer to {times} LEASEQUERYs about {A} from {GIADDR} to {SERVER}")
    ] * told


@pytest.mark.parametrize(("answered", "other"), [(2, True), (1, False)])
def test_offers_under_another_transaction_are_told_as_that(
    answered: int, other: bool, tmp_path: Path
) -> None:
    wire = Wire()
    for turn in range(4):
        wire.send(DISCOVER, 1, 1)
        wire.send(OFFER, 1, answered, SERVER, A, yiaddr=A, server=SERVER, lease=600)
        wire.wait(4 * 2**turn)
    message = one(wire.analysis(tmp_path), "offers-not-taken").message
    assert ("they answer transaction 0x2, and the client asked under another one" in message) is other
