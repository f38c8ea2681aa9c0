"""The findings of `labgen analyze`, as the same page that a run has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from labgen.dhcp.context import AddressBook, Context
from labgen.dhcp.hops import client_name
from labgen.dhcp.ladder import duration
from labgen.dhcp.model import Analysis, Binding, Severity, Source
from labgen.report import html
from labgen.report.drawings import MOST_DRAWN, Drawing, drawings
from labgen.report.findings import FindingGroup, grouped


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A lease or binding as an input shows it."""

    client: str
    address: str
    node: str
    state: str
    length: str
    place: str


@dataclass(frozen=True, slots=True)
class AnalysisPage:
    """The page from top to bottom. `worst` is the severity of the worst finding, `clean` where there is none above a note."""

    worst: str
    tally: str
    facts: tuple[tuple[str, str], ...]
    clients: tuple[str, ...]
    exchanges: tuple[Drawing, ...]
    undrawn: int
    findings: tuple[FindingGroup, ...]
    leases: tuple[LeaseRow, ...]
    sources: tuple[Source, ...]


def text(analysis: Analysis) -> str:
    """A complete HTML document; everything from the inputs is escaped."""
    return html.render("report/analysis.html.j2", page(analysis))


def page(analysis: Analysis) -> AnalysisPage:
    """The contents of the page."""
    book = AddressBook(analysis.exchanges, Context(bindings=analysis.bindings))
    names = {e.client.mac: client_name(e) for e in analysis.exchanges if e.client.mac}

    def clients(macs: Iterable[str | None]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(names.get(mac, mac) for mac in macs if mac))

    return AnalysisPage(
        worst=_worst(analysis),
        tally=_tally(analysis),
        facts=tuple(_facts(analysis)),
        clients=tuple(dict.fromkeys(client_name(e) for e in analysis.exchanges)),
        exchanges=tuple(drawings(analysis.exchanges, book, client_name, calm=False)),
        undrawn=max(0, len(analysis.exchanges) - MOST_DRAWN),
        findings=grouped(analysis.findings, clients),
        leases=tuple(_lease(binding, names) for binding in analysis.bindings),
        sources=analysis.sources,
    )


def _worst(analysis: Analysis) -> str:
    severities = {finding.severity for finding in analysis.findings}
    if Severity.ERROR in severities:
        return "fail"
    return "incomplete" if Severity.WARNING in severities else "pass"


def _tally(analysis: Analysis) -> str:
    counts = Counter(finding.severity.value for finding in analysis.findings)
    listed = ", ".join(
        f"{counts[s.value]} {s.value}{'s' if counts[s.value] > 1 else ''}"
        for s in reversed(Severity)
        if counts[s.value]
    )
    return f"{len(analysis.exchanges)} exchanges; {listed or 'no findings'}"


def _facts(analysis: Analysis) -> Iterable[tuple[str, str]]:
    yield "files", str(len(analysis.sources))
    outcomes = Counter(exchange.outcome.value for exchange in analysis.exchanges)
    yield from ((outcome, str(count)) for outcome, count in outcomes.most_common())
    times = [moment for e in analysis.exchanges for moment in (e.started, e.ended) if moment is not None]
    if times:
        yield "span", f"{max(times) - min(times):.1f} s"


def _lease(binding: Binding, names: dict[str, str]) -> LeaseRow:
    return LeaseRow(
        names.get(binding.mac or "", binding.mac or binding.client_id or ""),
        binding.address,
        binding.node,
        binding.state,
        "" if binding.lease_seconds is None else duration(binding.lease_seconds),
        binding.evidence().place,
    )
