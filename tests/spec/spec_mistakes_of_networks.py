"""Plausible mistakes in specs of two networks of one's own, as somebody makes them who has read docs/spec.md alone."""

from __future__ import annotations

FABRIC = """\
name: dc
switches: [spine1, spine2, leaf1, leaf2, border]
links: [spine1-leaf1, spine1-leaf2, spine1-border, spine2-leaf1, spine2-leaf2, spine2-border]
underlay: {protocol: ebgp, asn: {spine1: 65100, spine2: 65100, leaf1: 65101, leaf2: 65102, border: 65103}}
overlay: {data: vxlan, control: evpn}
vrfs: {users: {transit_vni: 50001}, services: {transit_vni: 50002}}
segments:
  office:
    vrf: users
    vlan: 110
    prefix: 10.10.0.0/24
    gateway: {address: 10.10.0.1, protocol: anycast}
    attach: {leaf1: [pc1, phone1], leaf2: [pc2]}
    relay: {servers: [dhcp1, dhcp2], server_vrf: services, source: loopback, options: [circuit-id, link-selection, server-id-override]}
    pool: {range: 10.10.0.100-10.10.0.199, mode: hot-standby, lease: 8h}
    options: {dns: [10.20.0.53]}
    classes:
      phones: {vendor_class: "Cisco Systems, Inc. IP Phone", clients: [phone1], range: 10.10.0.200-10.10.0.209, options: {150: 10.20.0.9}}
  servers:
    vrf: services
    vlan: 120
    prefix: 10.20.0.0/24
    gateway: {address: 10.20.0.1, protocol: anycast}
    attach: {border: [dhcp1, dhcp2]}
    dhcp: false
servers: {dhcp1: {}, dhcp2: {}}
nodes: {dhcp1: {addresses: {servers: 10.20.0.11}}, dhcp2: {addresses: {servers: 10.20.0.12}}}
externals:
  fw: {attach: {border: {vrf: users, address: 10.8.0.1/30, asn: 64999}}, reaches: [10.9.9.0/24]}
"""

BRANCHES = """\
name: branch
switches: [hub, br1, br2, acc]
links: [hub-br1, hub-br2, br2-acc]
segments:
  staff:
    prefix: 192.168.1.0/24
    gateway: 192.168.1.1
    attach: {br1: [pc1, pc2]}
    relay: {servers: [srv]}
    pool: {range: 192.168.1.10-192.168.1.99, lease: 1d, renew: 12h, rebind: 21h}
    reservations: {pc1: 192.168.1.5}
  voice:
    vlan: 20
    prefix: 192.168.2.0/24
    gateway: {address: 192.168.2.1, nodes: [br2]}
    bridge: [acc]
    snooping: {circuit_id: "{host}:{port}", trust: [printer]}
    attach: {acc: [phone, printer]}
    relay: {servers: [srv], trust: true}
    pool: {range: 192.168.2.10-192.168.2.99}
servers: {srv: hub}
faults: {hub-br1: {loss: 2%, delay: 30ms}}
expect: {leases: {staff: 2 of 2}}
playbooks: [acquire, renew]
"""

Change = tuple[str, str]

