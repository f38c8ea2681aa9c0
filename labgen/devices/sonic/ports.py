"""The VLANs that labgen's section makes of relays' ports, and what dhcp4relay calls both."""

from __future__ import annotations

from labgen.ground.labplan import NodePlan, RelayPlan

_FIRST = 1000


def vlans(node: NodePlan) -> dict[str, str]:
    """The VLAN that stands for each of a node's relaying ports, by the port: dhcp4relay knows VLANs only."""
    found: dict[str, str] = {}
    for number, relay in enumerate(node.relays, 1):
        found.setdefault(relay.interface, f"Vlan{_FIRST + number}")
    return found


def alias(port: str) -> str:
    """The alias that a port has in CONFIG_DB on the virtual switch: that of Force10-S6000, docker-sonic-vs' and sonic-vs' default.

    Other hardware has other aliases; a port without one leaves its place in the circuit-id empty.
    """
    return f"fortyGigE0/{port.removeprefix('Ethernet')}"


def circuit_id(node: NodePlan, relay: RelayPlan) -> str:
    """Sub-option 1 as recorded: host name, alias of the port that the request came in by, VLAN.

    Which port that is nobody knows beforehand of a VLAN that labgen did not make.
    """
    if not relay.interface.startswith("Ethernet"):
        return f"{node.name}:{{port}}:{relay.interface}"
    return f"{node.name}:{alias(relay.interface)}:{vlans(node)[relay.interface]}"
