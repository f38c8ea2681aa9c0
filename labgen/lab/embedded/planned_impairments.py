"""The faults of a plan, wire by wire and node by node, as a lab is built with them."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.labplan import LabPlan, LinkPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.lab.embedded.blueprint import Impairment, SourceCheck

MODES = {"strict": 1, "loose": 2}


def of_link(plan: LabPlan, link: LinkPlan, ends: tuple[str, str]) -> Impairment | None:
    """The faults of one wire of a link; None where it is sound. Faults of both its ends add up."""
    found = [
        fault
        for fault in plan.faults
        if fault.impairs and link.index in fault.links and (not fault.whole_node or fault.on in ends)
    ]
    if not found:
        return None
    kept_loss = kept_single = 1.0
    for fault in found:
        kept_loss *= 1 - fault.loss / 100
        kept_single *= 1 - fault.duplicate / 100
    wrong = next((fault for fault in found if fault.reply), None)
    return Impairment(
        loss=round(100 * (1 - kept_loss), 6),
        delay=sum(fault.delay for fault in found),
        duplicate=round(100 * (1 - kept_single), 6),
        blackhole=tuple(str(net) for fault in found for net in fault.blackhole),
        spared=tuple(_own_addresses(plan, link)),
        mtu=min((fault.mtu for fault in found if fault.mtu), default=0),
        reply=wrong.reply.value if wrong and wrong.reply else "",
        server=ends.index(wrong.on) if wrong else -1,
    )


def _own_addresses(plan: LabPlan, link: LinkPlan) -> Iterator[str]:
    """Addresses of a point-to-point link: who speaks a routing protocol over a black hole goes on to."""
    for end in link.endpoints if link.kind == "p2p" else ():
        address = plan.node(end.node).interface(end.linux).address
        if address is not None:
            yield str(address.ip)


def source_checks(plan: LabPlan, node: NodePlan) -> Iterator[SourceCheck]:
    """The ports of a switch that check the sources of what they take, as the spec's faults have it."""
    if node.role is not Role.SWITCH:
        return
    for fault in plan.faults:
        if fault.rp_filter and node.name in fault.nodes:
            ports = tuple(_ports(plan, node, fault.links, all_of_them=fault.whole_node))
            yield SourceCheck(node.name, ports, MODES[fault.rp_filter])


def _ports(plan: LabPlan, node: NodePlan, links: tuple[int, ...], *, all_of_them: bool) -> Iterator[str]:
    if all_of_them:
        yield from (port.linux for port in node.interfaces)
        return
    for link in plan.links:
        if link.index in links:
            yield from (end.linux for end in link.endpoints if end.node == node.name)
