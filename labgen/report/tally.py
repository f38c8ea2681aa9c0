"""The verdict in one line of words."""

from __future__ import annotations

from labgen.verify.judgement import Outcome
from labgen.verify.verdict import Conclusion, Verdict


def tally(verdict: Verdict) -> str:
    """`68 of 68 checks`; otherwise what came of them: `1 of 68 checks failed, 2 blocked, 65 passed`."""
    planned = f"{verdict.planned} {'check' if verdict.planned == 1 else 'checks'}"
    if verdict.conclusion is Conclusion.PASS:
        return f"{verdict.count(Outcome.PASS)} of {planned}"
    if verdict.planned == 0:
        return "no check was planned, so nothing was shown"
    words = {
        Outcome.FAIL: "failed",
        Outcome.ERROR: "could not be judged",
        Outcome.BLOCKED: "blocked",
        Outcome.SKIPPED: "skipped",
    }
    counts = {word: verdict.count(outcome) for outcome, word in words.items()}
    counts["never ran"] = max(0, verdict.planned - len(verdict.checks))
    counts["passed"] = verdict.count(Outcome.PASS)
    (first, count), *rest = ((word, count) for word, count in counts.items() if count)
    return ", ".join([f"{count} of {planned} {first}", *(f"{count} {word}" for word, count in rest)])
