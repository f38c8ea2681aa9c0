"""The verdict for a terminal: what ran, what held, who said what to whom, and the answer on the last line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from labgen.ground.labplan import LabPlan
from labgen.ground.paths import from_here
from labgen.report import console_checks, console_traffic, leases, places, timings
from labgen.report.checks import StepGroup, steps
from labgen.report.findings import groups
from labgen.report.lines import STYLES, Sheet, put, sheet
from labgen.report.parties import ROLES, parties
from labgen.report.tally import tally
from labgen.verify.diagnosis import FailureCause
from labgen.verify.judgement import Outcome, Witness
from labgen.verify.verdict import Conclusion, Verdict

BANNER = {
    Conclusion.PASS: "bold white on green",
    Conclusion.FAIL: "bold white on red",
    Conclusion.ERROR: "bold white on magenta",
    Conclusion.INCOMPLETE: "bold black on yellow",
}
# Failures named again beside the verdict.
_REMINDERS = 5


def render(
    verdict: Verdict, plan: LabPlan, console: Console, *, at: float | None = None, verbose: bool = False
) -> None:
    """Print the report. At most 110 columns wide, less where the console is narrower; `at` is when leases were collected, in seconds
    since the epoch; `verbose` shows every check and every exchange.
    """
    page = sheet(console)
    put(console, _lines(verdict, plan, page, at, verbose))
    word = verdict.conclusion.value.upper()
    padded = f" {word} " if console.is_terminal and not console.no_color else word
    put(
        console,
        [page.cut(Text.assemble((padded, BANNER[verdict.conclusion]), (f"  {tally(verdict)}", "bold")))],
    )


def _lines(verdict: Verdict, plan: LabPlan, page: Sheet, at: float | None, verbose: bool) -> Iterator[Text]:
    who = parties(verdict, plan)
    judged = steps(verdict)
    yield from _header(verdict, plan, page)
    yield from _cause(verdict, page)
    yield from console_checks.lines(judged, page, verbose, _folded(verdict))
    yield from console_traffic.exchanges(verdict, who, page, verbose)
    yield from console_traffic.findings(groups(verdict, plan, who), page, verbose)
    yield from _leases(leases.leases(verdict, who, at), page)
    yield from _timings(verdict, page)
    yield from _not_covered(verdict, page)
    yield from _closing(verdict, judged, page)


def _cause(verdict: Verdict, page: Sheet) -> Iterator[Text]:
    """The reason why it is no pass, before any symptom."""
    for number, found in enumerate(verdict.diagnosis.every if verdict.diagnosis else ()):
        yield from _one_cause(found, page, "Also    " if number else "Cause   ")


def _one_cause(found: FailureCause, page: Sheet, lead: str) -> Iterator[Text]:
    yield Text()
    yield from page.paragraph(found.cause, lead=Text(lead, "bold red"), indent=8, style="bold")
    if found.next:
        yield from page.paragraph(found.next, lead=Text("next    ", "dim"), indent=8, style="cyan")
    where = ", ".join(map(str, places.of_proofs(found.evidence)[:3]))
    if where:
        yield from page.paragraph(where, lead=Text("where   ", "dim"), indent=8)
    if found.consequences:
        count = len(found.consequences)
        text = f"{count} other check{'s' if count > 1 else ''} did not pass; what could not be judged for it is folded (-v shows it)"
        yield from page.paragraph(text, lead=Text("follows ", "dim"), indent=8)


def _folded(verdict: Verdict) -> frozenset[str]:
    """Checks that could not be judged because of the cause: it stands for them."""
    found = verdict.diagnosis
    waiting = {r.id for r in verdict.checks if r.judgement.outcome is Outcome.BLOCKED}
    followed = {consequence for each in found.every for consequence in each.consequences} if found else set()
    return frozenset(waiting & followed)


def _not_covered(verdict: Verdict, page: Sheet) -> Iterator[Text]:
    if not verdict.not_covered:
        return
    yield from page.heading("What this verdict does not cover")
    for sentence in verdict.not_covered:
        yield from page.paragraph(sentence, lead=Text(f"{page.marks.dot} "), indent=2, style="dim")


def _header(verdict: Verdict, plan: LabPlan, page: Sheet) -> Iterator[Text]:
    yield from page.paragraph(plan.summary, lead=Text(f"{verdict.scenario}  ", "bold"), indent=2)
    parts = [verdict.provider, f"{len(plan.nodes)} nodes", *devices(verdict, plan)]
    yield from page.paragraph(f" {page.marks.dot} ".join(parts), style="dim")


def devices(verdict: Verdict, plan: LabPlan) -> Iterator[str]:
    """`servers kea`, `switches frr`, `clients dhclient`: what plays each role."""
    for role, name in ROLES.items():
        kinds = dict.fromkeys(verdict.devices.get(node.name, node.device) for node in plan.role(role))
        if kinds:
            yield f"{name} {', '.join(kinds)}"


def _leases(found: tuple[leases.Lease, ...], page: Sheet) -> Iterator[Text]:
    if not found:
        return
    yield from page.heading("Leases")
    rows = [
        (lease.client, lease.address, ", ".join(lease.servers), lease.server_id, lease.length, lease.state)
        for lease in found
    ]
    heads = ("client", "address", "server", "server id", "lease", "state")
    used = [at for at in range(len(heads)) if any(row[at] for row in rows)]
    widths = {at: max(len(heads[at]), *(len(row[at]) for row in rows)) for at in used}
    title = "  ".join(heads[at].ljust(widths[at]) for at in used)
    yield page.cut(Text(f"  {title}  witnesses", "dim"))
    for lease, row in zip(found, rows, strict=True):
        line = Text("  " + "".join(row[at].ljust(widths[at]) + "  " for at in used))
        yield page.cut(line + _witnesses(lease, page))


def _witnesses(lease: leases.Lease, page: Sheet) -> Text:
    line = Text()
    for witness in (Witness.CLIENT, Witness.SERVER, Witness.WIRE):
        outcome = Outcome.PASS if witness in lease.witnesses else Outcome.SKIPPED
        line.append(f"{page.marks.of(outcome)} {witness.value}  ", STYLES[outcome])
    line.rstrip()
    return line


def _timings(verdict: Verdict, page: Sheet) -> Iterator[Text]:
    found = timings.spans(verdict.timings)
    if not found:
        return
    texts = []
    for span in found:
        parts = ", ".join(f"{part.name} {part.seconds:.1f}" for part in span.parts)
        texts.append(f"{span.name} {span.seconds:.1f} s" + (f" ({parts})" if parts else ""))
    yield Text()
    whole = f"{found[-1].end:.1f} s: "
    yield from page.paragraph(
        whole + f" {page.marks.dot} ".join(texts), lead=Text("Time  ", "bold"), indent=6, style="dim"
    )


def _closing(verdict: Verdict, judged: tuple[StepGroup, ...], page: Sheet) -> Iterator[Text]:
    bad = [r for step in judged for r in step.results if r.judgement.outcome in (Outcome.FAIL, Outcome.ERROR)]
    yield Text()
    for result in bad[:_REMINDERS]:
        outcome = result.judgement.outcome
        yield page.cut(Text(f"{page.marks.of(outcome)} {result.title}", STYLES[outcome]))
    if len(bad) > _REMINDERS:
        yield Text(f"  and {len(bad) - _REMINDERS} more", "dim")
    if verdict.folder:
        yield Text.assemble(
            ("Report  ", "bold"), (str(from_here(Path(verdict.folder) / "report.html")), "cyan")
        )
