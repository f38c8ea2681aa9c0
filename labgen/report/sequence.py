"""An exchange as an SVG sequence diagram: client, relays and servers in columns, one arrow per message and hop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from labgen.dhcp.context import AddressBook
from labgen.dhcp.ladder import Arrow, Column, Ladder, ladder
from labgen.dhcp.model import Exchange
from labgen.ground import resources
from labgen.report.fields import fields
from labgen.report.xmltext import clean

# Pixels. The first lane keeps half a party's box from the clock; fields begin a margin right of the last lane.
_CLOCK = 62
_BOX_HEIGHT, _BOX_WIDEST = 42, 132
_PITCH_LEAST, _PITCH_MOST = 104, 172
_LANES = 610
_FIELDS = 376
_TOP = 8
_LINE = 16
_ROW = 32
_HEAD = 9
_MARGIN = 26
# Characters that fit a line of fields, and one pixel of a party's name.
_FIELDS_CHARS = 53
_NAME_CHAR = 7.6
# Style and text of the pieces of a line.
_Line = tuple[tuple[str, str], ...]


def exchange_svg(exchange: Exchange, book: AddressBook | None = None, *, style: bool = True) -> str:
    """The diagram as one `<svg>` element. `book` names parties by node. `style` puts the style sheet into it; a page
    with several diagrams has `stylesheet()` once instead.
    """
    return ladder_svg(ladder(exchange, book), style=style)


def stylesheet() -> str:
    """CSS for the diagrams: light and dark, screen and paper."""
    return (resources.templates() / "report" / "sequence.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Positions of lanes and fields, in pixels from the left."""

    lanes: tuple[float, ...]
    box: float
    fields: float
    width: float


@dataclass(frozen=True, slots=True)
class _Row:
    """A step, its top edge and its height."""

    step: Arrow
    lines: tuple[_Line, ...]
    top: float
    height: float

    @property
    def line(self) -> float:
        """Height of the arrow."""
        return self.top + 22


def ladder_svg(data: Ladder, *, style: bool = True, tooltips: bool = True) -> str:
    """A ladder as one `<svg>` element. Without `tooltips` the fields of each message must stand elsewhere."""
    layout = _layout(data)
    rows = _rows(data)
    bottom = rows[-1].top + rows[-1].height if rows else _TOP + _BOX_HEIGHT + 24.0
    size = {
        "viewBox": f"0 0 {layout.width:g} {bottom + 8:g}",
        "width": f"{layout.width:g}",
        "height": f"{bottom + 8:g}",
    }
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "sequence", "role": "img", **size})
    root.set("aria-label", clean(data.title))
    if style:
        SubElement(root, "style").text = stylesheet()
    for x in layout.lanes:
        _put(root, "line", "lane", x1=x, y1=_TOP + _BOX_HEIGHT, x2=x, y2=bottom)
    for column, x in zip(data.columns, layout.lanes, strict=True):
        _party(root, column, x, layout)
    for row in rows:
        _step(root, row, data, layout, tooltips)
    return ElementTree.tostring(root, encoding="unicode")


def _layout(data: Ladder) -> _Layout:
    gaps = max(1, len(data.columns) - 1)
    pitch = max(_PITCH_LEAST, min(_PITCH_MOST, _LANES / gaps))
    box = min(_BOX_WIDEST, pitch - 10)
    lanes = tuple(_CLOCK + box / 2 + pitch * at for at in range(len(data.columns)))
    edge = max(lanes, default=float(_CLOCK)) + (_MARGIN if len(lanes) > 1 else pitch)
    return _Layout(lanes, box, edge, edge + _FIELDS)


def _rows(data: Ladder) -> list[_Row]:
    rows: list[_Row] = []
    top = _TOP + _BOX_HEIGHT + 8.0
    for step in data.steps:
        lines = _lines(step)
        height = max(_ROW, len(lines) * _LINE + 16)
        rows.append(_Row(step, lines, top, height))
        top += height
    return rows


def _lines(step: Arrow) -> tuple[_Line, ...]:
    """The lines of text beside the arrow."""
    found = _packed(step.details)
    for note in ([step.fate] if step.fate else []) + list(step.notes):
        found.extend((("note", line),) for line in wrap(note, _FIELDS_CHARS))
    return tuple(found)


def _packed(details: Iterable[str]) -> list[_Line]:
    """Labels and values, as many on a line as fit, none of them torn apart."""
    lines: list[_Line] = []
    used = _FIELDS_CHARS
    for detail in details:
        label, space, value = detail.partition(" ")
        parts = (("label", f"{label} "), ("value", value)) if space else (("value", label),)
        if used + 2 + len(detail) > _FIELDS_CHARS:
            lines.append(())
            used = 0
        gap = (("label", "  "),) if lines[-1] else ()
        lines[-1] = (*lines[-1], *gap, *parts)
        used += len(detail) + 2
    return lines


