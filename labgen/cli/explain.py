"""The work of the commands that list and explain labgen's parts: playbooks, devices, checks, explain."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from textwrap import fill
from typing import Any

import click

from labgen.devices import registry
from labgen.devices.base import DeviceFacts
from labgen.dhcp.explain import Explanation, explanations
from labgen.ground import resources
from labgen.ground.errors import UsageError
from labgen.verify import playbook
from labgen.verify.check import Check
from labgen.verify.check import registry as known_checks
from labgen.verify.playbook_spec import PlaybookSpec

_WIDTH = 100


def playbooks(form: str) -> None:
    """Run `labgen playbooks`."""
    rows = [
        {"name": book.name, "title": book.title, "needs": list(book.needs)} for book in _playbooks().values()
    ]
    _print(rows, form)


def devices(form: str) -> None:
    """Run `labgen devices`."""
    rows = [
        {"name": name, "title": facts.title, "roles": " ".join(sorted(role.value for role in facts.roles)), "evidence": facts.evidence,
         "embedded": "embedded" if facts.embedded else ""}
        for name, facts in _devices().items()
    ]  # fmt: skip
    _print(rows, form)


def checks(form: str) -> None:
    """Run `labgen checks`."""
    rows = [{"name": c.name, "title": c.title, "reference": c.reference} for c in _checks().values()]
    _print(rows, form)


def explain(name: str) -> None:
    """Run `labgen explain`."""
    known = everything()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=3)
        hint = (
            f"did you mean {' or '.join(f'`{word}`' for word in close)}?"
            if close
            else "see `labgen checks`, `playbooks`, `devices`"
        )
        raise UsageError(f"labgen knows no finding, check, playbook or device `{name}`; {hint}")
    click.echo("\n\n".join(text for text in known[name]))


def everything() -> dict[str, list[str]]:
    """Every explanation there is, by name; a name may mean several things."""
    found: dict[str, list[str]] = {}
    books = _playbooks()
    for code, page in _findings().items():
        found.setdefault(code, []).append(_finding(page))
    for name, check in _checks().items():
        found.setdefault(name, []).append(_check(check, books))
    for name, book in books.items():
        found.setdefault(name, []).append(_playbook(book))
    for name, facts in _devices().items():
        found.setdefault(name, []).append(_device(facts))
    return found


def _findings() -> dict[str, Explanation]:
    return {page.code: page for page in explanations()}


def _checks() -> dict[str, Check]:
    return dict(known_checks())


def _playbooks() -> dict[str, PlaybookSpec]:
    return {name: playbook.read(name)[1] for name in resources.playbook_files()}


def _devices() -> dict[str, DeviceFacts]:
    return {name: device.facts for name, device in registry.everything().items()}


def _finding(page: Explanation) -> str:
    parts = (
        f"{page.code}: finding, {page.severity.value}\n{page.title}",
        page.what,
        f"Why: {page.why}",
        f"What to change: {page.change}",
        page.clause,
    )
    return "\n\n".join(_wrapped(part) for part in parts)


def _check(check: Check, books: Mapping[str, PlaybookSpec]) -> str:
    doc = (check.judge.__doc__ or "").strip().split("\n\n")[0]
    said = [f"{check.name}: check\n{check.title}", " ".join(doc.split()), check.reference]
    judging = [
        name for name, book in books.items() if any(_names(step.checks, check.name) for step in book.steps)
    ]
    said.append(f"Judged by the playbooks: {', '.join(judging)}" if judging else "")
    return "\n\n".join(_wrapped(part) for part in said if part)


def _names(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _playbook(book: PlaybookSpec) -> str:
    lines = [f"{book.name}: playbook", book.title]
    if book.needs:
        lines.append(f"needs {', '.join(book.needs)}")
    if book.lease:
        lines.append(f"leases are shortened to {book.lease} s for it")
    for step in book.steps:
        lines += ["", f"step {step.name}: {step.title}".rstrip(": ")]
        lines += [f"  do     {do.name} {'of' if do.kinds else 'on'} {do.on}" for do in step.do]
        lines += [f"  check  {pattern}" for pattern in step.checks]
    return "\n".join(lines)


def _device(facts: DeviceFacts) -> str:
    lines = [
        f"{facts.name}: device",
        facts.title,
        f"roles: {', '.join(sorted(role.value for role in facts.roles))}",
    ]
    lines.append(f"evidence: {facts.evidence}" + ("; runs in the embedded lab" if facts.embedded else ""))
    lines += [
        f"netlab: {facts.netlab or 'not known there'}; containerlab: {facts.containerlab or 'not known there'}"
    ]
    if facts.packages:
        lines.append(f"Debian packages: {' '.join(facts.packages)}")
    lines += [_wrapped(f"note: {note}") for note in facts.notes]
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    return "\n".join(fill(line, _WIDTH, break_on_hyphens=False) for line in text.splitlines())


def _print(rows: list[dict[str, Any]], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    widths = {name: max(len(_cell(row[name])) for row in rows) for name in rows[0]}
    for row in rows:
        click.echo("  ".join(f"{_cell(value):{widths[name]}}" for name, value in row.items()).rstrip())


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