FABRIC_MISTAKES: tuple[Change, ...] = (
    ("leaf1: 65101, leaf2: 65102", "leaf1: 65101, leaf2: 65101"),
    ("border: 65103}", "border: 65103, leaf3: 65104}"),
    ("underlay: {protocol: ebgp", "underlay: {protocol: bgp"),
    ("overlay: {data: vxlan, control: evpn}", "overlay: evpn"),
    ("overlay: {data: vxlan, control: evpn}", "overlay: {data: vxlan, control: evpn, asn: 65000}"),
    (
        "overlay: {data: vxlan, control: evpn}",
        "overlay: {data: vxlan, control: evpn, route_reflectors: [spine1, spine2]}",
    ),
    ("overlay: {data: vxlan, control: evpn}", "overlay: {data: mpls, control: evpn}"),
    (
        "overlay: {data: vxlan, control: evpn}",
        "overlay: {data: vxlan, control: evpn, replication: multicast}",
    ),
    ("transit_vni: 50001", "l3vni: 50001"),
    ("transit_vni: 50001", "vni: 50001"),
    ("transit_vni: 50002", "transit_vni: 50001"),
    ("{users: {transit_vni: 50001}", "{users: {transit_vni: 50001, rd: 10.0.0.1:1, rt: 65000:1}"),
    ("    vlan: 110\n", "    vlan: 110\n    vni: 10110\n    l2vni: 10110\n"),
    ("    vlan: 120\n", "    vlan: 110\n"),
    ("    vlan: 110\n", "    vlan: 110\n    vni: 50001\n"),
    ("protocol: anycast}\n    attach: {leaf1", "protocol: varp}\n    attach: {leaf1"),
    ("gateway: {address: 10.10.0.1, protocol: anycast}", "gateway: anycast 10.10.0.1"),
    ("gateway: {address: 10.10.0.1, protocol: anycast}", "ip: 10.10.0.1/24"),
    ("server_vrf: services", "vrf: services"),
    ("server_vrf: services", "server_vrf: service"),
    ("server_vrf: services", "server_vrf: users"),
    ("server_vrf: services, ", ""),
    ("source: loopback", "source: Loopback1"),
    ("source: loopback, options: [circuit-id, link-selection, server-id-override]", "source: loopback"),
    ("servers: [dhcp1, dhcp2], server_vrf", "servers: [10.20.0.11, 10.20.0.12], server_vrf"),
    ("servers: [dhcp1, dhcp2], server_vrf", "helpers: [10.20.0.11, 10.20.0.12], server_vrf"),
    ("servers: {dhcp1: {}, dhcp2: {}}", "servers: {dhcp1: 10.20.0.11, dhcp2: 10.20.0.12}"),
    ("servers: {dhcp1: {}, dhcp2: {}}", "servers: [dhcp1, dhcp2]"),
    ("servers: {dhcp1: {}, dhcp2: {}}", "servers: {dhcp1: {address: 10.20.0.11}, dhcp2: {}}"),
    ("attach: {border: [dhcp1, dhcp2]}", "attach: {border: [dhcp1]}"),
    ("dhcp1: {addresses: {servers: 10.20.0.11}}", "dhcp1: {addresses: 10.20.0.11}"),
    ("dhcp1: {addresses: {servers: 10.20.0.11}}", "dhcp1: {addresses: {servers: 10.20.0.1}}"),
    ("dhcp1: {addresses: {servers: 10.20.0.11}}", "dhcp1: {address: 10.20.0.11}"),
    ("clients: [phone1], range", "clients: [phone2], range"),
    ('vendor_class: "Cisco Systems, Inc. IP Phone"', "vendor_class: Cisco Systems, Inc. IP Phone"),
    ('vendor_class: "Cisco', 'option_60: "Cisco'),
    ("150: 10.20.0.9", "tftp-server: 10.20.0.9, 66: boot.example.net"),
    ("150: 10.20.0.9", "option 150: 10.20.0.9"),
    ("address: 10.8.0.1/30", "address: 10.8.0.1"),
    ("address: 10.8.0.1/30", "address: 10.8.0.0/30"),
    ("address: 10.8.0.1/30", "address: 10.10.0.5/30"),
    ("reaches: [10.9.9.0/24]", "reaches: [10.10.0.0/16]"),
    ("reaches: [10.9.9.0/24]", "reaches: 0.0.0.0"),
    ("attach: {border: {vrf: users", "attach: {border1: {vrf: users"),
    ("asn: 64999", "asn: 65103"),
    ("attach: {leaf1: [pc1, phone1], leaf2: [pc2]}", "attach: {leaf1: [pc1, phone1], leaf2: [pc1]}"),
    ("reaches: [10.9.9.0/24]", "reaches: [10.9.9.0/24, 0.0.0.0/0]"),
    ("address: 10.8.0.1/30", "address: 127.8.0.1/30"),
    ("{servers: [dhcp1, dhcp2], server_vrf", "{servers: [dhcp1, dhcp2], switches: [], server_vrf"),
)

