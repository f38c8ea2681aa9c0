"""Topology drawings: Mermaid, Graphviz DOT, and an SVG that needs no other program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from math import ceil

from labgen.ground.labplan import LabPlan, LinkPlan, NodePlan
from labgen.ground.vocabulary import Role

_FILL = {Role.SERVER: "#dbeafe", Role.SWITCH: "#e5e7eb", Role.CLIENT: "#dcfce7"}
_EDGE = {Role.SERVER: "#1d4ed8", Role.SWITCH: "#4b5563", Role.CLIENT: "#15803d"}
BOX = (148, 62)
GAP = (92, 104)
MARGIN = 28
PER_ROW = 12


def mermaid(plan: LabPlan) -> str:
    """A flowchart, servers above, clients below."""
    lines = ["flowchart TB"]
    for node in plan.nodes:
        lines.append(f'    {node.name}["{"<br/>".join(_label(plan, node))}"]:::{node.role.value}')
    for link in plan.links:
        lines += [f'    {a} ---|"{label}"| {b}' for a, b, label in _edges(link)]
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
        lines += [f'    "{a}" -- "{b}" [label="{label}"];' for a, b, label in _edges(link)]
    for role in Role:
        members = " ".join(f'"{node.name}";' for node in plan.role(role))
        if members and role is not Role.SWITCH:
            lines.append(f"    {{ rank=same; {members} }}")
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


@dataclass(frozen=True, slots=True)
class _Spot:
    x: float
    y: float


def svg(plan: LabPlan) -> str:
    """The topology as one SVG picture: servers on top, switches by their distance from them, clients at the bottom."""
    rows = [row for row in _rows(plan) if row]
    width = max(len(row) for row in rows) * (BOX[0] + GAP[0]) - GAP[0] + 2 * MARGIN
    height = len(rows) * (BOX[1] + GAP[1]) - GAP[1] + 2 * MARGIN
    spots = _place(rows, width)
    body = [*_svg_links(plan, spots), *(_svg_node(plan, node, spots[node.name]) for node in plan.nodes)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="{escape(plan.name)} topology">'
    )
    return "\n".join([head, *body, "</svg>"]) + "\n"


def _rows(plan: LabPlan) -> list[list[NodePlan]]:
    """Nodes by height: servers, switches by whether they serve clients, clients. Long rows are folded."""
    edge = {switch for segment in plan.segments if segment.clients for switch in segment.switches}
    core = [node for node in plan.role(Role.SWITCH) if node.name not in edge]
    leaves = [node for node in plan.role(Role.SWITCH) if node.name in edge]
    order = {name: n for n, name in enumerate(node.name for node in leaves)}
    home = {
        client: order.get(end.node, 0)
        for link in plan.links
        for end in link.endpoints
        for client in _clients(plan, link)
    }
    clients = sorted(plan.role(Role.CLIENT), key=lambda node: home.get(node.name, 0))
    return [part for row in (list(plan.role(Role.SERVER)), core, leaves, clients) for part in _fold(row)]


def _clients(plan: LabPlan, link: LinkPlan) -> list[str]:
    return [end.node for end in link.endpoints if plan.node(end.node).role is Role.CLIENT]


def _fold(row: list[NodePlan]) -> list[list[NodePlan]]:
    count = ceil(len(row) / PER_ROW)
    return [row[n * PER_ROW : (n + 1) * PER_ROW] for n in range(count)]


def _place(rows: list[list[NodePlan]], width: int) -> dict[str, _Spot]:
    spots: dict[str, _Spot] = {}
    for level, row in enumerate(rows):
        step = width / len(row)
        for n, node in enumerate(row):
            spots[node.name] = _Spot(step * (n + 0.5), MARGIN + level * (BOX[1] + GAP[1]) + BOX[1] / 2)
    return spots


def _svg_links(plan: LabPlan, spots: dict[str, _Spot]) -> Iterator[str]:
    for link in plan.links:
        for a, b, label in _edges(link):
            start, end = spots[a], spots[b]
            colour = "#94a3b8" if link.kind == "p2p" else "#22c55e"
            yield f'<line x1="{start.x:g}" y1="{start.y:g}" x2="{end.x:g}" y2="{end.y:g}" stroke="{colour}" stroke-width="2"/>'
            x, y = start.x + (end.x - start.x) * 0.42, start.y + (end.y - start.y) * 0.42
            if start.y == end.y:
                x, y = (start.x + end.x) / 2, start.y - 6
            yield (
                f'<text x="{x:g}" y="{y:g}" text-anchor="middle" font-size="10" fill="#334155" stroke="white" '
                f'stroke-width="4" paint-order="stroke">{escape(label)}</text>'
            )


def _svg_node(plan: LabPlan, node: NodePlan, spot: _Spot) -> str:
    x, y = spot.x - BOX[0] / 2, spot.y - BOX[1] / 2
    lines = _label(plan, node)
    parts = [
        f'<rect x="{x:g}" y="{y:g}" width="{BOX[0]}" height="{BOX[1]}" rx="9" fill="{_FILL[node.role]}" stroke="{_EDGE[node.role]}"/>'
    ]
    top = spot.y - (len(lines) - 1) * 8 + 4
    for n, line in enumerate(lines):
        weight = ' font-weight="600"' if n == 0 else ' font-size="10.5" fill="#334155"'
        parts.append(
            f'<text x="{spot.x:g}" y="{top + n * 16:g}" text-anchor="middle"{weight}>{escape(line)}</text>'
        )
    return "".join(parts)
