"""The plan with the MAC addresses nodes really have.

Daemons in namespaces get the planned ones; the machines of vendors bring their own, and captures, bindings and EVPN
tables speak of those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from labgen.collect.session import Session
from labgen.devices import readers
from labgen.ground.labplan import InterfacePlan, LabPlan, Model, NodePlan
from labgen.verify.store import Store

M = TypeVar("M", bound=Model)


def as_found(plan: LabPlan, session: Session, store: Store, tell: Callable[[str], None]) -> LabPlan:
    """Asks every node that can tell its MAC addresses, once. One that does not answer keeps the planned ones; `tell` gets the reason."""
    devices = {node.name: readers.of(node) for node in plan.nodes}
    wanted = {
        node.name: probes
        for node in plan.nodes
        if (probes := [p for p in devices[node.name].probes(node) if p.early])
    }
    if not wanted:
        return plan
    outputs = session.collect(wanted)
    raw = store.keep(outputs)
    observed = [devices[name].observe(plan.node(name), texts) for name, texts in raw.items()]
    failed = [f"{output.node}: {output.error}" for output in outputs if output.error]
    for reason in (*failed, *(problem for part in observed for problem in part.problems)):
        tell(f"planned MAC addresses stay: {reason}")
    macs = {(found.node, found.interface): found.mac for part in observed for found in part.hardware}
    return _with(plan, nodes=tuple(_node(node, macs) for node in plan.nodes))


def _node(node: NodePlan, macs: Mapping[tuple[str, str], str]) -> NodePlan:
    return _with(node, interfaces=tuple(_port(node.name, port, macs) for port in node.interfaces))


def _port(node: str, port: InterfacePlan, macs: Mapping[tuple[str, str], str]) -> InterfacePlan:
    found = macs.get((node, port.name))
    return _with(port, mac=found) if found else port


def _with(value: M, **changed: object) -> M:
    """A changed copy; made from its fields, since a copied model brings its cached properties along."""
    known = {name: getattr(value, name) for name in type(value).model_fields}
    return type(value)(**known | changed)
