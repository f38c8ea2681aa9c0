"""A scenario that is there to show a failure passes when exactly that shows."""

from __future__ import annotations

import pytest
from verify_labs import flagship

from labgen.dhcp.model import (
    Client,
    Direction,
    Evidence,
    Exchange,
    ExchangeOutcome,
    Finding,
    Kind,
    Message,
    MessageRole,
    MessageType,
    Severity,
)
from labgen.ground.labplan import Expectation, LabPlan
from labgen.verify import conclusions, expectation, playbook
from labgen.verify.judgement import Judgement, Outcome, Proof, Witness, blocked, failed, passed
from labgen.verify.subject import Subject
from labgen.verify.verdict import CheckResult, Conclusion, Verdict

PROOF = Proof(Witness.WIRE, "cl_a", "captures/cl_a-eth1.pcap", frame=7)
HELD = passed("an ACK", "an ACK came", [PROOF])
BROKEN = failed("an ACK", "no answer", "look there", [PROOF])
UNJUDGED = blocked("silence", "nobody asked")
USED = Finding(
    "server-id-override-ignored",
    Severity.ERROR,
    "srv1 used its own",
    "srv1",
    "cl_a",
    (Evidence(node="srv1"),),
)
NAK = Finding("nak-sent", Severity.WARNING, "srv2 refused", "srv2", "cl_a", (Evidence(node="srv2"),))
ASKED = Exchange(
    Client("02:00:00:00:00:01"),
    Kind.ACQUIRE,
    ExchangeOutcome.NO_REPLY,
    (
        Message(
            MessageType.DISCOVER,
            "cl_a",
            MessageRole.CLIENT,
            Direction.TX,
            file="captures/cl_a-eth1.pcap",
            frame=1,
        ),
    ),
)
INFO = Finding("offer-ignored", Severity.INFO, "two offers", None, "cl_a", (Evidence(node="cl_a"),))


def plan(
    failures: tuple[str, ...] = (), findings: tuple[str, ...] = (), books: tuple[str, ...] = ("acquire",)
) -> LabPlan:
    expect = Expectation(failures=failures, findings=findings)
    return flagship().model_copy(update={"expect": expect, "playbooks": books})


def judged(plan: LabPlan, judgements: dict[str, Judgement], *findings: Finding) -> tuple[CheckResult, ...]:
    """Without the check that nothing grave was found, which every run has."""
    return tuple(r for r in everything(plan, judgements, *findings) if r.check != "expect.no-error-finding")


def everything(
    plan: LabPlan, judgements: dict[str, Judgement], *findings: Finding
) -> tuple[CheckResult, ...]:
    results = [result(name, judgement) for name, judgement in judgements.items()]
    books = [playbook.load("acquire", plan)]
    return expectation.expected_results(plan, books, results, findings, [ASKED])


def result(name: str, judgement: Judgement) -> CheckResult:
    """`renew.answer:cl_a`, `renew.copies:srv1`: the check, and the node it is about."""
    check, _, node = name.partition(":")
    about = Subject(server=node) if node.startswith("srv") else Subject(client=node)
    return CheckResult(check, about, "t", "renew", "renew", "", judgement)


def outcomes(checks: tuple[CheckResult, ...]) -> dict[str, str]:
    return {check.id: check.judgement.outcome.value for check in checks}


def test_an_expected_failure_passes_and_says_so() -> None:
    (check,) = judged(plan(("renew.answer:*",)), {"renew.answer:cl_a": BROKEN})
    assert check.judgement.outcome is Outcome.PASS
    assert check.judgement.observed == "failed as expected: no answer"
    assert check.judgement.proofs == (PROOF,)


def test_an_expected_failure_that_does_not_appear_fails() -> None:
    (check,) = judged(plan(("renew.answer:cl_a",)), {"renew.answer:cl_a": HELD})
    assert check.judgement.outcome is Outcome.FAIL
    assert "expect.failures" in check.judgement.hint


def test_one_of_several_is_enough_for_an_expected_failure() -> None:
    found = judged(plan(("renew.copies:*",)), {"renew.copies:srv1": HELD, "renew.copies:srv2": BROKEN})
    assert outcomes(found) == {"renew.copies:srv1": "pass", "renew.copies:srv2": "pass"}


@pytest.mark.parametrize(
    ("pattern", "outcome"),
    [
        pytest.param("renew/step.in-time:*", "pass", id="the playbook it ran in"),
        pytest.param("rebind/step.in-time:*", "fail", id="another playbook"),
    ],
)
def test_a_pattern_may_name_the_playbook(pattern: str, outcome: str) -> None:
    assert outcomes(judged(plan((pattern,)), {"step.in-time:cl_a": BROKEN})) == {"step.in-time:cl_a": outcome}


@pytest.mark.parametrize(
    ("judgement", "outcome"),
    [
        pytest.param(UNJUDGED, "pass", id="blocked by the failure"),
        pytest.param(Judgement(), "error", id="evidence missing is no failure"),
    ],
)
def test_what_could_not_be_judged(judgement: Judgement, outcome: str) -> None:
    assert outcomes(judged(plan(("renew.*",)), {"renew.copies": judgement})) == {"renew.copies": outcome}


