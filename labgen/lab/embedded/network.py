"""Builds the lab's network with pyroute2: wires, bridges, tunnels, addresses.

Runs in a short-lived child of the supervisor, which thereby never holds pyroute2's memory and starts it
beside the nodes.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from pyroute2.iproute.linux import IPRoute

from labgen.lab.deadline import Deadline
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.blueprint import (
    LAB,
    MAIN,
    Anycast,
    Blueprint,
    DeviceRoute,
    LabBridge,
    Node,
    VethEnd,
    VethPair,
    VrfBackend,
    Vxlan,
    bond_ports,
    impaired_ports,
)

MGMT_BRIDGE = "mgmt"
MGMT_PORT = "eth0"
VXLAN_PORT = 4789
PORT_PREFIXES = ("eth", "bond")
IFF_UP, IFF_RUNNING = 0x1, 0x40
CARRIER_SECONDS, CARRIER_POLL = 3.0, 0.005

Place = tuple[str, str]
"""A network namespace: node name and VRF; `(LAB, MAIN)` is the lab's own."""

Indexes = dict[Place, dict[str, int]]
"""Interface indexes by name, of every place."""


class _Placed(Protocol):
    """A device and where it is."""

    @property
    def node(self) -> str: ...
    @property
    def vrf(self) -> str: ...


class _Named(_Placed, Protocol):
    @property
    def name(self) -> str: ...


class _Addressed(_Named, Protocol):
    @property
    def addresses(self) -> tuple[str, ...]: ...


class KernelLink(Protocol):
    """A link as pyroute2 reports it."""

    def get(self, name: str) -> str: ...
    def __getitem__(self, name: str) -> int: ...


class NetlinkCalls(Protocol):
    """The calls of pyroute2's IPRoute that are used; its own are untyped."""

    def link(self, command: str, **attributes: object) -> object: ...
    def addr(self, command: str, **attributes: object) -> object: ...
    def route(self, command: str, **attributes: object) -> object: ...
    def fdb(self, command: str, **attributes: object) -> object: ...
    def brport(self, command: str, **attributes: object) -> object: ...
    def get_links(self) -> tuple[KernelLink, ...]: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class NodeSite:
    """One namespace while it is being built."""

    fd: int
    route: NetlinkCalls
    socket: socket.socket
    index: dict[str, int] = field(default_factory=dict)

    def refresh(self) -> None:
        self.index = {link.get("ifname"): link["index"] for link in self.route.get_links()}


