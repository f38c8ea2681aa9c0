"""External routers: their links, sessions and routes, and the border switches' side of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from ipaddress import IPv4Interface, IPv4Network

from labgen.ground.labplan import BgpNeighbor, BgpPlan, InterfacePlan, StaticRoute
from labgen.ground.planned_externals import ExternalPlan, HandoverPlan
from labgen.ground.vocabulary import DEFAULT_VRF
from labgen.plan.interfaces import Interfaces, other_host
from labgen.plan.ledger import Ledger
from labgen.plan.link_drafts import LinkDraft


class Externals:
    """Everything about the external routers of a spec."""

    def __init__(self, ledger: Ledger, interfaces: Interfaces) -> None:
        self.ledger = ledger
        self.interfaces = interfaces

    @cached_property
    def _handed_over(self) -> tuple[tuple[int, LinkDraft], ...]:
        """Links to externals, with their numbers."""
        return tuple(
            (index, link) for index, link in enumerate(self.ledger.links) if link.handover is not None
        )

    def _links(self, node: str) -> Iterator[tuple[LinkDraft, InterfacePlan, str]]:
        """The links of a node to externals, or of an external to switches: with the node's own port, and the other end's name."""
        for index, link in self._handed_over:
            if node in link.nodes:
                ports = {port.index: port for port in self.interfaces.by_node[node] if port.kind == "p2p"}
                other = link.nodes[1 - link.nodes.index(node)]
                yield link, ports[self.ledger.ports[index, node]], other

    def handovers(self, switch: str) -> Iterator[HandoverPlan]:
        """A border switch's links to external routers."""
        for link, port, other in self._links(switch):
            assert link.handover is not None
            yield HandoverPlan(
                external=other,
                vrf=link.handover.vrf,
                interface=port.linux,
                address=link.handover.address.ip,
                asn=link.handover.asn,
                local_asn=self.ledger.border_asn(switch),
                reaches=self.ledger.spec.externals[other].reaches,
            )

    def switch_routes(self, switch: str) -> Iterator[StaticRoute]:
        """Static routes of a border switch to what is behind externals that speak no BGP with it."""
        for each in self.handovers(switch):
            for prefix in each.reaches if each.asn is None else ():
                yield StaticRoute(prefix=prefix, interface=each.interface, via=each.address, vrf=each.vrf)

    def plan(self, name: str) -> ExternalPlan:
        """The plan of an external router."""
        reaches = self.ledger.spec.externals[name].reaches
        return ExternalPlan(
            reaches=reaches,
            addresses=tuple(_first(prefix) for prefix in reaches),
            learns=tuple(
                dict.fromkeys(
                    prefix
                    for link, _, _ in self._links(name)
                    if link.handover and link.handover.asn
                    for prefix in self._segments(link.handover.vrf)
                )
            ),
        )

    def routes(self, name: str) -> Iterator[StaticRoute]:
        """An external's static routes into the VRFs that it speaks no BGP with."""
        for link, port, _ in self._links(name):
            assert link.handover is not None
            if link.handover.asn is None:
                via = other_host(link.handover.address).ip
                for prefix in self._everything(link.handover.vrf):
                    yield StaticRoute(prefix=prefix, interface=port.linux, via=via)

    def _segments(self, vrf: str) -> Iterator[IPv4Network]:
        for name, segment in self.ledger.spec.segments.items():
            if segment.vrf == vrf and segment.routers:
                yield from self.ledger.subnets(name)

    def _everything(self, vrf: str) -> Iterator[IPv4Network]:
        yield from self._segments(vrf)
        addressing = self.ledger.addressing
        if vrf == DEFAULT_VRF:
            yield from (addressing.loopback, addressing.p2p)
        else:
            yield addressing.vrf_loopback

    def bgp(self, name: str) -> BgpPlan | None:
        """An external's BGP: one table for all its sessions, so that what it learns in one VRF it tells the other."""
        asn = self.ledger.spec.externals[name].asn
        if asn is None:
            return None
        neighbors = tuple(
            BgpNeighbor(
                name=other,
                address=other_host(link.handover.address).ip,
                asn=self.ledger.border_asn(other),
                interface=port.linux,
            )
            for link, port, other in self._links(name)
            if link.handover is not None and link.handover.asn is not None
        )
        return BgpPlan(
            underlay=True,
            evpn=False,
            asn=asn,
            router_id=self.interfaces.loopback(name).ip,
            neighbors=neighbors,
        )


def _first(prefix: IPv4Network) -> IPv4Interface:
    """The first host of a prefix, with its length."""
    return IPv4Interface((next(iter(prefix.hosts())), prefix.prefixlen))
