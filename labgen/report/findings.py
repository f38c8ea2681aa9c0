"""Findings as a report shows them: worst first, and the same words about several clients once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from labgen.dhcp.explain import Explanation, explain
from labgen.dhcp.model import Evidence, Finding, Severity
from labgen.ground.labplan import LabPlan
from labgen.report.parties import Parties
from labgen.verify.verdict import Verdict

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class FindingWords:
    """The wording of a finding, and the clients it is about. `evidence` is what shows it for the first of them."""

    message: str
    clients: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one code. `expected`: the scenario is there to show it, or a step brought it about on purpose. `page` explains
    the code, where known.
    """

    code: str
    severity: Severity
    remarks: tuple[FindingWords, ...]
    expected: bool
    page: Explanation | None


def groups(verdict: Verdict, plan: LabPlan, who: Parties) -> tuple[FindingGroup, ...]:
    """Errors, then warnings, then the rest, then what a step brought about; otherwise in the order found."""
    return grouped(verdict.findings, who.clients, plan.expect.findings, verdict.provoked)


def grouped(
    findings: Iterable[Finding],
    clients: Callable[[Iterable[str | None]], tuple[str, ...]],
    wanted: Collection[str] = (),
    provoked: Collection[Finding] = (),
) -> tuple[FindingGroup, ...]:
    """Findings by code and severity. `clients` names clients by MAC address; codes that are `wanted`, and findings that were `provoked`,
    are expected.
    """
    by_code: dict[tuple[Severity, str, bool], list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: (finding in provoked, _RANK[finding.severity])):
        by_code.setdefault((finding.severity, finding.code, finding in provoked), []).append(finding)
    return tuple(
        FindingGroup(code, severity, _remarks(found, clients), meant or code in wanted, page(code))
        for (severity, code, meant), found in by_code.items()
    )


def page(code: str) -> Explanation | None:
    """The explanation of a code; None for one that somebody else defined."""
    try:
        return explain(code)
    except KeyError:
        return None


def _remarks(
    found: Iterable[Finding], clients: Callable[[Iterable[str | None]], tuple[str, ...]]
) -> tuple[FindingWords, ...]:
    said: dict[str, list[Finding]] = {}
    for finding in found:
        said.setdefault(finding.message, []).append(finding)
    return tuple(
        FindingWords(message, clients(f.client for f in same), same[0].evidence)
        for message, same in said.items()
    )
