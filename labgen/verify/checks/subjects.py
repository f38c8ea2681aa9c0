"""Subjects of checks: the ways a plan is walked."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import readers, registry
from labgen.devices.observed import BGP_PEERS, ISIS_NEIGHBORS
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.verify import groups, redundancy
from labgen.verify.check import Catalogue, Subject

check = Catalogue()


def ospf_nodes(plan: LabPlan) -> Iterator[Subject]:
    """Every node that speaks OSPF to somebody."""
    for node in plan.nodes:
        if node.ospf and any(port.ospf and port.kind == "p2p" for port in node.interfaces):
            yield Subject(switch=node.name) if node.role is Role.SWITCH else Subject(server=node.name)


def tells(node: NodePlan, *probes: str) -> bool:
    """True if a node is asked one of these, by the names of probes."""
    return any(each.name in probes for each in readers.of(node).probes(node))


def underlay_neighbors(plan: LabPlan, node: NodePlan) -> dict[str, str]:
    """The neighbors that IS-IS or eBGP of the underlay should have, by how the node names them. Sessions that carry EVPN are looked at
    as such.
    """
    if node.bgp and node.bgp.underlay and (node.bgp.apart or not node.bgp.evpn):
        return {each.key: each.name for each in node.bgp.underlay_peers}
    return plan.isis_neighbors(node)


def underlay_switches(plan: LabPlan) -> Iterator[Subject]:
    """Switches whose underlay is IS-IS or eBGP alone, and that tell its neighbors."""
    for node in plan.role(Role.SWITCH):
        if underlay_neighbors(plan, node) and tells(node, ISIS_NEIGHBORS, BGP_PEERS):
            yield Subject(switch=node.name)


def evpn_switches(plan: LabPlan) -> Iterator[Subject]:
    for node in plan.role(Role.SWITCH):
        if node.bgp and node.bgp.evpn_peers:
            yield Subject(switch=node.name)


def vtep_segments(plan: LabPlan) -> Iterator[Subject]:
    """Every stretched segment on every switch that has it."""
    for node in plan.role(Role.SWITCH):
        for vlan in node.vlans:
            if vlan.vni and len(plan.segment(vlan.segment).switches) > 1:
                yield Subject(switch=node.name, segment=vlan.segment)


def switch_segments(plan: LabPlan) -> Iterator[Subject]:
    """Every switch that routes a segment."""
    for segment in plan.segments:
        for switch in segment.routers:
            yield Subject(switch=switch, segment=segment.name)


def remote_macs(plan: LabPlan) -> Iterator[Subject]:
    """Every client that asks for a lease, seen from every other EVPN switch of its segment: of one that says nothing, nobody learns."""
    if plan.overlay is None or plan.overlay.control != "evpn":
        return
    for segment in plan.segments:
        asking = [c for c in segment.clients if segment.servers or c in plan.expect.no_lease]
        for client in asking:
            home = groups.home_switch(plan, client)
            for switch in segment.switches:
                if switch != home:
                    yield Subject(client=client, switch=switch)


def relays(plan: LabPlan) -> Iterator[Subject]:
    for node in plan.role(Role.SWITCH):
        if node.relays or node.forwards:
            yield Subject(switch=node.name)


def servers(plan: LabPlan) -> Iterator[Subject]:
    for node in plan.role(Role.SERVER):
        yield Subject(server=node.name)


def relay_servers(plan: LabPlan) -> Iterator[Subject]:
    """Every pair of a relay and a server it asks."""
    for node in plan.role(Role.SWITCH):
        for server in dict.fromkeys(target.server for relay in node.relays for target in relay.targets):
            yield Subject(switch=node.name, server=server)


def clients(plan: LabPlan) -> Iterator[Subject]:
    """Clients of segments that are relayed."""
    for segment in plan.segments:
        if segment.servers:
            yield from (Subject(client=client) for client in segment.clients)


def remembering_clients(plan: LabPlan) -> Iterator[Subject]:
    """Those whose software asks for the address it had when it is started again."""
    for subject in clients(plan):
        can = registry.get(plan.node(subject.client).device).facts.client
        if can is None or can.remembers:
            yield subject


def readable_clients(plan: LabPlan) -> Iterator[Subject]:
    """Those that can be asked what they made of their lease: a program of the user's own need not configure anything."""
    yield from (each for each in clients(plan) if plan.node(each.client).program is None)


def bound_by_readable(plan: LabPlan) -> Iterator[Subject]:
    """Clients whose servers tell their bindings: a program of the user's own does not."""
    for segment in plan.segments:
        if segment.servers and not any(plan.node(server).program for server in segment.servers):
            yield from (Subject(client=client) for client in segment.clients)


def focus(plan: LabPlan) -> Iterator[Subject]:
    """The client that playbooks with a fault watch."""
    node = groups.focus(plan)
    if node is not None:
        yield Subject(client=node.name)


def partnered_focus(plan: LabPlan) -> Iterator[Subject]:
    """The same client, where every server of its segment would give it the same address."""
    for subject in focus(plan):
        if redundancy.of_client(plan, subject.client).alike:
            yield subject


def client_relays(plan: LabPlan) -> Iterator[Subject]:
    for segment in plan.segments:
        for client in segment.clients:
            yield from (Subject(client=client, switch=node.name) for node, _ in plan.relays_for(client))


def client_servers(plan: LabPlan) -> Iterator[Subject]:
    for segment in plan.segments:
        for client in segment.clients:
            yield from (Subject(client=client, server=server) for server in segment.servers)


def relayed_client_servers(plan: LabPlan) -> Iterator[Subject]:
    """Every client with every server that a relay of its asks."""
    for subject in client_servers(plan):
        targets = (target for _, relay in plan.relays_for(subject.client) for target in relay.targets)
        if any(target.server == subject.server for target in targets):
            yield subject


def client_relay_servers(plan: LabPlan) -> Iterator[Subject]:
    """Every client with every relay that hears it and every server that relay asks."""
    for segment in plan.segments:
        for client in segment.clients:
            for node, relay in plan.relays_for(client):
                for server in dict.fromkeys(target.server for target in relay.targets):
                    yield Subject(client=client, switch=node.name, server=server)


def redundant_clients(plan: LabPlan) -> Iterator[Subject]:
    """Clients whose relays ask more than one server."""
    for segment in plan.segments:
        if len(segment.servers) > 1:
            yield from (Subject(client=client) for client in segment.clients)
