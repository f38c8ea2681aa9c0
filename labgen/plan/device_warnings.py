"""Preflight: what devices of the plan do in their own way. It works, and differently from what the spec might lead one to expect."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import registry
from labgen.devices.base import DeviceFacts
from labgen.ground.labplan import LabPlan, NodePlan, PlanWarning, RelayPlan
from labgen.ground.vocabulary import RelayOption
from labgen.plan import bounds
from labgen.plan.capability import NO_SERVER

NETLAB_TRANSIT_VNI = 4096


def warnings(plan: LabPlan) -> Iterator[PlanWarning]:
    """Warnings about habits of the plan's devices, each once."""
    bounded = (each for node in plan.nodes for each in bounds.warnings(node, registry.get(node.device).facts))
    yield from dict.fromkeys(bounded)
    found = dict.fromkeys(warning for node in plan.nodes for warning in _warnings(plan, node))
    for code, message in found:
        yield PlanWarning(code=code, message=message)


def _warnings(plan: LabPlan, node: NodePlan) -> Iterator[tuple[str, str]]:
    facts = registry.get(node.device).facts
    if facts.evidence == "unverified":
        yield (
            "unverified-device",
            f"`{facts.name}`: its DHCP configuration follows documentation and was never run; check it first",
        )
    for relay in node.relays:
        yield from _missing_options(facts, relay)
    for vrf in node.vrfs:
        if vrf.transit_vni and vrf.transit_vni < NETLAB_TRANSIT_VNI:
            yield "netlab-transit-vni", f"netlab takes transit VNIs from {NETLAB_TRANSIT_VNI} on only"
    if (
        node.bgp
        and node.bgp.underlay
        and any(peer.asn == node.bgp.link_asn for peer in node.bgp.underlay_peers)
    ):
        yield (
            "netlab-ibgp",
            "netlab speaks iBGP between loopbacks, to which this underlay has no other route: in its labs, switches of one AS "
            "number are no neighbors",
        )
    if node.server:
        yield from _server_warnings(plan, node, facts)


def _missing_options(facts: DeviceFacts, relay: RelayPlan) -> Iterator[tuple[str, str]]:
    sent = set(relay.sent)
    for option in relay.options:
        if (
            option not in sent
            and option in _MISSING
            and not (option is RelayOption.VSS and not relay.inter_vrf)
        ):
            code, text = _MISSING[option]
            yield code, f"`{facts.name}` {text}"
    if {RelayOption.SERVER_ID_OVERRIDE} & sent - set(relay.options):
        yield (
            "relay-overrides-unasked",
            f"`{facts.name}` sends server-id-override (RFC 5107) together with what segment {relay.segment} asks for: "
            "clients renew through the relay",
        )


_MISSING = {
    RelayOption.CIRCUIT_ID: (
        "relay-without-circuit-id",
        "cannot send a circuit-id, as far as labgen can configure it",
    ),
    RelayOption.REMOTE_ID: (
        "relay-without-remote-id",
        "cannot send a remote-id, as far as labgen can configure it",
    ),
    RelayOption.SERVER_ID_OVERRIDE: (
        "relay-without-override",
        "cannot send server-id-override (RFC 5107) here: clients renew at the server itself, "
        "which fails where their VRF has no route to it; rebinding through the relay succeeds",
    ),
    RelayOption.LINK_SELECTION: (
        "relay-without-link-selection",
        "cannot send link selection (RFC 3527) here",
    ),
    RelayOption.VSS: ("relay-without-vss", "cannot name the client's VRF (VSS, RFC 6607)"),
}


def _server_warnings(plan: LabPlan, node: NodePlan, facts: DeviceFacts) -> Iterator[tuple[str, str]]:
    can = facts.server or NO_SERVER
    short = [scope for scope in (node.server.scopes if node.server else ()) if scope.lease < can.min_lease]
    if short:
        yield (
            "lease-floor",
            f"`{facts.name}` grants no lease shorter than {can.min_lease} s; segment {short[0].segment} asks for {short[0].lease} s",
        )
    relays = [
        relay
        for scope in (node.server.scopes if node.server else ())
        for _, relay in plan.relays(scope.segment)
        if RelayOption.SERVER_ID_OVERRIDE in relay.sent
    ]
    if relays and not can.honours_override:
        yield (
            "server-ignores-override",
            f"`{facts.name}` answers with its own identifier although relays send server-id-override (RFC 5107)",
        )
    if can.nak_when_foreign and any(len(relay.targets) > 1 for relay in relays):
        yield (
            "server-naks-foreign",
            f"`{facts.name}` refuses requests meant for the other server when relays send server-id-override; "
            "clients lose leases they were just given",
        )
