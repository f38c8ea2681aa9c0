"""What a verdict opens with when it is not a pass: one cause, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from labgen.dhcp.jsonform import Json
from labgen.verify.judgement import Proof


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`cause` is one sentence that says what is broken, `where` the nodes it is broken at, `next` the command to look with.
    `check` is the id of the check that shows it, `consequences` the ids of those that fail because of it.
    """

    cause: str
    where: tuple[str, ...] = ()
    evidence: tuple[Proof, ...] = ()
    next: str = ""
    check: str = ""
    consequences: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "cause": self.cause,
            "where": list(self.where),
            "evidence": [proof.to_json() for proof in self.evidence],
            "next": self.next,
            "check": self.check,
            "consequences": list(self.consequences),
        }
