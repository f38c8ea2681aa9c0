"""Configurations as files to read: `tests/devices/golden/`.

Regenerate with `LABGEN_GOLDEN=write pytest tests/devices/test_devices_golden.py`, and read the diff.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from devices_specs import EVPN, ONE_VRF, ROUTED, planned

from labgen.devices import registry
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import Role

GOLDEN = Path(__file__).parent / "golden"
BETWEEN_VRFS = (
    "eos", "cat8000v", "iol", "nxos", "vjunos-switch", "vjunos-router", "arubacx", "dellos10",
)  # fmt: skip
WITHIN_ONE = ("eos", "iol", "srlinux", "sros", "cumulus_nvue", "vyos")
ROUTERS = (
    "eos", "iosv", "csr", "cat8000v", "iol", "srlinux", "sros", "nxos", "iosxr", "vjunos-router", "arubacx",
    "dellos10", "cumulus_nvue", "sonic", "vyos",
)  # fmt: skip
SERVERS = (
    "eos",
    "iosv",
    "csr",
    "sros",
    "iosxr",
    "vjunos-router",
    "arubacx",
    "dellos10",
    "cumulus_nvue",
    "vyos",
)
CLIENTS = (
    "eos",
    "iosv",
    "csr",
    "srlinux",
    "sros",
    "iosxr",
    "vjunos-router",
    "dellos10",
    "cumulus_nvue",
    "vyos",
)

HSRP = """
name: campus
switches: [core-1, core-2, access-1]
links: [core-1-core-2, core-1-access-1, core-2-access-1]
segments:
  users: {vlan: 310, prefix: 10.1.1.0/24, gateway: {address: 10.1.1.254, protocol: hsrp, nodes: {core-1: 10.1.1.2, core-2: 10.1.1.3}},
    bridge: [access-1], attach: {access-1: [pc1]}, relay: {servers: [s1], options: [circuit-id]}}
servers: {s1: core-1}
"""

CASES = [
    *[("hsrp", HSRP, Role.SWITCH, device) for device in ("csr", "iol", "nxos")],
    *[("between-vrfs", EVPN, Role.SWITCH, device) for device in BETWEEN_VRFS],
    *[("one-vrf", ONE_VRF, Role.SWITCH, device) for device in WITHIN_ONE],
    *[("routed", ROUTED, Role.SWITCH, device) for device in ROUTERS],
    *[("routed", ROUTED, Role.SERVER, device) for device in SERVERS],
    *[("routed", ROUTED, Role.CLIENT, device) for device in CLIENTS],
]


@pytest.mark.parametrize(
    ("lab", "spec", "role", "device"), CASES, ids=[f"{lab}-{role}-{device}" for lab, _, role, device in CASES]
)
def test_configuration_is_the_golden_one(
    lab: str, spec: str, role: Role, device: str, tmp_path: Path
) -> None:
    plan = planned(spec, tmp_path, {role.value: device})
    node = plan.role(role)[0]
    (artifact,) = [found for found in registry.get(device).artifacts(plan, node) if _own(found.path, node)]
    compare(GOLDEN / f"{lab}-{role.value}-{device}.txt", artifact.text)


def _own(path: str, node: NodePlan) -> bool:
    return path.startswith(f"config/{node.name}/")


def compare(file: Path, text: str) -> None:
    if os.environ.get("LABGEN_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    wanted = file.read_text() if file.exists() else ""
    diff = list(_diff(wanted, text))
    assert not diff, "\n".join(diff)


def _diff(wanted: str, text: str) -> Iterator[str]:
    yield from difflib.unified_diff(wanted.splitlines(), text.splitlines(), "golden", "rendered", lineterm="")


ELSEWHERE = ("snooping-", "vlans-", "evpn-")
"""Files of other modules' tests."""


def test_every_golden_file_has_its_case() -> None:
    wanted = {f"{lab}-{role.value}-{device}.txt" for lab, _, role, device in CASES}
    elsewhere = {file.name for file in GOLDEN.iterdir() if file.name.startswith(ELSEWHERE)}
    assert {file.name for file in GOLDEN.iterdir()} - elsewhere == wanted
