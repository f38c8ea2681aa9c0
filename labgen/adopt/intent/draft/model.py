"""A draft in the making."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labgen.ground.vocabulary import Role
from labgen.spec.values import RESERVED

Data = dict[str, Any]


@dataclass
class IntentDraft:
    """Nodes and segments as an intent has them, by name; `missing` are sentences on what only a person knows, `links` the wires a
    topology tells, as node, port, node, port."""

    name: str = ""
    inventory: str = ""
    nodes: dict[str, Data] = field(default_factory=dict)
    segments: dict[str, Data] = field(default_factory=dict)
    captures: list[str] = field(default_factory=list)
    links: list[tuple[str, str, str, str]] = field(default_factory=list)
    playbooks: tuple[str, ...] = ()
    missing: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def node(self, name: str, role: Role, **said: Any) -> str:
        """Add what is known of a node; what was known before stays. Returns its name in the intent."""
        own = self.nodes.setdefault(named(name), {"role": role.value})
        if own["role"] != role.value and role is not Role.CLIENT:
            own["role"] = role.value
        for key, value in said.items():
            if isinstance(value, Mapping) and isinstance(own.get(key), dict):
                own[key] = {**value, **own[key]}
            elif value not in (None, "", {}):
                own.setdefault(key, value)
        return named(name)

    def miss(self, sentence: str) -> None:
        if sentence not in self.missing:
            self.missing.append(sentence)


def named(text: str) -> str:
    """A name that an intent takes, as near as can be."""
    found = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[:63].strip("-_") or "node"
    return f"n{found}" if not re.search(r"[A-Za-z]", found) or found.lower() in RESERVED else found


def free(text: str, taken: Iterable[str]) -> str:
    """The name, numbered where it is taken."""
    names, base = set(taken), named(text)
    return next(each for each in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if each not in names)
