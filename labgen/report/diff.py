"""Differences between two runs: verdicts, what clients got, legs of exchanges, findings, times, configuration."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from labgen.dhcp import model
from labgen.dhcp.jsonform import Json, as_mapping
from labgen.dhcp.model import Exchange
from labgen.ground import jsonfile
from labgen.ground.errors import InputError
from labgen.report import stored
from labgen.report.history import playbooks
from labgen.report.stored import VERDICT, StoredCheck, StoredVerdict
from labgen.verify.judgement import Outcome

SCHEMA = "labgen/diff/1"
_LEAST_SECONDS = 0.5
_LEAST_SHARE = 1.25


@dataclass(frozen=True, slots=True)
class Change:
    """`what` was `before` and is `after`; either is empty where there was, or is, nothing. `worse`: what passed passes no more."""

    what: str
    before: str
    after: str
    worse: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Changes of one kind under a title."""

    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs."""

    run: str
    verdict: str
    planned: int
    passed: int
    started: str


@dataclass(frozen=True, slots=True)
class Diff:
    """`worse` says whether a check that passed before does not pass any more."""

    before: Side
    after: Side
    sections: tuple[Section, ...]

    @property
    def worse(self) -> bool:
        return any(change.worse for section in self.sections for change in section.changes)

    def to_json(self) -> dict[str, Json]:
        """`labgen/diff/1`."""
        return {
            "schema": SCHEMA,
            "before": _side_json(self.before),
            "after": _side_json(self.after),
            "worse": self.worse,
            "sections": [
                {
                    "title": section.title,
                    "changes": [
                        {"what": c.what, "before": c.before, "after": c.after, "worse": c.worse}
                        for c in section.changes
                    ],
                }
                for section in self.sections
            ],
        }


def _side_json(side: Side) -> dict[str, Json]:
    return {
        "run": side.run,
        "verdict": side.verdict,
        "planned": side.planned,
        "passed": side.passed,
        "started": side.started,
    }


def find(place: Path) -> Path:
    """The run folder that is meant: itself, the newest run of a lab folder, or a run of a lab below `labs` by its name. InputError
    where there is none.
    """
    with suppress(OSError):
        if found := _meant(place):
            return found
    raise InputError(
        f"{place} is no run: name a folder below `runs` of a lab folder, or a lab folder with runs"
    )


def _meant(place: Path) -> Path | None:
    if (place / VERDICT).is_file():
        return place
    if place.name == VERDICT and place.is_file():
        return place.parent
    below = sorted(path.parent for path in (place / "runs").glob(f"*/{VERDICT}"))
    if below:
        return below[-1]
    named = sorted(path.parent for path in Path("labs").glob(f"*/runs/{escape(place.name)}/{VERDICT}"))
    return named[-1] if named else None


def newest_two(lab: Path) -> tuple[Path, Path]:
    """The last two runs of a lab folder with the same playbooks. InputError where there are none."""
    runs = sorted(path.parent for path in (lab / "runs").glob(f"*/{VERDICT}"))
    last = runs[-1] if runs else None
    alike = [run for run in runs[:-1] if last and playbooks(run.name) == playbooks(last.name)]
    if last is None or not alike:
        raise InputError(f"{lab} holds no two runs of the same playbooks; name two runs")
    return alike[-1], last


def diff(before: Path, after: Path) -> Diff:
    """Compare two run folders. InputError where one has no verdict that can be read."""
    old, new = stored.read(before), stored.read(after)
    sections = (
        Section("checks", tuple(_checks(old, new))),
        Section("what clients got", tuple(_mapped(_got(old), _got(new)))),
        Section("legs of exchanges", tuple(_mapped(_legs(old), _legs(new)))),
        Section("findings", tuple(_mapped(_findings(old), _findings(new)))),
        Section("configuration", tuple(_mapped(_plan(before), _plan(after)))),
        Section("versions", tuple(_mapped(_versions(old), _versions(new)))),
        Section("times", tuple(_times(old, new))),
    )
    return Diff(_side(before, old), _side(after, new), tuple(s for s in sections if s.changes))


def _side(run: Path, data: StoredVerdict) -> Side:
    passed = sum(1 for check in data.checks if check.outcome is Outcome.PASS)
    return Side(run.name, data.verdict.value, data.planned, passed, data.source.started)


# --- sections ---


def _checks(old: StoredVerdict, new: StoredVerdict) -> Iterator[Change]:
    before, after = _results(old), _results(new)
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        if (was.outcome if was else None) is not (now.outcome if now else None):
            worse = was is not None and was.outcome is Outcome.PASS
            yield Change(_titled(now or was), _outcome(was), _outcome(now), worse)


def _results(data: StoredVerdict) -> dict[tuple[str, str, str], StoredCheck]:
    """Checks by step and identity: a release that words a title anew runs the same check."""
    return {(check.playbook, check.step, check.id or check.title): check for check in data.checks}


def _titled(check: StoredCheck | None) -> str:
    if check is None:
        return ""
    step = check.playbook if check.playbook == check.step else f"{check.playbook} {check.step}"
    return f"{step}: {check.title}"


def _outcome(check: StoredCheck | None) -> str:
    """Outcome, and what was observed where that is not a pass."""
    if check is None:
        return ""
    return (
        check.outcome.value
        if check.outcome is Outcome.PASS
        else f"{check.outcome.value} {check.observed}".strip()
    )


def _exchanges(data: StoredVerdict) -> Iterator[tuple[str, Exchange]]:
    """Exchanges with a name that is the same in both runs: the client, the kind, and its count."""
    counts: dict[str, int] = {}
    for exchange in data.exchanges:
        own = next((m.node for m in exchange.messages if m.role.value == "client"), str(exchange.client))
        key = f"{own} {exchange.kind.value}"
        counts[key] = counts.get(key, 0) + 1
        yield f"{key} {counts[key]}" if counts[key] > 1 else key, exchange


def _got(data: StoredVerdict) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, exchange in _exchanges(data):
        found[f"{name}: outcome"] = exchange.outcome.value
        if exchange.outcome in model.GRANTED:
            found[f"{name}: address"] = exchange.address or ""
            found[f"{name}: server identifier"] = exchange.server_id or ""
            found[f"{name}: lease"] = f"{exchange.lease_seconds} s"
        options = {
            f"{name}: option 82 of {m.node}": json.dumps(m.relay_options.to_json(), sort_keys=True)
            for m in exchange.messages
            if m.relay_options is not None and not m.type.is_reply
        }
        found |= options
    return {name: value for name, value in found.items() if value}


def _legs(data: StoredVerdict) -> dict[str, str]:
    """Each message at each node, once: what was seen where."""
    return {
        f"{name}: {m.type.value} {'sent by' if m.direction.value == 'tx' else 'at'} {m.node}": "seen"
        for name, exchange in _exchanges(data)
        for m in exchange.messages
    }


def _findings(data: StoredVerdict) -> dict[str, str]:
    return {
        f"{finding.code} {finding.client or ''} {finding.node or ''}".strip(): finding.severity.value
        for finding in data.findings
    }


def _versions(data: StoredVerdict) -> dict[str, str]:
    named = data.source.model_dump(include={"labgen", "python", "kernel", "provider", "vrfs"})
    return {name: str(version) for name, version in named.items() if version} | dict(data.source.daemons)


def _plan(run: Path) -> dict[str, str]:
    """Every value of the plan the run was made from, by its path; empty where the run did not keep it."""
    try:
        data = as_mapping(jsonfile.read(run / "run.json", ""))
    except (InputError, ValueError):
        return {}
    return dict(_flat("", data.get("plan")))


def _flat(path: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(f"{path}.{name}" if path else name, item)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            name = str(item["name"]) if isinstance(item, dict) and "name" in item else str(at)
            yield from _flat(f"{path}[{name}]", item)
    else:
        yield path, "" if value is None else str(value)


def _times(old: StoredVerdict, new: StoredVerdict) -> Iterator[Change]:
    """Steps and actions that take clearly longer, or shorter."""
    for name, was in old.timings.items():
        now = new.timings.get(name, was)
        larger, smaller = max(was, now), min(was, now)
        if larger - smaller >= _LEAST_SECONDS and larger > smaller * _LEAST_SHARE:
            yield Change(name, f"{was:.1f} s", f"{now:.1f} s")


def _mapped(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Change]:
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name, ""), after.get(name, "")
        if was != now:
            yield Change(name, was, now)
