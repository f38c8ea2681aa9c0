"""Which of a client's exchanges a check of a broken lab looks at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from verify_facts import Tale, concluded
from verify_labs import flagship

from labgen.devices.observed import Observed
from labgen.dhcp.model import (
    Binding,
    Client,
    Direction,
    Exchange,
    ExchangeOutcome,
    Kind,
    Message,
    MessageRole,
    MessageType,
)
from labgen.verify.facts import Facts
from labgen.verify.judgement import Outcome

BEFORE, DURING, ACTED, AFTER = 90.0, 100.0, 101.0, 103.0


def renewal(at: float, *, answered: bool) -> Exchange:
    """A renewal of cl_a that took ten milliseconds."""
    mac = Facts(flagship(), Observed()).mac("cl_a")
    asked = Message(MessageType.REQUEST, "cl_a", MessageRole.CLIENT, Direction.TX, time=at, mac=mac)
    ack = Message(MessageType.ACK, "cl_a", MessageRole.CLIENT, Direction.RX, time=at + 0.01, mac=mac)
    messages = (asked, ack) if answered else (asked,)
    outcome = ExchangeOutcome.RENEWED if answered else ExchangeOutcome.NO_REPLY
    return Exchange(Client(mac), Kind.RENEW, outcome, messages)


@pytest.mark.parametrize(
    ("exchanges", "chosen"),
    [
        pytest.param(
            [renewal(BEFORE, answered=True), renewal(AFTER, answered=False)], 1, id="after the fault"
        ),
        pytest.param(
            [renewal(DURING, answered=False), renewal(AFTER, answered=True)], 0, id="lost in the making"
        ),
        pytest.param([renewal(BEFORE, answered=True)], None, id="all was well before"),
    ],
)
def test_a_fault_met_the_first_renewal_that_was_lost_or_came_after_it(
    exchanges: list[Exchange], chosen: int | None
) -> None:
    facts = Facts(flagship(), Observed(), exchanges=tuple(exchanges), acted=ACTED)
    expected = None if chosen is None else exchanges[chosen]
    assert facts.disturbed("cl_a", Kind.RENEW) is expected


@pytest.mark.parametrize(
    ("exchanges", "chosen"),
    [
        pytest.param(
            [renewal(ACTED - 0.001, answered=True), renewal(AFTER, answered=False)], 1, id="under way by then"
        ),
        pytest.param([renewal(ACTED, answered=True), renewal(AFTER, answered=False)], 0, id="found a way"),
        pytest.param(
            [renewal(DURING, answered=False), renewal(AFTER, answered=True)], 0, id="lost in the making"
        ),
        pytest.param([renewal(ACTED - 0.001, answered=True)], None, id="none since"),
    ],
)
def test_a_renewal_whose_answer_was_under_way_met_no_fault(
    exchanges: list[Exchange], chosen: int | None
) -> None:
    facts = Facts(flagship(), Observed(), exchanges=tuple(exchanges), acted=ACTED)
    assert facts.asked_after("cl_a", Kind.RENEW) is (None if chosen is None else exchanges[chosen])


def test_a_renewal_that_was_to_succeed_is_not_one_that_got_lost_before_it() -> None:
    lost, answered = renewal(DURING, answered=False), renewal(AFTER, answered=True)
    facts = Facts(flagship(), Observed(), exchanges=(lost, answered), acted=ACTED)
    assert facts.first("cl_a", Kind.RENEW) is answered


@pytest.mark.parametrize("running", [True, False])
def test_a_server_that_is_stopped_need_not_tell_its_leases(running: bool) -> None:
    tale = Tale(flagship()).began().acquire("cl_a", "srv2", "172.16.0.130").bound("cl_a", "srv2")
    facts = replace(
        tale.daemon("srv1", running).facts(), unread={"srv1/lease4-get-all": "it ended with status 2"}
    )
    found = concluded("lease.single-binding", "cl_a", facts)
    assert found.outcome is (Outcome.ERROR if running else Outcome.PASS)
    assert ("could not be asked" in found.observed) == running


@pytest.mark.parametrize(
    ("read", "held"),
    [
        pytest.param({"raw/srv1/leases.txt": 99.0}, True, id="read before it ran out"),
        pytest.param({"raw/srv1/leases.txt": 101.0}, False, id="read after that"),
        pytest.param({}, False, id="nobody noted when it was read"),
    ],
)
def test_a_binding_holds_or_not_at_the_moment_the_server_was_asked_and_not_at_the_end_of_a_slow_collection(
    read: dict[str, float], held: bool
) -> None:
    mac = Facts(flagship(), Observed()).mac("cl_a")
    binding = Binding(
        "172.16.0.6",
        "srv1",
        mac=mac,
        state="active",
        expires=100.0,
        role=MessageRole.SERVER,
        file="raw/srv1/leases.txt",
    )
    facts = Facts(flagship(), Observed(bindings=(binding,)), at=103.0, read=read)
    assert bool(facts.bindings("cl_a")) is held


def acquired(ack: float, *, offer: float) -> Exchange:
    """An exchange with an ACK, and an OFFER of another server."""
    mac = Facts(flagship(), Observed()).mac("cl_a")
    messages = tuple(
        Message(kind, "cl_a", MessageRole.CLIENT, Direction.RX, time=at, mac=mac)
        for kind, at in ((MessageType.ACK, ack), (MessageType.OFFER, offer))
    )
    return Exchange(Client(mac), Kind.ACQUIRE, ExchangeOutcome.BOUND, messages)


@pytest.mark.parametrize(
    ("ack", "chosen"),
    [
        pytest.param(DURING, 1, id="the client was bound before the action"),
        pytest.param(AFTER, 0, id="it was bound after it"),
    ],
)
def test_a_late_offer_does_not_carry_an_exchange_over_into_what_came_after(ack: float, chosen: int) -> None:
    exchanges = (acquired(ack, offer=AFTER + 0.1), acquired(AFTER + 2, offer=AFTER + 2.1))
    facts = Facts(flagship(), Observed(), exchanges=exchanges, acted=ACTED)
    assert facts.first("cl_a", Kind.ACQUIRE) is exchanges[chosen]
