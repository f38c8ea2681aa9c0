"""Derives causes from failures: one sentence about each broken thing, in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace

from labgen.dhcp.model import Evidence
from labgen.ground.labplan import LabPlan
from labgen.verify import fault_attribution
from labgen.verify.causes import LOCAL, explains, rank
from labgen.verify.diagnosis import Diagnosis, FailureCause
from labgen.verify.judgement import Judgement, Outcome, Proof, Witness
from labgen.verify.subject import Subject
from labgen.verify.verdict import CheckResult

_SEVERITY = {Outcome.FAIL: 0, Outcome.ERROR: 1, Outcome.BLOCKED: 2}
MOST = 5
"""Faults that a verdict tells one by one."""
_NODES = ("switch", "server", "client", "peer", "finding")


def diagnose(
    results: Iterable[CheckResult],
    complaints: Mapping[str, Sequence[Evidence]],
    left_out: Sequence[str] = (),
    plan: LabPlan | None = None,
    moved: float = 0.0,
) -> Diagnosis | None:
    """The reason why a run did not pass; None where it did. `complaints` are lines in which nodes say themselves what is wrong.
    The clock of the
    machine was set by `moved` seconds meanwhile.

    Failures that the first fault does not explain are faults of their own: they are its `others`, in the same order. A fault that
    the `plan` has on purpose is the cause of what fails on its way, and told first.
    """
    known = tuple(results)
    bad = [r for r in known if r.judgement.outcome in _SEVERITY]
    if not bad:
        return _left_out(left_out) if left_out else None
    found: list[FailureCause] = []
    meant = [r for r in bad if plan is not None and fault_attribution.explaining(plan, [r.subject])]
    if plan is not None and meant:
        found.append(_planned(plan, meant, known, complaints))
        bad = [r for r in bad if r not in meant]
    while bad and len(found) < MOST:
        one, bad = _one(bad, known, complaints)
        found.append(one)
    first, *others = found
    if bad:  # so many faults are one that nobody understands
        more = tuple(dict.fromkeys(r.id for r in bad))
        first = replace(first, consequences=tuple(dict.fromkeys((*first.consequences, *more))))
    if moved and _waited([r for r in known if r.id in (first.check, *first.consequences)]):
        first = replace(first, next=f"{_timers(moved)}; {first.next}")
    values = {f.name: getattr(first, f.name) for f in fields(FailureCause)}
    return Diagnosis(**values, others=tuple(others))


def _waited(failed: Iterable[CheckResult]) -> bool:
    """True if a fault is that something did not come in time."""
    return any(r.check == "step.in-time" and r.judgement.outcome is Outcome.FAIL for r in failed)


def _timers(moved: float) -> str:
    """dhclient, for one, sleeps until a time of day."""
    over = "last so much longer" if moved < 0 else "are over at once"
    return f"the clock of this machine was set by {moved:+.1f} s while the lab ran, and timers that wait for a time of day {over}"


def _planned(
    plan: LabPlan,
    meant: Sequence[CheckResult],
    known: Sequence[CheckResult],
    complaints: Mapping[str, Sequence[Evidence]],
) -> FailureCause:
    """The faults of the spec that failures have to do with, and how they show."""
    shown, _ = _one(meant, known, complaints)
    about = [r.subject for r in sorted(meant, key=lambda r: r.id != shown.check)]
    faults = fault_attribution.explaining(plan, about)
    named = " and ".join(f"{fault.on} ({fault.text})" for fault in faults)
    return replace(
        shown,
        cause=f"the planned fault of {named}: {shown.cause}",
        where=tuple(dict.fromkeys(node for fault in faults for node in fault.nodes)),
        next=f'`faults` of the spec has it so; `expect: {{failures: ["{faults[0].on}"]}}` makes it the wanted result',
        consequences=tuple(dict.fromkeys(r.id for r in meant if r.id != shown.check)),
    )


def _one(
    bad: Sequence[CheckResult], known: Sequence[CheckResult], complaints: Mapping[str, Sequence[Evidence]]
) -> tuple[FailureCause, list[CheckResult]]:
    """The first fault of those that are left, and what it does not explain."""
    turn = _turns(known)
    first = min(bad, key=lambda r: (_SEVERITY[r.judgement.outcome], turn[r.playbook, r.step], rank(r)))
    same = sorted((r for r in bad if _kin(r, first)), key=lambda r: r is not first)
    where = _where(same, [r for r in known if r.check == first.check and r not in same])
    when = turn[first.playbook, first.step]
    left = [
        r
        for r in bad
        if r is not first and not explains([first, *same], where, r, later=turn[r.playbook, r.step] > when)
    ]
    explained = [r for r in bad if r.id != first.id and r not in left]
    reason = _reason(where, same, complaints)
    found = FailureCause(
        cause=_sentence(first, where, reason),
        where=where,
        evidence=(*first.judgement.proofs, *_proofs(reason)),
        next=first.judgement.hint or f"`labgen explain {first.check}`",
        check=first.id,
        consequences=tuple(dict.fromkeys(r.id for r in explained)),
    )
    return found, [r for r in left if r.id != first.id]


def _turns(known: Sequence[CheckResult]) -> dict[tuple[str, str], int]:
    """The steps in the order they were made: what failed in an earlier one is not the fault of a later one."""
    steps = dict.fromkeys((r.playbook, r.step) for r in known)
    return {step: n for n, step in enumerate(steps)}


def _kin(result: CheckResult, first: CheckResult) -> bool:
    """The same check in the same step, with the same outcome: several subjects of one fault, unless both say where it is, and differ."""
    alike = (result.check, result.playbook, result.step, result.judgement.outcome) == (
        first.check,
        first.playbook,
        first.step,
        first.judgement.outcome,
    )
    if alike and first.check in LOCAL and result.judgement.observed != first.judgement.observed:
        return result.subject.node == first.subject.node
    here, there = set(first.judgement.at), set(result.judgement.at)
    said_alike = result.judgement.observed == first.judgement.observed
    return alike and (said_alike or not here or not there or bool(here & there))


def _where(same: Sequence[CheckResult], held: Sequence[CheckResult]) -> tuple[str, ...]:
    """The places of the fault by the checks; else what all its subjects have in common, and those that held have not."""
    values = [frozenset(r.judgement.at) for r in same]
    if values[0] and not all(values):  # the first one tells; others of them who cannot do not make it untrue
        values = [places for places in values if places]
    if all(values):
        shared_places = frozenset.intersection(*values)
        return tuple(sorted(shared_places)) or tuple(dict.fromkeys(n for r in same for n in r.judgement.at))
    subjects = [r.subject for r in same]
    shared = {
        f.name: value
        for f in fields(Subject)
        if (value := getattr(subjects[0], f.name)) and all(getattr(s, f.name) == value for s in subjects)
    }
    telling = [
        name
        for name in _NODES
        if name in shared and not any(getattr(r.subject, name) == shared[name] for r in held)
    ]
    chosen = telling or [name for name in _NODES if name in shared]
    if chosen:
        return (shared[chosen[0]],)
    return tuple(dict.fromkeys(name for s in subjects if (name := s.node or s.segment)))


def _reason(
    where: Sequence[str], same: Sequence[CheckResult], complaints: Mapping[str, Sequence[Evidence]]
) -> Evidence | None:
    """A node's own words about a failure: of those the fault is at, else of those its subjects name. Of its lines the last one that speaks
    of the most ports and addresses that the failure is about."""
    nodes = dict.fromkeys((*where, *(n for r in same for n in (r.subject.server, r.subject.switch))))
    about = _things(same[0].judgement.observed)
    found = next((lines for node in nodes if (lines := complaints.get(node, ()))), ())
    return max(reversed(found), key=lambda line: len(about & _things(line.text or "")), default=None)


def _things(text: str) -> frozenset[str]:
    """Ports and addresses in a text, as far as they can be told from other words."""
    words = (word.strip(".:") for word in re.findall(r"[\w.:]+", text))
    return frozenset(
        word for word in words if len(word) > 3 and re.search(r"[a-z.:]", word) and re.search(r"\d", word)
    )


def _sentence(first: CheckResult, where: Sequence[str], reason: Evidence | None) -> str:
    judgement = first.judgement
    place = ", ".join(where)
    said = f"; {reason.node} says: {_short(reason.text or '')}" if reason else ""
    return f"{place}: {_observed(judgement)}{said}" if place else f"{_observed(judgement)}{said}"


def _observed(judgement: Judgement) -> str:
    wanted = judgement.expected.partition("; ")[0]
    told = " instead of " in judgement.observed or len(wanted) > 120
    return judgement.observed if told else f"{judgement.observed} (wanted: {wanted})"


def _short(text: str) -> str:
    """A line of a log: what it says comes last, after dates, levels and identifiers; of a JSON line what came of whose packet, and why."""
    words = " ".join(_of_json(text) or text.split())
    return words if len(words) <= 160 else f"…{words[-159:]}"


def _of_json(text: str) -> list[str]:
    """The telling values of a JSON line in the order in which one says them; none where it is no such line, or has none of them."""
    try:
        told = json.loads(text) if text.startswith("{") else None
    except ValueError:
        return []
    if not isinstance(told, dict):
        return []
    words = {key: " ".join(str(told[key]).split()) for key in _TELLING if told.get(key) not in (None, "")}
    return [f"{_TELLING[key]} {value}".strip() for key, value in words.items()]


_TELLING = {
    "message": "", "msg": "", "src": "from", "dst": "to", "giaddr": "giaddr", "action": "", "reason": "because of", "error": "error",
}  # fmt: skip
"""What a JSON line of a relay or server tells, and the word before it."""


def _proofs(reason: Evidence | None) -> tuple[Proof, ...]:
    if reason is None:
        return ()
    return (Proof(Witness.SERVER, reason.node, reason.file, reason.line, reason.frame),)


def _left_out(names: Sequence[str]) -> Diagnosis:
    return Diagnosis(
        cause=f"{', '.join(names)}: no check was about {'it' if len(names) == 1 else 'them'}, and the spec does not say why",
        where=tuple(names),
        next="give it a server or a relay, or say `dhcp: false` or `expect`",
    )
