"""Running configurations held against an intent: what is configured, and what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labgen.adopt.audit.finding import AuditFinding
from labgen.adopt.audit.read import Configuration
from labgen.adopt.audit.segments import helpers
from labgen.devices.relay_config import ConfiguredInterface
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.ground.vocabulary import Address


def against(nodes: Sequence[Configuration], plan: LabPlan) -> tuple[AuditFinding, ...]:
    """Every relay of the plan of an intent, against the configuration of its node; and relays that the intent does not have."""
    known = {node.node.lower(): node for node in nodes}
    found: list[AuditFinding] = []
    for node in plan.nodes:
        own = known.get(node.name.lower())
        if own is not None:
            found += _unmeant(own, node)
        for relay in node.relays:
            found += _relay(own, node, relay) if own is not None else [_missing(node, relay)]
    return tuple(found)


def _missing(node: NodePlan, relay: RelayPlan) -> AuditFinding:
    message = f"the intent has it relay on {relay.interface} for {relay.segment}, and none of the files is its configuration"
    return AuditFinding(
        "intent-node-missing",
        "warning",
        node.name,
        "",
        0,
        message,
        "add its configuration, or correct the name",
    )


def _relay(own: Configuration, node: NodePlan, relay: RelayPlan) -> Iterator[AuditFinding]:
    port = own.config.interface(relay.interface)
    if port is None:
        yield _says(
            own,
            0,
            "intent-interface-missing",
            f"the intent has it relay on {relay.interface}, which is not configured",
        )
        return
    if port.vrf != relay.vrf:
        text = f"{port.name} is in VRF {port.vrf}, the intent has it in {relay.vrf}"
        yield _says(own, port.line, "intent-vrf", text)
    meant = frozenset(relay.asks)
    has = helpers(own, port)
    if not has:
        yield _says(
            own,
            port.line,
            "intent-no-relay",
            f"{port.name} does not relay, the intent has it relay to {_words(meant)}",
        )
        return
    if has != meant:
        text = f"{port.name} relays to {_words(has)}, the intent has {_words(meant)}"
        yield _says(own, port.line, "intent-servers", text)
    yield from _giaddr(own, port, relay)


def _giaddr(own: Configuration, port: ConfiguredInterface, relay: RelayPlan) -> Iterator[AuditFinding]:
    for each in own.config.relays:
        if own.config.interface(each.interface) is not port:
            continue
        for target in each.targets:
            giaddr = own.config.giaddr(each, target)
            if giaddr is not None and giaddr != relay.giaddr:
                text = (
                    f"{port.name}: giaddr towards {target.address} is {giaddr}, the intent has {relay.giaddr}"
                )
                yield _says(own, target.line or each.line, "intent-giaddr", text)


def _unmeant(own: Configuration, node: NodePlan) -> Iterator[AuditFinding]:
    """Interfaces that relay, and that the intent does not speak of."""
    meant = {own.config.interface(relay.interface) for relay in node.relays}
    for each in own.config.relays:
        port = own.config.interface(each.interface)
        if each.interface and port not in meant and not (port and port.down):
            text = f"{each.interface} relays, and the intent does not speak of it"
            yield AuditFinding(
                "intent-unmeant",
                "warning",
                own.node,
                own.file,
                each.line,
                text,
                "add its segment to the intent, or take the helper away",
            )


def _says(own: Configuration, line: int, code: str, message: str) -> AuditFinding:
    return AuditFinding(
        code, "error", own.node, own.file, line, message, "correct the configuration, or the intent"
    )


def _words(servers: frozenset[tuple[Address, str]]) -> str:
    return ", ".join(
        f"{address} (VRF {vrf})" for address, vrf in sorted(servers, key=lambda each: (int(each[0]), each[1]))
    )
