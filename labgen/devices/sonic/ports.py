"""Names on a SONiC switch of VRFs and of the VLANs of relaying ports, and those that dhcp4relay has for both."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.labplan import NodePlan, RelayPlan
from labgen.ground.naming import VRF_LENGTH, short
from labgen.ground.vocabulary import DEFAULT_VRF

_FIRST = 1000
_TRANSIT = 3900
VRF = "Vrf{vrf}"
"""`config vrf add` takes no name that does not begin so."""


def vrf(name: str) -> str:
    """A VRF as SONiC calls it."""
    return (
        name
        if name in ("", DEFAULT_VRF) or name.startswith("Vrf")
        else short(VRF.format(vrf=name), VRF_LENGTH)
    )


def vlans(node: NodePlan) -> dict[str, str]:
    """The VLAN of each of a node's relaying ports, by the port: dhcp4relay knows VLANs only, and a routed port is put into one."""
    found: dict[str, str] = {}
    taken = {vlan.id for vlan in node.vlans}
    for number, relay in enumerate(node.relays, 1):
        if relay.interface.startswith("Vlan"):
            found[relay.interface] = relay.interface
        elif relay.interface not in found:
            free = next(each for each in range(_FIRST + number, 4095) if each not in taken)
            taken.add(free)
            found[relay.interface] = f"Vlan{free}"
    return found


def transits(node: NodePlan) -> dict[str, int]:
    """The VLAN that a VRF's transit VNI is mapped to, by the VRF: SONiC has no VNI without one."""
    taken = {vlan.id for vlan in node.vlans}
    free = (number for number in range(_TRANSIT, 4095) if number not in taken)
    return {each.name: next(free) for each in node.vrfs if each.transit_vni}


def alias(port: str) -> str:
    """The alias that a port has in CONFIG_DB on the virtual switch: that of Force10-S6000, docker-sonic-vs' and sonic-vs' default.

    Other hardware has other aliases; a port without one leaves its place in the circuit-id empty.
    """
    return f"fortyGigE0/{port.removeprefix('Ethernet')}"


def circuit_id(node: NodePlan, relay: RelayPlan) -> str:
    """Sub-option 1 as recorded: host name, alias of the port that the request came in by, VLAN.

    Which port that is nobody knows beforehand of a VLAN with several.
    """
    if relay.interface.startswith("Ethernet"):
        return f"{node.name}:{alias(relay.interface)}:{vlans(node)[relay.interface]}"
    own = list(_members(node, relay.interface))
    port = alias(own[0]) if len(own) == 1 else "{port}"
    return f"{node.name}:{port}:{relay.interface}"


def _members(node: NodePlan, name: str) -> Iterator[str]:
    """Ports that requests of a VLAN can come in by, where labgen knows them all."""
    number = next((port.vlan for port in node.interfaces if port.name == name), None)
    for port in node.interfaces:
        if number is not None and (number in port.vlans or (port.kind == "access" and port.vlan == number)):
            yield port.name