BRANCH_MISTAKES: tuple[Change, ...] = (
    ("gateway: 192.168.1.1\n", "gateway: 192.168.1.1/24\n"),
    ("gateway: 192.168.1.1\n", "gateway: vrrp\n"),
    ("gateway: 192.168.1.1\n", "gateway: 192.168.1.5\n"),
    ("prefix: 192.168.1.0/24", "prefix: 192.168.1.0 255.255.255.0"),
    ("prefix: 192.168.1.0/24", "prefix: 192.168.1"),
    ("prefix: 192.168.2.0/24", "prefix: 192.168.0.0/22"),
    ("lease: 1d, renew: 12h", "lease: 1d, renew: 22h"),
    ("lease: 1d,", "lease: 1 day,"),
    ("lease: 1d,", "lease: 86400s, default: 1h,"),
    ("lease: 1d,", "lease: -1,"),
    ("lease: 1d,", "cache: 25, lease: 1d,"),
    ("lease: 1d,", "cache: 100%, lease: 1d,"),
    ("lease: 1d,", "cache-threshold: 0.25, lease: 1d,"),
    ("reservations: {pc1: 192.168.1.5}", "reservations: {pc1: 192.168.1.50-192.168.1.51}"),
    ("reservations: {pc1: 192.168.1.5}", "exclude: [192.168.1.20]"),
    ("reservations: {pc1: 192.168.1.5}", "reservations: [{mac: 02:00:00:00:00:01, ip: 192.168.1.5}]"),
    ("reservations: {pc1: 192.168.1.5}", "reservations: {pc1: {ip: 192.168.1.5}}"),
    ("trust: [printer]", "trust: [phone1]"),
    ("trust: [printer]", "trusted: [printer]"),
    ("trust: [printer]}", "trust: [printer], switches: [br2]}"),
    ('circuit_id: "{host}:{port}"', 'circuit_id: "{hostname}:{port}"'),
    ("    bridge: [acc]\n", "    bridge: acc2\n"),
    ("gateway: {address: 192.168.2.1, nodes: [br2]}", "gateway: {address: 192.168.2.1, nodes: [br1]}"),
    ("servers: {srv: hub}", "servers: {srv: hub, srv2: br3}"),
    ("servers: {srv: hub}", "servers: {srv: [hub, hub]}"),
    ("relay: {servers: [srv], trust: true}", "relay: {servers: [srv], trust: true, existing: overwrite}"),
    ("relay: {servers: [srv], trust: true}", "relay: {servers: [srv], trust: [acc]}"),
    ("hub-br1: {loss", "hub-br3: {loss"),
    ("loss: 2%", "loss: 2"),
    ("delay: 30ms", "delay: 30"),
    ("leases: {staff: 2 of 2}", "leases: {staff: 2/2}"),
    ("leases: {staff: 2 of 2}", "leases: {staff: 3 of 3}"),
    ("[acquire, renew]", "[acquire, renewal]"),
    ("links: [hub-br1, hub-br2, br2-acc]", "links: [hub-br1, hub-br2]"),
    ("links: [hub-br1, hub-br2, br2-acc]", 'links: ["hub:eth1-br1:eth1", hub-br2, br2-acc]'),
    ("links: [hub-br1, hub-br2, br2-acc]", "links: [hub - br1, hub - br2, br2 - acc]"),
    (
        "links: [hub-br1, hub-br2, br2-acc]",
        "links:\n  - endpoints: [hub, br1]\n  - endpoints: [hub, br2]\n  - endpoints: [br2, acc]",
    ),
    ("links: [hub-br1,", "links: [{link: hub-br1, prefix: 10.0.0.1/30},"),
    ("links: [hub-br1,", "links: [{link: hub-br1, prefix: 10.0.0.0/30, mtu: 1400},"),
    ("switches: [hub, br1, br2, acc]", "switches: {hub: {device: eos}, br1: {}, br2: {}, acc: {}}"),
    ("attach: {br1: [pc1, pc2]}", "attach: {br1: [pc1, pc2], hub: []}"),
    ("attach: {br1: [pc1, pc2]}", "clients: {br1: [pc1, pc2]}"),
    ("attach: {br1: [pc1, pc2]}", "attach: {br1: {pc1: eth3, pc2: eth4}}"),
    ("name: branch\n", "name: branch\ndevices: {switch: cisco, server: kea}\n"),
    ("name: branch\n", "name: branch\ndevices: {switch: frr, server: windows}\n"),
    ("name: branch\n", "name: branch\ntimers: slow\n"),
)

FABRIC_VARIANTS: tuple[Change, ...] = (
    (
        "gateway: {address: 10.10.0.1, protocol: anycast}",
        "gateway: {address: 10.10.0.1, protocol: anycast, nodes: [spine1]}",
    ),
    ("10.10.0.200-10.10.0.209", "10.10.0.190-10.10.0.209"),
    ("services: {transit_vni: 50002}", "services: {transit_vni: 50002, leaks: [users]}"),
    ("users: {transit_vni: 50001}", "users: {transit_vni: 50001, leaks: {services: [spine1]}}"),
)
BRANCH_VARIANTS: tuple[Change, ...] = (
    ("prefix: 192.168.1.0/24", "prefix: 192.168.1.0/255.255.255.0"),
    ("reservations: {pc1: 192.168.1.5}", "reservations: {0200.0000.0001: 192.168.1.5}"),
    ("    bridge: [acc]\n", ""),
)
"""What looks odd and is meant: an anycast gateway on a spine alone, a class that takes a part of the pool, routes that leak where they
are named, a mask in full, a MAC address in groups of four, an access switch that `gateway.nodes` makes a bridge."""
