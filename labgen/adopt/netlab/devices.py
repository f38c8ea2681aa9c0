"""netlab's devices as labgen's: by role, and by node where one differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from labgen.adopt.netlab.roles import Translation
from labgen.devices import registry
from labgen.ground.vocabulary import Role

OPEN = {
    (Role.CLIENT, "linux"): "dhclient",
    (Role.CLIENT, "dnsmasq"): "dhclient",
    (Role.SERVER, "linux"): "dnsmasq",
    (Role.SERVER, "dnsmasq"): "dnsmasq",
    (Role.SERVER, "kea"): "kea",
    (Role.SWITCH, "frr"): "frr",
    (Role.SWITCH, "linux"): "frr",
}
"""Devices of open software, which netlab names by the program and labgen by what it does."""


def device(role: Role, name: str) -> str | None:
    """labgen's device for netlab's in a role; None where it has none."""
    if (role, name) in OPEN:
        return OPEN[role, name]
    for own, each in registry.everything().items():
        if each.facts.netlab == name and role in each.facts.roles:
            return own
    return None


def chosen(work: Translation, data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The spec's data with `devices`, and `nodes` where one has another than its role."""
    by_role: dict[str, str] = {}
    nodes: dict[str, dict[str, Any]] = {}
    for role in (Role.SWITCH, Role.SERVER, Role.CLIENT):
        found = {name: _of(work, role, name) for name in work.of(role)}
        known = Counter(each for each in found.values() if each)
        usual = known.most_common(1)[0][0] if known else registry.DEFAULTS[role]
        by_role[role.value] = usual
        nodes |= {name: {"device": each} for name, each in found.items() if each and each != usual}
    yield from (("name", data["name"]), *((("summary", data["summary"]),) if "summary" in data else ()))
    yield "devices", by_role
    if nodes:
        yield "nodes", nodes
    yield from ((key, value) for key, value in data.items() if key not in ("name", "summary"))


def _of(work: Translation, role: Role, name: str) -> str | None:
    wanted = work.topology.nodes[name].device
    found = device(role, wanted) if wanted else None
    if found is None and wanted:
        work.lost.append(
            f"{name}: labgen has no {role.value} device for netlab's `{wanted}`; the default is taken"
        )
    return found
