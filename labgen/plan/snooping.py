"""The access ports that are snooped on, and what goes into option 82 there."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices.snooping import SnoopCapability
from labgen.ground.labplan import InterfacePlan
from labgen.ground.planned_snooping import SnoopedPortPlan, SnoopPlan
from labgen.ground.vocabulary import RelayOption, Role
from labgen.plan.interfaces import Interfaces
from labgen.plan.ledger import Ledger
from labgen.spec.model import SegmentSpec
from labgen.spec.snooping import SnoopingSpec


def snoopers(segment: SegmentSpec) -> tuple[str, ...]:
    """Switches of a segment that snoop: those it names, else those that bridge, else all."""
    if segment.snooping is None:
        return ()
    return segment.snooping.switches or segment.bridge or segment.switches


def of(
    ledger: Ledger, interfaces: Interfaces, switch: str, can: SnoopCapability | None
) -> Iterator[SnoopPlan]:
    """The VLANs that a switch snoops on."""
    for name in ledger.segments_of[switch]:
        segment = ledger.spec.segments[name]
        asked = segment.snooping
        if asked is None or switch not in snoopers(segment) or name not in ledger.vlans:
            continue
        vlan = ledger.vlans[name]
        access = [port for port in interfaces.by_node[switch] if port.kind == "access" and port.vlan == vlan]
        trunks = [p for p in interfaces.by_node[switch] if p.kind == "trunk" and vlan in p.vlans]
        snooped = [port for port in access if _snooped(ledger, asked, port)]
        yield SnoopPlan(
            segment=name,
            vlan=vlan,
            vrf=segment.vrf,
            ports=tuple(_port(asked, can or SnoopCapability(), switch, name, port) for port in snooped),
            trusted=tuple(port.name for port in (*trunks, *access) if port not in snooped),
        )


def _snooped(ledger: Ledger, asked: SnoopingSpec, port: InterfacePlan) -> bool:
    """True if a client hangs on a port, and not one that is trusted."""
    far = port.neighbors[0].node
    return ledger.roles[far] is Role.CLIENT and far not in asked.trust


def _port(
    asked: SnoopingSpec, can: SnoopCapability, switch: str, segment: str, port: InterfacePlan
) -> SnoopedPortPlan:
    known = {
        "host": switch,
        "interface": port.name,
        "port": port.name,
        "vlan": str(port.vlan),
        "segment": segment,
        "vrf": port.vrf,
    }
    formats = {
        RelayOption.CIRCUIT_ID: asked.circuit_id or can.circuit_id,
        RelayOption.REMOTE_ID: asked.remote_id or can.remote_id,
    }
    sent = {option: text for option, text in formats.items() if option in asked.options}
    return SnoopedPortPlan(
        interface=port.name,
        linux=port.linux,
        client=port.neighbors[0].node,
        circuit_id=_filled(sent.get(RelayOption.CIRCUIT_ID, ""), known),
        remote_id=_filled(sent.get(RelayOption.REMOTE_ID, ""), known),
        own=tuple(option for option, text in sent.items() if not text),
    )


def _filled(text: str, known: dict[str, str]) -> str:
    for word, value in known.items():
        text = text.replace(f"{{{word}}}", value)
    return text
