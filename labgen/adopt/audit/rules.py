"""What of DHCP relaying cannot work, or will surprise, in the configurations of a network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from labgen.adopt.audit.finding import AuditFinding, Severity
from labgen.adopt.audit.read import Configuration
from labgen.adopt.audit.segments import differing_helpers
from labgen.devices.relay_config import ConfiguredInterface, ConfiguredRelay, ConfiguredTarget, plain_name
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Network, RelayOption
from labgen.ground.yamldoc import shown


@dataclass(frozen=True)
class Surveyed:
    """All configurations together."""

    nodes: Sequence[Configuration]

    @cached_property
    def owners(self) -> dict[Address, list[tuple[Configuration, ConfiguredInterface, bool]]]:
        """Who has an address: node, interface, and whether as an anycast one."""
        found: dict[Address, list[tuple[Configuration, ConfiguredInterface, bool]]] = defaultdict(list)
        for node in self.nodes:
            for interface in node.config.interfaces:
                if interface.borrows:
                    continue  # the address is the lender's
                for each in interface.addresses:
                    found[each.ip].append((node, interface, False))
                for each in interface.anycast:
                    found[each.ip].append((node, interface, True))
        return found

    @cached_property
    def relaying_as(self) -> dict[Address, set[str]]:
        """Nodes that put an address into giaddr."""
        found: dict[Address, set[str]] = defaultdict(set)
        for node in self.nodes:
            for relay in node.config.relays:
                for target in relay.targets:
                    giaddr = node.config.giaddr(relay, target)
                    if giaddr is not None:
                        found[giaddr].add(node.node)
        return found

    def connected(self, address: Address) -> set[str]:
        """VRFs of relaying switches that have the subnet of an address on a port."""
        return {
            interface.vrf
            for node in self.nodes
            if node.config.relays
            for interface in node.config.interfaces
            if not interface.down
            for each in interface.addresses
            if each.network.prefixlen < each.network.max_prefixlen and address in each.network
        }


@dataclass(frozen=True)
class HelperWay:
    """One helper address of one interface of one node."""

    network: Surveyed
    node: Configuration
    relay: ConfiguredRelay
    target: ConfiguredTarget
    interface: ConfiguredInterface | None = field(default=None)

    @property
    def client_vrf(self) -> str:
        return self.interface.vrf if self.interface else self.relay.vrf or DEFAULT_VRF

    @property
    def server_vrf(self) -> str:
        return self.target.vrf or self.client_vrf

    @property
    def crossing(self) -> bool:
        return self.server_vrf != self.client_vrf

    @cached_property
    def giaddr(self) -> Address | None:
        return self.node.config.giaddr(self.relay, self.target)

    @property
    def subnets(self) -> tuple[Network, ...]:
        """The clients' subnets, the primary one first."""
        port = self.interface
        return tuple(each.network for each in (*port.addresses, *port.anycast)) if port else ()

    @property
    def known_vrfs(self) -> set[str]:
        """VRFs that the node has interfaces in."""
        return {interface.vrf for interface in self.node.config.interfaces} | {DEFAULT_VRF}

    @property
    def where(self) -> str:
        return self.relay.interface or f"VRF {self.relay.vrf}"

    def says(self, code: str, severity: Severity, message: str, remedy: str) -> AuditFinding:
        line = self.target.line or self.relay.line
        return AuditFinding(
            code, severity, self.node.node, self.node.file, line, f"{self.where}: {message}", remedy
        )


Rule = Callable[[HelperWay], Iterator[AuditFinding]]


def no_address(way: HelperWay) -> Iterator[AuditFinding]:
    """Relaying on an interface that is not configured, or that has no address to be giaddr (RFC 1542 section 4.1.1)."""
    if not way.node.config.interfaces:
        return  # a relay program's own file: addresses are elsewhere
    if way.interface is None and way.relay.interface:
        yield way.says(
            "relay-without-interface",
            "error",
            "relays on an interface that is not configured",
            "configure it, or remove the helper address",
        )
    elif way.interface is not None and not way.subnets and way.giaddr is None:
        yield way.says(
            "relay-without-address",
            "error",
            "relays, and has no address to be giaddr",
            "give the interface an address",
        )