def _party(root: Element, column: Column, x: float, layout: _Layout) -> None:
    group = SubElement(root, "g")
    addresses = ", ".join(address for address in column.addresses if address != column.name)
    SubElement(group, "title").text = clean(f"{column.role.value} {column.name} {addresses}".strip())
    shape = f"party-{column.role.value}"
    _put(group, "rect", shape, x=x - layout.box / 2, y=_TOP, width=layout.box, height=_BOX_HEIGHT, rx=7)
    address = next((address for address in column.addresses if address != column.name), "")
    room = int(layout.box / _NAME_CHAR)
    name = column.name if len(column.name) <= room else f"{column.name[: room - 1]}…"
    _write(group, "name", name, x, _TOP + (19 if address else 26))
    if address:
        _write(group, "address", address, x, _TOP + 34)


def _step(root: Element, row: _Row, data: Ladder, layout: _Layout, tooltips: bool) -> None:
    step = row.step
    group = SubElement(root, "g", {"class": " ".join(filter(None, ("step", step.type.lower(), step.fate)))})
    if tooltips:
        SubElement(group, "title").text = clean(tooltip(step, data))
    _put(group, "rect", "row", x=0, y=row.top, width=layout.width, height=row.height, rx=4)
    if step.after is not None:
        shown = f"{step.after:.3f}" if data.exact else f"{step.after:.0f} s"
        _write(group, "clock", shown, _CLOCK - 12, row.line + 4)
    _arrows(group, row, layout)
    for at, line in enumerate(row.lines):
        text = SubElement(group, "text", {"class": "fields", "x": f"{layout.fields:g}"})
        text.set("y", f"{row.line + 4 + at * _LINE:g}")
        for css, words in line:
            SubElement(text, "tspan", {"class": css}).text = clean(words)


def _arrows(group: Element, row: _Row, layout: _Layout) -> None:
    """A shaft to the furthest target on each side, with a head at every target."""
    step, y = row.step, row.line
    start = layout.lanes[step.source]
    ends = [layout.lanes[target] for target in step.targets if target != step.source]
    ends = ends or [_stub(step, layout)]
    unseen = {layout.lanes[target] for target in step.unseen}
    for side in ([x for x in ends if x > start], [x for x in ends if x < start]):
        if side:
            far = max(side, key=lambda x: abs(x - start))
            css = "arrow unseen" if unseen.issuperset(side) else "arrow"
            _put(group, "line", css, x1=start, y1=y, x2=far, y2=y)
            for x in side:
                back = -1 if x > start else 1
                if x in unseen:
                    _return_arrow(group, x, y, back)
                else:
                    _head(group, x, y, back, step.fate in ("dropped", "lost"))
    near = min(ends, key=lambda x: abs(x - start))
    _write(group, "type", step.type.value, (start + near) / 2, y - 5)


def _stub(step: Arrow, layout: _Layout) -> float:
    """The end of the arrow of a broadcast that nobody reports: short of the next lane; half way where a message was lost."""
    start = layout.lanes[step.source]
    if step.towards is not None:
        return (start + layout.lanes[step.towards]) / 2
    if step.source + 1 < len(layout.lanes) or len(layout.lanes) == 1:
        return start + _PITCH_LEAST * 0.8
    return start - _PITCH_LEAST * 0.8


def _return_arrow(group: Element, x: float, y: float, back: int) -> None:
    """Draw the arrow of a message whose arrival nobody saw: an open angle, short of the lane."""
    _put(group, "path", "way", d=f"M{x + back * (_HEAD + 9):g} {y - 4:g}l{-back * 6} 4l{back * 6} 4")


def _head(group: Element, x: float, y: float, back: int, lost: bool) -> None:
    if lost:
        _put(group, "path", "arrow", d=f"M{x + back * 12:g} {y - 5:g}l10 10m0 -10l-10 10")
    else:
        _put(group, "path", "head", d=f"M{x:g} {y:g}l{back * _HEAD} -4.5v9z")


def tooltip(step: Arrow, data: Ladder) -> str:
    """Everything known of a message, a field a line, and where it was seen."""
    lost = "" if step.towards is None else f"{data.columns[step.towards].name} (did not arrive)"
    target = ", ".join(data.columns[at].name for at in step.targets) or lost or "everyone"
    lines = [f"{step.type.value}  {data.columns[step.source].name} → {target}"]
    lines.extend(f"{label}: {value}" for label, value in fields(step.sightings))
    lines.extend(f"seen at {m.node} {m.direction.value}: {m.evidence().place}" for m in step.sightings)
    return "\n".join(lines)


def _put(parent: Element, tag: str, css: str, **attributes: float | str) -> None:
    shown = {name: value if isinstance(value, str) else f"{value:g}" for name, value in attributes.items()}
    SubElement(parent, tag, {"class": css, **shown})


def _write(parent: Element, css: str, text: str, x: float, y: float) -> None:
    SubElement(parent, "text", {"class": css, "x": f"{x:g}", "y": f"{y:g}"}).text = clean(text)
