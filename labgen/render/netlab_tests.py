"""`netlab validate` tests: neighbours up, every client bound to an address a server may hand out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labgen.devices.routing_suite import suite
from labgen.devices.tools import NetlabNode
from labgen.ground import naming
from labgen.ground.labplan import AddressRange, LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.render.flow import Value

WAIT = 60


def tests(plan: LabPlan, nodes: Mapping[str, NetlabNode]) -> Iterator[tuple[str, Value]]:
    """Name and body of each test. Devices netlab has no way to question are left out."""
    for number, (name, body) in enumerate(_routing(plan, nodes), 1):
        yield _identifier(name, f"ospf_{number}"), body
    sources = _sources(plan)
    for node in plan.role(Role.CLIENT):
        for name, body in _lease(plan, node, nodes[node.name], sources):
            yield _identifier(name, f"lease_{node.id}"), body


def _identifier(name: str, other: str) -> str:
    """The name of a test, or the other where netlab does not take it."""
    return name if naming.NETLAB_IDENTIFIER.fullmatch(name) else other


def _routing(plan: LabPlan, nodes: Mapping[str, NetlabNode]) -> Iterator[tuple[str, Value]]:
    """One test per pair of neighbours, run on the first of them netlab can question."""
    pairs = dict.fromkeys(
        tuple(end.node for end in link.endpoints) for link in plan.links if link.kind == "p2p"
    )
    for pair in pairs:
        known = [name for name in pair if nodes[name].neighbors and plan.node(name).ospf]
        if not known:
            continue
        asked, other = known[0], plan.node(next(name for name in pair if name != known[0]))
        if not other.ospf or other.loopback is None:
            continue
        body: dict[str, Value] = {
            "description": f"OSPF adjacency between {asked} and {other.name}",
            "wait": WAIT,
            "nodes": [asked],
        }
        body |= _full(nodes[asked], str(other.loopback.ip))
        yield f"ospf_{asked}_{other.name}", body


def _full(node: NetlabNode, neighbor: str) -> dict[str, Value]:
    """netlab's own test asks in words that releases before 9, as Debian 12 has them, do not know."""
    if node.neighbors == "plugin":
        return {"plugin": f"ospf_neighbor('{neighbor}')"}
    pattern = neighbor.replace(".", "[.]")
    return {
        "exec": {node.device: f'{suite().shell} -c "{suite().ospf.command}"'},
        "valid": {node.device: f"re.search(r'(?m)^{pattern} .* Full/', stdout)"},
    }


def _lease(
    plan: LabPlan, node: NodePlan, seen: NetlabNode, sources: Mapping[str, str]
) -> Iterator[tuple[str, Value]]:
    """The connected route has an address of the pools, and the default route is the one DHCP gives.

    The address alone would not do: netlab's address plan has one on this interface too.
    """
    if node.client is None or not seen.shell:
        return
    segment = plan.segment(node.client.segment)
    valid = f"re.search(r'src ({sources.get(segment.name, '')})', stdout)"
    if segment.gateway:
        valid += f" and 'default via {segment.gateway} ' in stdout"
    yield (
        f"lease_{node.name}",
        {
            "description": f"{node.name} has an address of segment {segment.name} and its gateway",
            "wait": WAIT,
            "nodes": [node.name],
            "exec": {seen.device: f"ip -4 route show dev {node.client.linux}"},
            "valid": {seen.device: valid},
        },
    )


def _sources(plan: LabPlan) -> dict[str, str]:
    """A regular expression for the addresses servers hand out, by segment."""
    found: dict[str, set[str]] = {}
    for server in plan.role(Role.SERVER):
        for scope in server.server.scopes if server.server else ():
            found.setdefault(scope.segment, set()).update(_pattern(part) for part in scope.every_range)
    return {segment: "|".join(sorted(patterns)) for segment, patterns in found.items()}


def _pattern(part: AddressRange) -> str:
    """A regular expression for the octets all addresses of a range share."""
    shared: list[str] = []
    for one, other in zip(str(part.first).split("."), str(part.last).split("."), strict=True):
        if one != other:
            break
        shared.append(one)
    return "[.]".join(shared) + ("[.]" if len(shared) < 4 else "/")
