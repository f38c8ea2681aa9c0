"""Router MACs that zebra loses while a lab runs, told to it again at once.

Where several neighbors tell of one EVPN route, a better path may follow the first. bgpd 8.4 then takes the route back and announces it
anew in one go, and zebra 8.4 adds the router MAC of the announcement before it removes that of the route taken back: routes lead to a
next hop whose hardware address nobody has. Announced once more, the route brings it back (`repair`), and disturbs nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial

from labgen.devices.routing_suite import suite
from labgen.ground.errors import LabgenError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded.adjacency import Ask
from labgen.lab.embedded.blueprint import Transit
from labgen.lab.embedded.forwarding import Forwarding, Repair
from labgen.lab.embedded.nodes import NodeHandle

QUIET_SECONDS = 0.4
"""For how long no prefix has to come or go until a fabric counts as settled."""
SETTLED_SECONDS = 6.0
"""After that long it counts as settled, whatever comes."""
LOOK_SECONDS = 0.05
"""Pause between two looks, and from the loss of a neighbor to the look for its reason: zebra may be about to add it again."""
TRIES = 5
_LONGEST = 1 << 16
_PREFIXES = re.compile(r'"pfx(?:Rcd|Snt)":(\d+)')

_Place = tuple[str, str]
"""A node and a VRF."""


class RouterMacs:
    """Those of the transit VNIs of a lab whose routes come by several neighbors. `again` counts how often some were lost and came back."""

    def __init__(self, forwarding: Forwarding, ask: Ask, repair: Repair) -> None:
        self._forwarding, self._ask, self._repair = forwarding, ask, repair
        self._checks: dict[_Place, asyncio.Task[None]] = {}
        self._turns: defaultdict[_Place, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.again: dict[_Place, int] = {}

    async def settle(self, deadline: Deadline) -> None:
        """Have all routes announced once more when no more of them come: some router MACs hang by fewer routes than lead to them."""
        doubled = list(self._doubled())
        if doubled:
            await self._until_quiet([node for node, _ in doubled], deadline)
            await asyncio.gather(*(self._announce(node, transit) for node, transit in doubled))

    def watch(self, listen: Callable[[int, Callable[[], None]], None]) -> None:
        """Hear from now on which neighbors go; `listen` calls a function whenever a descriptor can be read."""
        for node, transit in self._doubled():
            sock = self._forwarding.changes_of_neighbors(node, transit)
            listen(sock.fileno(), partial(self._heard, sock, node, transit))

    def said(self) -> Iterator[str]:
        """The repairs so far, in words."""
        for (node, vrf), times in self.again.items():
            how_often = "once" if times == 1 else f"{times} times"
            yield f"{node}: the routing daemons lost router MACs of VRF {vrf} {how_often}, and were told the routes again"

    def _doubled(self) -> Iterator[tuple[NodeHandle, Transit]]:
        for node in self._forwarding.nodes:
            yield from ((node, transit) for transit in node.node.transits if transit.several_tell)

    async def _until_quiet(self, nodes: Sequence[NodeHandle], deadline: Deadline) -> None:
        latest, quiet, before = Deadline.patient(SETTLED_SECONDS), Deadline.after(QUIET_SECONDS), ""
        while not (quiet.over or latest.over or deadline.over):
            answers = [await self._ask(node, *suite().evpn_summary) for node in nodes]
            told = " ".join(number for answer in answers for number in _PREFIXES.findall(answer))
            if told != before:
                before, quiet = told, Deadline.after(QUIET_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    def _heard(self, sock: socket.socket, node: NodeHandle, transit: Transit) -> None:
        """Look for lost router MACs when anything is heard, whatever it says: more than the kernel kept is a reason as well."""
        with suppress(OSError):
            while sock.recv(_LONGEST):
                pass
        place = node.node.name, transit.vrf
        if place not in self._checks or self._checks[place].done():
            self._checks[place] = asyncio.ensure_future(self._check(node, transit))

    async def _check(self, node: NodeHandle, transit: Transit) -> None:
        place = node.node.name, transit.vrf
        for _ in range(TRIES):
            await asyncio.sleep(LOOK_SECONDS)
            if not await self._is_lost(node, transit):
                return
            with suppress(LabgenError):  # bgpd may be about to start again
                await self._announce(node, transit)
            self.again[place] = self.again.get(place, 0) + 1

    async def _announce(self, node: NodeHandle, transit: Transit) -> None:
        async with self._turns[node.node.name, transit.vrf]:
            await self._repair(node.node.name, transit.repair)

    async def _is_lost(self, node: NodeHandle, transit: Transit) -> bool:
        """True if routes lead to a next hop that neither the kernel nor zebra knows the router MAC of: what zebra does know of, somebody
        took away from the kernel.
        """
        missing = self._forwarding.without_neighbor(node, transit)
        if not missing:
            return False
        daemon, command = suite().evpn_next_hops
        with suppress(ValueError, AttributeError):
            known = json.loads(await self._ask(node, daemon, command.format(vni=transit.vni)))
            return not missing <= known.keys()
        return False
