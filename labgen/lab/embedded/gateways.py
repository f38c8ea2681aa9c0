"""Gateways that move stay off where VRRP has turned them off.

A switch that is not master has its part of the virtual router turned off: FRR takes its interface's carrier (protodown). Linux gives a
macvlan a carrier again whenever the bridge below it tells of its own, and then two switches answer for the gateway.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.assembly import UnstartedLab
from labgen.lab.embedded.netlink import LINK_CHANGES, open_socket, revived, turn_off

_LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class GatewayWatch:
    """Interfaces of one network namespace, and the socket that tells of their changes."""

    names: frozenset[str]
    socket: socket.socket

    def read(self) -> None:
        """Turn off again what came back, as far as the changes that are waiting tell."""
        while True:
            try:
                data = self.socket.recv(_LONGEST)
            except OSError:  # none left, or more than the kernel kept: the next change tells the rest
                return
            for name, index in revived(data):
                if name in self.names:
                    with suppress(OSError):
                        turn_off(self.socket, index)


def watches(assembly: UnstartedLab) -> Iterator[GatewayWatch]:
    """One for each namespace with gateways that move, before anything turns them off."""
    found: dict[int, set[str]] = {}
    for anycast in assembly.blueprint.anycasts:
        if not anycast.own:
            place = assembly.nodes[anycast.node].network(anycast.vrf, assembly.backend)
            found.setdefault(place, set()).add(anycast.name)
    for place, names in found.items():
        with sc.inside(place, assembly.home.net, sc.CLONE_NEWNET):
            sock = open_socket(LINK_CHANGES)
        sock.setblocking(False)
        yield GatewayWatch(frozenset(names), sock)
