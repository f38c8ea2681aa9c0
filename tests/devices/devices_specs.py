"""Specs of the recorded labs, and of small fabrics for devices that cannot run those."""

from __future__ import annotations

from pathlib import Path

from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.spec import load

VRF_RELAY = """
name: vrf-relay
devices: {switch: iosv, server: csr, client: iosv}
switches: [relay]
links: [relay-srv]
timers: device
vrfs: {client: {}}
segments:
  user:
    vrf: client
    attach: {relay: [user]}
    relay:
      servers: [srv]
      server_vrf: default
      source: uplink
      options: [link-selection, server-id-override, vss]
servers: {srv: {}}
"""

EVPN = """
name: fabric
switches: [sw1, sw2]
links: [sw1-sw2]
timers: device
overlay: {data: vxlan, control: evpn, asn: 65000}
vrfs: {client: {transit_vni: 12000}}
segments:
  cv1:
    vrf: client
    vni: 11000
    attach: {sw1: [cl_a], sw2: [cl_b]}
    relay:
      servers: [srv]
      server_vrf: default
      source: loopback
      options: [circuit-id, link-selection, server-id-override]
servers: {srv: sw1}
"""

ONE_VRF = """
name: plain-fabric
switches: [sw1, sw2]
links: [sw1-sw2]
timers: device
overlay: {data: vxlan, control: evpn, asn: 65000}
segments:
  cv1: {vni: 11000, attach: {sw1: [cl_a], sw2: [cl_b]}, relay: {servers: [srv], options: [circuit-id]}}
servers: {srv: sw1}
"""

ROUTED = """
name: routed
switches: [relay]
links: [relay-srv]
timers: device
segments:
  user: {attach: {relay: [user]}, relay: {servers: [srv]}, pool: {lease: 90m}}
servers: {srv: {}}
"""


def planned(text: str, folder: Path, devices: dict[str, str]) -> LabPlan:
    """The plan of a spec given as text."""
    file = folder / "spec.yml"
    file.write_text(text)
    return build(load.load(str(file), devices))
