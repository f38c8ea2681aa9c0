"""From failures to their cause: what depends on what, and one sentence about the first thing that is broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from fnmatch import fnmatchcase

from labgen.dhcp.model import Evidence
from labgen.verify.diagnosis import Diagnosis
from labgen.verify.judgement import Judgement, Outcome, Proof, Witness
from labgen.verify.subject import Subject
from labgen.verify.verdict import CheckResult

ORDER = (
    # Nothing can be said of what was not read; a process that does not run explains most of the rest.
    ("evidence.*",),
    ("node.daemons", "relay.running", "server.running", "fault.*"),
    # The network below: links, sessions, VNIs, routes.
    ("control-plane.ospf", "control-plane.evpn-session", "control-plane.gateway", "control-plane.vni"),
    ("control-plane.vtep", "control-plane.routes", "control-plane.return-route", "control-plane.transit"),
    ("control-plane.router-mac", "control-plane.anycast"),
    # Who takes part, and what relays make of a client's message.
    ("client.discover", "client.planned-servers"),
    ("server.sub-options", "relay.requests"),
    ("relay.forwards", "server.offers", "round-trip.discover"),
    ("server.copies", "inform.copies", "rebind.copies", "renew.copies"),
    ("relay.strips", "relay.replies", "server.replies"),
    # Servers.
    ("server.pool", "lease.address", "server.identifier"),
    ("lease.options", "inform.answer"),
    ("server.loser-silent", "*.loser-silent", "client.no-nak", "client.choice"),
    (
        "round-trip.*",
        "server.request-copies",
        "renew.*",
        "rebind.*",
        "release.*",
        "reboot.*",
        "decline.*",
        "inform.*",
    ),
    ("relay-failure.*", "server-failure.*", "move.*", "expire.*"),
    ("lease.single-binding", "lease.witnesses", "focus.*"),
    # What clients make of it.
    ("client.configured",),
    ("reach.*", "control-plane.mac"),
    ("step.in-time",),
    ("expect.*",),
)
"""Checks by what they build on: a failure in a line explains those of later lines."""

_SEVERITY = {Outcome.FAIL: 0, Outcome.ERROR: 1, Outcome.BLOCKED: 2}
_NODES = ("switch", "server", "client", "peer", "finding")


def rank(check: str) -> int:
    """The line of `ORDER` a check is in; those of foreign packages come last."""
    found = (n for n, line in enumerate(ORDER) if any(fnmatchcase(check, pattern) for pattern in line))
    return next(found, len(ORDER))


def diagnose(
    results: Iterable[CheckResult],
    complaints: Mapping[str, Sequence[Evidence]],
    left_out: Sequence[str] = (),
) -> Diagnosis | None:
    """Why a run did not pass; None where it did. `complaints` are lines in which nodes say themselves what is wrong."""
    known = tuple(results)
    bad = [r for r in known if r.judgement.outcome in _SEVERITY]
    if not bad:
        return _left_out(left_out) if left_out else None
    first = min(bad, key=lambda r: (_SEVERITY[r.judgement.outcome], rank(r.check)))
    same = [r for r in bad if _kin(r, first)]
    where = _where(same, [r for r in known if r.check == first.check and r not in same])
    reason = _reason(where, same, complaints)
    return Diagnosis(
        cause=_sentence(first, where, reason),
        where=where,
        evidence=(*first.judgement.proofs, *_proofs(reason)),
        next=first.judgement.hint or f"`labgen explain {first.check}`",
        check=first.id,
        consequences=tuple(dict.fromkeys(r.id for r in bad if r.id != first.id)),
    )


def _kin(result: CheckResult, first: CheckResult) -> bool:
    """The same check in the same step, with the same outcome: several subjects of one fault."""
    return (result.check, result.playbook, result.step, result.judgement.outcome) == (
        first.check,
        first.playbook,
        first.step,
        first.judgement.outcome,
    )


def _where(same: Sequence[CheckResult], held: Sequence[CheckResult]) -> tuple[str, ...]:
    """What all subjects of a fault have in common, and those that held have not."""
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
    return tuple(dict.fromkeys(s.node or s.segment for s in subjects))


def _reason(
    where: Sequence[str], same: Sequence[CheckResult], complaints: Mapping[str, Sequence[Evidence]]
) -> Evidence | None:
    """What a node itself says about it: of those the fault is at, else of those its subjects name."""
    nodes = dict.fromkeys((*where, *(n for r in same for n in (r.subject.server, r.subject.switch))))
    return next((lines[-1] for node in nodes if (lines := complaints.get(node, ()))), None)


def _sentence(first: CheckResult, where: Sequence[str], reason: Evidence | None) -> str:
    judgement = first.judgement
    place = ", ".join(where)
    said = f"; {reason.node} says: {_short(reason.text or '')}" if reason else ""
    return f"{place}: {_observed(judgement)}{said}" if place else f"{_observed(judgement)}{said}"


def _observed(judgement: Judgement) -> str:
    wanted = judgement.expected.partition("; ")[0]
    return f"{judgement.observed} (wanted: {wanted})" if len(wanted) <= 120 else judgement.observed


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 160 else f"{words[:159]}…"


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
