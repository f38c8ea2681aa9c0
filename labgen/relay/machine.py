"""The interfaces of one namespace, kept in step with the kernel message by message."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Interface

from labgen.relay.netlink import (
    DELETE_ADDRESS,
    DELETE_LINK,
    NEW_ADDRESS,
    NEW_LINK,
    Interface,
    Interfaces,
    NetlinkMessage,
    parse_address,
    parse_link,
)

_NESTING = 4
"""Masters above one another that are followed: port, bond, bridge, VRF."""


class Machine:
    """Interfaces that a namespace has now, by name and by index."""

    def __init__(self) -> None:
        self.by_name: Interfaces = {}
        self.by_index: dict[int, Interface] = {}

    def replace(self, found: Interfaces) -> set[str]:
        """Take over a whole new state; the names of the interfaces that differ."""
        before, self.by_name = self.by_name, dict(found)
        self.by_index = {interface.index: interface for interface in found.values()}
        names = before.keys() | found.keys()
        return {name for name in names if before.get(name) != found.get(name)}

    def apply(self, message: NetlinkMessage) -> set[str]:
        """Take over one change; the names it touches, both of a rename."""
        if message.kind == NEW_LINK:
            return self._link(parse_link(message.body))
        if message.kind == DELETE_LINK:
            return self._gone(message)
        if message.kind in (NEW_ADDRESS, DELETE_ADDRESS):
            index, address, secondary = parse_address(message.body)
            if address is not None and index in self.by_index:
                return self._address(index, address, secondary, message.kind == NEW_ADDRESS)
        return set()

    def _link(self, fresh: Interface) -> set[str]:
        old = self.by_index.get(fresh.index)
        if old is None:
            self._put(fresh)
            return {fresh.name}
        fresh = replace(fresh, addresses=old.addresses, secondaries=old.secondaries)
        if not fresh.kind:
            # A bridge's word about its port says nothing of what the port is.
            fresh = replace(fresh, kind=old.kind, vlan=old.vlan)
        if fresh == old:
            return set()
        if fresh.name != old.name:
            self.by_name.pop(old.name, None)
        self._put(fresh)
        return {old.name, fresh.name}

    def _gone(self, message: NetlinkMessage) -> set[str]:
        link = parse_link(message.body)
        if message.body[:1] != b"\0":
            # Left a bridge (AF_BRIDGE), and is still there: word of its new master follows.
            return set()
        old = self.by_index.pop(link.index, None)
        if old is None:
            return set()
        if self.by_name.get(old.name) is old:
            del self.by_name[old.name]
        return {old.name}

    def _address(self, index: int, address: IPv4Interface, secondary: bool, new: bool) -> set[str]:
        old = self.by_index[index]
        primaries = tuple(item for item in old.addresses if item != address)
        secondaries = tuple(item for item in old.secondaries if item != address)
        if new and secondary:
            secondaries = (*secondaries, address)
        elif new:
            # What is there already keeps its place among the others.
            primaries = old.addresses if address in old.addresses else (*primaries, address)
        fresh = replace(old, addresses=primaries, secondaries=secondaries)
        if fresh == old:
            return set()
        self._put(fresh)
        return {old.name}

    def _put(self, interface: Interface) -> None:
        self.by_index[interface.index] = interface
        self.by_name[interface.name] = interface

    def vrf_of(self, interface: Interface) -> str:
        """Name of the VRF device an interface belongs to, by way of its bridge or itself; empty for none."""
        for _ in range(_NESTING):
            if interface.kind == "vrf":
                return interface.name
            master = self.by_index.get(interface.master)
            if master is None:
                return ""
            interface = master
        return ""
