"""Waiting until VRFs forward: every next hop of a transit VNI has a router MAC (RFC 9135 section 5.2), or what brings it back is run.

zebra 8.4 takes the router MAC of a next hop away when a better path to a prefix follows the first (`labgen.lab.embedded.router_macs`
says why). It is there again when the routes are announced anew.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from labgen.devices.routing_suite import suite
from labgen.ground.errors import LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded import netlink
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.blueprint import Transit, VrfBackend
from labgen.lab.embedded.nodes import Home, NodeHandle

PAUSE = 0.02
ARRIVING_SECONDS = 0.3
"""Seconds in which what is under way arrives by itself."""
ALTERNATIVES = 1.5
"""Seconds that equal ways to a prefix, of which one is there, are waited for."""
TRIES = 5

Repair = Callable[[str, str], Awaitable[None]]
"""Runs a program of a node by name, until it has ended."""


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The nodes of a lab, and how VRFs are made."""

    nodes: tuple[NodeHandle, ...]
    backend: VrfBackend
    home: Home

    async def until_forwarding(self, repair: Repair, deadline: Deadline) -> None:
        """Return when every next hop has its router MAC. LabStartError names those that have none."""
        waiting = [(node, transit) for node in self.nodes for transit in node.node.transits]
        await asyncio.gather(*(self._until(node, transit, repair, deadline) for node, transit in waiting))

    async def lost(self) -> bool:
        """True if some next hop has no router MAC, and gets none."""
        waiting = [(node, transit) for node in self.nodes for transit in node.node.transits]
        return any(await asyncio.gather(*(self._missing(node, transit) for node, transit in waiting)))

    async def _until(self, node: NodeHandle, transit: Transit, repair: Repair, deadline: Deadline) -> None:
        await self._alternatives(node, transit)
        for _ in range(TRIES):
            if not await self._missing(node, transit) or deadline.over:
                break
            await repair(node.node.name, transit.repair)
        missing = await self._missing(node, transit)
        if missing:
            raise LabStartError(
                f"the fabric does not forward: {node.node.name} has no router MAC for {', '.join(sorted(missing))} in VRF "
                f"{transit.vrf}, though routes lead there; look with `{suite().asked(suite().router_macs)}` and compare "
                "the VRF's route targets on both switches"
            )

    async def _alternatives(self, node: NodeHandle, transit: Transit) -> None:
        """Wait a little for next hops that are equally near; the plan only guesses that they are."""
        soon = Deadline.after(ALTERNATIVES)
        while not soon.over and not set(transit.remotes) <= self._hops(node, transit):
            await asyncio.sleep(PAUSE)

    async def _missing(self, node: NodeHandle, transit: Transit) -> frozenset[str]:
        """Next hops without a router MAC, once none comes any more."""
        soon = Deadline.after(ARRIVING_SECONDS)
        while True:
            missing = self.without_neighbor(node, transit)
            if not missing or soon.over:
                return missing
            await asyncio.sleep(PAUSE)

    def without_neighbor(self, node: NodeHandle, transit: Transit) -> frozenset[str]:
        """Next hops whose router MAC the kernel does not have."""
        return self._hops(node, transit) - self._neighbors(node, transit)

    def changes_of_neighbors(self, node: NodeHandle, transit: Transit) -> socket.socket:
        """A socket that tells of neighbors that come and go where the VRF is; reading it never waits."""
        with self._inside(node, transit.vrf):
            sock = netlink.open_socket(netlink.NEIGHBOR_CHANGES)
        sock.setblocking(False)
        return sock

    def _hops(self, node: NodeHandle, transit: Transit) -> frozenset[str]:
        with self._inside(node, transit.vrf), netlink.open_socket() as sock:
            return netlink.next_hops(sock, socket.if_nametoindex(transit.device))

    def _neighbors(self, node: NodeHandle, transit: Transit) -> frozenset[str]:
        with self._inside(node, transit.vrf), netlink.open_socket() as sock:
            return netlink.neighbors(sock, socket.if_nametoindex(transit.device))

    def _inside(self, node: NodeHandle, vrf: str) -> AbstractContextManager[None]:
        return sc.inside(node.network(vrf, self.backend), self.home.net, sc.CLONE_NEWNET)
