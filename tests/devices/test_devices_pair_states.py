"""What servers of a pair say of the two: the last word counts, and a server that is alone says nothing."""

from __future__ import annotations

import pytest

from labgen.devices import readers
from labgen.devices.observed import Observed, Raw
from labgen.plan.build import build
from labgen.spec.load import load

KEA = """\
10:29:55.451 INFO  [kea-dhcp4.ha-hooks] HA_STATE_TRANSITION server transitions from WAITING to SYNCING state, partner state is WAITING
10:29:56.456 INFO  [kea-dhcp4.ha-hooks] HA_STATE_TRANSITION server transitions from READY to {state} state, partner state is READY
2026-11-30 22:29:57.456 WARN  [kea-dhcp4.ha-hooks/10.1] HA_COMMUNICATION_INTERRUPTED communication with k2 is interrupted
"""
DHCPD = """\
failover peer "labgen" state {{
  my state recover at 1 2026/11/30 22:29:30;
  partner state unknown-state at 1 2026/11/30 22:29:30;
}}
lease 10.50.1.50 {{
  binding state free;
}}
failover peer "labgen" state {{
  my state {state} at 1 2026/11/30 22:29:37;
  partner state normal at 1 2026/11/30 22:29:37;
}}
"""


def observed(server: str, probe: str, text: str) -> Observed:
    node = build(load("relay", {"server": server})).node("srv")
    return readers.of(node).observe(node, {probe: Raw(text, f"raw/srv/{probe}.txt")})


@pytest.mark.parametrize(
    ("server", "probe", "form", "state", "whole", "line"),
    [
        ("kea", "kea-dhcp4.log", KEA, "LOAD-BALANCING", True, 2),
        ("kea", "kea-dhcp4.log", KEA, "HOT-STANDBY", True, 2),
        ("kea", "kea-dhcp4.log", KEA, "PARTNER-DOWN", False, 2),
        ("kea", "kea-dhcp4.log", KEA, "TERMINATED", False, 2),
        ("isc-dhcpd", "dhcpd.leases", DHCPD, "normal", True, 9),
        ("isc-dhcpd", "dhcpd.leases", DHCPD, "communications-interrupted", False, 9),
        ("isc-dhcpd-plain", "dhcpd.leases", DHCPD, "partner-down", False, 9),
    ],
)
def test_the_last_state_that_is_told_is_that_of_the_pair(
    server: str, probe: str, form: str, state: str, whole: bool, line: int
) -> None:
    (found,) = observed(server, probe, form.format(state=state)).pairs
    assert (found.state, found.whole, found.node) == (state.lower(), whole, "srv")
    assert (found.file, found.line) == (f"raw/srv/{probe}.txt", line)


@pytest.mark.parametrize(
    ("server", "probe", "text"),
    [
        ("kea", "kea-dhcp4.log", "2026-11-30 22:29:54.433 INFO  [kea-dhcp4.dhcp4/10.1] DHCP4_STARTED Kea\n"),
        ("isc-dhcpd", "dhcpd.leases", "lease 10.50.1.50 {\n  binding state active;\n}\n"),
        ("isc-dhcpd", "dhcpd.leases", ""),
    ],
)
def test_a_server_that_is_alone_tells_no_state(server: str, probe: str, text: str) -> None:
    assert observed(server, probe, text).pairs == ()
