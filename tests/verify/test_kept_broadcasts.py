"""A broadcast that does not get from the client's switch to another one is blamed on who got it last."""

from __future__ import annotations

import pytest
from verify_facts import DISCOVER, RX, TX, Tale, concluded
from verify_labs import flagship

from labgen.dhcp.model import MessageRole
from labgen.verify.judgement import Outcome


@pytest.mark.parametrize(
    ("left", "seen", "blamed"),
    [
        pytest.param((), (), ("sw1",), id="it went out by no port"),
        pytest.param(("sw1",), (), (), id="it was sent on"),
        pytest.param(("sw1",), ("sw3",), ("sw3",), id="the core got it"),
    ],
)
def test_a_broadcast_that_does_not_reach_another_switch_is_with_who_got_it_last(
    left: tuple[str, ...], seen: tuple[str, ...], blamed: tuple[str, ...]
) -> None:
    """With the port isolated from the tunnel, the far switch was blamed for not hearing it."""
    tale = Tale(flagship()).fresh().broadcast(DISCOVER, "cl_a", relays=["sw1"])
    for names, direction in ((left, TX), (seen, RX)):
        for node in names:
            tale._add(
                DISCOVER, node, MessageRole.TRANSIT, direction, mac=tale.mac("cl_a"), interface="eth2", vni=101000
            )  # fmt: skip
    found = concluded("relay.forwards", "cl_a:sw2", tale.facts())
    words = "no DISCOVER arrived on vlan1000" + " of sw2" * bool(blamed)
    assert (found.outcome, found.observed, found.at) == (Outcome.FAIL, words, blamed)
