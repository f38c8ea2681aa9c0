"""Ladders as text for a terminal, and as a Mermaid sequence diagram."""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import wrap

from labgen.dhcp.ladder import Arrow, Column, Ladder

WIDTH = 110
_GUTTER = 9
_DETAILS = 50
_NARROWEST_DETAILS = 22
# Columns between the last lane and the details.
_MARGIN = 3
_LANE_MOST, _LANE_LEAST = 22, 12
# Keeps a label and its value on one line.
_UNBROKEN = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Strokes:
    """The characters of a drawing."""

    lane: str
    line: str
    cross: str
    right: str
    left: str
    lost: str
    unseen: str


UNICODE = Strokes("│", "─", "┼", "▶", "◀", "✗", "┄")
ASCII = Strokes("|", "-", "+", ">", "<", "x", ".")


def draw(ladder: Ladder, *, width: int = WIDTH, strokes: Strokes = UNICODE) -> str:
    """The ladder as lines of at most `width` columns: times, lanes with arrows, and details at the
    right.
    """
    lanes = _lanes(ladder.columns, width)
    room = max(_NARROWEST_DETAILS, width - lanes[-1] - _MARGIN)
    lines = [*_wrapped(ladder.title, width), "", *_heads(ladder.columns, lanes, width)]
    for step in ladder.steps:
        lines.extend(_step_lines(step, ladder, lanes, room, strokes))
    lines.append(_canvas(lanes, strokes))
    return "\n".join(line.rstrip()[:width] for line in lines) + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, width, subsequent_indent="    ") or [""]


