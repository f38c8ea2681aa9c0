"""A drawn ladder fits the width it is given and loses nothing by it."""

from __future__ import annotations

import pytest

from labgen.dhcp.ladder import Arrow, Column, Ladder
from labgen.dhcp.ladder_text import draw
from labgen.dhcp.message import MessageRole, MessageType

DETAILS = ("giaddr 10.0.0.5", "asks 172.16.0.130", "id 172.16.0.5")
FIVE = Ladder(
    "acquire: cl_a bound to 172.16.0.130",
    (
        Column("cl_a", MessageRole.CLIENT),
        Column("sw1", MessageRole.RELAY, ("10.0.0.4",)),
        Column("sw2", MessageRole.RELAY, ("10.0.0.5",)),
        Column("srv1", MessageRole.SERVER, ("10.0.0.2",)),
        Column("srv2", MessageRole.SERVER, ("10.0.0.3",)),
    ),
    (
        Arrow(MessageType.REQUEST, 2, (4,), 0.004, DETAILS),
        Arrow(
            MessageType.OFFER, 4, (2,), 0.005, ("172.16.0.130", "id 172.16.0.5", "lease 1d"), fate="ignored"
        ),
    ),
)


@pytest.mark.parametrize("width", [80, 90, 110])
def test_no_line_is_longer_than_the_width(width: int) -> None:
    assert max(len(line) for line in draw(FIVE, width=width).splitlines()) <= width


@pytest.mark.parametrize("width", [80, 90, 110])
def test_every_label_keeps_its_value_on_its_line(width: int) -> None:
    lines = draw(FIVE, width=width).splitlines()
    assert all(any(detail in line for line in lines) for detail in DETAILS)


def test_a_relayed_request_between_five_parties_takes_one_line() -> None:
    assert any(all(detail in line for detail in DETAILS) for line in draw(FIVE, width=110).splitlines())
