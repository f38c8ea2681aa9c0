"""Parameters of which `make test` tries some, and `make test-all` every one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some(members: Iterable[Any], *kept: str) -> list[Any]:
    """The members; all but those kept, each by its id or by what it is, are `deep`. ValueError where one that is kept is none of them."""
    found = list(members)
    names = [_name(member) for member in found]
    if not kept or set(kept) - set(names):
        raise ValueError(f"{sorted(set(kept) - set(names)) or 'nothing'} is kept, of {names}")
    return [member if name in kept else _deep(member) for name, member in zip(names, found, strict=True)]


def _name(member: Any) -> str:
    """Its id; where it has none, its first value, or the name of a function."""
    if hasattr(member, "marks"):
        return str(member.id or _name(member.values))
    if isinstance(member, tuple):
        return _name(member[0])
    return str(getattr(member, "__name__", member))


def _deep(member: Any) -> Any:
    if hasattr(member, "marks"):
        return pytest.param(*member.values, id=member.id, marks=(*member.marks, pytest.mark.deep))
    values = member if isinstance(member, tuple) else (member,)
    return pytest.param(*values, marks=pytest.mark.deep)
