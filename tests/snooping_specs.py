"""A campus with an access switch that snoops, as a plan, a lab and stories of checks have it."""

from __future__ import annotations

_CAMPUS = """\
name: campus
switches: [core, access]
links: [access-core]
segments:
  users:
    vlan: 10
    prefix: 10.1.10.0/24
    gateway: {address: 10.1.10.254, nodes: [core]}
    bridge: [access]
    snooping: SNOOPING
    attach: {access: [pc1, pc2]}
    relay: {servers: [dhcp], trust: true}
    reservations: {"circuit-id PORT:10": 10.1.10.20}
servers: {dhcp: core}
"""


def campus(snooping: str = "true", *, reserved: str = "eth2", pool: str = "") -> str:
    """The spec; `reserved` is the port whose client has an address of its own."""
    text = _CAMPUS.replace("SNOOPING", snooping).replace("PORT", reserved)
    return text.replace("    reservations:", f"    pool: {pool}\n    reservations:") if pool else text
