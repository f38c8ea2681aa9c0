"""Addresses and VRFs of the ports of a switch that labgen configured, held against the plan where labgen writes them."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import fabric, registry
from labgen.devices.relay_config import ConfiguredRelay, RelayReading, plain_name
from labgen.devices.sections import SectionDevice
from labgen.ground.labplan import NodePlan, RelayPlan
from labgen.ground.vocabulary import DEFAULT_VRF


def differences(config: RelayReading, node: NodePlan) -> Iterator[str]:
    """Loopbacks of VRFs and addresses of secondary subnets that are otherwise than planned, in words."""
    facts = registry.get(node.device).facts
    for vrf in node.vrfs if not facts.embedded else ():
        have = config.interface(vrf.loopback_name) if vrf.loopback else None
        called = facts.naming.vrf_name(vrf.name)
        if vrf.loopback and (have is None or vrf.loopback not in have.addresses or have.vrf != called):
            yield f"{vrf.loopback_name} has no address {vrf.loopback} in VRF {called}"
    yield from _secondary(config, node)


def of_relay(
    config: RelayReading, node: NodePlan, relay: RelayPlan, configured: list[ConfiguredRelay]
) -> Iterator[str]:
    """Differences from the plan at the ports that a relay uses: those of clients and of giaddr, and where answers come in."""
    device = registry.get(node.device)
    whole = not isinstance(device, SectionDevice)
    if whole or not device.facts.fabric.netlab_vrf:
        wanted = relay.vrf if device.facts.embedded else device.facts.naming.vrf_name(relay.vrf)
        for each in configured:
            if (each.vrf or DEFAULT_VRF) != wanted:
                yield f"{relay.interface} is in VRF {each.vrf or DEFAULT_VRF}, planned {wanted}"
    if whole and not device.facts.embedded:
        yield from _addresses(config, node, relay)
    yield from _answers(config, node, relay)


def _addresses(config: RelayReading, node: NodePlan, relay: RelayPlan) -> Iterator[str]:
    """Ports of the clients, and of giaddr, without an address that they are planned to have, or in another VRF."""
    for name in dict.fromkeys((relay.interface, relay.owner.interface if relay.owner else relay.interface)):
        have = config.interface(name)
        given = {each.ip for each in (*have.addresses, *have.anycast)} if have else set()
        port = next((each for each in node.interfaces if each.name == name), None)
        wanted = [each.ip for each in (port.address, port.anycast) if each] if port else [relay.giaddr]
        missing = [str(each) for each in wanted if each not in given]
        if missing:
            yield f"{name} has no address {', '.join(missing)}"
        if have is not None and port is not None and have.vrf != port.vrf:
            yield f"{name} is in VRF {have.vrf}, planned {port.vrf}"


def _answers(config: RelayReading, node: NodePlan, relay: RelayPlan) -> Iterator[str]:
    """Ports towards servers that the device has to be told of, and is not."""
    if config.answered_at is None:
        return
    taken_at = {plain_name(each) for each in config.answered_at}
    for port in fabric.upstream(node, relay.vrf):
        if plain_name(port.name) not in taken_at:
            yield f"answers of servers are not taken at {port.name}"


def _secondary(config: RelayReading, node: NodePlan) -> Iterator[str]:
    """Addresses of secondary subnets that an interface is not given, or gives as its first, which giaddr is taken from."""
    for port in node.interfaces if not registry.get(node.device).facts.embedded else ():
        moved = (each for each in config.interfaces if port.address in each.addresses)
        have = config.interface(port.name) or config.interface(f"{port.name}.0") or next(moved, None)
        addresses = have.addresses if have else ()
        missing = [str(each) for each in port.secondary if each not in addresses]
        if missing:
            yield f"{port.name} has no address {', '.join(missing)}"
        if port.secondary and port.address in addresses and addresses[0] != port.address:
            yield f"{port.name} has {addresses[0]} first, planned {port.address}"