def without_link_selection(way: HelperWay) -> Iterator[AuditFinding]:
    """giaddr outside the clients' subnet, and nothing that names the subnet (RFC 3527)."""
    if way.giaddr is None or not way.subnets:
        return
    inside = any(way.giaddr in each for each in way.subnets)
    if not inside and RelayOption.LINK_SELECTION not in way.relay.options:
        subnet = way.subnets[0]
        yield way.says(
            "giaddr-without-link-selection",
            "error",
            f"giaddr {way.giaddr} is outside the clients' subnet {subnet}, and link selection is not sent: "
            "no server can tell which pool is meant",
            "turn on option 82 with link selection (RFC 3527), or take giaddr from the interface itself",
        )


def option_82_off(way: HelperWay) -> Iterator[AuditFinding]:
    """Between VRFs, servers have to be told the subnet, and clients an identifier that they reach (RFC 3527, RFC 5107)."""
    if way.crossing and not way.relay.options:
        yield way.says(
            "option-82-off-between-vrfs",
            "error",
            f"server {way.target.address} is in VRF {way.server_vrf}, clients are in {way.client_vrf}, and option 82 is off: "
            "neither subnet nor server identifier can be told",
            "turn on relay information (option 82) with link selection and server identifier override",
        )
    elif way.crossing and RelayOption.SERVER_ID_OVERRIDE not in way.relay.options:
        yield way.says(
            "no-override-between-vrfs",
            "warning",
            f"server {way.target.address} is in VRF {way.server_vrf}, and server identifier override (RFC 5107) is not sent: "
            f"clients in {way.client_vrf} renew at an address they may not reach",
            "turn on server identifier override, or see that the VRF has a route to the server",
        )


def no_route_back(way: HelperWay) -> Iterator[AuditFinding]:
    """The server answers to giaddr, in its own VRF; giaddr has to be there."""
    if way.giaddr is None or not way.node.config.interfaces or way.server_vrf not in way.known_vrfs:
        return
    own = [interface for node, interface, _ in way.network.owners[way.giaddr] if node is way.node]
    if not own:
        yield way.says(
            "giaddr-of-nobody",
            "error",
            f"giaddr {way.giaddr} is no address of this node: answers go nowhere",
            "name an interface that has the address",
        )
    elif all(interface.vrf != way.server_vrf for interface in own):
        yield way.says(
            "no-route-back",
            "error",
            f"giaddr {way.giaddr} is in VRF {own[0].vrf} ({own[0].name}), server {way.target.address} in {way.server_vrf}: "
            "its answers have no way back",
            f"take giaddr from an interface in VRF {way.server_vrf}, with link selection",
        )


def source_missing(way: HelperWay) -> Iterator[AuditFinding]:
    """giaddr cannot come from an interface that has none."""
    source = way.node.config.source(way.relay, way.target)
    if way.giaddr is not None or not source or not way.node.config.interfaces:
        return
    known = way.node.config.interface(source)
    yield way.says(
        "giaddr-of-nobody",
        "error",
        f"giaddr is taken from {source}, which {'has no address' if known else 'is not configured'}",
        "name an interface that has an address",
    )


def source_down(way: HelperWay) -> Iterator[AuditFinding]:
    """An address on an interface that is turned off is nobody's."""
    if way.giaddr is None:
        return
    own = [port for node, port, _ in way.network.owners[way.giaddr] if node is way.node]
    if own and all(port.down for port in own):
        yield way.says(
            "giaddr-interface-down",
            "error",
            f"giaddr {way.giaddr} is the address of {own[0].name}, which is turned off",
            f"turn {own[0].name} on, or take giaddr from another interface",
        )


def helper_in_wrong_vrf(way: HelperWay) -> Iterator[AuditFinding]:
    """A server's VRF that the node does not have."""
    if not way.node.config.interfaces:
        return
    if way.server_vrf not in way.known_vrfs:
        yield way.says(
            "helper-vrf-unknown",
            "error",
            f"helper {way.target.address} is looked for in VRF {way.server_vrf}, and no interface of the node is in it",
            f"use one of: {', '.join(sorted(way.known_vrfs))}",
        )
        return
    there = way.network.connected(way.target.address)
    if there and way.server_vrf not in there:
        yield way.says(
            "helper-in-wrong-vrf",
            "error",
            f"helper {way.target.address} is looked for in VRF {way.server_vrf}, and its subnet is in {', '.join(sorted(there))}",
            "say the VRF in the helper address",
        )


