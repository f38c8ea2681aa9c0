"""Addresses as netlab gives them: by its node ids, where those of a spec would be others."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from labgen.adopt.netlab.roles import BRIDGE, Translation
from labgen.ground.vocabulary import Role
from labgen.plan.ledger import Ledger
from labgen.spec.model import Spec


def kept(work: Translation, data: dict[str, Any]) -> dict[str, Any]:
    """`nodes` with the loopbacks and addresses that netlab's ids give, for nodes whose id would be another."""
    try:
        ledger = Ledger(Spec.model_validate(data))
        prefixes = ledger.prefixes
    except (ValueError, StopIteration):
        return {}  # the spec says itself what is wrong with it
    nodes: dict[str, dict[str, Any]] = {name: dict(each) for name, each in data.get("nodes", {}).items()}
    for name, own in ledger.ids.items():
        theirs = work.topology.nodes[name].id if name != BRIDGE else own
        if theirs == own or ledger.roles[name] is Role.CLIENT:
            continue
        said = nodes.setdefault(name, {})
        if name in ledger.routed or ledger.roles[name] is Role.SWITCH:
            said["loopback"] = str(_host(ledger.addressing.loopback, theirs))
        inside = {
            segment: str(_host(prefix, theirs))
            for segment, prefix in prefixes.items()
            if name in ledger.members[segment]
            and isinstance(prefix, IPv4Network)
            and (ledger.roles[name] is not Role.SWITCH or name in ledger.spec.segments[segment].routers)
        }
        if inside:
            said["addresses"] = inside
        if not said:
            del nodes[name]
    return {"nodes": nodes} if nodes else {}


def _host(prefix: IPv4Network, number: int) -> IPv4Address:
    return IPv4Address(int(prefix.network_address) + number)
