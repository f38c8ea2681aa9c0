"""Ports that labgen wrote for a switch, read back: VRF and addresses where it writes them, and ports that answers come in by."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import fabric, registry
from labgen.devices.relay_config import ConfiguredRelay, RelayReading, plain_name
from labgen.devices.sections import SectionDevice
from labgen.ground.labplan import NodePlan, RelayPlan
from labgen.ground.vocabulary import DEFAULT_VRF


def differences(
    config: RelayReading, node: NodePlan, relay: RelayPlan, configured: list[ConfiguredRelay]
) -> Iterator[str]:
    """What a configuration says otherwise than planned of the ports that a relay uses."""
    device = registry.get(node.device)
    if not isinstance(device, SectionDevice):
        for each in configured:
            if (each.vrf or DEFAULT_VRF) != relay.vrf:
                yield f"{relay.interface} is in VRF {each.vrf or DEFAULT_VRF}, planned {relay.vrf}"
        if not device.facts.embedded:
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
