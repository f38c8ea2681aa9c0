"""Switches of one segment that relay differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labgen.adopt.audit.finding import AuditFinding
from labgen.adopt.audit.read import Configuration
from labgen.devices.relay_config import ConfiguredInterface
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Network


def differing_helpers(nodes: Sequence[Configuration]) -> Iterator[AuditFinding]:
    """Switches of one segment that relay to different servers, or one that does not relay beside others that do."""
    segments: dict[tuple[str, Network], list[tuple[Configuration, ConfiguredInterface]]] = defaultdict(list)
    for node in nodes:
        for interface in node.config.interfaces:
            for each in () if interface.down else (*interface.addresses, *interface.anycast):
                if each.network.prefixlen < each.network.max_prefixlen - 2:
                    segments[interface.vrf, each.network].append((node, interface))
    for (_, prefix), members in segments.items():
        yield from _differing(prefix, members)


def _differing(
    prefix: Network, members: list[tuple[Configuration, ConfiguredInterface]]
) -> Iterator[AuditFinding]:
    asked = [(node, interface, helpers(node, interface)) for node, interface in members]
    usual = max(
        (found for _, _, found in asked),
        key=lambda found: (sum(found == each for _, _, each in asked), len(found)),
        default=frozenset(),
    )
    if not usual or len({node.node for node, _, _ in asked}) < 2:
        return
    for node, interface, found in asked:
        if found == usual or _without_servers(node, interface):
            continue
        others = list(dict.fromkeys(other.node for other, _, each in asked if each == usual))
        said = f"relays to {_words(found)}" if found else "does not relay"
        yield AuditFinding(
            "helpers-differ",
            "error" if not found else "warning",
            node.node,
            node.file,
            interface.line,
            f"{interface.name}: {said} on {prefix}, where {', '.join(others)} "
            f"{'relays' if len(others) == 1 else 'relay'} to {_words(usual)}",
            "configure the same helper addresses on every switch of the segment",
        )


def _without_servers(node: Configuration, interface: ConfiguredInterface) -> bool:
    """True if a relay there names no server, which is a finding of its own."""
    own = [each for each in node.config.relays if node.config.interface(each.interface) is interface]
    return bool(own) and not any(each.targets for each in own)


def helpers(node: Configuration, interface: ConfiguredInterface) -> frozenset[tuple[Address, str]]:
    """Servers and their VRFs that a node asks for clients on an interface."""
    return frozenset(
        (target.address, target.vrf or interface.vrf)
        for relay in node.config.relays
        if node.config.interface(relay.interface) is interface
        or (not relay.interface and relay.vrf == interface.vrf)
        for target in relay.targets
    )


def _words(found: frozenset[tuple[Address, str]]) -> str:
    return ", ".join(
        f"{address} (VRF {vrf})" if vrf != DEFAULT_VRF else str(address)
        for address, vrf in sorted(found, key=lambda each: (each[1], int(each[0])))
    )
