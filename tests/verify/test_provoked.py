"""What a step breaks on purpose speaks against nobody, and what it did not break does."""

from __future__ import annotations

from pathlib import Path

import pytest
from verify_facts import Tale
from verify_labs import flagship

from labgen.dhcp.model import Finding, Severity
from labgen.verify import playbook
from labgen.verify.assembly import Assembly
from labgen.verify.conclusions import Conclusions


def expected_of(code: str, client: str) -> bool:
    """Whether the playbook `decline` expects a finding about a client."""
    plan = flagship()
    book = playbook.load("decline", plan)
    finding = Finding(code, Severity.ERROR, "no answer", client=Tale(plan).mac(client))
    assembly = Assembly(plan, findings={finding: ("decline", "decline")})
    verdict = Conclusions(plan, [book], "embedded", Path(), (), assembly).verdict()
    failed = [check for check in verdict.checks if check.judgement.outcome.value == "fail"]
    assert bool(failed) == (finding not in verdict.provoked)
    return finding in verdict.provoked


@pytest.mark.parametrize("code", ["no-reply", "renew-unreachable"])
def test_servers_that_were_stopped_may_be_missed_by_other_clients_alone(code: str) -> None:
    assert (expected_of(code, "cl_b"), expected_of(code, "cl_a")) == (True, False)


def test_the_conflict_is_the_focus_own() -> None:
    assert expected_of("address-conflict", "cl_a")


def test_what_the_step_has_nothing_to_do_with_is_nobodys() -> None:
    assert not expected_of("rogue-server", "cl_b")