def _lanes(columns: tuple[Column, ...], width: int) -> list[int]:
    """The text column of each lane."""
    gaps = max(1, len(columns) - 1)
    room = width - _GUTTER - _DETAILS
    pitch = max(_LANE_LEAST, min(_LANE_MOST, room // gaps))
    if _GUTTER + pitch * gaps + _MARGIN + _NARROWEST_DETAILS > width:
        pitch = max(3, (width - _GUTTER - _MARGIN - _NARROWEST_DETAILS) // gaps)
    return [_GUTTER + pitch * at for at in range(len(columns))]


def _heads(columns: tuple[Column, ...], lanes: list[int], width: int) -> list[str]:
    names = [column.name for column in columns]
    addresses = [_address(column) for column in columns]
    lines = [_head_line(names, lanes, width)]
    shown = [address if address != name else "" for address, name in zip(addresses, names, strict=True)]
    if any(shown):
        lines.append(_head_line(shown, lanes, width))
    return lines


def _address(column: Column) -> str:
    return column.addresses[0] if column.addresses else ""


def _head_line(texts: list[str], lanes: list[int], width: int) -> str:
    """Names centred on their lanes, cut where they would meet the next one."""
    pitch = lanes[1] - lanes[0] if len(lanes) > 1 else width
    line = ""
    for at, text in zip(lanes, texts, strict=True):
        cut = text if len(text) < pitch else text[: max(1, pitch - 2)] + "…"
        start = max(len(line) + 1 if line else 0, at - len(cut) // 2)
        line = line.ljust(start) + cut
    return line


def _canvas(lanes: list[int], strokes: Strokes) -> str:
    line = [" "] * (lanes[-1] + 1)
    for at in lanes:
        line[at] = strokes.lane
    return "".join(line)


def _step_lines(step: Arrow, ladder: Ladder, lanes: list[int], room: int, strokes: Strokes) -> list[str]:
    arrow = list(_canvas(lanes, strokes))
    _arrow(arrow, step, lanes, strokes)
    details = _details(step, room)
    lines = [_clock(step.after, ladder.exact).ljust(_GUTTER) + "".join(arrow[_GUTTER:])]
    edge = lanes[-1] + _MARGIN
    for at, detail in enumerate(details):
        if at == len(lines):
            lines.append(_canvas(lanes, strokes))
        lines[at] = lines[at].ljust(edge) + detail
    return lines


def _clock(after: float | None, exact: bool) -> str:
    if after is None:
        return ""
    return f"{after:7.3f}" if exact else f"{after:6.0f}s"


def _details(step: Arrow, room: int) -> list[str]:
    words = "  ".join(detail.replace(" ", _UNBROKEN) for detail in step.details)
    lines = [line.replace(_UNBROKEN, " ") for line in wrap(words, room, break_on_hyphens=False)]
    for note in (*([f"{step.fate}"] if step.fate else []), *step.notes):
        lines.extend(wrap(f"! {note}", room, subsequent_indent="  ", break_on_hyphens=False))
    return lines


def _arrow(line: list[str], step: Arrow, lanes: list[int], strokes: Strokes) -> None:
    """Draw from the source's lane to the furthest target, with a head before each target that saw it come."""
    start = lanes[step.source]
    ends = [lanes[target] for target in step.targets] or [_stub(step, lanes)]
    unseen = {lanes[target] for target in step.unseen}
    lost = step.fate in ("dropped", "lost")
    rightward = [end for end in ends if end > start]
    leftward = [end for end in ends if end < start]
    for side, head in ((rightward, strokes.right), (leftward, strokes.left)):
        if side:
            heads = {end: strokes.unseen if end in unseen else strokes.lost if lost else head for end in side}
            _shaft(line, start, heads, lanes, strokes)
    far = max(rightward, default=None) or min(leftward, default=start)
    near = min(rightward, default=None) or max(leftward, default=start)
    _label(line, str(step.type), start, near if abs(near - start) > len(step.type) + 2 else far)


def _stub(step: Arrow, lanes: list[int]) -> int:
    """The end of the arrow of a broadcast that nobody reports: short of the next lane; half way where a message was lost."""
    if step.towards is not None:
        return (lanes[step.source] + lanes[step.towards]) // 2
    if step.source + 1 < len(lanes):
        return lanes[step.source + 1] - 2
    return lanes[step.source] + 14 if len(lanes) == 1 else lanes[step.source - 1] + 2


def _shaft(line: list[str], start: int, heads: dict[int, str], lanes: list[int], strokes: Strokes) -> None:
    rightward = min(heads) > start
    far = max(heads) if rightward else min(heads)
    low, high = (start + 1, far) if rightward else (far + 1, start)
    line.extend(" " * (high - len(line)))
    for at in range(low, high):
        line[at] = strokes.cross if at in lanes else strokes.line
    for end, head in heads.items():
        line[end - 1 if rightward else end + 1] = head


def _label(line: list[str], text: str, start: int, end: int) -> None:
    """Write the message's name on the arrow, between the ends, leaving the heads visible."""
    low, high = (start + 2, end - 1) if end > start else (end + 3, start)
    text = text if len(text) < high - low else text[: max(0, high - low - 1)]
    at = low + max(0, (high - low - len(text)) // 2 - 1)
    line[at : at + len(text)] = list(text)


def mermaid(ladder: Ladder) -> str:
    """The ladder as a Mermaid `sequenceDiagram`."""
    lines = ["sequenceDiagram", f"    %% {_plain(ladder.title)}"]
    for at, column in enumerate(ladder.columns):
        address = _address(column)
        label = column.name if address in ("", column.name) else f"{column.name}<br/>{address}"
        lines.append(f"    participant p{at} as {_plain(label)}")
    for step in ladder.steps:
        lines.extend(f"    {line}" for line in _mermaid_step(step))
    return "\n".join(lines) + "\n"


def _mermaid_step(step: Arrow) -> list[str]:
    text = _plain(" ".join((str(step.type), *step.details)))
    arrow = "-x" if step.fate in ("dropped", "lost") else ("-->>" if step.fate == "ignored" else "->>")
    targets = step.targets or (step.source if step.towards is None else step.towards,)
    ends = {target: "--" if target in step.unseen else arrow for target in targets}
    lines = [f"p{step.source}{_MERMAID.get(end, end)}p{target}: {text}" for target, end in ends.items()]
    notes = [step.fate] if step.fate in ("ignored", "lost") else []
    notes.extend(step.notes)
    if notes:
        lines.append(f"Note over p{targets[-1]}: {_plain('; '.join(notes))}")
    return lines


# A line without a head: nobody saw it arrive.
_MERMAID = {"--": "-->"}


def _plain(text: str) -> str:
    """Without the characters that end a Mermaid statement."""
    return re.sub(r"[;#\n\r]", ",", text)
