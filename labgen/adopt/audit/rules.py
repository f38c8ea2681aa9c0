"""Faults and surprises of DHCP relaying in the configurations of a network."""

from __future__ import annotations

import re
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

MANAGEMENT = re.compile(r"(?i)mgmt|management|^oob")
"""Names of VRFs for management."""


@dataclass(frozen=True)
class Surveyed:
    """All configurations together."""

    nodes: Sequence[Configuration]

    @cached_property
    def owners(self) -> dict[Address, list[tuple[Configuration, ConfiguredInterface, bool]]]:
        """The owners of each address: node, interface, and True where it is an anycast address."""
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
        """VRFs of relaying switches that have the subnet of an address on a port, or that of a port of the node whose address it is."""
        there = {address} | {
            each.ip
            for node, own, _ in self.owners.get(address, ())
            for interface in node.config.interfaces
            if interface.vrf == own.vrf and not interface.down
            for each in interface.addresses
        }
        return {
            interface.vrf
            for node in self.nodes
            if node.config.relays
            for interface in node.config.interfaces
            if not interface.down
            for each in interface.addresses
            if each.network.prefixlen < each.network.max_prefixlen
            and any(known in each.network for known in there)
        }


@dataclass(frozen=True)
class HelperAddress:
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


Rule = Callable[[HelperAddress], Iterator[AuditFinding]]


def no_address(helper: HelperAddress) -> Iterator[AuditFinding]:
    """Relaying on an interface that is not configured, or that has no address to be giaddr (RFC 1542 section 4.1.1)."""
    if not helper.node.config.interfaces:
        return  # a relay program's own file: addresses are elsewhere
    if helper.interface is None and helper.relay.interface:
        yield helper.says(
            "relay-without-interface",
            "error",
            "relays on an interface that is not configured",
            "configure it, or remove the helper address",
        )
    elif helper.interface is not None and not helper.subnets and helper.giaddr is None:
        yield helper.says(
            "relay-without-address",
            "error",
            "relays, and has no address to be giaddr",
            "give the interface an address",
        )


def without_link_selection(helper: HelperAddress) -> Iterator[AuditFinding]:
    """giaddr outside the clients' subnet, and nothing that names the subnet (RFC 3527)."""
    if helper.giaddr is None or not helper.subnets:
        return
    inside = any(helper.giaddr in each for each in helper.subnets)
    if not inside and RelayOption.LINK_SELECTION not in helper.relay.options:
        subnet = helper.subnets[0]
        yield helper.says(
            "giaddr-without-link-selection",
            "error",
            f"giaddr {helper.giaddr} is outside the clients' subnet {subnet}, and link selection is not sent: "
            "no server can tell which pool is meant",
            "turn on option 82 with link selection (RFC 3527), or take giaddr from the interface itself",
        )


def option_82_off(helper: HelperAddress) -> Iterator[AuditFinding]:
    """Between VRFs, servers have to be told the subnet, and clients an identifier that they reach (RFC 3527, RFC 5107)."""
    if helper.crossing and not helper.relay.options:
        yield helper.says(
            "option-82-off-between-vrfs",
            "error",
            f"server {helper.target.address} is in VRF {helper.server_vrf}, clients are in {helper.client_vrf}, and option 82 is off: "
            "neither subnet nor server identifier can be told",
            "turn on relay information (option 82) with link selection and server identifier override",
        )
    elif helper.crossing and RelayOption.SERVER_ID_OVERRIDE not in helper.relay.options:
        yield helper.says(
            "no-override-between-vrfs",
            "warning",
            f"server {helper.target.address} is in VRF {helper.server_vrf}, and server identifier override (RFC 5107) is not sent: "
            f"clients in {helper.client_vrf} renew at an address they may not reach",
            "turn on server identifier override, or see that the VRF has a route to the server",
        )


def no_route_back(helper: HelperAddress) -> Iterator[AuditFinding]:
    """The server answers to giaddr, in its own VRF; giaddr has to be there."""
    if (
        helper.giaddr is None
        or not helper.node.config.interfaces
        or helper.server_vrf not in helper.known_vrfs
    ):
        return
    own = [interface for node, interface, _ in helper.network.owners[helper.giaddr] if node is helper.node]
    if not own:
        yield helper.says(
            "giaddr-of-nobody",
            "error",
            f"giaddr {helper.giaddr} is no address of this node: answers go nowhere",
            "name an interface that has the address",
        )
    elif all(interface.vrf != helper.server_vrf for interface in own):
        yield helper.says(
            "no-route-back",
            "error",
            f"giaddr {helper.giaddr} is in VRF {own[0].vrf} ({own[0].name}), server {helper.target.address} in {helper.server_vrf}: "
            "its answers have no way back",
            f"take giaddr from an interface in VRF {helper.server_vrf}, with link selection",
        )


def source_missing(helper: HelperAddress) -> Iterator[AuditFinding]:
    """giaddr cannot come from an interface that has none."""
    source = helper.node.config.source(helper.relay, helper.target)
    if helper.giaddr is not None or not source or not helper.node.config.interfaces:
        return
    known = helper.node.config.interface(source)
    yield helper.says(
        "giaddr-of-nobody",
        "error",
        f"giaddr is taken from {source}, which {'has no address' if known else 'is not configured'}",
        "name an interface that has an address",
    )


