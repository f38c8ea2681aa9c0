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


CAMPUS = """
name: campus
switches: [core-1, core-2, access]
links: [core-1-core-2, core-1-access, core-2-access]
underlay: UNDERLAY
vrfs: {red: {}}
segments:
  users: {vlan: 10, prefix: 10.1.10.0/24, gateway: {address: 10.1.10.254, protocol: vrrp, nodes: [core-1, core-2]}, bridge: [access],
    attach: {access: [pc1, pc2]}, relay: {servers: [dhcp]}}
  lab: {vrf: red, vlan: 20, prefix: 10.1.20.0/24, gateway: {address: 10.1.20.1, nodes: [core-1]}, bridge: [access], attach: {access: [pc3]},
    relay: {servers: [dhcp], source: loopback, options: [link-selection, server-id-override]}}
servers: {dhcp: core-1}
"""
FABRIC = """
name: fabric
switches: [l1, l2, bl]
links: [l1-bl, l2-bl]
overlay: {data: vxlan, control: evpn, asn: 65000}
vrfs: {red: {transit_vni: true}, services: {transit_vni: true}}
segments:
  users: {vrf: red, vlan: 10, gateway: anycast, attach: {l1: [a], l2: [b]},
    relay: {servers: [dhcp], server_vrf: services, source: loopback, options: [link-selection, server-id-override, vss]}}
  servers: {vrf: services, vlan: 20, attach: {bl: [dhcp]}, dhcp: false}
servers: {dhcp: {}}
"""
PLAIN = "relay: {servers: [dhcp]}"
SOURCED = "relay: {servers: [dhcp], source: loopback, options: [link-selection, server-id-override]}"
UNDERLAYS = ("ospf", "isis", "ebgp", "static", "none")
FLOODED = """
name: flooded
switches: [sw1, sw2]
links: [sw1-sw2]
overlay: {data: vxlan, control: static}
segments:
  cv1: {gateway: anycast, attach: {sw1: [a], sw2: [b]}, relay: {servers: [srv]}}
servers: {srv: sw1}
"""
PEERED = (
    """
name: peered
switches: [spine, l1, l2]
links: [l1-spine, l2-spine]
underlay: {protocol: ebgp}
overlay: {data: vxlan, control: evpn, peering: ibgp, asn: 65000, multihoming: true}
vrfs: {red: {transit_vni: true}, services: {transit_vni: true}}
nodes: {spine: {asn: 65100}}
segments:
  users: {vrf: red, gateway: anycast, attach: {l1: [a, c], l2: [b, c]},
    relay: {servers: [dhcp], server_vrf: services, source: loopback, options: [link-selection, server-id-override, vss]}}
  servers: {vrf: services, attach: {l2: [dhcp]}, dhcp: false}
servers: {dhcp: {}}
externals: {fw: {attach: {l1: {vrf: red, address: 10.8.0.1/30, asn: 64999}}, reaches: [10.77.0.0/24]},
  isp: {attach: {l1: {vrf: services, address: 10.8.1.1/30}}, reaches: [10.78.0.0/24]}}
""",
    """
name: beyond
switches: [core, access]
links: [core-access]
vrfs: {red: {}}
segments:
  users: {vrf: red, gateway: {protocol: vrrp, nodes: [core, access]}, attach: {core: [a], access: [b]},
    relay: {servers: [dhcp], source: loopback, server_vrf: default, options: [link-selection, server-id-override]}}
servers: {dhcp: core}
externals: {fw: {attach: {core: {vrf: red, address: 10.8.0.1/30, asn: 64999}}, reaches: [10.77.0.0/24]},
  isp: {attach: {core: {vrf: default, address: 10.8.1.1/30, asn: 64998}}, reaches: [10.78.0.0/24]}}
""",
)


def planned(text: str, folder: Path, devices: dict[str, str]) -> LabPlan:
    """The plan of a spec given as text."""
    file = folder / "spec.yml"
    file.write_text(text)
    return build(load.load(str(file), devices))
