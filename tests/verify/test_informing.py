"""What becomes of an INFORM: which servers it reaches, and what their answers may say."""

from __future__ import annotations

import pytest
from verify_facts import ACK, Tale, concluded
from verify_labs import written

from labgen.dhcp.model import MessageType
from labgen.verify.judgement import Outcome

OFFICE = """\
name: office
switches: [sw]
devices: {client: dhcpcd, server: DEVICE}
segments:
  staff: {prefix: 10.1.1.0/24, attach: {sw: [pc1, srv]}}
servers: {srv: {}}
nodes: {srv: {addresses: {staff: 10.1.1.2}}}
"""
HERE = "10.1.1.101"


def informed(device: str, lease: int | None = None, address: str | None = None) -> Tale:
    """A client on the segment of its server asks it for options."""
    tale = Tale(written(OFFICE.replace("DEVICE", device))).began().fresh()
    tale.unicast(MessageType.INFORM, "pc1", "10.1.1.2", ciaddr=HERE)
    return tale.answer(ACK, "srv", "pc1", lease_seconds=lease, yiaddr=address)


def outcome(check: str, key: str, tale: Tale) -> tuple[Outcome, str]:
    found = concluded(check, key, tale.facts())
    return found.outcome, found.observed


def test_a_server_on_the_segment_hears_it_without_a_relay() -> None:
    assert outcome("inform.copies", "pc1:srv", informed("kea")) == (Outcome.PASS, "1 with giaddr none")


def test_one_that_never_reached_that_server_fails() -> None:
    tale = Tale(written(OFFICE.replace("DEVICE", "kea"))).began().fresh()
    tale.unicast(MessageType.INFORM, "pc1", "10.1.1.2", [], ciaddr=HERE)
    assert outcome("inform.copies", "pc1:srv", tale) == (Outcome.FAIL, "none arrived")


@pytest.mark.parametrize(
    ("device", "answer", "right"),
    [
        pytest.param("kea", (None, None), Outcome.PASS, id="options alone"),
        pytest.param("kea", (118, None), Outcome.FAIL, id="a lease time"),
        pytest.param(
            "dnsmasq",
            (118, None),
            Outcome.PASS,
            id="a lease time of dnsmasq, which tells who asks",
        ),
        pytest.param("dnsmasq", (118, HERE), Outcome.FAIL, id="an address"),
    ],
)
def test_its_answer_grants_no_lease(
    device: str, answer: tuple[int | None, str | None], right: Outcome
) -> None:
    assert outcome("inform.answer", "pc1", informed(device, *answer))[0] is right
