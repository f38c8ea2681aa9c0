"""Places the nodes and links of a drawing: layers from servers to clients, links around boxes (Sugiyama's method, by fast-sugiyama)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

Point = tuple[float, float]
Link = tuple[str, str]

WIDEST = 14
"""Boxes side by side; where a layer has more, layers stand beside each other and the drawing grows downwards."""


class Sizes(NamedTuple):
    """Pixels: of a box, of the free space between boxes of a layer, between layers, and around the drawing."""

    box: Point
    beside: float
    between: float
    margin: float


class Layout(NamedTuple):
    """Middle of each box, and for each link the points it goes through, both ends included."""

    spots: Mapping[str, Point]
    routes: Mapping[Link, tuple[Point, ...]]
    size: Point
    sideways: bool


def layout(layers: Mapping[str, int], links: Sequence[Link], sizes: Sizes) -> Layout:
    """Lay a graph out. `layers` are the nodes with how far down each belongs; links between nodes equally far down do not decide
    where those go.
    """
    grid = _in_order(_grid(layers, links), layers)
    rows = Counter(grid.spots[name][1] for name in layers)
    sideways = max(rows.values(), default=1) > WIDEST
    place = _Places(grid, sizes, sideways)
    spots = {name: place.of(grid.spots[name]) for name in layers}
    routes = {link: place.route(grid.through(link)) for link in links}
    return Layout(spots, routes, place.size, sideways)


class _Grid(NamedTuple):
    """Places in units of boxes and layers, from the top left."""

    spots: Mapping[str, Point]
    bends: Mapping[Link, tuple[Point, ...]]

    def through(self, link: Link) -> tuple[Point, ...]:
        a, b = link
        if link in self.bends:
            return (self.spots[a], *self.bends[link], self.spots[b])
        if (b, a) in self.bends:
            return (self.spots[a], *reversed(self.bends[b, a]), self.spots[b])
        return (self.spots[a], *_around(self.spots[a], self.spots[b]), self.spots[b])


def _in_order(grid: _Grid, layers: Mapping[str, int]) -> _Grid:
    """Mirrored where that puts more nodes of a layer from left to right in the order they were given."""
    given = [grid.spots[name] for name in layers]
    ordered = 0
    for at, (x, y) in enumerate(given):
        for other, below in given[at + 1 : at + 40]:
            if below == y:
                ordered += 1 if x < other else -1
    if ordered >= 0:
        return grid
    bends = {link: tuple((-x, y) for x, y in points) for link, points in grid.bends.items()}
    return _Grid({name: (-x, y) for name, (x, y) in grid.spots.items()}, bends)


def _around(a: Point, b: Point) -> tuple[Point, ...]:
    """A link within a layer passes below the boxes that stand between its ends."""
    if a[1] != b[1] or abs(a[0] - b[0]) <= 1.01:
        return ()
    return ((a[0] * 0.75 + b[0] * 0.25, a[1] + 0.42), (a[0] * 0.25 + b[0] * 0.75, a[1] + 0.42))


class _Places:
    """From the grid to pixels."""

    def __init__(self, grid: _Grid, sizes: Sizes, sideways: bool) -> None:
        points = [*grid.spots.values(), *(point for bends in grid.bends.values() for point in bends)]
        self._least = min((x for x, _ in points), default=0.0)
        self._sideways = sideways
        self._sizes = sizes
        across = max((x for x, _ in points), default=0.0) - self._least
        down = max((y for _, y in points), default=0.0)
        width, height = sizes.box
        self._pitch = (
            (height + sizes.beside / 3, width + sizes.between)
            if sideways
            else (width + sizes.beside, height + sizes.between)
        )
        along, deep = across * self._pitch[0], down * self._pitch[1]
        inner = (deep, along) if sideways else (along, deep)
        self.size: Point = (inner[0] + width + 2 * sizes.margin, inner[1] + height + 2 * sizes.margin)

    def route(self, points: Sequence[Point]) -> tuple[Point, ...]:
        """Pixels of a link's points: it begins and ends at the edges of boxes."""
        if len(points) < 2:
            return ()
        inner = [self.of(point) for point in points[1:-1]]
        return (self._edge(points[0], points[1]), *inner, self._edge(points[-1], points[-2]))

    def _edge(self, end: Point, towards: Point) -> Point:
        x, y = self.of(end)
        width, height = self._sizes.box
        along, down = towards[0] - end[0], towards[1] - end[1]
        if abs(down) < 0.01:
            side = 1 if along > 0 else -1
            return (x, y + side * height / 2) if self._sideways else (x + side * width / 2, y)
        side = 1 if down > 0 else -1
        return (x + side * width / 2, y) if self._sideways else (x, y + side * height / 2)

    def of(self, point: Point) -> Point:
        along, deep = (point[0] - self._least) * self._pitch[0], point[1] * self._pitch[1]
        x, y = (deep, along) if self._sideways else (along, deep)
        return round(x + self._sizes.box[0] / 2 + self._sizes.margin, 1), round(
            y + self._sizes.box[1] / 2 + self._sizes.margin, 1
        )


def _grid(layers: Mapping[str, int], links: Iterable[Link]) -> _Grid:
    """Nodes are numbers to the library: with names, its result would depend on the hash seed."""
    from fast_sugiyama import from_edges  # a compiled library, which only a drawing needs

    names = list(layers)
    number = {name: n for n, name in enumerate(names)}
    downward = dict.fromkeys(_downward(layers, links))
    drawn = [(number[a], number[b]) for a, b in downward]
    spots: dict[str, Point] = {}
    bends: dict[Link, tuple[Point, ...]] = {}
    offset = 0.0
    found = (
        from_edges(
            drawn, minimum_length=1, vertex_spacing=1.0, dummy_vertices=True, dummy_size=0.5, transpose=True
        )
        if drawn
        else ()
    )
    for positions, width, height, edges in found:
        at = {int(node): (round(x + offset, 3), round(height - y, 3)) for node, (x, y) in positions}
        spots |= {names[node]: point for node, point in at.items() if node < len(names)}
        chains = _chains(((int(a), int(b)) for a, b in edges or ()), len(names))
        bends |= {(names[a], names[b]): tuple(at[node] for node in between) for a, between, b in chains}
        offset += width + 1.0
    for name in names:
        if name not in spots:
            spots[name] = (offset, 0.0)
            offset += 1.0
    return _Grid(spots, bends)


def _downward(layers: Mapping[str, int], links: Iterable[Link]) -> Iterator[Link]:
    for a, b in links:
        if layers[a] != layers[b]:
            yield (a, b) if layers[a] < layers[b] else (b, a)


def _chains(edges: Iterable[tuple[int, int]], count: int) -> Iterator[tuple[int, list[int], int]]:
    """Links that cross a layer go through nodes of the library's own, numbered from `count` on: put together again."""
    after: dict[int, list[int]] = {}
    for a, b in edges:
        after.setdefault(a, []).append(b)
    for start in [node for node in after if node < count]:
        for step in after[start]:
            between, node = [], step
            while node >= count:
                between.append(node)
                node = after[node][0]
            yield start, between, node
