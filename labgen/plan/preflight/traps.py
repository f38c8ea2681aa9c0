"""Preflight: what is legal, but a known trap."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.labplan import LabPlan, PlanWarning
from labgen.ground.vocabulary import RelayOption, Role


def warnings(built: LabPlan) -> Iterator[PlanWarning]:
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
    yield from _nobody_asks(built)


def _nobody_asks(built: LabPlan) -> Iterator[PlanWarning]:
    for server in built.role(Role.SERVER):
        if server.server and not server.server.scopes:
            yield PlanWarning(
                code="idle-server", message=f"server `{server.name}` serves no segment: no relay names it"
            )
