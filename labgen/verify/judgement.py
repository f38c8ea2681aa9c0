"""The conclusion of a check, and its reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NoReturn, Self

from labgen.dhcp.jsonform import Json
from labgen.dhcp.model import Evidence, Message, MessageRole


class Outcome(StrEnum):
    """`blocked`: what the check builds on did not happen, so it could not be judged; `error`: the evidence could not be had;
    `skipped`: nobody looks there.
    """

    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"
    BLOCKED = "blocked"
    SKIPPED = "skipped"


class Witness(StrEnum):
    """The kind of place that something was seen at."""

    CLIENT = "client"
    SERVER = "server"
    RELAY = "relay"
    WIRE = "wire"
    CONTROL_PLANE = "control-plane"


@dataclass(frozen=True, slots=True)
class Proof:
    """One place that shows what a check observed."""

    witness: Witness
    """who shows it"""
    node: str
    """node that shows it"""
    file: str | None = None
    """file, relative to the folder the document is in, or as it was given"""
    line: int | None = None
    """line of a log, from 1"""
    frame: int | None = None
    """frame of a capture, from 1"""

    def to_json(self) -> dict[str, Json]:
        shown: dict[str, Json] = {"witness": self.witness.value, "node": self.node}
        for name in ("file", "line", "frame"):
            value: Json = getattr(self, name)
            if value is not None:
                shown[name] = value
        return shown

    @property
    def place(self) -> str:
        """`file:line`, `file frame n`, or the node."""
        if self.file is None:
            return self.node
        if self.frame is not None:
            return f"{self.file} frame {self.frame}"
        return f"{self.file}:{self.line}" if self.line is not None else self.file


@dataclass(frozen=True, slots=True)
class Judgement:
    """The conclusion of one check. It starts as an error and has no truth value: nobody can mistake "not judged" for a pass."""

    outcome: Outcome = Outcome.ERROR
    """blocked: what the check builds on did not happen; error: the evidence could not be had"""
    expected: str = ""
    """what was expected"""
    observed: str = "not judged"
    """what was observed"""
    hint: str = ""
    """what to do next, where it did not pass"""
    proofs: tuple[Proof, ...] = ()
    """places that show it"""
    at: tuple[str, ...] = ()
    """nodes that are to blame, where the check can tell"""

    def __bool__(self) -> NoReturn:
        raise TypeError("a judgement has no truth value; compare its outcome")

    def because(self, proofs: Iterable[Proof]) -> Self:
        """The same judgement with these proofs added."""
        return replace(self, proofs=(*self.proofs, *proofs))


def passed(expected: str, observed: str, proofs: Iterable[Proof]) -> Judgement:
    """A pass. Without any proof it becomes an error: no evidence is never a pass."""
    shown = tuple(proofs)
    if not shown:
        return Judgement(
            Outcome.ERROR,
            expected,
            f"{observed}, but no evidence was collected for it",
            "look at raw/ of this run",
        )
    return Judgement(Outcome.PASS, expected, observed, "", shown)


def failed(
    expected: str, observed: str, hint: str, proofs: Iterable[Proof] = (), at: Iterable[str] = ()
) -> Judgement:
    """A failure, and the nodes that are to blame, where the check can tell."""
    return Judgement(Outcome.FAIL, expected, observed, hint, tuple(proofs), tuple(dict.fromkeys(at)))


def blocked(expected: str, observed: str, hint: str = "") -> Judgement:
    return Judgement(Outcome.BLOCKED, expected, observed, hint)


def skipped(expected: str, observed: str) -> Judgement:
    """Nobody promised that this can be seen here, and nobody could: the verdict says so, and neither passes nor fails by it."""
    return Judgement(Outcome.SKIPPED, expected, observed)


def wire(messages: Iterable[Message]) -> tuple[Proof, ...]:
    """Frames of captures as proofs; what stands for one in a log is its node's word, not the wire's."""
    return tuple(
        Proof(_WITNESS[m.role] if m.frame is None else Witness.WIRE, m.node, m.file, m.line, m.frame)
        for m in messages
    )


_WITNESS = {
    MessageRole.CLIENT: Witness.CLIENT,
    MessageRole.RELAY: Witness.RELAY,
    MessageRole.SERVER: Witness.SERVER,
    MessageRole.TRANSIT: Witness.WIRE,
}


def logged(messages: Iterable[Message]) -> tuple[Proof, ...]:
    """Log lines as proofs, by the role of the node that wrote them."""
    return tuple(Proof(_WITNESS[m.role], m.node, m.file, m.line, m.frame) for m in messages)


def looked_up(witness: Witness, evidence: Iterable[Evidence]) -> tuple[Proof, ...]:
    return tuple(Proof(witness, e.node, e.file, e.line, e.frame) for e in evidence)
