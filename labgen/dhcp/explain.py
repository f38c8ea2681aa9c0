"""Explanations of findings: the text behind `docs/findings/<code>.md` and the reports."""

from __future__ import annotations

from textwrap import wrap

from labgen.dhcp.explained_leases import LEASES
from labgen.dhcp.explained_relaying import RELAYING
from labgen.dhcp.explanation import Explanation

_CATALOGUE = (*RELAYING, *LEASES)
_BY_CODE = {item.code: item for item in _CATALOGUE}


def explanations() -> tuple[Explanation, ...]:
    """Every kind of finding, in the order of the documentation."""
    return _CATALOGUE


def explain(code: str) -> Explanation:
    """The page for a finding's code; KeyError for a code that does not exist."""
    return _BY_CODE[code]


def as_markdown(item: Explanation) -> str:
    """The page `docs/findings/<code>.md`."""
    return (
        f"# {item.code}\n\n{item.title}. Severity: {item.severity.value}.\n\n"
        f"## What it is\n\n{_filled(item.what)}\n\n## Why it happens\n\n{_filled(item.why)}\n\n"
        f"## Where it is written\n\n{_filled(item.clause)}\n\n## What to change\n\n{_filled(item.change)}\n"
    )


def as_index() -> str:
    """The page `docs/findings/README.md`: every code with its title."""
    rows = "\n".join(f"| [{i.code}]({i.code}.md) | {i.severity.value} | {i.title} |" for i in _CATALOGUE)
    return (
        "# Findings\n\nWhat `labgen analyze` and `labgen verify` explain. Each finding comes with the lines and "
        "frames that show it.\n\n| code | severity | what it says |\n|---|---|---|\n" + rows + "\n"
    )


def _filled(text: str) -> str:
    return "\n".join(wrap(text, 100, break_on_hyphens=False, break_long_words=False))


__all__ = ["Explanation", "as_index", "as_markdown", "explain", "explanations"]
