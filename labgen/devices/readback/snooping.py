"""Snooping of a switch that labgen configured on the DHCP of its access ports, held against the plan."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import registry
from labgen.devices.relay_config import RelayReading, plain_name
from labgen.ground import naming
from labgen.ground.labplan import LabPlan, NodePlan


def differences(config: RelayReading, plan: LabPlan, node: NodePlan) -> Iterator[str]:
    """Differences of snooping: VLANs, option 82, and ports that are trusted."""
    if registry.get(node.device).facts.embedded:
        return  # a program's own file says it
    netlab = naming.for_netlab(plan)
    names = {
        vlan.id: {str(vlan.id), netlab.get(vlan.name, vlan.name), f"vlan-{vlan.id}"} for vlan in node.vlans
    }
    snooped, planned = dict(config.snooped), {each.vlan: each for each in node.snooping}
    for number, own in names.items():
        have = next((snooped[name] for name in own if name in snooped), None)
        have = snooped.get("*") if have is None and not own & config.spared else have
        if (have is not None) != (number in planned):
            yield f"VLAN {number} is {'not ' if have is None else ''}snooped on"
        elif have is not None and have != any(port.inserts for port in planned[number].ports):
            yield f"VLAN {number} is snooped on {'with' if have else 'without'} option 82"
    wanted = {plain_name(port) for each in node.snooping for port in each.trusted}
    trusted = {plain_name(port) for port in config.trusted}
    if trusted != wanted:
        yield f"ports {sorted(trusted)} are trusted, planned {sorted(wanted)}"
