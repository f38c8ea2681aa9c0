"""MLAG pairs: the peer link between two switches that share bonds without EVPN."""

from __future__ import annotations

from ipaddress import IPv4Interface

from labgen.ground.labplan import MlagPlan
from labgen.plan.interfaces import Interfaces
from labgen.plan.ledger import Ledger

PEERS = (IPv4Interface("169.254.127.0/31"), IPv4Interface("169.254.127.1/31"))
"""Addresses on a peer link, where nobody else hears them: those that netlab takes."""


def of(ledger: Ledger, interfaces: Interfaces, switch: str) -> MlagPlan | None:
    """A switch's part in the pair it is one of; None where it is in none."""
    for number, pair in enumerate(ledger.bonds.pairs, 1):
        if switch in pair:
            first, second = sorted(pair, key=ledger.ids.__getitem__)
            own, other = PEERS if switch == first else PEERS[::-1]
            peer = second if switch == first else first
            ports = interfaces.by_node[switch]
            towards = (port.name for port in ports if port.kind == "trunk" and port.neighbors[0].node == peer)
            return MlagPlan(
                domain=number, peer=peer, ports=tuple(towards), address=own, peer_address=other.ip
            )
    return None
