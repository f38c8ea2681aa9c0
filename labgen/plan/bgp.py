"""BGP of the fabric: who speaks with whom, with which AS number, and what the sessions carry."""

from __future__ import annotations

from labgen.ground.labplan import BgpNeighbor, BgpPlan
from labgen.plan.interfaces import Interfaces
from labgen.plan.ledger import Ledger
from labgen.plan.peering import apart, multihop


def fabric_bgp(ledger: Ledger, interfaces: Interfaces, switch: str) -> BgpPlan | None:
    """A switch's BGP: the underlay's eBGP, EVPN's iBGP between loopbacks, both, or none."""
    overlay = ledger.spec.overlay
    evpn = overlay is not None and overlay.control == "evpn"
    router_id = interfaces.loopback(switch).ip
    links = over_links(ledger, interfaces, switch) if ledger.ebgp else ()
    if ledger.ebgp and not apart(ledger.spec):
        return BgpPlan(underlay=True, evpn=evpn, asn=ledger.asn(switch), router_id=router_id, neighbors=links)
    asn = ledger.asn(switch) if multihop(ledger.spec) else overlay.asn if overlay and evpn else None
    if asn is None:
        return None
    between = between_loopbacks(ledger, interfaces, switch)
    return BgpPlan(underlay=apart(ledger.spec), asn=asn, router_id=router_id, neighbors=(*links, *between))


def over_links(ledger: Ledger, interfaces: Interfaces, switch: str) -> tuple[BgpNeighbor, ...]:
    """eBGP sessions with the switches at the other ends of links, each with the AS number of its switch."""
    return tuple(
        BgpNeighbor(
            name=other,
            address=interfaces.far_address(switch, port),
            asn=ledger.asn(other),
            interface=port.linux,
            local_asn=ledger.asn(switch) if apart(ledger.spec) else None,
        )
        for port in interfaces.by_node[switch]
        if port.kind == "p2p" and (other := port.neighbors[0].node) in ledger.spec.switches
    )


def between_loopbacks(ledger: Ledger, interfaces: Interfaces, switch: str) -> tuple[BgpNeighbor, ...]:
    """Sessions that carry EVPN alone: with every other switch, or with the route reflectors, whose loopbacks are there to reach. By
    iBGP, or, each with the AS number of its switch, by eBGP, where reflectors pass next hops on unchanged.
    """
    overlay = ledger.spec.overlay
    assert overlay is not None
    reflectors = set(overlay.route_reflectors)
    return tuple(
        BgpNeighbor(
            name=other,
            address=interfaces.loopback(other).ip,
            asn=ledger.asn(other) if multihop(ledger.spec) or overlay.asn is None else overlay.asn,
            rr_client=not multihop(ledger.spec) and switch in reflectors and other not in reflectors,
        )
        for other in ledger.spec.switches
        if other != switch
        and (not reflectors or switch in reflectors or other in reflectors)
        and not _refuses(ledger, switch, other)
    )


def _refuses(ledger: Ledger, one: str, other: str) -> bool:
    """True if two switches of one AS number in an eBGP underlay refuse each other's routes (RFC 4271 section 9.1.2)."""
    return ledger.ebgp and ledger.asn(one) == ledger.asn(other)
