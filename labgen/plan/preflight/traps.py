"""Preflight: what is legal, but a known trap."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.labplan import LabPlan, PlanWarning
from labgen.ground.vocabulary import RelayOption, Role


def warnings(built: LabPlan) -> Iterator[PlanWarning]:
    """Warnings about what is legal and a known trap."""
    for segment in built.segments:
        relays = [relay for _, relay in built.relays(segment.name)]
        if segment.anycast and len(relays) > 1 and any(relay.giaddr == segment.gateway for relay in relays):
            yield PlanWarning(
                code="giaddr-anycast",
                message=f"segment {segment.name}: giaddr {segment.gateway} is the anycast gateway of {len(relays)} switches; "
                "a server's reply goes to the nearest of them, which need not be the one that relayed",
            )
        if any(relay.inter_vrf and RelayOption.SERVER_ID_OVERRIDE not in relay.sent for relay in relays):
            yield PlanWarning(
                code="no-server-id-override",
                message=f"segment {segment.name}: relays between VRFs without server-id-override (RFC 5107); "
                "clients will send renewals to a server address their VRF may not reach",
            )
        if segment.split == "shared" and len(segment.servers) > 1:
            yield PlanWarning(
                code="shared-pool",
                message=f"segment {segment.name}: {' and '.join(segment.servers)} hand out the same addresses; "
                "two clients can get the same one",
            )
    for fault in built.faults:
        yield PlanWarning(code="planned-fault", message=f"{fault.on}: {fault.text}, as the spec has it")
    yield from _nobody_asks(built)
    yield from _unheard_circuits(built)
    yield from _forgotten_default(built)


CLASSLESS_ROUTES = 121


def _forgotten_default(built: LabPlan) -> Iterator[PlanWarning]:
    """Clients that get classless routes ignore option 3 (RFC 3442)."""
    for segment in built.segments:
        for option in built.options(segment.name):
            if option.code == CLASSLESS_ROUTES and segment.gateway and "0.0.0.0/0" not in option.text:
                yield PlanWarning(
                    code="no-default-route",
                    message=f"segment {segment.name}: clients that take classless routes ignore the gateway (RFC 3442); "
                    f"add `{{to: 0.0.0.0/0, via: {segment.gateway}}}`",
                )


def _unheard_circuits(built: LabPlan) -> Iterator[PlanWarning]:
    """Addresses kept for circuit-ids on segments whose relays put none into requests and take none from below."""
    scopes = [scope for node in built.nodes if node.server for scope in node.server.scopes]
    kept = {
        (scope.segment, each.address): each.circuit_id
        for scope in scopes
        for each in scope.reservations
        if each.circuit_id
    }
    for (segment, address), circuit in kept.items():
        relays = [relay for _, relay in built.relays(segment)]
        if relays and not any(RelayOption.CIRCUIT_ID in each.sent or each.trusted for each in relays):
            yield PlanWarning(
                code="no-circuit-id",
                message=f"segment {segment}: {address} is kept for circuit-id {circuit}, and no relay there sends any; "
                "add `circuit-id` to its options",
            )


def _nobody_asks(built: LabPlan) -> Iterator[PlanWarning]:
    for server in built.role(Role.SERVER):
        if server.server and not server.server.scopes:
            yield PlanWarning(
                code="idle-server", message=f"server `{server.name}` serves no segment: no relay names it"
            )
