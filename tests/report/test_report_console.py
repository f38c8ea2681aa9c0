"""The report that a terminal shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from io import StringIO

import pytest
from report_verdicts import timings
from rich.console import Console

from labgen.dhcp.model import (
    Binding,
    Client,
    Direction,
    Exchange,
    ExchangeOutcome,
    Finding,
    Kind,
    Message,
    MessageRole,
    MessageType,
    Severity,
)
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.report import console
from labgen.spec.load import load
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, passed
from labgen.verify.subject import Subject
from labgen.verify.verdict import CheckResult, Verdict

FRAMES = tuple(Proof(Witness.WIRE, "srv1", "captures/srv1-eth1.pcap", frame=frame) for frame in (35, 42))
LOG = Proof(Witness.SERVER, "srv1", "raw/srv1/kea-dhcp4.log.txt", line=162)
GOOD = passed("an address of its own pool", "172.16.0.130", FRAMES)
BAD = failed("an address of its own pool", "172.16.0.200", "labgen logs srv1", (*FRAMES, LOG))
STUCK = blocked("one REQUEST", "no OFFER was seen", "look at server.offers first")


@cache
def plan() -> LabPlan:
    return build(load("evpn-redundant-server"))


def macs() -> dict[str, str]:
    return {client: plan().node(client).interfaces[0].mac for client in ("cl_a", "cl_b")}


def exchange(client: str, address: str, kind: Kind = Kind.ACQUIRE) -> Exchange:
    mac, relay, server = macs()[client], "10.0.0.4", "10.0.0.2"
    hops = [
        (MessageType.REQUEST, client, MessageRole.CLIENT, Direction.TX, "0.0.0.0", "255.255.255.255", None),
        (MessageType.REQUEST, "sw1", MessageRole.RELAY, Direction.RX, "0.0.0.0", "255.255.255.255", None),
        (MessageType.REQUEST, "sw1", MessageRole.RELAY, Direction.TX, relay, server, relay),
        (MessageType.ACK, "srv1", MessageRole.SERVER, Direction.TX, server, relay, relay),
        (MessageType.ACK, client, MessageRole.CLIENT, Direction.RX, "172.16.0.4", address, relay),
    ]
    messages = tuple(
        Message(
            kind, node, role, direction, time=1000.0 + at / 1000, src=src, dst=dst, giaddr=giaddr,
            server_id="172.16.0.4", mac=mac, xid=7, lease_seconds=86400, file=f"captures/{node}-eth1.pcap",
            frame=at + 1, requested=None if kind.is_reply else address, yiaddr=address if kind.is_reply else None,
        )
        for at, (kind, node, role, direction, src, dst, giaddr) in enumerate(hops)
    )  # fmt: skip
    return Exchange(Client(mac), kind, ExchangeOutcome.BOUND, messages, 7, address, "172.16.0.4", 86400)


def checks(judgements: Iterable[Judgement]) -> tuple[CheckResult, ...]:
    subjects = [(client, server) for client in ("cl_a", "cl_b") for server in ("srv1", "srv2")]
    return tuple(
        CheckResult(
            "server.pool",
            Subject(client=client, server=server),
            "{server} offers {client} an address of its own pool",
            "acquire",
            "acquire",
            "RFC 2131 section 4.3.1",
            judgement,
        )
        for (client, server), judgement in zip(subjects, judgements, strict=False)
    )


def verdict(*judgements: Judgement) -> Verdict:
    return Verdict(
        lab="evpn-redundant-server",
        scenario="evpn-redundant-server",
        provider="embedded",
        devices={node.name: node.device for node in plan().nodes},
        planned=len(judgements),
        checks=checks(judgements),
        bindings=(
            Binding("172.16.0.130", "srv1", mac=macs()["cl_a"], lease_seconds=86400),
            Binding("172.16.0.130", "cl_a", state="bound", server_id="172.16.0.4", role=MessageRole.CLIENT),
            Binding("172.16.0.7", "srv2", mac=macs()["cl_b"], state="selecting"),
        ),
        exchanges=(exchange("cl_a", "172.16.0.130"),),
        findings=tuple(
            Finding("duplicate-relay", Severity.INFO, "srv1 received DISCOVER once per relay", "srv1", mac)
            for mac in macs().values()
        ),
        timings=timings(),
        folder="runs/x",
    )


def shown(given: Verdict, *, width: int = 110, verbose: bool = False, colour: bool = False) -> str:
    out = StringIO()
    console.render(
        given,
        plan(),
        Console(file=out, width=width, force_terminal=colour, no_color=not colour),
        verbose=verbose,
    )
    return out.getvalue()


@pytest.mark.parametrize(("at", "state"), [(1005.0, ""), (1015.0, "expired"), (None, "")])
def test_a_lease_that_had_ended_when_it_was_looked_at_is_told_as_such(at: float | None, state: str) -> None:
    """As the page has it."""
    lease = Binding("172.16.0.130", "srv1", mac=macs()["cl_a"], lease_seconds=12, expires=1010.0)
    out = StringIO()
    console.render(replace(verdict(GOOD), bindings=(lease,)), plan(), Console(file=out, width=110), at=at)
    (row,) = [line for line in out.getvalue().splitlines() if "172.16.0.130" in line and "srv1" in line]
    assert ("expired" in row) is bool(state)


@pytest.mark.parametrize(
    ("judgements", "last"),
    [
        pytest.param([GOOD] * 4, "PASS  4 of 4 checks", id="all passed"),
        pytest.param(
            [GOOD, BAD, STUCK, GOOD], "FAIL  1 of 4 checks failed, 1 blocked, 2 passed", id="one failed"
        ),
        pytest.param([GOOD, STUCK], "INCOMPLETE  1 of 2 checks blocked, 1 passed", id="blocked"),
        pytest.param([Judgement()], "ERROR  1 of 1 check could not be judged", id="not judged"),
        pytest.param([], "INCOMPLETE  no check was planned, so nothing was shown", id="nothing planned"),
    ],
)
def test_the_last_line_is_the_verdict(judgements: list[Judgement], last: str) -> None:
    assert shown(verdict(*judgements)).splitlines()[-1] == last


def test_checks_that_never_ran_are_counted_on_the_last_line() -> None:
    given = replace(verdict(GOOD, GOOD), planned=5)
    assert shown(given).splitlines()[-1] == "INCOMPLETE  3 of 5 checks never ran, 2 passed"


def test_passes_of_one_check_fold_into_one_line_with_their_subjects() -> None:
    text = shown(verdict(*[GOOD] * 4))
    assert "4  each server offers each client an address of its own pool  cl_a cl_b × srv1 srv2" in text
    assert text.count("an address of its own pool") == 1


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("FAIL    srv2 offers cl_a an address of its own pool", id="title"),
        pytest.param(
            "expected  an address of its own pool (RFC 2131 section 4.3.1)", id="expected with reference"
        ),
        pytest.param("observed  172.16.0.200", id="observed"),
        pytest.param("next  labgen logs srv1", id="next command"),
        pytest.param("captures/srv1-eth1.pcap frames 35, 42 (wire)", id="frames"),
        pytest.param("raw/srv1/kea-dhcp4.log.txt:162 (server)", id="line of a log"),
        pytest.param("3/4  each server", id="how many passed"),
    ],
)
def test_a_failing_check_is_shown_in_full(words: str) -> None:
    assert words in shown(verdict(GOOD, BAD, GOOD, GOOD))


def test_verbose_shows_each_pass_with_what_was_observed() -> None:
    text = shown(verdict(GOOD, GOOD), verbose=True)
    assert text.count("172.16.0.130\n") >= 2
    assert "srv2 offers cl_a" in text


def test_the_exchange_names_relay_and_server_by_node() -> None:
    text = shown(verdict(GOOD))
    assert "acquire: cl_a (52:dc" in text
    assert "giaddr 10.0.0.4  asks 172.16.0.130" in text


def test_of_many_alike_exchanges_one_is_drawn_and_the_others_are_named() -> None:
    given = replace(verdict(GOOD), exchanges=tuple(exchange("cl_a", f"172.16.0.{n}") for n in range(10, 16)))
    text = shown(given)
    assert text.count("giaddr 10.0.0.4  asks") == 1
    assert all(f"bound to 172.16.0.{n}" in text for n in range(10, 16))
    assert shown(given, verbose=True).count("giaddr 10.0.0.4  asks") == 6


def test_a_finding_about_several_clients_takes_one_line() -> None:
    assert "cl_a cl_b: srv1 received DISCOVER once per relay" in shown(verdict(GOOD))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        pytest.param("172.16.0.130", "✔ client  ✔ server  ✔ wire", id="all three agree"),
        pytest.param("172.16.0.7", "selecting  – client  ✔ server  – wire", id="only a server knows"),
    ],
)
def test_a_lease_names_its_witnesses(address: str, words: str) -> None:
    lines = shown(verdict(GOOD)).splitlines()
    assert any(address in line and words in line for line in lines)


def test_times_of_the_lab_are_shares_of_its_start() -> None:
    assert "up 2.0 s (network 0.4, routes 1.6)" in shown(verdict(GOOD))


@pytest.mark.parametrize("width", [80, 110])
@pytest.mark.parametrize("verbose", [False, True], ids=["short", "verbose"])
def test_no_line_is_longer_than_the_console(width: int, verbose: bool) -> None:
    text = shown(verdict(GOOD, BAD, STUCK, Judgement()), width=width, verbose=verbose)
    paths = [line for line in text.splitlines() if line.startswith("Report")]
    assert max(len(line) for line in text.splitlines() if line not in paths) <= width


def test_a_wide_console_is_not_filled() -> None:
    assert max(len(line) for line in shown(verdict(GOOD, BAD), width=240).splitlines()) <= 110


def test_colours_are_used_on_a_terminal() -> None:
    assert "\x1b[" in shown(verdict(GOOD), colour=True)


def test_no_color_leaves_no_escape_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = StringIO()
    console.render(verdict(GOOD, BAD), plan(), Console(file=out, width=110, force_terminal=True))
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().splitlines()[-1].startswith("FAIL  ")


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "coloured"])
def test_what_a_device_said_cannot_steer_the_terminal(colour: bool) -> None:
    hostile = failed("text", "before \x1b]0;owned\x07 \x9b2J after [bold]not markup[/bold]", "none", FRAMES)
    text = shown(verdict(hostile), colour=colour)
    assert "\x1b]" not in text
    assert "\x07" not in text
    assert "\x9b" not in text
    assert "[bold]not markup[/bold]" in text


def test_an_ascii_terminal_gets_ascii() -> None:
    class Ascii(StringIO):
        encoding = "ascii"

    out = Ascii()
    console.render(verdict(GOOD, BAD), plan(), Console(file=out, width=110, no_color=True))
    assert out.getvalue().isascii()
    assert "-REQUEST-" in out.getvalue()


def test_the_colour_of_an_outcome_stays_on_its_sign() -> None:
    text = shown(verdict(GOOD, GOOD), colour=True)
    assert "\x1b[32m✔ \x1b[0m" in text
    assert "\x1b[1m  2 of 2 checks\x1b[0m" in text
