"""The verdict of a run, and its JSON form `labgen/verdict/1`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from labgen.dhcp.jsonform import Json
from labgen.dhcp.model import Binding, Exchange, Finding
from labgen.verify.diagnosis import Diagnosis
from labgen.verify.judgement import Judgement, Outcome
from labgen.verify.provenance import Provenance
from labgen.verify.subject import Subject, title
from labgen.verify.timing import Timing

VERDICT_SCHEMA = "labgen/verdict/1"


class Conclusion(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCOMPLETE = "incomplete"
    ERROR = "error"

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 3 infrastructure, 4 incomplete."""
        return {Conclusion.PASS: 0, Conclusion.FAIL: 1, Conclusion.ERROR: 3, Conclusion.INCOMPLETE: 4}[self]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One planned check on one subject and what came of it; an error until judged."""

    check: str
    """name of the check; docs/reference/checks.md lists them"""
    subject: Subject
    """what it is about"""
    template: str
    """the title with parts of the subject in braces"""
    playbook: str
    """playbook it ran in"""
    step: str
    """step of that playbook"""
    reference: str = ""
    """document that makes the expectation so"""
    judgement: Judgement = field(default_factory=Judgement)

    @property
    def id(self) -> str:
        """Check and subject in one word, as `expect.failures` matches it; for people to read, not for programs to split."""
        return f"{self.check}:{self.subject.key}" if self.subject.key else self.check

    @property
    def title(self) -> str:
        return title(self.template, self.subject)

    def to_json(self) -> dict[str, Json]:
        j = self.judgement
        return {
            "id": self.id,
            "check": self.check,
            "subject": self.subject.to_json(),
            "template": self.template,
            "title": self.title,
            "playbook": self.playbook,
            "step": self.step,
            "reference": self.reference,
            "outcome": j.outcome.value,
            "expected": j.expected,
            "observed": j.observed,
            "hint": j.hint,
            "evidence": [proof.to_json() for proof in j.proofs],
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything a report shows."""

    lab: str
    """name of the lab"""
    scenario: str
    """name in its spec"""
    provider: str
    """what ran it"""
    devices: Mapping[str, str]
    """device of every node"""
    planned: int
    """checks that were planned, fixed before anything ran"""
    checks: tuple[CheckResult, ...]
    """every planned check and what came of it"""
    bindings: tuple[Binding, ...] = ()
    """leases that nodes show at the end"""
    exchanges: tuple[Exchange, ...] = ()
    """every exchange seen"""
    findings: tuple[Finding, ...] = ()
    """what is odd about them"""
    timings: tuple[Timing, ...] = ()
    """where the time went, in order"""
    folder: str = ""
    """folder of the run, as it was given"""
    macs: Mapping[str, str] = field(default_factory=dict)
    """the node of each MAC address that nodes said they have; not in the JSON form"""
    diagnosis: Diagnosis | None = None
    """why it is not a pass; null where it is"""
    not_covered: tuple[str, ...] = ()
    """what nobody tried or could see, one sentence each"""
    left_out: tuple[str, ...] = ()
    """clients, servers, relays and segments of the plan that no check was about, though nothing in the spec says why"""
    provenance: Provenance | None = None
    """who made it, with what, on what, from what"""
    provoked: frozenset[Finding] = frozenset()
    """findings that a step brought about on purpose; in the JSON form a property of the finding"""

    @property
    def ran(self) -> int:
        """Checks that came to a conclusion: passed or failed."""
        return sum(1 for c in self.checks if c.judgement.outcome in (Outcome.PASS, Outcome.FAIL))

    def count(self, outcome: Outcome) -> int:
        return sum(1 for c in self.checks if c.judgement.outcome is outcome)

    @property
    def conclusion(self) -> Conclusion:
        """Fails if any check failed; never passes with a planned check that did not run, with none that passed, or with a node
        that no check was about. What is skipped has no witness here, and `not_covered` says so.
        """
        if self.count(Outcome.FAIL):
            return Conclusion.FAIL
        if self.count(Outcome.ERROR):
            return Conclusion.ERROR
        judged = self.count(Outcome.PASS) + self.count(Outcome.SKIPPED)
        if self.count(Outcome.PASS) == 0 or judged < self.planned or self.left_out:
            return Conclusion.INCOMPLETE
        return Conclusion.PASS

    def to_json(self) -> dict[str, Json]:
        return {
            "schema": VERDICT_SCHEMA,
            "lab": self.lab,
            "scenario": self.scenario,
            "provider": self.provider,
            "devices": dict(self.devices),
            "verdict": self.conclusion.value,
            "planned": self.planned,
            "ran": self.ran,
            "checks": [check.to_json() for check in self.checks],
            "bindings": [binding.to_json() for binding in self.bindings],
            "exchanges": [exchange.to_json() for exchange in self.exchanges],
            "findings": [
                finding.to_json() | {"provoked": finding in self.provoked} for finding in self.findings
            ],
            "timings": {timing.key: round(timing.seconds, 3) for timing in self.timings},
            "spans": [timing.to_json() for timing in self.timings],
            "diagnosis": None if self.diagnosis is None else self.diagnosis.to_json(),
            "not_covered": list(self.not_covered),
            "left_out": list(self.left_out),
            "provenance": None if self.provenance is None else self.provenance.model_dump(mode="json"),
            "folder": self.folder,
        }
