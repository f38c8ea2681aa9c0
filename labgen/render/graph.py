"""Topology drawings: Mermaid, Graphviz DOT, and an SVG that needs no other program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import escape

from labgen.ground.labplan import LabPlan, LinkPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.render.layout import Layout, Point, Sizes, layout

_FILL = {Role.SERVER: "#dbeafe", Role.SWITCH: "#e5e7eb", Role.CLIENT: "#dcfce7"}
_EDGE = {Role.SERVER: "#1d4ed8", Role.SWITCH: "#4b5563", Role.CLIENT: "#15803d"}
SIZES = Sizes(box=(148, 62), beside=92, between=104, margin=28)
SMALL = Sizes(box=(148, 40), beside=30, between=150, margin=20)
MANY = 60
"""Nodes of a lab, or links, from which on the drawing leaves details out."""


def mermaid(plan: LabPlan) -> str:
    """A flowchart, servers above, clients below."""
    lines = ["flowchart TB"]
    for node in plan.nodes:
        lines.append(f'    {node.name}["{"<br/>".join(_label(plan, node))}"]:::{node.role.value}')
    for link in plan.links:
        lines += [f'    {a} ---|"{label}"| {b}' for a, b, label in _downward(plan, link)]
    lines += [
        f"    classDef {role.value} fill:{_FILL[role]},stroke:{_EDGE[role]},color:#111" for role in Role
    ]
    return "\n".join(lines) + "\n"


def dot(plan: LabPlan) -> str:
    """A graph for Graphviz."""
    lines = [
        "graph lab {",
        '    node [shape=box, style="rounded,filled", fontname="Helvetica"];',
        '    edge [fontname="Helvetica", fontsize=9];',
    ]
    for node in plan.nodes:
        label = "\\n".join(_label(plan, node))
        lines.append(
            f'    "{node.name}" [label="{label}", fillcolor="{_FILL[node.role]}", color="{_EDGE[node.role]}"];'
        )
    for link in plan.links:
        lines += [f'    "{a}" -- "{b}" [label="{label}"];' for a, b, label in _downward(plan, link)]
    for role, rank in ((Role.SERVER, "min"), (Role.CLIENT, "max")):
        members = " ".join(f'"{node.name}";' for node in plan.role(role))
        if members:
            lines.append(f"    {{ rank={rank}; {members} }}")
    return "\n".join(lines) + "\n}\n"


def _label(plan: LabPlan, node: NodePlan) -> list[str]:
    """Name, device, and what the node is there for."""
    lines = [
        f"{node.name} · {node.device}",
        str(node.loopback.ip) if node.loopback and node.role is not Role.CLIENT else "",
    ]
    if node.relays:
        lines.append("relay " + ", ".join(sorted({f"giaddr {relay.giaddr}" for relay in node.relays})))
    if node.client:
        segment = plan.segment(node.client.segment)
        lines.append(str(segment.prefix) + (f" · VRF {segment.vrf}" if segment.vrf != "default" else ""))
    return [line for line in lines if line]


def _edges(link: LinkPlan) -> Iterator[tuple[str, str, str]]:
    """Two-ended edges; a LAN of several hosts hangs on its last member, the switch."""
    hub = link.endpoints[-1]
    label = str(link.prefix or link.segment or "")
    for end in link.endpoints[:-1]:
        yield end.node, hub.node, label


_HEIGHT = {Role.SERVER: 0, Role.SWITCH: 1, Role.CLIENT: 2}


def _downward(plan: LabPlan, link: LinkPlan) -> Iterator[tuple[str, str, str]]:
    """Edges from what stands above to what stands below: Mermaid and Graphviz put the end of an edge below its beginning."""
    for a, b, label in _edges(link):
        upside_down = _HEIGHT[plan.node(a).role] > _HEIGHT[plan.node(b).role]
        yield (b, a, label) if upside_down else (a, b, label)


class _Box(NamedTuple):
    """A node, or the clients of one segment at one switch where a lab has too many to draw each."""

    name: str
    role: Role
    lines: tuple[str, ...]
    layer: int
    members: tuple[str, ...] = ()


def svg(plan: LabPlan) -> str:
    """The topology as one SVG picture: servers first, then switches by how far they are from the clients, clients last."""
    boxes = {box.name: box for box in _boxes(plan)}
    home = {member: box.name for box in boxes.values() for member in (box.members or (box.name,))}
    links = dict.fromkeys((home[a], home[b]) for link in plan.links for a, b, _ in _edges(link))
    sizes = SMALL if len(plan.nodes) > MANY else SIZES
    place = layout({name: box.layer for name, box in boxes.items()}, tuple(links), sizes)
    width, height = place.size
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="{escape(plan.name)} topology">'
    )
    body = [
        *_svg_links(plan, place, home),
        *(_svg_box(box, place.spots[box.name], sizes) for box in boxes.values()),
    ]
    return "\n".join([head, *body, "</svg>"]) + "\n"


def _boxes(plan: LabPlan) -> Iterator[_Box]:
    edge = {switch for segment in plan.segments if segment.clients for switch in segment.switches}
    small = len(plan.nodes) > MANY
    for node in plan.nodes:
        if node.role is not Role.CLIENT:
            layer = 0 if node.role is Role.SERVER else 2 if node.name in edge else 1
            lines = _label(plan, node)
            yield _Box(node.name, node.role, tuple(lines[:2] if small else lines), layer)
    if not small:
        yield from (
            _Box(node.name, node.role, tuple(_label(plan, node)), 3) for node in plan.role(Role.CLIENT)
        )
        return
    for (switch, segment), names in _homes(plan).items():
        count = f"{len(names)} client{'s' if len(names) > 1 else ''} in {segment}"
        shown = names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
        yield _Box(f"{switch} {segment}", Role.CLIENT, (count, shown), 3, tuple(names))


def _homes(plan: LabPlan) -> dict[tuple[str, str], list[str]]:
    """Clients by the switch their link goes to, and their segment."""
    found: dict[tuple[str, str], list[str]] = {}
    for link in plan.links:
        for a, b, _ in _edges(link):
            node = plan.node(a)
            if node.client:
                found.setdefault((b, node.client.segment), []).append(a)
    return found


def _svg_links(plan: LabPlan, place: Layout, home: dict[str, str]) -> Iterator[str]:
    labelled = len(plan.links) <= MANY
    drawn: set[tuple[str, str]] = set()
    ending: Counter[str] = Counter()
    for link in plan.links:
        for a, b, label in _edges(link):
            ends = (home[a], home[b])
            if ends in drawn:
                continue
            drawn.add(ends)
            below = ending[ends[1]]
            ending[ends[1]] += 1
            points = place.routes[ends]
            colour = "#94a3b8" if link.kind == "p2p" else "#22c55e"
            route = " ".join(f"{x:g},{y:g}" for x, y in points)
            yield (
                f'<polyline data-link="{escape(" ".join(ends))}" points="{route}" fill="none" stroke="{colour}" '
                'stroke-width="2" stroke-linejoin="round">'
                f"<title>{escape(' – '.join(ends))} {escape(label)}</title></polyline>"
            )
            if labelled:
                yield _svg_label(points, label, 0.3 if below % 2 else 0.62)


def _svg_label(points: tuple[Point, ...], label: str, share: float) -> str:
    (ax, ay), (bx, by) = points[0], points[1]
    share = 0.5 if ay == by or ax == bx else share
    x, y = ax + (bx - ax) * share, ay + (by - ay) * share - (6 if ay == by else 0)
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle" font-size="10" fill="#334155" stroke="white" '
        f'stroke-width="4" paint-order="stroke">{escape(label)}</text>'
    )


def _svg_box(box: _Box, spot: Point, sizes: Sizes) -> str:
    width, height = sizes.box
    x, y = spot[0] - width / 2, spot[1] - height / 2
    parts = [
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="9" fill="{_FILL[box.role]}" stroke="{_EDGE[box.role]}"/>'
    ]
    top = spot[1] - (len(box.lines) - 1) * 8 + 4
    for n, line in enumerate(box.lines):
        weight = ' font-weight="600"' if n == 0 else ' font-size="10.5" fill="#334155"'
        parts.append(
            f'<text x="{spot[0]:g}" y="{top + n * 16:g}" text-anchor="middle"{weight}>{escape(line)}</text>'
        )
    return f'<g data-node="{escape(box.name)}">{_title(box)}{"".join(parts)}</g>'


def _title(box: _Box) -> str:
    return f"<title>{escape(' '.join(box.members))}</title>" if box.members else ""
