"""Finds the port of a bridge that a client is behind, which circuit-id names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from labgen.relay.netlink import Interface
from labgen.relay.vrfs import Space


def port_finder(space: Space, interface: Interface) -> Callable[[bytes], bytes] | None:
    """Finds the bridge port of a client of an interface: a bridge, or a VLAN interface on top of one."""
    if interface.kind == "bridge":
        return partial(_bridge_port, space, interface.index, (0, 1))
    parent = space.machine.by_index.get(interface.parent)
    if interface.kind != "vlan" or parent is None:
        return None
    if parent.kind == "bridge":
        return partial(_bridge_port, space, parent.index, (interface.vlan,))
    return lambda _: parent.name.encode()


def _bridge_port(space: Space, bridge: int, vlans: tuple[int, ...], mac: bytes) -> bytes:
    """Name of the port behind which a bridge has a hardware address; empty where it does not know."""
    netlink = space.netlink
    if netlink is None:
        return b""
    for vlan in vlans:
        port = space.machine.by_index.get(netlink.bridge_port(bridge, mac, vlan))
        if port is not None:
            return port.name.encode()
    return b""
