"""What vendors' servers are told beside pools: the addresses they listen at, and leases that they take."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices_specs import planned

from labgen.devices import registry
from labgen.ground.labplan import LabPlan

SPEC = """
name: served
switches: [sw]
timers: device
segments:
  users: {attach: {sw: [pc1]}, relay: {servers: [dhcp]}, pool: {lease: LEASE}}
servers: {dhcp: sw}
"""


def section(server: str, folder: Path, lease: str = "8h") -> tuple[LabPlan, str]:
    plan = planned(SPEC.replace("LEASE", lease), folder, {"server": server})
    node = plan.node("dhcp")
    return plan, "".join(file.text for file in registry.get(server).artifacts(plan, node))


def test_vyos_listens_at_the_address_that_relays_ask(tmp_path: Path) -> None:
    """Its Kea binds one socket for each address it is told, and hears nothing sent to others."""
    plan, text = section("vyos", tmp_path)
    asked = {str(target.address) for relay in plan.node("sw").relays for target in relay.targets}
    listening = {line.split()[-1] for line in text.splitlines() if " listen-address " in line}
    assert asked == {"10.0.0.1"}
    assert asked < listening
    assert "10.1.0.1" in listening


@pytest.mark.parametrize(("lease", "least"), [("8h", None), ("10m", None), ("9m", "540"), ("12s", "12")])
def test_sr_os_takes_a_lease_that_is_shorter_than_its_least(
    lease: str, least: str | None, tmp_path: Path
) -> None:
    """`min-lease-time` is 600 s unless it is set, and no lease is shorter than it."""
    _, text = section("sros", tmp_path, lease)
    found = [line.split()[-1] for line in text.splitlines() if "min-lease-time" in line]
    assert found == ([least] if least else [])
