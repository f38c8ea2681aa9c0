"""Abilities of switches to snoop on the DHCP of their access ports, as far as labgen configures it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from labgen.ground import naming
from labgen.ground.labplan import LabPlan, NodePlan, SnoopPlan, VlanPlan


class SnoopCapability(NamedTuple):
    """DHCP snooping on access ports: servers are kept away, and requests get option 82.

    `circuit_id` and `remote_id` are what its own look like, in the words of the spec; empty where nobody knows them before a packet comes.
    `worded`: it can be told other ones. `apart`: one of the two without the other; `silent`: neither; `by_vlan`: in one VLAN otherwise
    than in another. `tunnels`: also in VLANs with a VNI.
    """

    circuit_id: str = ""
    remote_id: str = ""
    worded: bool = False
    apart: bool = False
    silent: bool = True
    by_vlan: bool = False
    tunnels: bool = True


class SnoopSection(NamedTuple):
    """Snooping, as a template has it. `others` are VLANs that are not snooped on, `trusted` ports, `names` those of VLANs."""

    vlans: tuple[SnoopPlan, ...]
    others: tuple[VlanPlan, ...]
    trusted: tuple[str, ...]
    names: Mapping[int, str]

    def profile(self, vlan: int) -> bool | None:
        """True if a VLAN gets option 82, for devices that are told it for each; None where it is not snooped on."""
        found = next((each for each in self.vlans if each.vlan == vlan), None)
        return None if found is None else any(port.inserts for port in found.ports)

    @property
    def inserts(self) -> bool:
        """True if option 82 is put in, for devices that do so in all VLANs or in none."""
        return any(port.inserts for vlan in self.vlans for port in vlan.ports)


def section(plan: LabPlan, node: NodePlan) -> SnoopSection | None:
    """The snooping of a switch; None where it does none. VLANs are called what netlab calls them, which makes them."""
    if not node.snooping:
        return None
    ids, netlab = {each.vlan for each in node.snooping}, naming.for_netlab(plan)
    return SnoopSection(
        node.snooping,
        tuple(vlan for vlan in node.vlans if vlan.id not in ids),
        tuple(dict.fromkeys(port for each in node.snooping for port in each.trusted)),
        {vlan.id: netlab.get(vlan.name, vlan.name) for vlan in node.vlans},
    )


def lacks(node: NodePlan, can: SnoopCapability | None) -> Iterator[tuple[str, str]]:
    """Lacks of a switch that is to snoop, each with what `able` is asked about others."""
    if not node.snooping:
        return
    if can is None:
        yield "knows no DHCP snooping that labgen could configure", "snoops"
        return
    ports = [port for each in node.snooping for port in each.ports]
    if not can.worded and any(port.circuit_id or port.remote_id for port in ports):
        yield (
            "has no words of its own for circuit_id and remote_id at access ports that labgen could configure",
            "worded",
        )
    if not can.apart and any(port.circuit != port.remote for port in ports):
        yield "puts circuit-id and remote-id in at access ports together", "apart"
    if not can.by_vlan and len({port.inserts for port in ports}) > 1:
        yield "puts option 82 in at all access ports that it snoops on, or at none", "by_vlan"
    if not can.silent and any(not port.inserts for port in ports):
        yield "snoops with option 82 alone", "silent"
    stretched = {vlan.id for vlan in node.vlans if vlan.vni}
    if not can.tunnels and any(each.vlan in stretched for each in node.snooping):
        yield "does no DHCP snooping in stretched VLANs", "tunnels"


def able(can: SnoopCapability | None, what: str) -> bool:
    """True if a switch can do what `lacks` asks about."""
    return can is not None and (what == "snoops" or bool(getattr(can, what)))
