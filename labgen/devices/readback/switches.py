"""Configurations that labgen wrote for switches, read back by the device's own readers and held against the plan, part by part."""

from __future__ import annotations

from labgen.devices import registry, relay_config
from labgen.devices.readback import addresses, fabric, gateways, relaying, snooping, vlans
from labgen.devices.routing_suite import suite
from labgen.ground.labplan import LabPlan, NodePlan


def text(plan: LabPlan, node: NodePlan) -> str:
    """The configuration of a switch that says what it relays: its files, and the command lines of its daemons."""
    device = registry.get(node.device)
    files = [file.text for file in device.artifacts(plan, node) if _about_relaying(file.path)]
    return "\n".join(files or [" ".join(daemon.argv) for daemon in device.daemons(plan, node)])


def _about_relaying(path: str) -> bool:
    """Those of the routing daemons say nothing of DHCP."""
    return f"{suite().folder}/" not in path


def differences(plan: LabPlan, node: NodePlan, configuration: str) -> list[str]:
    """Differences between a configuration of a switch and the plan, in words; none where they agree."""
    config = relay_config.read(node.device, configuration)
    if config is None:
        return [f"nobody reads configurations of `{node.device}`"]
    found = [f"line {number} is not understood: {line}" for number, line in config.unread]
    found += relaying.differences(config, node)
    found += addresses.differences(config, node)
    found += gateways.differences(config, plan, node)
    found += snooping.differences(config, plan, node)
    if not registry.get(node.device).facts.fabric.netlab_vlan:
        found += vlans.differences(config, plan, node)
    found += fabric.differences(config, plan, node, configuration)
    return list(dict.fromkeys(found))