def source_down(helper: HelperAddress) -> Iterator[AuditFinding]:
    """An address on an interface that is turned off is nobody's."""
    if helper.giaddr is None:
        return
    own = [port for node, port, _ in helper.network.owners[helper.giaddr] if node is helper.node]
    if own and all(port.down for port in own):
        yield helper.says(
            "giaddr-interface-down",
            "error",
            f"giaddr {helper.giaddr} is the address of {own[0].name}, which is turned off",
            f"turn {own[0].name} on, or take giaddr from another interface",
        )


def helper_in_wrong_vrf(helper: HelperAddress) -> Iterator[AuditFinding]:
    """A server's VRF that the node does not have."""
    if not helper.node.config.interfaces:
        return
    if helper.server_vrf not in helper.known_vrfs:
        yield helper.says(
            "helper-vrf-unknown",
            "error",
            f"helper {helper.target.address} is looked for in VRF {helper.server_vrf}, and no interface of the node is in it",
            f"use one of: {', '.join(sorted(helper.known_vrfs))}",
        )
        return
    there = helper.network.connected(helper.target.address)
    owners = {interface.vrf for _, interface, _ in helper.network.owners.get(helper.target.address, ())}
    if not there or helper.server_vrf in there | owners:
        return
    known = f"helper {helper.target.address} is looked for in VRF {helper.server_vrf}, and its subnet is in {', '.join(sorted(there))}"
    if all(
        MANAGEMENT.search(vrf) for vrf in there
    ):  # often a wide prefix, of which tenants have parts as well
        said = f"{known}, a VRF for management: is the server there?"
        yield helper.says("helper-near-management", "info", said, "if so, say the VRF in the helper address")
        return
    yield helper.says("helper-in-wrong-vrf", "error", known, "say the VRF in the helper address")


def anycast_giaddr(helper: HelperAddress) -> Iterator[AuditFinding]:
    """A giaddr that several nodes have: the answer returns to the nearest of them."""
    if helper.giaddr is None:
        return
    others = [
        (node, shared) for node, _, shared in helper.network.owners[helper.giaddr] if node is not helper.node
    ]
    own = any(shared for node, _, shared in helper.network.owners[helper.giaddr] if node is helper.node)
    names = {node.node for node, _ in others} | (
        helper.network.relaying_as[helper.giaddr] - {helper.node.node}
    )
    if own or names:
        sharers = ", ".join(sorted(names)) or "other switches"
        yield helper.says(
            "anycast-giaddr",
            "error" if names else "warning",
            f"giaddr {helper.giaddr} is also an address of {sharers}: a server's answer goes to the nearest, not to the one that relayed",
            "take giaddr from an address of this switch alone: a loopback, with link selection",
        )


def untrusted_option_82(helper: HelperAddress) -> Iterator[AuditFinding]:
    """A relay drops what an access switch put option 82 into, unless it trusts the port (RFC 3046 section 2.1.1)."""
    vlan = plain_name(helper.relay.interface).removeprefix("vlan")
    if helper.relay.trusts is not False or not vlan.isdecimal():
        return
    access = [n.node for n in helper.network.nodes if n is not helper.node and int(vlan) in n.config.inserts]
    if access:
        yield helper.says(
            "option-82-untrusted",
            "error",
            f"{', '.join(access)} {'puts' if len(access) == 1 else 'put'} option 82 into requests of VLAN {vlan} (DHCP snooping), "
            "which have no giaddr yet, and are dropped here",
            "trust them (`ip dhcp relay information trusted`), or leave option 82 out on the access switch "
            "(`no ip dhcp snooping information option`)",
        )


def redundancy_group(helper: HelperAddress) -> Iterator[AuditFinding]:
    """A helper address that names an HSRP group is for its active router alone (`ip helper-address A redundancy NAME`). A group
    without a name of its own is called `hsrp-`, the interface and its number."""
    group = helper.target.group
    known = {each.name for each in helper.node.config.standby if each.name}
    if group and group not in known and not group.startswith("hsrp-"):
        has = f"the names here are {', '.join(sorted(known))}" if known else "none has a name here"
        yield helper.says(
            "helper-group-unknown",
            "warning",
            f"helper {helper.target.address} is for the active router of HSRP group `{group}` alone, and {has}",
            f"name the group (`standby GROUP name {group}`), or leave `redundancy` out: then both routers relay",
        )


HELPER_RULES: tuple[Rule, ...] = (
    no_address,
    without_link_selection,
    option_82_off,
    no_route_back,
    source_missing,
    source_down,
    helper_in_wrong_vrf,
    anycast_giaddr,
    untrusted_option_82,
    redundancy_group,
)


def node_rules(node: Configuration) -> Iterator[AuditFinding]:
    """Faults of a node as a whole."""
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
                helper = HelperAddress(network, node, relay, target, node.config.interface(relay.interface))
                if helper.interface is not None and helper.interface.down:
                    continue  # nobody asks there
                found += (each for rule in HELPER_RULES for each in rule(helper))
    found += differing_helpers(nodes)
    order = {"error": 0, "warning": 1, "info": 2}
    return tuple(
        sorted(dict.fromkeys(found), key=lambda each: (order[each.severity], each.node, each.line, each.code))
    )
