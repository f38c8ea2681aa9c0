"""Checks that nobody has what belongs to somebody else: an address, a hardware address, a gateway that one switch has at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Address

from labgen.devices import readers
from labgen.devices.routing_suite import suite
from labgen.ground.labplan import LabPlan, NodePlan, SegmentPlan
from labgen.ground.vocabulary import Role
from labgen.verify.check import Catalogue, Subject
from labgen.verify.facts import Facts
from labgen.verify.groups import gateway_holders
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, passed

VRRP = "show vrrp"
check = Catalogue()
ADDRESSES = "ip-address"
"""The probe of machines that tell every address of every port."""


def whole_lab(plan: LabPlan) -> Iterator[Subject]:
    """The lab as one, where machines beside clients tell their addresses."""
    if any(tells_addresses(node) for node in plan.nodes):
        yield Subject()


def tells_addresses(node: NodePlan) -> bool:
    """True if a machine tells every address of every port."""
    return node.role is not Role.CLIENT and any(p.name == ADDRESSES for p in readers.of(node).probes(node))


@check(
    "node.owners", "no node has an address, or a hardware address, of another", whole_lab, "RFC 5227, RFC 826"
)
def owners(subject: Subject, facts: Facts) -> Judgement:
    expected = "every address at its owner alone"
    addresses = [
        each for each in facts.observed.addresses if facts.plan.node(each.node).role is not Role.CLIENT
    ]
    if not addresses:
        return blocked(expected, "no node told its addresses")
    proofs = {each.node: Proof(Witness.CONTROL_PLANE, each.node, each.file) for each in addresses}
    borrowed = list(_borrowed(facts))
    twins = list(_twins(facts.plan))
    if borrowed:
        node, interface, _, owner = borrowed[0]
        observed = "; ".join(f"{at} has {held} of {whose} on {port}" for at, port, held, whose in borrowed)
        hint = f"packets for {owner} go to whoever answers ARP first: `labgen exec {node} -- ip address show {interface}`"
        return failed(expected, observed, hint, [proofs[node]], (each[0] for each in borrowed))
    if twins:
        observed = "; ".join(f"{' and '.join(names)} have the hardware address {mac}" for mac, names in twins)
        hint = (
            "servers take them for one client, and switches for one that moves to and fro: give each its own"
        )
        return failed(expected, observed, hint, [], (name for _, names in twins for name in names))
    return passed(expected, f"{len(addresses)} addresses of {len(proofs)} nodes", list(proofs.values())[:1])


def _borrowed(facts: Facts) -> Iterator[tuple[str, str, str, str]]:
    """Node, interface, address and owner of every address that is one other node's alone by the plan. What clients have is judged by
    their leases.
    """
    holders: dict[str, set[str]] = defaultdict(set)
    shared: set[str] = set()
    for node in facts.plan.nodes:
        for address in node.addresses:
            holders[str(address)].add(node.name)
        for port in node.interfaces:
            shared |= {str(each.ip) for each in (port.anycast, port.vrrp and port.vrrp.address) if each}
    for each in facts.observed.addresses:
        held = each.address.partition("/")[0]
        owner = holders.get(held, set())
        if facts.plan.node(each.node).role is Role.CLIENT or held in shared or len(owner) != 1:
            continue
        if each.node not in owner:
            yield each.node, each.interface, held, next(iter(owner))


def _twins(plan: LabPlan) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Hardware addresses that several clients and servers have, with their names."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for node in plan.nodes:
        if node.role is Role.SWITCH:
            continue
        for port in node.interfaces:
            if port.mac and port.index:
                found[port.mac][node.name] = None
    yield from ((mac, tuple(names)) for mac, names in found.items() if len(names) > 1)


def moving_gateways(plan: LabPlan) -> Iterator[Subject]:
    """Segments whose gateway moves between switches that tell their addresses."""
    for segment in plan.segments:
        if segment.moves and all(tells_addresses(plan.node(name)) for name in segment.routers):
            yield Subject(segment=segment.name)


def _unready(facts: Facts, segment: SegmentPlan, name: str) -> str:
    """The state of a switch without the gateway's address, which it needs also while another one is master; empty where it has it."""
    gateway = str(segment.gateway)
    own = [(each, each.address.partition("/")[0]) for each in facts.observed.addresses if each.node == name]
    if any(address == gateway for _, address in own):
        return ""
    planned = {str(each) for each in facts.plan.node(name).addresses}
    near = [
        each for each, address in own if IPv4Address(address) in segment.prefix and address not in planned
    ]
    return ", ".join(f"{each.address} on {each.interface}" for each in near) or "nothing"


@check(
    "control-plane.vrrp",
    "one switch is master of the virtual router of {segment}, and no more",
    moving_gateways,
    "RFC 5798 section 6.4",
)
def vrrp(subject: Subject, facts: Facts) -> Judgement:
    segment = facts.plan.segment(subject.segment)
    address = str(segment.gateway)
    expected = f"{address} up at one of {', '.join(segment.routers)}"
    addresses = [each for each in facts.observed.addresses if each.node in segment.routers]
    silent = set(segment.routers) - {each.node for each in addresses}
    if silent:
        return blocked(expected, f"{', '.join(sorted(silent))} told none of its addresses")
    have = gateway_holders(segment, addresses)
    masters = tuple(dict.fromkeys(each.node for each in have))
    proofs = {each.node: Proof(Witness.CONTROL_PLANE, each.node, each.file) for each in have or addresses}
    unready = {name: odd for name in segment.routers if (odd := _unready(facts, segment, name))}
    if unready:
        first = next(iter(unready))
        hint = (
            f"{first} cannot take over the gateway that clients have: `labgen exec {first} -- ip -4 address`, and "
            f"`{suite().asked(VRRP)}` there"
        )
        observed = "; ".join(f"{name} has {odd} instead of {address}" for name, odd in unready.items())
        return failed(expected, observed, hint, proofs.values(), unready)
    if len(masters) > 1:
        hint = (
            "each answers for the gateway, for they do not hear each other: does VRRP (IP protocol 112, to 224.0.0.18) pass between "
            f"them, with one group and version? `labgen exec {masters[0]} -- {suite().asked(VRRP)}`"
        )
        return failed(expected, f"{' and '.join(masters)} have it at once", hint, proofs.values(), masters)
    if not masters and not any(each.answered and each.target == address for each in facts.observed.reached):
        hint = f"clients have no gateway: `labgen exec {segment.routers[0]} -- {suite().asked(VRRP)}`"
        return failed(expected, "no switch has it up", hint, proofs.values(), segment.routers)
    shown = f"{masters[0]} has it" if masters else "clients reach it"
    return passed(expected, shown, proofs.values())
