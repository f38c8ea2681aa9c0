"""Judges mutants: which are caught, by which check, and whether it names what was altered."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verify_mutants import Mutant, RunCopy
from verify_mutations import mutants

from labgen.verify.judgement import Outcome
from labgen.verify.rejudge import rejudge
from labgen.verify.verdict import CheckResult, Conclusion, Verdict


@dataclass(frozen=True)
class Caught:
    """What became of a mutant: `by` are ids of checks that do not pass any more and name what was altered, `failed`
    of those that fail, `says` what every result that does not pass says it observed."""

    mutant: Mutant
    conclusion: Conclusion
    by: tuple[str, ...]
    others: tuple[str, ...]
    cause: str
    failed: frozenset[str] = frozenset()
    says: Mapping[str, str] = field(default_factory=dict)

    @property
    def caught(self) -> bool:
        return self.conclusion is not Conclusion.PASS and bool(self.by)


def judged(source: Path, mutant: Mutant) -> Caught | None:
    """The verdict on a mutant; None where the change changes nothing."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = RunCopy(source, Path(folder) / "run")
        before = _content(copy.folder), str(copy.data)
        mutant.change(copy)
        copy.close()
        if (_content(copy.folder), str(copy.data)) == before:
            return None
        return _told(mutant, rejudge(copy.folder))


def _content(folder: Path) -> dict[str, bytes]:
    return {
        str(f.relative_to(folder)): f.read_bytes()
        for f in folder.rglob("*")
        if f.is_file() and f.name != "run.json"
    }


def _told(mutant: Mutant, verdict: Verdict) -> Caught:
    bad = [r for r in verdict.checks if r.judgement.outcome not in (Outcome.PASS, Outcome.SKIPPED)]
    naming = [r.id for r in bad if any(name in _words(r) for name in mutant.named)]
    cause = verdict.diagnosis.cause if verdict.diagnosis else ""
    failed = frozenset(r.id for r in bad if r.judgement.outcome is Outcome.FAIL)
    says = {r.id: r.judgement.observed for r in bad}
    return Caught(mutant, verdict.conclusion, tuple(naming), tuple(r.id for r in bad), cause, failed, says)


def _words(result: CheckResult) -> str:
    j = result.judgement
    return " ".join((result.id, result.title, j.observed, j.hint))


def survey(sources: Iterable[Path], each: int = 0) -> Iterator[Caught]:
    """Mutants of some runs, judged: of every kind so many as are asked for, spread over the run, or all."""
    for source in sources:
        kinds: dict[str, list[Mutant]] = defaultdict(list)
        for mutant in mutants(source):
            kinds[mutant.kind].append(mutant)
        for known in kinds.values():
            step = max(1, len(known) // each) if each else 1
            chosen = known[::step][: each or None]
            yield from (found for mutant in chosen if (found := judged(source, mutant)) is not None)


def table(found: Iterable[Caught]) -> str:
    """Kinds with how many were made and caught, and the checks that catch most of them."""
    made: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    by: dict[str, Counter[str]] = defaultdict(Counter)
    for each in found:
        made[each.mutant.kind] += 1
        caught[each.mutant.kind] += each.caught
        by[each.mutant.kind].update({check.partition(":")[0] for check in each.by})
    rows = [
        f"| {kind} | {caught[kind]} of {made[kind]} | {', '.join(f'`{name}`' for name, _ in by[kind].most_common(3))} |"
        for kind in sorted(made)
    ]
    head = ["| altered | caught | by (the three that most often do) |", "|---|---|---|"]
    total = f"| **all** | **{sum(caught.values())} of {sum(made.values())}** | |"
    return "\n".join([*head, *rows, total])


def main(folders: list[str]) -> None:
    """Print the table for the runs in some folders, and what slipped through. `-n 3` before them: three of each kind."""
    number = int(folders[1]) if folders[:1] == ["-n"] else 0
    found: list[Caught] = []
    for each in survey([Path(folder) for folder in folders[2 if number else 0 :]], number):
        found.append(each)
        if not each.caught:
            sys.stderr.write(
                f"missed: {each.mutant.kind}: {each.mutant.what}: {each.conclusion.value} {each.others[:3]} ({each.mutant.named})\n"
            )
    sys.stdout.write(table(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
