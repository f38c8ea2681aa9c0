"""A story as boxes on a line: places in percent of the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from labgen.dhcp.model import FULFILLED
from labgen.report.story import LeaseBar, Story, Track

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
_TICKS = 9
_LEAST = 0.4
_CHARACTER = 0.65
_MARK = 0.9
MOST_TRACKS = 12
"""Clients whose line is open when the page opens."""


@dataclass(frozen=True, slots=True)
class Box:
    """Something on a line: `css` says what it looks like, `words` what it is, `text` stands in it, `href` is where it leads."""

    css: str
    left: float
    width: float
    words: str
    text: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the time line."""

    client: str
    label: str
    note: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class StoryView:
    """The time line, and the same as a list: when, who, what, and where it is told at length."""

    ticks: tuple[tuple[float, str], ...]
    steps: Line
    acts: Line
    tracks: tuple[Line, ...]
    more: tuple[Line, ...]
    events: tuple[tuple[str, str, str, str], ...]


def view(story: Story) -> StoryView:
    """The story, laid out."""
    scale = _Scale(story.seconds)
    bands = tuple(
        Box(
            f"band band-{n % 2}", *scale.span(band.start, band.end), f"{band.title}: {band.words}", band.title
        )
        for n, band in enumerate(story.bands)
    )
    acts = tuple(
        Box(
            "fault" if act.fault else "act",
            *scale.span(act.start, act.end),
            f"{act.words}, {act.start:.1f} s",
        )
        for act in story.acts
    )
    tracks = tuple(_line(track, scale) for track in story.tracks)
    return StoryView(
        ticks=tuple(scale.ticks()),
        steps=Line("", "steps", "", bands),
        acts=Line("", "actions", "", acts),
        tracks=tracks[:MOST_TRACKS],
        more=tracks[MOST_TRACKS:],
        events=tuple(sorted(_events(story), key=lambda event: float(event[0]))),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    seconds: float

    def at(self, moment: float) -> float:
        return round(100 * moment / self.seconds, 2) if self.seconds > 0 else 0.0

    def span(self, start: float, end: float) -> tuple[float, float]:
        return self.at(start), max(_LEAST, round(self.at(end) - self.at(start), 2))

    def ticks(self) -> Iterator[tuple[float, str]]:
        step = next((step for step in _STEPS if self.seconds / step <= _TICKS), _STEPS[-1])
        for n in range(int(self.seconds / step) + 1):
            yield self.at(n * step), f"{n * step:g} s"


def _line(track: Track, scale: _Scale) -> Line:
    boxes: list[Box] = []
    for bar in track.leases:
        words = f"{track.client} holds {bar.address} from {bar.start:.1f} s to {bar.end:.1f} s"
        boxes.append(Box("lease", *scale.span(bar.start, bar.end), words))
        boxes += _address(bar, [mark.at for mark in track.marks], scale)
        boxes += (Box(name.lower(), scale.at(at), 0.0, f"{name} at {at:.1f} s") for name, at in bar.timers)
    for gap in track.gaps:
        words, length = f"{track.client} has no lease for {gap.seconds:.1f} s", f"{gap.seconds:.1f} s"
        left, width = scale.span(gap.start, gap.end)
        boxes.append(Box("gap", left, width, words, length if width >= _room(length) else ""))
    for mark in track.marks:
        css = f"mark kind-{mark.kind}" + ("" if mark.outcome in FULFILLED else " unanswered")
        boxes.append(
            Box(css, scale.at(mark.at), 0.0, f"{mark.at:.1f} s {mark.words}", href=f"#x{mark.index}")
        )
    return Line(
        track.client, track.client, f"{track.outage:.1f} s without" if track.gaps else "", tuple(boxes)
    )


def _room(text: str) -> float:
    """The room that a text takes of the line, in percent of a page of the usual width."""
    return len(text) * _CHARACTER


def _address(bar: LeaseBar, marks: Sequence[float], scale: _Scale) -> Iterator[Box]:
    """The address, in the first place of its bar where no mark covers it; the bar's words have it in any case."""
    edges = sorted(scale.at(at) for at in (bar.start, bar.end, *marks) if bar.start <= at <= bar.end)
    room = _room(bar.address)
    places = (left + _MARK for left, right in pairwise(edges) if right - left >= room + 2 * _MARK)
    yield from (Box("held", round(left, 2), room, "", bar.address) for left in islice(places, 1))


def _events(story: Story) -> Iterator[tuple[str, str, str, str]]:
    for band in story.bands:
        yield (
            f"{band.start:.3f}",
            "",
            f"step {band.title}: {band.words}" if band.words else f"step {band.title}",
            "",
        )
    for act in story.acts:
        yield f"{act.start:.3f}", "", act.words, ""
    for track in story.tracks:
        for mark in track.marks:
            yield f"{mark.at:.3f}", track.client, mark.words, f"#x{mark.index}"
        for gap in track.gaps:
            yield f"{gap.start:.3f}", track.client, f"without a lease for {gap.seconds:.1f} s", ""
