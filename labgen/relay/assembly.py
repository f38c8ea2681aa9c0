"""Policies and open sockets put together into what the forwarder works with."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address

from labgen.dhcp.packet import SERVER_PORT
from labgen.relay.counters import Counters
from labgen.relay.endpoints import Endpoints, SocketKey, Vrfs, gateways
from labgen.relay.forward import Port, Tables
from labgen.relay.mmsg import Outbox, SocketAddress
from labgen.relay.namespaces import Namespace
from labgen.relay.netlink import Interface, Interfaces
from labgen.relay.policy import GroupPolicy, LinkPolicy, own_addresses
from labgen.relay.tables import Group, Link, ReplyTable, Server


class Assembly:
    """One build of the tables. Ports of `endpoints` are updated in place by `connect`."""

    def __init__(self, counters: Counters, endpoints: Endpoints, vrfs: Vrfs) -> None:
        self._counters = counters
        self._endpoints = endpoints
        self._vrfs = vrfs
        self._servers: dict[tuple[str, IPv4Address], Server] = {}

    def connect(self, policies: Iterable[LinkPolicy], state: Mapping[str, Interfaces]) -> Tables:
        """The tables for `policies`; interfaces whose sockets are not open yet are left out."""
        policies = list(policies)
        tables = Tables(own=own_addresses(state, policies))
        places: dict[Namespace, dict[int, Link]] = {space: {} for space in self._vrfs.spaces.values()}
        for policy in policies:
            box = self._raw_box(policy)
            if policy.interface is None or box is None:
                continue
            link = self._link(policy, policy.interface, box)
            for interface in (policy.interface, *gateways(policy, state)):
                places[self._vrfs.space(policy.config.vrf)][interface.index] = link
            for group in link.groups:
                table = tables.replies.setdefault(group.giaddr, ReplyTable())
                table.add(link, group.policy)
        tables.targets = {server.target.pointer: server for server in self._servers.values()}
        for key, endpoint in self._endpoints.open.items():
            self._place(endpoint.port, key.vrf, places)
        return tables

    def _place(self, port: Port, vrf: str, places: Mapping[Namespace, dict[int, Link]]) -> None:
        port.links = places[self._vrfs.space(vrf)]
        port.servers = {
            int.from_bytes(address.packed, sys.byteorder): server.counters
            for (home, address), server in sorted(self._servers.items(), key=lambda item: item[0][0] == vrf)
        }
        port.stranger = self._counters.server(f"other@{vrf}")

    def _raw_box(self, policy: LinkPolicy) -> Outbox | None:
        if policy.interface is None:
            return None
        key = SocketKey("raw", policy.config.vrf, policy.interface.name, policy.interface.index)
        endpoint = self._endpoints.open.get(key)
        return endpoint.box if endpoint is not None else None

    def _link(self, policy: LinkPolicy, interface: Interface, box: Outbox) -> Link:
        groups = [self._group(group) for group in policy.groups]
        return Link(
            policy,
            self._counters.link(policy.key),
            tuple(group for group in groups if group is not None),
            box,
            interface.mac,
            int(policy.address.ip) if policy.address is not None else 0,
            interface.mtu,
        )

    def _group(self, policy: GroupPolicy) -> Group | None:
        endpoint = self._endpoints.open.get(SocketKey("server", policy.vrf, str(policy.giaddr)))
        if endpoint is None:
            return None
        return Group(policy, endpoint.box, tuple(self._server(policy.vrf, item) for item in policy.servers))

    def _server(self, vrf: str, address: IPv4Address) -> Server:
        known = self._servers.get((vrf, address))
        if known is None:
            name = f"{address}@{vrf}"
            target = SocketAddress(address.packed, SERVER_PORT)
            known = Server(name, address.packed, target, self._counters.server(name))
            self._servers[vrf, address] = known
        return known
