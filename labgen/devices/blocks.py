"""Configurations as lines under lines: what is indented deeper belongs to the line above."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

DEEPEST = 100
"""Levels of a configuration; what is nested deeper, which no device does, stands beside what it is in."""
_SPAN = re.compile(r"(\D.*?)?(\d+)\s*-\s*(?:\1)?(\d+)")
LONGEST_SPAN = 4096
"""Interfaces that one range may stand for."""


@dataclass(frozen=True, slots=True)
class Block:
    """A line and what stands under it. `number` is its place in the text, from 1."""

    number: int
    words: tuple[str, ...]
    children: list[Block] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def under(self, *words: str) -> Iterator[Block]:
        """The lines right under this one that begin with these words."""
        return (child for child in self.children if child.words[: len(words)] == words)

    def rest(self, count: int) -> tuple[str, ...]:
        """The words after the first `count`."""
        return self.words[count:]

    def says(self, *words: str) -> bool:
        """True if one of the lines right under this one is these words."""
        return any(child.words == words for child in self.children)

    def after(self, *words: str) -> str:
        """The text that follows these words in the first line right under this one that begins with them; empty without one."""
        return next((" ".join(child.rest(len(words))) for child in self.under(*words)), "")


def indented(text: str, comments: tuple[str, ...] = ("!", "#")) -> Block:
    """The root block of a text in which indentation nests. Comments and empty lines are left out.

    A line of an interface that was written without indentation, as it is typed, is under it until the next line that
    `opens` a block of its own; that is for the reader of the device to say.
    """
    root = Block(0, ())
    path: list[tuple[int, Block]] = [(-1, root)]
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(comments):
            continue
        depth = len(line) - len(line.lstrip())
        while path[-1][0] >= depth:
            path.pop()
        block = Block(number, tuple(stripped.split()))
        path[-1][1].children.append(block)
        if len(path) < DEEPEST:
            path.append((depth, block))
    return root


def interfaces(root: Block) -> list[Block]:
    """One block for each interface, with all its lines: `interface range Vlan10 - 12`, `interface Vlan10,20-22`
    and `interface Ethernet1-4` speak of several, and an interface may have more than one block.
    """
    found: dict[str, Block] = {}
    for block in root.under("interface"):
        for name in spelled_out(" ".join(block.rest(1))):
            own = found.setdefault(name, Block(block.number, ("interface", *name.split())))
            own.children.extend(block.children)
    return list(found.values())


def spelled_out(text: str) -> Iterator[str]:
    """The names that a range of interfaces stands for; the text itself where it is none."""
    prefix = ""
    listed = text.startswith("range ") or "," in text or _SPAN.fullmatch(text)
    for part in text.removeprefix("range ").split(",") if listed else ():
        word = part.strip()
        if not re.match(r"\D", word):
            word = prefix + word
        span = _SPAN.fullmatch(word)
        if span is None:
            prefix = re.sub(r"\d+$", "", word)
            yield word
            continue
        prefix = span[1] or ""
        first, last = int(span[2]), int(span[3])
        yield from (f"{prefix}{number}" for number in range(first, min(last, first + LONGEST_SPAN) + 1))
    if not listed:
        yield text


def braced(text: str) -> Block:
    """The root block of a text in which braces nest and semicolons end lines, as Junos shows it; `/* */` and `#` are comments."""
    root = Block(0, ())
    path, number = [root], 1
    words: list[str] = []
    for kind, token, line in _tokens(text):
        if kind == "word":
            number = number if words else line
            words.append(token)
            continue
        block = Block(number, tuple(words))
        if words:
            path[-1].children.append(block)
        if token == "{":
            path.append(block if len(path) < DEEPEST else path[-1])
        elif token == "}" and len(path) > 1:
            path.pop()
        words = []
    return root


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    comment = False
    for number, line in enumerate(text.splitlines(), 1):
        for token in _spaced(line).split():
            if comment or token.startswith("/*"):
                comment = not token.endswith("*/")
                continue
            if token.startswith("#"):
                break
            yield ("mark" if token in "{};" else "word"), token, number


def _spaced(line: str) -> str:
    for mark in "{};":
        line = line.replace(mark, f" {mark} ")
    return line