class Network:
    """A builder over the open namespaces of a lab. `places` are descriptors of network namespaces."""

    def __init__(self, blueprint: Blueprint, backend: VrfBackend, places: Mapping[Place, int]) -> None:
        self.blueprint = blueprint
        self.backend = backend
        self._stack = ExitStack()
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.sites = {place: self._site(fd, home) for place, fd in places.items()}

    def _site(self, fd: int, home: int) -> NodeSite:
        with sc.inside(fd, home, sc.CLONE_NEWNET):
            route = cast(NetlinkCalls, IPRoute())  # type: ignore[no-untyped-call]
            self._stack.callback(route.close)
            plain = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        return NodeSite(fd, route, plain)

    def build(self) -> Indexes:
        """Make everything; returns interface indexes. pyroute2's NetlinkError where the kernel refuses."""
        if self.backend == "kernel":
            self._vrf_devices()
        for bridge in self._bridges():
            self._bridge(bridge)
        for vxlan in self.blueprint.vxlans:
            self._vxlan(vxlan)
        for veth in self._every_veth():
            self._veth(veth)
        self._refresh()
        self._connect()
        for anycast in self.blueprint.anycasts:
            self._anycast(anycast)
        self._refresh()
        self._addresses()
        self._up()
        self._static_routes()
        self._static_flooding()
        self._source_checks()
        self._wait_for_carrier()
        return {place: site.index for place, site in self.sites.items()}

    def close(self) -> None:
        self._stack.close()

    # --- what there is ---

    def _bridges(self) -> Iterator[LabBridge]:
        yield LabBridge(LAB, MGMT_BRIDGE, addresses=(self.blueprint.gateway,))
        yield from self.blueprint.bridges

    def _every_veth(self) -> Iterator[VethPair]:
        for number, node in enumerate(self.blueprint.nodes):
            far = VethEnd(LAB, f"m{number}", bridge=MGMT_BRIDGE)
            yield VethPair(VethEnd(node.name, MGMT_PORT, addresses=(node.mgmt,)), far)
        for number, veth in enumerate(self.blueprint.veths):
            if veth.impairment is None:
                yield veth
            else:
                one, other = (VethEnd(LAB, name) for name in impaired_ports(number))
                yield from (VethPair(veth.a, one), VethPair(veth.b, other))
        for number, bond in enumerate(self.blueprint.bonds):
            port, members = bond_ports(number, len(bond.members))
            yield VethPair(bond.end, VethEnd(LAB, port))
            for member, name in zip(bond.members, members, strict=True):
                yield VethPair(member.end, VethEnd(LAB, name))

    def _ports(self) -> Iterator[VethEnd]:
        for veth in self._every_veth():
            yield veth.a
            yield veth.b

    def site(self, thing: _Placed) -> NodeSite:
        """The namespace that a device is in."""
        return self.sites[thing.node, thing.vrf if self.backend == "netns" else MAIN]

    # --- making it ---

    def _vrf_devices(self) -> None:
        for node in self.blueprint.nodes:
            site = self.sites[node.name, MAIN]
            for vrf in node.vrfs:
                site.route.link("add", ifname=vrf.name, kind="vrf", vrf_table=vrf.table, state="up")

    def _bridge(self, bridge: LabBridge) -> None:
        mac = {"address": bridge.mac} if bridge.mac else {}
        self.site(bridge).route.link(
            "add", ifname=bridge.name, kind="bridge", br_stp_state=0, br_mcast_snooping=0, **mac
        )

    def _vxlan(self, vxlan: Vxlan) -> None:
        # Made in the switch's main namespace, where its socket stays; the device lives in the VRF's.
        self.sites[vxlan.node, MAIN].route.link(
            "add",
            ifname=vxlan.name,
            kind="vxlan",
            net_ns_fd=self.site(vxlan).fd,
            vxlan_id=vxlan.vni,
            vxlan_port=VXLAN_PORT,
            vxlan_local=vxlan.local,
            vxlan_learning=vxlan.learning,
        )

    def _veth(self, veth: VethPair) -> None:
        a, b = veth.a, veth.b
        peer: dict[str, object] = {"ifname": b.name, "net_ns_fd": self.site(b).fd}
        if b.mac:
            peer["address"] = b.mac
        mac = {"address": a.mac} if a.mac else {}
        self.site(a).route.link("add", ifname=a.name, kind="veth", peer=peer, **mac)

    def _anycast(self, anycast: Anycast) -> None:
        site = self.site(anycast)
        site.route.link(
            "add",
            ifname=anycast.name,
            kind="macvlan",
            link=site.index[anycast.bridge],
            address=anycast.mac,
            macvlan_mode="private" if anycast.own else "bridge",
        )
        # Else the bridge takes the gateway's MAC for unknown and floods: the switch at the other end routes a copy.
        if anycast.own:
            site.route.fdb("append", ifindex=site.index[anycast.bridge], lladdr=anycast.mac)

    def _connect(self) -> None:
        """Put ports into bridges and, with kernel VRFs, routed devices into their VRF."""
        for port in self._ports():
            if port.bridge:
                self._enslave(port, port.name, port.bridge)
            else:
                self._into_vrf(port, port.name)
        for vxlan in self.blueprint.vxlans:
            self._enslave(vxlan, vxlan.name, vxlan.bridge)
            if not vxlan.learning:  # the control plane alone says what is behind the tunnel
                site = self.site(vxlan)
                site.route.brport("set", index=site.index[vxlan.name], learning=0)
        for bridge in self.blueprint.bridges:
            self._into_vrf(bridge, bridge.name)

    def _enslave(self, thing: _Placed, name: str, master: str) -> None:
        site = self.site(thing)
        site.route.link("set", index=site.index[name], master=site.index[master])

    def _into_vrf(self, thing: _Placed, name: str) -> None:
        if self.backend == "kernel" and thing.vrf != MAIN:
            self._enslave(thing, name, thing.vrf)

    def _addresses(self) -> None:
        addressed: list[_Addressed] = [*self._ports(), *self._bridges()]
        for thing in addressed:
            self._address(thing, thing.name, thing.addresses)
        for anycast in self.blueprint.anycasts:
            self._into_vrf(anycast, anycast.name)
            self._address(anycast, anycast.name, (anycast.address, *anycast.further))
        for node in self.blueprint.nodes:
            own = (*filter(None, [node.loopback]), *node.loopbacks)
            self._address(VethEnd(node.name, "lo"), "lo", own)
            for vrf in node.vrfs:
                name = "lo" if self.backend == "netns" else vrf.name
                self._address(VethEnd(node.name, name, vrf.name), name, filter(None, [vrf.loopback]))

    def _address(self, thing: _Placed, name: str, addresses: Iterable[str]) -> None:
        site = self.site(thing)
        for address in addresses:
            ip, _, bits = address.partition("/")
            site.route.addr("add", index=site.index[name], address=ip, prefixlen=int(bits))

    def _up(self) -> None:
        for site in self.sites.values():
            site.route.link("set", index=site.index["lo"], state="up")
        blueprint = self.blueprint
        made: list[_Named] = [*self._bridges(), *blueprint.vxlans, *blueprint.anycasts, *self._ports()]
        for thing in made:
            site = self.site(thing)
            sc.disable_tx_checksum_offload(site.socket, thing.name)
            site.route.link("set", index=site.index[thing.name], state="up")

    def _static_routes(self) -> None:
        for node in self.blueprint.nodes:
            for route in node.routes:
                site = self.site(VethEnd(node.name, route.device, route.vrf))
                gateway = {"gateway": route.via} if route.via else {"scope": "link"}
                site.route.route(
                    "add",
                    dst=route.prefix,
                    oif=site.index[route.device],
                    priority=route.metric,
                    **gateway,
                    **self._table(node, route),
                )

    def _table(self, node: Node, route: DeviceRoute) -> dict[str, int]:
        """The routing table of a route in a VRF that is a kernel device."""
        if self.backend == "netns" or route.vrf == MAIN:
            return {}
        return {"table": next(vrf.table for vrf in node.vrfs if vrf.name == route.vrf)}

    def _static_flooding(self) -> None:
        for vxlan in self.blueprint.vxlans:
            site = self.site(vxlan)
            for remote in vxlan.flood:
                site.route.fdb(
                    "append", ifindex=site.index[vxlan.name], lladdr="00:00:00:00:00:00", dst=remote
                )

    def _source_checks(self) -> None:
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        for wanted in self.blueprint.source_checks:
            for (node, _), site in self.sites.items():
                if node == wanted.node:
                    with sc.inside(site.fd, home, sc.CLONE_NEWNET):
                        for port in set(wanted.ports) & set(site.index):
                            Path(f"/proc/sys/net/ipv4/conf/{port}/rp_filter").write_text(str(wanted.mode))
        os.close(home)

    def _wait_for_carrier(self) -> None:
        """The kernel tells of carriers a moment after both ends are up, and Kea never opens a port it found without."""
        deadline = Deadline.patient(CARRIER_SECONDS)
        for site in self.sites.values():
            while not deadline.over and any(_waits(link) for link in site.route.get_links()):
                time.sleep(CARRIER_POLL)

    def _refresh(self) -> None:
        for site in self.sites.values():
            site.refresh()


def _waits(link: KernelLink) -> bool:
    """True if a port that is up has no carrier yet."""
    port = link.get("ifname").startswith(PORT_PREFIXES)
    return port and bool(link["flags"] & IFF_UP) and not link["flags"] & IFF_RUNNING


def build_network(blueprint: Blueprint, backend: VrfBackend, places: Mapping[Place, int]) -> Indexes:
    """Build the network of a lab in the open namespaces `places`."""
    network = Network(blueprint, backend, places)
    try:
        return network.build()
    finally:
        network.close()
