"""Preflight: faults are of links and nodes that are there, and each does something."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.vocabulary import Role
from labgen.plan import faults
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.preflight.names import define


def placed(case: PreflightCase) -> Iterator[Problem]:
    """Keys of `faults` are links or nodes."""
    roles = case.ledger.roles
    links = ["-".join(link.nodes) for link in case.ledger.links if len(link.nodes) == 2]
    seen: dict[tuple[str, ...], str] = {}
    for name, fault in case.spec.faults.items():
        place = ("faults", name)
        nodes = faults.ends(case.ledger, name)
        if not nodes:
            yield case.problem(
                place, f"there is no link and no node `{name}`", define(name, [*links, *roles])
            )
            continue
        other = seen.setdefault(tuple(sorted(nodes)), name)
        if other != name:
            reason = f"`{name}` is the link `{other}` once more"
            yield case.problem(place, reason, "put both faults under one name")
        if not fault.model_fields_set:
            yield case.problem(
                place, f"the fault of `{name}` says nothing", "write `{loss: 10%}`, or leave it out"
            )
        if fault.reply and roles.get(name) is not Role.SERVER:
            reason = f"`{name}` is no server, and sends no replies of its own"
            remedy = f"put `reply` under a server: {', '.join(case.spec.servers)}"
            yield case.problem((*place, "reply"), reason, remedy)
        if fault.rp_filter and all(roles[node] is not Role.SWITCH for node in nodes):
            reason = f"`{name}` routes nothing whose source could be checked"
            yield case.problem((*place, "rp_filter"), reason, "put it under a switch, or a link of one")


CHECKS = (placed,)