def anycast_giaddr(way: HelperWay) -> Iterator[AuditFinding]:
    """A giaddr that several nodes have: the answer returns to the nearest of them."""
    if way.giaddr is None:
        return
    others = [(node, shared) for node, _, shared in way.network.owners[way.giaddr] if node is not way.node]
    own = any(shared for node, _, shared in way.network.owners[way.giaddr] if node is way.node)
    names = {node.node for node, _ in others} | (way.network.relaying_as[way.giaddr] - {way.node.node})
    if own or names:
        told = ", ".join(sorted(names)) or "other switches"
        yield way.says(
            "anycast-giaddr",
            "error" if names else "warning",
            f"giaddr {way.giaddr} is also an address of {told}: a server's answer goes to the nearest, not to the one that relayed",
            "take giaddr from an address of this switch alone: a loopback, with link selection",
        )


def untrusted_option_82(way: HelperWay) -> Iterator[AuditFinding]:
    """A relay drops what an access switch put option 82 into, unless it trusts the port (RFC 3046 section 2.1.1)."""
    vlan = plain_name(way.relay.interface).removeprefix("vlan")
    if way.relay.trusts is not False or not vlan.isdecimal():
        return
    access = [n.node for n in way.network.nodes if n is not way.node and int(vlan) in n.config.inserts]
    if access:
        yield way.says(
            "option-82-untrusted",
            "error",
            f"{', '.join(access)} {'puts' if len(access) == 1 else 'put'} option 82 into requests of VLAN {vlan} (DHCP snooping), "
            "which have no giaddr yet, and are dropped here",
            "trust them (`ip dhcp relay information trusted`), or leave option 82 out on the access switch "
            "(`no ip dhcp snooping information option`)",
        )


WAY_RULES: tuple[Rule, ...] = (
    no_address,
    without_link_selection,
    option_82_off,
    no_route_back,
    source_missing,
    source_down,
    helper_in_wrong_vrf,
    anycast_giaddr,
    untrusted_option_82,
)


def node_rules(node: Configuration) -> Iterator[AuditFinding]:
    """What is wrong with a node as a whole."""
    if node.config.off and node.config.relays:
        yield AuditFinding(
            "relaying-off",
            "error",
            node.node,
            node.file,
            0,
            "helper addresses are configured, and relaying is turned off",
            "turn it on (`service dhcp`, `feature dhcp`, ...)",
        )
    for relay in node.config.relays:
        if not relay.targets:
            yield AuditFinding(
                "relay-without-server",
                "error",
                node.node,
                node.file,
                relay.line,
                f"{relay.interface or f'VRF {relay.vrf}'}: relays, and no server is named: the group of servers is missing or empty",
                "name a server, or correct the name of the group",
            )
        seen: set[tuple[Address, str]] = set()
        for target in relay.targets:
            if (target.address, target.vrf) in seen:
                yield AuditFinding(
                    "helper-twice",
                    "warning",
                    node.node,
                    node.file,
                    target.line,
                    f"{relay.interface}: helper {target.address} stands twice: the server gets every request twice",
                    "keep one",
                )
            seen.add((target.address, target.vrf))
    for line, text in node.config.unread:
        yield AuditFinding(
            "not-understood",
            "info",
            node.node,
            node.file,
            line,
            f"not understood: {shown(text)}",
            "it is left out of this audit",
        )


def audit(nodes: Sequence[Configuration]) -> tuple[AuditFinding, ...]:
    """Everything found, errors first, then by node and line."""
    network = Surveyed(nodes)
    found: list[AuditFinding] = []
    for node in nodes:
        found += node_rules(node)
        for relay in node.config.relays:
            for target in relay.targets:
                way = HelperWay(network, node, relay, target, node.config.interface(relay.interface))
                if way.interface is not None and way.interface.down:
                    continue  # nobody asks there
                found += (each for rule in WAY_RULES for each in rule(way))
    found += differing_helpers(nodes)
    order = {"error": 0, "warning": 1, "info": 2}
    return tuple(
        sorted(dict.fromkeys(found), key=lambda each: (order[each.severity], each.node, each.line, each.code))
    )
