"""Scenarios that are there to show a failure: what they expect to go wrong must, and nothing else may.

`expect.failures` are patterns of check ids (`renew.answer:*`), or of ids in one playbook (`renew/step.in-time:*`). A
check that matches one and did not hold has passed. Where every check that matches a pattern held, the expected
failure did not appear, and they fail: which of several clients or servers is hit is often a race, so one of them is
enough.

`expect.findings` are codes: each that does not show is a failed check, and so is a warning or an error with another
code. Without them a finding of severity error is a failed check all the same. Their number is fixed when the playbooks
are loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from labgen.dhcp.model import Direction, Exchange, Finding, Message, MessageRole, MessageType, Severity
from labgen.ground.labplan import LabPlan
from labgen.verify import coverage, fault_attribution
from labgen.verify.groups import LEASING
from labgen.verify.judgement import Judgement, Outcome, Proof, Witness, blocked, wire
from labgen.verify.playbook import Playbook
from labgen.verify.subject import Subject
from labgen.verify.verdict import CheckResult

PLAYBOOK = "expect"
_AS_EXPECTED = "failed as expected"


@dataclass(frozen=True, slots=True)
class Expected:
    """A check about findings: that `code` shows; without one, that there are no `others`: errors only where the spec expects
    no findings, warnings too where it names those it expects.
    """

    code: str = ""
    others: Literal["errors", "warnings"] = "errors"

    @property
    def check(self) -> str:
        nothing = {"errors": "expect.no-error-finding", "warnings": "expect.no-other-finding"}
        return "expect.finding" if self.code else nothing[self.others]

    @property
    def template(self) -> str:
        nothing = {
            "errors": "nothing is found that breaks a client now or at its next renewal",
            "warnings": "no warning and no error is found beside the expected",
        }
        return "the finding `{finding}` shows" if self.code else nothing[self.others]


def plan_checks(plan: LabPlan, books: Sequence[Playbook]) -> tuple[Expected, ...]:
    """The checks about findings. Each expected one is demanded only where all of the scenario's own playbooks run: with
    fewer nobody can tell which would have shown. No check where nothing else is planned: then nothing is looked at.
    """
    codes = plan.expect.findings
    if not codes:
        return (Expected(),) if any(book.planned for book in books) else ()
    complete = set(plan.playbooks) <= {book.spec.name for book in books}
    return (*(Expected(code) for code in dict.fromkeys(codes) if complete), Expected(others="warnings"))


def expected_results(
    plan: LabPlan,
    books: Sequence[Playbook],
    results: Iterable[CheckResult],
    findings: Sequence[Finding],
    exchanges: Sequence[Exchange],
    provoked: Collection[Finding] = (),
) -> tuple[CheckResult, ...]:
    """The results as the scenario's expectations make them. `exchanges` are what findings would be about; what a playbook's
    own fault `provoked` speaks against nobody.
    """
    known = list(results)
    bound = holders(plan, exchanges)
    spared = coverage.excused(plan, bound)
    absent = {p for p in plan.expect.failures if not any(_broke(r) for r in known if _matches(p, r, plan))}
    turned: list[CheckResult] = []
    for result in known:
        patterns = [pattern for pattern in plan.expect.failures if _matches(pattern, result, plan)]
        if _about(result, spared):
            turned.append(_turned(result, missed=False))
        else:
            turned.append(_turned(result, missed=any(p in absent for p in patterns)) if patterns else result)
    macs = {plan.node(name).client_mac for name in spared}
    theirs = [finding for finding in findings if finding.client in macs]
    return (
        *turned,
        *_counted(plan, bound, exchanges),
        *_found(plan, books, findings, exchanges, (*provoked, *theirs)),
    )


def holders(plan: LabPlan, exchanges: Iterable[Exchange]) -> dict[str, Message]:
    """Clients that an ACK gave a lease, with that ACK."""
    names = {node.client_mac: node.name for node in plan.nodes if node.client}
    found: dict[str, Message] = {}
    for exchange in exchanges:
        acks = exchange.seen(MessageType.ACK, role=MessageRole.CLIENT)
        name = names.get(exchange.client.mac or "")
        if name and acks and acks[0].yiaddr and exchange.kind in LEASING:
            found.setdefault(name, acks[0])
    return found


def _about(result: CheckResult, spared: Collection[str]) -> bool:
    """True if a result is about a client that need not get a lease."""
    return result.subject.client in spared or result.subject.peer in spared


def _counted(
    plan: LabPlan, bound: Mapping[str, Message], exchanges: Sequence[Exchange]
) -> Iterator[CheckResult]:
    """The checks that `expect.leases` and `expect.no_lease` add."""
    place = (PLAYBOOK, "leases")
    for name, (wanted, total) in plan.expect.leases.items():
        own = [client for client in plan.segment(name).clients if client in bound]
        expected, observed = (
            f"{wanted} of {total} clients of {name} get a lease",
            f"{len(own)}: {', '.join(own) or 'none'}",
        )
        proofs = wire([bound[client] for client in own] or _asked(exchanges))
        right = len(own) == wanted
        hint = "" if right else "compare the pool with `expect.leases`, and see what the servers' logs say"
        judgement = Judgement(Outcome.PASS if right else Outcome.FAIL, expected, observed, hint, proofs)
        yield CheckResult("expect.leases", Subject(segment=name), LEASES, *place, "", judgement)
    for client in plan.expect.no_lease:
        own_asked = _asked([e for e in exchanges if e.client.mac == plan.node(client).client_mac])
        yield CheckResult(
            "expect.no-lease",
            Subject(client=client),
            NO_LEASE,
            *place,
            "",
            _refused(client, bound, own_asked),
        )


LEASES = "as many clients of {segment} get a lease as the spec says"
NO_LEASE = "{client} asks, and gets no lease"


def _asked(exchanges: Iterable[Exchange]) -> list[Message]:
    return [m for e in exchanges for m in e.seen(role=MessageRole.CLIENT, direction=Direction.TX)][:3]


def _refused(client: str, bound: Mapping[str, Message], asked: Sequence[Message]) -> Judgement:
    expected = f"no lease for {client}, though it asks"
    if client in bound:
        hint = "the spec says `no_lease`; correct it, or find out who serves this client"
        return Judgement(
            Outcome.FAIL, expected, f"ACK for {bound[client].yiaddr}", hint, wire([bound[client]])
        )
    if not asked:
        return blocked(expected, f"{client} asked for none, so nothing shows that it is refused")
    return Judgement(Outcome.PASS, expected, "asked, and no ACK came", "", wire(asked))


def _matches(pattern: str, result: CheckResult, plan: LabPlan) -> bool:
    """True if a pattern of `expect.failures` is of a check, or the name of a planned fault that the check has to do with."""
    if fault_attribution.follows_from(plan, pattern, result.subject):
        return _broke(result)
    return fnmatchcase(f"{result.playbook}/{result.id}" if "/" in pattern else result.id, pattern)


def _broke(result: CheckResult) -> bool:
    return result.judgement.outcome in (Outcome.FAIL, Outcome.BLOCKED)


def _turned(result: CheckResult, *, missed: bool) -> CheckResult:
    """A check that did not hold has passed; one that could not be judged for want of evidence stays an error."""
    j = result.judgement
    if _broke(result):
        good = replace(j, outcome=Outcome.PASS, observed=f"{_AS_EXPECTED}: {j.observed}")
        return replace(result, judgement=good)
    if j.outcome is Outcome.PASS and missed:
        bad = Judgement(
            Outcome.FAIL,
            f"that this does not hold: {j.expected}",
            j.observed,
            "the scenario expects this check to fail; correct `expect.failures`, or find out what has changed",
            j.proofs,
        )
        return replace(result, judgement=bad)
    return result


def _found(
    plan: LabPlan,
    books: Sequence[Playbook],
    findings: Sequence[Finding],
    exchanges: Sequence[Exchange],
    provoked: Collection[Finding],
) -> Iterator[CheckResult]:
    others = [finding for finding in findings if finding not in provoked]
    for expected in plan_checks(plan, books):
        code = expected.code
        judgement = _shows(code, findings) if code else _no_other(plan, expected, others, exchanges)
        about = Subject(finding=expected.code)
        yield CheckResult(expected.check, about, expected.template, PLAYBOOK, "findings", "", judgement)


def _shows(code: str, findings: Sequence[Finding]) -> Judgement:
    own = [finding for finding in findings if finding.code == code]
    if not own:
        hint = "the scenario expects it; correct `expect.findings`, or find out what has changed"
        return Judgement(Outcome.FAIL, f"finding {code}", "it did not show", hint)
    return Judgement(Outcome.PASS, f"finding {code}", own[0].message, "", _proofs(own[:1]))


def _no_other(
    plan: LabPlan, check: Expected, findings: Sequence[Finding], exchanges: Sequence[Exchange]
) -> Judgement:
    strict = check.others == "warnings"
    names = " but " + ", ".join(plan.expect.findings) if strict else ""
    expected = f"no finding of severity {'warning or error' if strict else 'error'}{names}"
    grave = (Severity.WARNING, Severity.ERROR) if strict else (Severity.ERROR,)
    others = [f for f in findings if f.severity in grave and f.code not in plan.expect.findings]
    if others:
        observed = "; ".join(dict.fromkeys(f"{f.code}: {f.message}" for f in others))
        hint = f"`labgen explain {others[0].code}`; a finding that belongs to the design goes to `expect.findings`"
        return Judgement(Outcome.FAIL, expected, observed, hint, _proofs(others), _rogues(plan, others))
    if not exchanges:
        return blocked(expected, "no DHCP was seen, so there was nothing to find")
    return Judgement(
        Outcome.PASS, expected, f"{len(findings)} findings, none of them", "", wire(exchanges[0].messages[:1])
    )


def _rogues(plan: LabPlan, findings: Iterable[Finding]) -> tuple[str, ...]:
    """The nodes that servers nobody planned run on, by the hardware addresses that the findings name."""
    named = " ".join(f.message.lower() for f in findings if f.code == "rogue-server")
    return tuple(
        node.name for node in plan.nodes if any(port.mac and port.mac in named for port in node.interfaces)
    )


def _proofs(findings: Iterable[Finding]) -> tuple[Proof, ...]:
    return tuple(
        Proof(Witness.WIRE, e.node or "", e.file, e.line, e.frame) for f in findings for e in f.evidence
    )
