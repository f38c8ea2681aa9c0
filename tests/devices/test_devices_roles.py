"""Every device that relays, serves or is a client is asked about that."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices_specs import ROUTED, planned

from labgen.devices import readers, registry
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import Role

WITHIN_OTHERS = frozenset({("srlinux", Role.SWITCH), ("srlinux", Role.CLIENT), ("sros", Role.CLIENT)})
"""Their state of the role is in an answer that is wanted anyway; test_devices_vendors.py shows that it is read."""

NO_LEASE = frozenset({("eos", Role.CLIENT), ("dellos10", Role.CLIENT)})
"""Clients that show no lease: their address is all there is to see."""

DUTIES = {Role.SWITCH: "relays", Role.SERVER: "server", Role.CLIENT: "client"}
CASES = [
    (name, role) for name, device in registry.everything().items() for role in sorted(device.facts.roles)
]


def daemon(name: str) -> bool:
    """Whether the device is one program in one role, so that all its probes are about that."""
    facts = registry.get(name).facts
    return facts.embedded and Role.SWITCH not in facts.roles


def without(node: NodePlan, role: Role) -> NodePlan:
    """The node, relieved of what its role makes it do."""
    nothing = () if role is Role.SWITCH else None
    return node.model_copy(update={DUTIES[role]: nothing})


ASKED = [case for case in CASES if case not in WITHIN_OTHERS | NO_LEASE and not daemon(case[0])]


@pytest.mark.parametrize(("name", "role"), ASKED, ids=[f"{name}-{role}" for name, role in ASKED])
def test_there_are_probes_for_the_role(name: str, role: Role, tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {role.value: name})
    node = plan.role(role)[0]
    asked = set(readers.get(name).probes(node))
    assert asked
    assert asked > set(readers.get(name).probes(without(node, role)))


@pytest.mark.parametrize(("name", "role"), CASES, ids=[f"{name}-{role}" for name, role in CASES])
def test_every_probe_has_a_file_of_its_own(name: str, role: Role, tmp_path: Path) -> None:
    plan = planned(ROUTED, tmp_path, {role.value: name})
    names = [probe.name for probe in readers.get(name).probes(plan.role(role)[0])]
    assert names
    assert len(set(names)) == len(names)
    assert not any("/" in file for file in names)
