"""addresses.txt: the address table as the blog series prints it."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF


def address_table(plan: LabPlan) -> str:
    """One block per node, blank lines between, interface name in 20 columns, address right-aligned in 18."""
    lines = [_row("Interface", "IPv4 address", "Description"), "=" * plan.rule_width]
    for number, node in enumerate(plan.nodes):
        lines += [""] * bool(number)
        lines += _block(plan, node)
    return "\n".join(lines) + "\n"


def _block(plan: LabPlan, node: NodePlan) -> Iterator[str]:
    yield f"{node.name} ({node.loopback})" if node.loopback else node.name
    for interface in node.interfaces:
        if interface.address is not None:
            vrf = f" (VRF: {interface.vrf})" if plan.show_vrf and interface.vrf != DEFAULT_VRF else ""
            yield _row(interface.name, str(interface.address), interface.description + vrf)


def _row(name: str, address: str, description: str) -> str:
    return f"  {name:20} {address:>18}  {description}"
