"""Preflight: where servers, second relays and borrowed addresses can be."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.vocabulary import DEFAULT_VRF
from labgen.plan.ledger import Ledger
from labgen.spec.load import LoadedSpec


def server_vrf(loaded: LoadedSpec) -> Iterator[Problem]:
    """Servers are in the VRF that relays look for them in, and every relay has a way there."""
    ledger = Ledger(loaded.spec)
    for name, segment in loaded.spec.segments.items():
        relay = segment.relay
        if relay is None:
            continue
        place = ("segments", name, "relay", "server_vrf")
        for server in relay.servers:
            if server not in loaded.spec.servers:
                continue
            vrfs = _vrfs_of(ledger, server)
            if vrfs and relay.server_vrf not in vrfs:
                yield loaded.source.problem(
                    place,
                    f"server `{server}` is in VRF {', '.join(f'`{vrf}`' for vrf in vrfs)}, not in `{relay.server_vrf}`",
                    f"set segments.{name}.relay.server_vrf to {vrfs[0]}, or attach the server elsewhere",
                )
                continue
            far = [
                switch for switch in segment.attach if not _reaches(ledger, switch, server, relay.server_vrf)
            ]
            if far:
                yield loaded.source.problem(
                    place,
                    f"`{far[0]}` has no way to server `{server}` in VRF `{relay.server_vrf}`",
                    f"let the VRF cross the fabric: `{relay.server_vrf}: {{transit_vni: true}}` under vrfs",
                )


def _vrfs_of(ledger: Ledger, server: str) -> list[str]:
    """VRFs of a server: the default one behind routed links, else those of its segments."""
    if server in ledger.routed:
        return [DEFAULT_VRF]
    return list(dict.fromkeys(ledger.spec.segments[name].vrf for name in ledger.server_segments[server]))


def _reaches(ledger: Ledger, switch: str, server: str, vrf: str) -> bool:
    if vrf == DEFAULT_VRF or ledger.transit_vni(vrf):
        return True
    return any(switch in ledger.spec.segments[name].attach for name in ledger.server_segments[server])


def second_relay(loaded: LoadedSpec) -> Iterator[Problem]:
    """`via` names another switch that is linked to every first relay."""
    spec = loaded.spec
    linked = {frozenset(ends) for ends in spec.link_ends}
    for name, segment in spec.segments.items():
        via = segment.relay.via if segment.relay else None
        if via is None:
            continue
        place = ("segments", name, "relay", "via")
        if via not in spec.switches:
            yield loaded.source.problem(
                place, f"relay via `{via}`: it is no switch", f"use one of: {', '.join(spec.switches)}"
            )
            continue
        for switch in segment.attach:
            if frozenset((switch, via)) not in linked:
                reason = "relays for itself" if switch == via else f"has no link to `{switch}`"
                yield loaded.source.problem(
                    place,
                    f"relay via `{via}`: it {reason}",
                    f"add the link `{switch}-{via}`, or name another switch",
                )


def borrowed(loaded: LoadedSpec) -> Iterator[Problem]:
    """An unnumbered interface is a routed port; a segment that is not stretched has a gateway on each switch."""
    ledger = Ledger(loaded.spec)
    for name, segment in loaded.spec.segments.items():
        if segment.unnumbered and ledger.is_vlan(segment):
            yield loaded.source.problem(
                ("segments", name, "unnumbered"),
                f"segment `{name}` is a VLAN, whose interface cannot be unnumbered",
                "attach it to one switch without VLAN, anycast gateway and overlay",
            )
        if not segment.stretch and len(segment.attach) > 1 and segment.gateway.protocol != "anycast":
            yield loaded.source.problem(
                ("segments", name, "stretch"),
                f"segment `{name}` is on {len(segment.attach)} switches that are not connected, and has one gateway",
                "add `gateway: anycast`, or let it be stretched",
            )


CHECKS = (server_vrf, second_relay, borrowed)