def test_other_failures_still_fail() -> None:
    found = judged(plan(("renew.answer:*",)), {"renew.answer:cl_a": BROKEN, "rebind.answer:cl_a": BROKEN})
    assert outcomes(found) == {"renew.answer:cl_a": "pass", "rebind.answer:cl_a": "fail"}


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param((USED, INFO), ("pass", "pass"), id="exactly those"),
        pytest.param((INFO,), ("fail", "pass"), id="one is missing"),
        pytest.param((USED, NAK), ("pass", "fail"), id="one too many"),
    ],
)
def test_expected_findings(findings: tuple[Finding, ...], expected: tuple[str, str]) -> None:
    found = outcomes(judged(plan(findings=("server-id-override-ignored",)), {}, *findings))
    assert found == {
        "expect.finding:server-id-override-ignored": expected[0],
        "expect.no-other-finding": expected[1],
    }


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        pytest.param((), "pass", id="none"),
        pytest.param((NAK, INFO), "pass", id="a warning may stand beside a pass"),
        pytest.param((NAK, USED), "fail", id="an error may not"),
    ],
)
def test_an_error_nobody_expects_fails(findings: tuple[Finding, ...], outcome: str) -> None:
    found = everything(plan(), {"a.b": HELD}, *findings)
    assert outcomes(found) == {"a.b": "pass", "expect.no-error-finding": outcome}


def test_without_any_dhcp_nothing_could_be_found() -> None:
    books = [playbook.load("acquire", plan())]
    (check,) = expectation.expected_results(plan(), books, [], [], [])
    assert (check.id, check.judgement.outcome) == ("expect.no-error-finding", Outcome.BLOCKED)


def test_the_number_of_checks_is_fixed_before_anything_runs() -> None:
    wanted = plan(("server.identifier:*",), ("nak-sent", "offer-ignored"))
    books = [playbook.load("acquire", wanted)]
    assert conclusions.planned(wanted, books) == books[0].planned + 3
    assert len(expectation.expected_results(wanted, books, [], [], [])) == 3


def test_findings_are_demanded_only_when_all_playbooks_of_the_scenario_run() -> None:
    wanted = plan(findings=("renew-unreachable",), books=("acquire", "release"))
    assert outcomes(judged(wanted, {})) == {"expect.no-other-finding": "pass"}


def test_a_verdict_of_expected_failures_passes() -> None:
    checks = judged(plan(("renew.*",), ("nak-sent",)), {"renew.answer:cl_a": BROKEN, "a.b": HELD}, NAK)
    verdict = Verdict("lab", "lab", "embedded", {}, len(checks), checks)
    assert verdict.conclusion is Conclusion.PASS


def bound(client: str) -> Exchange:
    """A client that an ACK gave a lease."""
    mac = flagship().node(client).interfaces[0].mac
    ack = Message(
        MessageType.ACK,
        client,
        MessageRole.CLIENT,
        Direction.RX,
        yiaddr="172.16.0.6",
        mac=mac,
        file="c.pcap",
        frame=9,
    )
    return Exchange(Client(mac), Kind.ACQUIRE, ExchangeOutcome.BOUND, (ack,))


@pytest.mark.parametrize(
    ("leased", "wanted", "outcome"),
    [
        pytest.param(("cl_a",), (1, 2), "pass", id="as many as the spec says"),
        pytest.param(("cl_a", "cl_b"), (1, 2), "fail", id="one more"),
        pytest.param((), (1, 2), "fail", id="one less"),
    ],
)
def test_a_segment_has_as_many_leases_as_the_spec_says(
    leased: tuple[str, ...], wanted: tuple[int, int], outcome: str
) -> None:
    expect = Expectation(leases={"cv1": wanted})
    some = flagship().model_copy(update={"expect": expect})
    books = [playbook.load("acquire", some)]
    results = [result("lease.witnesses:cl_b", BROKEN)]
    found = outcomes(expectation.expected_results(some, books, results, [], [ASKED, *map(bound, leased)]))
    assert found["expect.leases:cv1"] == outcome
    spared = "cl_b" not in leased
    assert found["lease.witnesses:cl_b"] == ("pass" if spared else "fail")


def test_a_client_that_must_get_no_lease_has_to_ask() -> None:
    some = flagship().model_copy(update={"expect": Expectation(no_lease=("cl_b",))})
    books = [playbook.load("acquire", some)]
    silent = outcomes(expectation.expected_results(some, books, [], [], [ASKED]))
    leased = outcomes(expectation.expected_results(some, books, [], [], [ASKED, bound("cl_b")]))
    assert (silent["expect.no-lease:cl_b"], leased["expect.no-lease:cl_b"]) == ("blocked", "fail")


@pytest.mark.parametrize(("mac", "at"), [("cl_b", ("cl_b",)), ("", ())], ids=["of a node", "of nobody"])
def test_a_server_that_nobody_planned_is_blamed_on_the_node_whose_hardware_address_it_has(
    mac: str, at: tuple[str, ...]
) -> None:
    """The verdict knew the address, and named no node."""
    lab = plan()
    owner = lab.node(mac).client_mac if mac else "02:99:00:00:00:01"
    rogue = Finding(
        "rogue-server", Severity.ERROR, f"OFFER of 172.16.0.201 from the unknown server 172.16.0.77, MAC address {owner}",
        "172.16.0.77", lab.node("cl_a").client_mac, (Evidence(node="sw2"),),
    )  # fmt: skip
    (found,) = (r for r in everything(lab, {}, rogue) if r.check == "expect.no-error-finding")
    assert (found.judgement.outcome, found.judgement.at) == (Outcome.FAIL, at)
