"""The links that the faults of a spec are on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labgen.ground.labplan import LinkPlan
from labgen.ground.planned_faults import FaultPlan
from labgen.plan.ledger import Ledger
from labgen.spec.fabric import apart


def ends(ledger: Ledger, name: str) -> tuple[str, ...]:
    """The nodes that a key of `faults` names: one, the two ends of a link, or none where it names neither."""
    if name in ledger.roles:
        return (name,)
    found = apart(name, set(ledger.roles))
    linked = len(found) == 2 and any(set(found) <= set(link.nodes) for link in ledger.links)
    return found if linked else ()


def planned(ledger: Ledger, links: Sequence[LinkPlan]) -> Iterator[FaultPlan]:
    """The faults, each with the numbers of its links."""
    for name, fault in ledger.spec.faults.items():
        nodes = ends(ledger, name)
        yield FaultPlan(
            on=name,
            links=tuple(link.index for link in links if set(nodes) <= {end.node for end in link.endpoints}),
            nodes=nodes,
            loss=fault.loss,
            delay=fault.delay,
            duplicate=fault.duplicate,
            blackhole=fault.blackhole,
            mtu=fault.mtu,
            rp_filter=fault.rp_filter or "",
            reply=fault.reply,
        )
