"""Styled lines of a fixed width: what the console report is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from labgen.verify.judgement import Outcome

WIDEST = 110
NARROWEST = 40


@dataclass(frozen=True, slots=True)
class Marks:
    """Signs for outcomes and shapes, as the terminal's encoding allows."""

    outcomes: tuple[tuple[Outcome, str], ...]
    times: str
    dot: str
    rule: str
    more: str

    def of(self, outcome: Outcome) -> str:
        return dict(self.outcomes)[outcome]


def _marks(signs: str, times: str, dot: str, rule: str, more: str) -> Marks:
    order = (Outcome.PASS, Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED, Outcome.SKIPPED)
    return Marks(tuple(zip(order, signs, strict=True)), times, dot, rule, more)


UNICODE = _marks("✔✘‼◌–", "×", "·", "─", "…")
ASCII = _marks("+x!o-", "x", "-", "-", ".")

STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.ERROR: "bold magenta",
    Outcome.BLOCKED: "yellow",
    Outcome.SKIPPED: "dim",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that lines are laid out on: `width` columns, with these signs."""

    width: int
    marks: Marks

    def cut(self, text: Text, width: int | None = None) -> Text:
        """The text on one line of at most `width` columns [the sheet's]."""
        limit = self.width if width is None else width
        if text.cell_len <= limit:
            return text
        return text[: max(0, limit - 1)].append(self.marks.more, "dim")

    def heading(self, title: str, note: str = "") -> Iterator[Text]:
        """A section's title on a rule."""
        line = Text.assemble((f"{title}  ", "bold"))
        line.append(f"{note}  " if note else "", "dim")
        line.append(self.marks.rule * max(0, self.width - line.cell_len), "dim")
        yield Text()
        yield self.cut(line)

    def paragraph(
        self, text: str, *, lead: Text | None = None, indent: int = 0, style: str = ""
    ) -> Iterator[Text]:
        """Wrapped text behind a lead; what does not fit on the first line is indented by `indent`."""
        first = lead or Text(" " * indent)
        room = max(8, self.width - max(indent, first.cell_len))
        words = wrap(text, room, break_on_hyphens=False) or [""]
        yield self.cut(Text.assemble(first, (words[0], style)))
        yield from (self.cut(Text(" " * indent) + Text(line, style)) for line in words[1:])


def sheet(console: Console) -> Sheet:
    """A sheet as wide as the console, but no wider than is pleasant to read."""
    marks = ASCII if console.options.ascii_only else UNICODE
    return Sheet(max(NARROWEST, min(WIDEST, console.width)), marks)


def put(console: Console, lines: Iterable[Text]) -> None:
    """Print lines as they are. Nothing in them can steer the terminal, and NO_COLOR leaves no escape code at all."""
    ascii_only = console.options.ascii_only
    for line in lines:
        plain = _harmless(line.plain, ascii_only)
        safe = Text(plain) if console.no_color else Text(plain, spans=line.spans, style=line.style)
        console.print(safe, highlight=False, soft_wrap=True, markup=False, emoji=False)


def _harmless(text: str, ascii_only: bool) -> str:
    """One sign for one sign: control characters, and what the encoding lacks, replaced."""
    if ascii_only:
        text = text.translate(_PLAIN)
    return "".join(c if c.isprintable() and (c.isascii() or not ascii_only) else "?" for c in text)


_PLAIN = str.maketrans({"×": "x", "·": "-", "…": ".", "→": ">", "–": "-", "—": "-"})
