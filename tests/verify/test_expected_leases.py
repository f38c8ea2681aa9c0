"""Clients that are to stay without a lease are not waited for once all others have theirs."""

from __future__ import annotations

import pytest
from verify_facts import Tale
from verify_labs import written

from labgen.dhcp import reconstruct
from labgen.verify.expected_leases import LONG_ENOUGH, ExpectedLeases, expected

GUESTS = """\
name: guests
switches: [sw]
segments:
  guests: {prefix: 10.8.8.0/24, attach: {sw: [g1, g2, g3]}, relay: {servers: [srv]}, pool: {range: 10.8.8.10-10.8.8.11}}
  staff: {prefix: 10.8.9.0/24, attach: {sw: [s1]}, relay: {servers: [srv]}}
servers: {srv: sw}
"""
TWO_OF_THREE = "expect: {leases: {guests: 2 of 3}}"
NOT_G3 = "expect: {no_lease: [g3]}"
ADDRESSES = {"g1": "10.8.8.10", "g2": "10.8.8.11", "s1": "10.8.9.9"}


@pytest.mark.parametrize(
    ("expect", "bound", "enough"),
    [
        (TWO_OF_THREE, ("g1", "g2", "s1"), True),
        (TWO_OF_THREE, ("g1", "g2"), False),
        (TWO_OF_THREE, ("g1", "s1"), False),
        (NOT_G3, ("g1", "g2", "s1"), True),
        (NOT_G3, ("g1", "s1"), False),
        ("", ("g1", "g2", "s1"), False),
    ],
)
def test_all_others_have_a_lease(expect: str, bound: tuple[str, ...], enough: bool) -> None:
    plan = written(
        GUESTS + expect if "leases" in expect else GUESTS.replace("-10.8.8.11", "-10.8.8.20") + expect
    )
    tale = Tale(plan)
    for client in bound:
        tale.acquire(client, "srv", ADDRESSES[client], via="sw")
    waiting = ExpectedLeases(plan, lambda: reconstruct(tale.told))
    assert waiting.why_stop(LONG_ENOUGH - 0.1) == ""
    assert bool(waiting.why_stop(LONG_ENOUGH + 0.1)) == enough


def test_what_is_expected_of_each_segment() -> None:
    assert expected(written(GUESTS + TWO_OF_THREE)) == {"guests": 2}
    assert expected(written(GUESTS.replace("-10.8.8.11", "-10.8.8.20") + NOT_G3)) == {"guests": 2}
    assert expected(written(GUESTS.replace("-10.8.8.11", "-10.8.8.20"))) == {}
