"""The parts of a lab that netlab has no words for, as a topology's attribute `labgen`: routing, relaying and pools, as a spec says it.

`labgen import` reads it back. What a topology leaves out altogether is listed in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labgen.ground.labplan import Expectation, LabPlan, NodePlan, RelayPlan, ScopePlan, SegmentPlan
from labgen.render import pool_words
from labgen.render.pool_words import Words

Scopes = Mapping[tuple[str, str], ScopePlan]
"""What servers hand out, by server and segment."""


def intent(plan: LabPlan) -> Words:
    """The attribute; `beyond` in it is what neither it nor the rest of a topology says of the lab."""
    found: Words = {"name": plan.name, "underlay": _underlay(plan)}
    found |= {"overlay": _overlay(plan)} if plan.overlay else {}
    scopes = _scopes(plan)
    found["segments"] = {segment.name: dict(_segment(plan, segment, scopes)) for segment in plan.segments}
    if leaks := _leaks(plan):
        found["leaks"] = leaks
    if own := {node.name: {"asn": node.bgp.asn} for node in plan.nodes if node.bgp and node.bgp.multihop}:
        found["nodes"] = own
    nodes = plan.nodes
    left = {
        "routers beyond the fabric": any(node.external for node in nodes),
        "DHCP snooping": any(node.snooping for node in nodes),
        "programs of one's own": any(node.program for node in nodes),
        "faults": bool(plan.faults),
        "expectations": plan.expect != Expectation(),
    }
    beyond = [words for words, there in left.items() if there]
    return found | {"playbooks": list(plan.playbooks)} | ({"beyond": beyond} if beyond else {})


def _underlay(plan: LabPlan) -> Words | str:
    links = [link for link in plan.links if link.segment is None and not link.vlans]
    unnumbered = plan.underlay == "ebgp" and any(link.prefix is None for link in links)
    apart = {
        node.name: peer.local_asn
        for node in plan.nodes
        for peer in (node.bgp.underlay_peers if node.bgp else ())
        if peer.local_asn
    }
    own = {node.name: node.bgp.asn for node in plan.nodes if node.bgp and node.role.value == "switch"}
    asn = apart or own
    if plan.underlay != "ebgp":
        return plan.underlay
    return {
        "protocol": "ebgp",
        **({"unnumbered": True} if unnumbered else {}),
        **({"asn": asn} if asn else {}),
    }


def _leaks(plan: LabPlan) -> dict[str, Words]:
    """By VRF: those it leaks with, and on which switches."""
    found: dict[str, Words] = {}
    for node in plan.nodes:
        for leak in node.leaks:
            one, other = sorted(leak.vrfs)
            found.setdefault(one, {}).setdefault(other, []).append(node.name)
    return found


def _overlay(plan: LabPlan) -> Words:
    assert plan.overlay is not None
    found: Words = {"data": plan.overlay.data, "control": plan.overlay.control}
    speaking = [node.bgp for node in plan.nodes if node.bgp and node.bgp.evpn]
    found |= {"asn": plan.overlay.asn} if plan.overlay.asn else {}
    if any(bgp.apart for bgp in speaking):
        found["peering"] = "ibgp"
    elif any(bgp.multihop for bgp in speaking):
        found["peering"] = "ebgp"
    reflectors = [n.name for n in plan.nodes if n.bgp and any(peer.rr_client for peer in n.bgp.neighbors)]
    if found.get("peering") == "ebgp":
        peers = {n.name: len(n.bgp.evpn_peers) for n in plan.nodes if n.bgp and n.bgp.evpn}
        reflectors = [
            name for name, several in peers.items() if min(peers.values()) < several == len(peers) - 1
        ]
    found |= {"route_reflectors": reflectors} if reflectors else {}
    bonds = any(port.lag for node in plan.nodes for port in node.interfaces)
    return found | ({"multihoming": True} if bonds and plan.overlay.control == "evpn" else {})


def _segment(plan: LabPlan, segment: SegmentPlan, scopes: Scopes) -> Iterator[tuple[str, object]]:
    ports = [plan.node(name).on_segment(segment.name) for name in segment.routers]
    if any(port and port.unnumbered for port in ports):
        yield "unnumbered", True
    elif segment.gateway is None:
        yield "gateway", "none"
    else:
        gateway = {"address": str(segment.gateway), "protocol": segment.protocol}
        yield "gateway", gateway | ({"nodes": list(segment.routers)} if segment.routers else {})
    bridging = [name for name in segment.switches if name not in segment.routers]
    if bridging and segment.routers:
        yield "bridge", bridging
    if not segment.stretched:
        yield "stretch", False
    if segment.secondary:
        yield (
            "secondary",
            [
                {"prefix": str(s.prefix)} | ({"gateway": str(s.gateway)} if s.gateway else {})
                for s in segment.secondary
            ],
        )
    if not segment.dhcp:
        yield "dhcp", False
        return
    groups = _groups(plan, segment)
    if groups:
        yield "relay", groups
    yield from _service(segment, scopes)


def _groups(plan: LabPlan, segment: SegmentPlan) -> list[Words]:
    """Groups of servers that its switches relay to, each with the switches that do it alike."""
    found: list[tuple[Words, list[str]]] = []
    hubs = [node for node in plan.nodes if node.forwards]
    for node, relay in plan.relays(segment.name):
        said = _relay(hubs, relay)
        known = next(
            (switches for words, switches in found if words == said and node.name not in switches), None
        )
        if known is None:
            found.append((said, [node.name]))
        else:
            known.append(node.name)
    return [{**words, "switches": switches} for words, switches in found]


def _relay(hubs: list[NodePlan], relay: RelayPlan) -> Words:
    found: Words = {
        "servers": [target.server for target in relay.targets],
        "server_vrf": relay.targets[0].vrf,
    }
    owner = relay.owner
    loopback = owner is not None and owner.kind == "loopback"
    found["source"] = "interface" if relay.plain else "loopback" if loopback else str(relay.giaddr)
    if owner is not None and owner.kind == "port" and owner.outgoing:
        found["source"] = "uplink"
    asked = relay.targets[0].address
    via = next((hub.name for hub in hubs if asked in hub.addresses), "")
    found |= {"via": via} if via else {}
    found |= {"options": [option.value for option in relay.options]} if relay.options else {}
    agent = {"circuit_id": relay.circuit_id, "remote_id": relay.remote_id, "trust": relay.trusted}
    found |= {key: value for key, value in agent.items() if value}
    found |= {"existing": relay.existing.value} if relay.existing else {}
    found |= {"helpers": [str(each) for each in relay.helpers]} if relay.helpers else {}
    return found | ({"dialect": relay.dialect} if relay.dialect != "rfc" else {})


def _service(segment: SegmentPlan, scopes: Scopes) -> Iterator[tuple[str, object]]:
    served = {name: scopes[name, segment.name] for name in segment.servers if (name, segment.name) in scopes}
    if not served:
        return
    first = next(iter(served.values()))
    yield "pool", _pool(segment, served)
    if first.options:
        yield "options", pool_words.options(first.options)
    if first.reservations:
        yield "reservations", dict(map(pool_words.reservation, first.reservations))
    classes = {each.name: pool_words.class_of(each) for each in first.classes}
    for name, words in classes.items():
        every = [
            str(part)
            for scope in served.values()
            for each in scope.classes
            if each.name == name
            for part in each.ranges
        ]
        words |= {"range": list(dict.fromkeys(every))} if every else {}
    if classes:
        yield "classes", classes


def _scopes(plan: LabPlan) -> Scopes:
    return {
        (node.name, scope.segment): scope
        for node in plan.nodes
        for scope in (node.server.scopes if node.server else ())
    }


def _pool(segment: SegmentPlan, served: dict[str, ScopePlan]) -> Words:
    first = next(iter(served.values()))
    ranges = {name: [str(part) for part in scope.every_range] for name, scope in served.items()}
    alike = len({tuple(each) for each in ranges.values()}) == 1
    found: Words = pool_words.times(first)
    if not any(ranges.values()):
        found["range"] = "none"
    elif alike:
        found["range"] = ranges[next(iter(ranges))]
    else:
        found["split"] = ranges
    if segment.mode != "independent":
        found["mode"] = segment.mode
    elif alike and len(served) > 1:
        found["mode"] = "shared"
    found |= {"quarantine": first.quarantine} if first.quarantine else {}
    found |= {"cache": f"{round(first.cache * 100)}%"} if first.cache else {}
    return found | ({"ping_check": True} if first.ping_check else {})
