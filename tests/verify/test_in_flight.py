"""What is under way when a step is looked at is no fault of that step; a later one sees how it ended."""

from __future__ import annotations

import pytest
from verify_campus import leased, server
from verify_facts import ACK, DISCOVER, OFFER, REQUEST, Tale, concluded
from verify_labs import flagship

from labgen.dhcp.model import ExchangeOutcome
from labgen.verify.assembly import Assembly
from labgen.verify.captures import Captured
from labgen.verify.evidence import StepEvidence
from labgen.verify.judgement import Outcome


def codes(*looked: float, ended: bool) -> list[list[str]]:
    """Errors found at looks at one step, so many seconds after u1's REQUEST for a renewal; its ACK comes after the first, if it comes."""
    tale = leased()
    began = tale.now
    tale.wait(3).fresh().unicast(REQUEST, "u1", server(), ciaddr="10.41.0.9")
    asked, shown = tale.now, [tuple(tale.told)]
    if ended:
        tale.answer(ACK, "d1", "u1", yiaddr="10.41.0.9", lease_seconds=12)
    shown.append(tuple(tale.told))
    facts = tale.facts()
    assembly = Assembly(facts.plan)
    found = []
    for seconds, messages in zip(looked, shown, strict=False):
        step = StepEvidence(playbook="renew", step="renew", since=began, acted=began, at=asked + seconds)
        told = assembly.facts(step, {}, Captured(messages, nodes=facts.captured)).findings
        found.append([finding.code for finding in told if finding.severity.value == "error"])
    return found


def test_a_renewal_that_had_just_begun_is_not_missed() -> None:
    assert codes(0.05, 8, ended=True) == [[], []]


@pytest.mark.parametrize(
    ("first", "found"), [(0.05, [[], ["no-reply"]]), (5, [["no-reply"], ["no-reply"]])], ids=str
)
def test_a_renewal_that_stays_without_answer_is_told_once_it_is_over(
    first: float, found: list[list[str]]
) -> None:
    assert codes(first, 8, ended=False) == found


def test_copies_that_reach_servers_after_the_ack_are_no_new_start_of_the_client() -> None:
    """The second relay sends on what the client, bound through the first, no longer waits for: its lease is none of an earlier time.
    Both relays had sent on what it asked before, under another xid and in vain.
    """
    tale = Tale(flagship()).fresh().broadcast(DISCOVER, "cl_a").wait(2)
    tale.fresh().broadcast(DISCOVER, "cl_a", ["sw1"])
    tale.answer(OFFER, "srv1", "cl_a", "sw1", yiaddr="172.16.0.9", lease_seconds=12)
    named = tale.identifier("srv1", "cl_a", "sw1")
    tale.broadcast(REQUEST, "cl_a", ["sw1"], requested="172.16.0.9", server_id=named)
    tale.answer(ACK, "srv1", "cl_a", "sw1", yiaddr="172.16.0.9", lease_seconds=12)
    for node, relay in tale._relays("cl_a", ["sw2"]):
        tale._relayed(DISCOVER, "cl_a", node, relay, None, {})
        tale._relayed(REQUEST, "cl_a", node, relay, None, {"requested": "172.16.0.9", "server_id": named})
    facts = tale.bound("cl_a", "srv1").facts()
    assert [exchange.outcome for exchange in facts.exchanges] == [ExchangeOutcome.BOUND]
    judged = concluded("lease.single-binding", "cl_a", facts)
    assert (judged.outcome, judged.observed) == (Outcome.PASS, "172.16.0.9 on srv1")
