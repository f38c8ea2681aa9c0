"""Pairs of servers that keep one lease database, and identifiers of reservations, as server software wants them."""

from __future__ import annotations

import re
from typing import NamedTuple

from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Address

NETWORKED = 3
"""The stage of daemons that need the network: after routing is configured."""
MODES = frozenset({"failover", "hot-standby", "load-balance"})


class PairedServer(NamedTuple):
    node: str
    address: Address


class Pair(NamedTuple):
    """The two servers, the primary first, and which of them `own` is. Without `hot_standby` both answer."""

    own: str
    peers: tuple[PairedServer, PairedServer]
    hot_standby: bool
    mclt: int

    @property
    def primary(self) -> bool:
        return self.peers[0].node == self.own

    @property
    def me(self) -> PairedServer:
        return self.peers[0 if self.primary else 1]

    @property
    def partner(self) -> PairedServer:
        return self.peers[1 if self.primary else 0]


def of(plan: LabPlan, node: NodePlan) -> Pair | None:
    """The pair a server is part of; None for one that is alone."""
    for scope in node.server.scopes if node.server else ():
        segment = plan.segment(scope.segment)
        if segment.mode == "independent":
            continue
        one, other = (plan.node(name) for name in segment.servers)
        assert one.server and other.server
        peers = (PairedServer(one.name, one.server.address), PairedServer(other.name, other.server.address))
        return Pair(node.name, peers, segment.mode == "hot-standby", segment.mclt or scope.lease)
    return None


def identifier(text: str) -> bytes:
    """Octets of a client or circuit identifier: hexadecimal pairs with colons (or 0x...), else the characters."""
    if re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+", text):
        return bytes.fromhex(text.replace(":", ""))
    if re.fullmatch(r"0x([0-9A-Fa-f]{2})+", text):
        return bytes.fromhex(text[2:])
    return text.encode()
