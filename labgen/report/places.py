"""Places to look at: proofs by file, each with a link that works beside the report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from labgen.dhcp.message import Evidence
from labgen.verify.judgement import Proof

# What a run's folder holds beside its reports; nothing else is linked.
FOLDERS = ("raw", "captures")


@dataclass(frozen=True, slots=True)
class EvidencePlace:
    """A file, or a node where there is none, with the frames or lines that count. `href` is relative to the run's
    folder, empty where there is nothing to open. `witness` says whose word it is, `text` repeats a lone line.
    """

    name: str
    frames: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()
    href: str = ""
    witness: str = ""
    text: str = ""

    @property
    def numbers(self) -> str:
        """`frames 7, 9`, `line 12`; empty where the whole file is meant."""
        counted = (("frame", self.frames), ("line", self.lines))
        return ", ".join(f"{word}{_plural(found)} {_listed(found)}" for word, found in counted if found)

    def __str__(self) -> str:
        """As editors and terminals know how to open it: `file:12 (server)`, `file frames 7, 9 (wire)`."""
        rows = f":{','.join(map(str, self.lines))}" if self.lines else ""
        frames = f" frame{_plural(self.frames)} {_listed(self.frames)}" if self.frames else ""
        return f"{self.name}{rows}{frames}" + (f" ({self.witness})" if self.witness else "")


def of_proofs(proofs: Iterable[Proof]) -> tuple[EvidencePlace, ...]:
    """One place per file and witness, in the order given."""
    found: dict[tuple[str, str], list[Proof]] = {}
    for proof in proofs:
        found.setdefault((proof.file or proof.node, proof.witness.value), []).append(proof)
    return tuple(
        EvidencePlace(name, _frames(same), _lines(same), link(same[0].file), witness)
        for (name, witness), same in found.items()
    )


def of_evidence(evidence: Iterable[Evidence]) -> tuple[EvidencePlace, ...]:
    """One place per file, in the order given; a lone line is repeated."""
    found: dict[str, list[Evidence]] = {}
    for item in evidence:
        found.setdefault(item.file or item.node, []).append(item)
    return tuple(
        EvidencePlace(name, _frames(same), _lines(same), link(same[0].file), text=_only_text(same))
        for name, same in found.items()
    )


def link(file: str | None) -> str:
    """A relative reference to a file of the run; empty for any other path."""
    if file is None:
        return ""
    path = PurePosixPath(file)
    inside = len(path.parts) > 1 and path.parts[0] in FOLDERS and ".." not in path.parts
    return quote(str(path)) if inside else ""


def _only_text(same: list[Evidence]) -> str:
    texts = {item.text.strip() for item in same if item.text}
    return texts.pop() if len(texts) == 1 else ""


def _frames(same: Iterable[Proof | Evidence]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(item.frame for item in same if item.frame is not None))


def _lines(same: Iterable[Proof | Evidence]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(i.line for i in same if i.frame is None and i.line is not None))


def _plural(numbers: tuple[int, ...]) -> str:
    return "s" if len(numbers) > 1 else ""


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
