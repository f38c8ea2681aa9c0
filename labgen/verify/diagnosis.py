"""The opening of a verdict that is not a pass: each cause, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from labgen.dhcp.jsonform import Json
from labgen.verify.judgement import Proof


@dataclass(frozen=True, slots=True)
class FailureCause:
    """One thing that is broken, and what follows from it."""

    cause: str
    """one sentence that says what is broken"""
    where: tuple[str, ...] = ()
    """nodes it is broken at"""
    evidence: tuple[Proof, ...] = ()
    """places that show it"""
    next: str = ""
    """the command to look with"""
    check: str = ""
    """id of the check that shows it"""
    consequences: tuple[str, ...] = ()
    """ids of the checks that fail because of it"""

    def to_json(self) -> dict[str, Json]:
        return {
            "cause": self.cause,
            "where": list(self.where),
            "evidence": [proof.to_json() for proof in self.evidence],
            "next": self.next,
            "check": self.check,
            "consequences": list(self.consequences),
        }


@dataclass(frozen=True, slots=True)
class Diagnosis(FailureCause):
    """The reason why a verdict is no pass: the first cause, what follows from it, and causes beside it."""

    others: tuple[FailureCause, ...] = ()
    """further causes, which the first one does not explain"""

    @property
    def every(self) -> tuple[FailureCause, ...]:
        """The first cause and those beside it."""
        return (self, *self.others)

    def to_json(self) -> dict[str, Json]:
        return {**FailureCause.to_json(self), "others": [other.to_json() for other in self.others]}
