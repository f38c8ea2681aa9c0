"""Checks for a terminal: what passed in one line per check, what did not in full."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from rich.text import Text

from labgen.report import places
from labgen.report.checks import CheckGroup, StepGroup
from labgen.report.lines import STYLES, Sheet
from labgen.verify.judgement import Outcome, Proof
from labgen.verify.verdict import CheckResult

# Narrower than this there is no room for the subjects beside the titles.
_SUBJECTS_FROM = 100
_SUBJECTS_LEAST = 26
"""Columns kept for subjects; a title that is longer than what is left moves its own to the right, not everybody's."""
_LABEL = 14
_MOST_PLACES = 6


def lines(
    judged: tuple[StepGroup, ...], page: Sheet, verbose: bool, folded: Collection[str] = ()
) -> Iterator[Text]:
    """All steps in order; checks that are `folded`, by id, only where everything is shown."""
    for step in judged:
        took = f", {step.seconds:.1f} s" if step.seconds is not None else ""
        yield from page.heading(f"Checks: {step.title}", f"{step.passed} of {step.total} passed{took}")
        width = max((len(group.title) for group in step.groups), default=0)
        for group in step.groups:
            yield from _group(group, page, verbose, width, folded)


def _group(
    group: CheckGroup, page: Sheet, verbose: bool, width: int, folded: Collection[str]
) -> Iterator[Text]:
    if group.passed and not verbose:
        yield _folded(group, page, width)
    for result in group.results if verbose else group.unpassed:
        if result.judgement.outcome is Outcome.PASS:
            yield from _passed(result, page)
        elif result.id in folded and not verbose:
            continue
        else:
            yield from _full(result, page)


def _folded(group: CheckGroup, page: Sheet, width: int) -> Text:
    """`✔  4  each server answers ...   cl_a cl_b × srv1 srv2`, or `3/4` where not all passed."""
    count, total = len(group.passed), len(group.results)
    shown = str(count) if count == total else f"{count}/{total}"
    line = Text.assemble((f"{page.marks.of(Outcome.PASS)} ", STYLES[Outcome.PASS]), (f"{shown:>3}  ", "dim"))
    if total > 1 and page.width >= _SUBJECTS_FROM:
        column = min(width, page.width - len(line) - _SUBJECTS_LEAST)
        line.append(group.title.ljust(column)).append(f"  {group.subjects}", "dim")
    else:
        line.append(group.title)
    return page.cut(line)


def _passed(result: CheckResult, page: Sheet) -> Iterator[Text]:
    lead = Text(f"{page.marks.of(Outcome.PASS)} ", STYLES[Outcome.PASS])
    yield from page.paragraph(result.title, lead=lead, indent=2)
    yield from page.paragraph(result.judgement.observed, indent=4, style="dim")


def _full(result: CheckResult, page: Sheet) -> Iterator[Text]:
    judgement = result.judgement
    style = STYLES[judgement.outcome]
    lead = Text(f"{page.marks.of(judgement.outcome)} {judgement.outcome.value.upper():<8}", style)
    yield from page.paragraph(result.title, lead=lead, indent=10, style="bold")
    reference = f" ({result.reference})" if result.reference else ""
    facts = {
        "expected": judgement.expected + reference,
        "observed": judgement.observed,
        "next": judgement.hint,
        "where": ", ".join(_places(judgement.proofs)) or "no evidence was collected",
        "check": result.id,
    }
    for label, text in facts.items():
        if text:
            lead = Text(f"{label:>{_LABEL - 2}}  ", "dim")
            yield from page.paragraph(text, lead=lead, indent=_LABEL, style="cyan" if label == "next" else "")


def _places(proofs: Iterable[Proof]) -> Iterator[str]:
    """Places of proofs, and whose word each is: `captures/cl_a-eth1.pcap frames 7, 9 (wire)`."""
    found = places.of_proofs(proofs)
    yield from map(str, found[:_MOST_PLACES])
    if len(found) > _MOST_PLACES:
        yield f"and {len(found) - _MOST_PLACES} more files"
