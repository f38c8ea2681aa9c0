"""Plausible mistakes in the keys for networks of one's own: secondary subnets, relay policy, externals, faults, programs."""

from __future__ import annotations

from spec_mistakes import Mistake

RELAY = "relay: {servers: [dhcp1, dhcp2], options: [circuit-id]}"
GUESTS = "    prefix: 10.20.20.0/24\n"
LAST = "playbooks: [acquire]"
RANGE = "range: 10.20.10.50-10.20.10.199"
NODES = "nodes: {core1: {loopback: 10.255.0.1}}"


def secondary(text: str) -> Mistake:
    return GUESTS, f"{GUESTS}    secondary: {text}\n"


def relay(text: str) -> Mistake:
    return RELAY, f"relay: {{servers: [dhcp1, dhcp2], options: [circuit-id], {text}}}"


def snooping(text: str) -> Mistake:
    return "    bridge: [acc1]\n", f"    bridge: [acc1]\n    snooping: {text}\n"


def lease(text: str) -> Mistake:
    return "lease: 8h", text


def externals(text: str) -> Mistake:
    return LAST, f"externals: {text}"


def faults(text: str) -> Mistake:
    return LAST, f"faults: {text}"


def program(text: str) -> Mistake:
    return NODES, f"nodes: {{pc1: {{program: {text}}}}}"


KEY_MISTAKES: tuple[Mistake, ...] = (
    # secondary subnets
    secondary("10.20.21.1/24"),
    secondary("10.20.21.0"),
    secondary("[10.20.20.0/24]"),
    secondary("[10.20.21.0/24, 10.20.21.0/24]"),
    secondary("[10.20.10.0/25]"),
    secondary("[10.20.21.0/30]"),
    secondary("[224.0.1.0/24]"),
    secondary("yes"),
    secondary("7"),
    secondary("{10.20.21.0/24: {}}"),
    secondary("{prefix: 10.20.21.0/24, gatway: 10.20.21.1}"),
    secondary("{gateway: 10.20.21.1}"),
    secondary("[{prefix: 10.20.21.0/24, gateway: 10.20.20.1}]"),
    secondary("[{prefix: 10.20.21.0/24, gateway: 10.20.21.255}]"),
    secondary("[{prefix: 10.20.21.0/24, range: 10.20.22.10-10.20.22.20}]"),
    secondary("[{prefix: 10.20.21.0/24, range: 10.20.21.0-10.20.21.20}]"),
    secondary("[{prefix: 10.20.21.0/24, range: 10.20.21.20-10.20.21.10}]"),
    secondary("[{prefix: 10.20.21.0/24, range: [10.20.21.10-10.20.21.20, 10.20.21.15-10.20.21.30]}]"),
    secondary("['2001:db8::/64']"),
    (GUESTS, f"{GUESTS}    secondaries: [10.20.21.0/24]\n"),
    # access switches that snoop
    snooping("maybe"),
    snooping("7"),
    snooping("[acc2]"),
    snooping("[core1]"),
    snooping("{switch: acc1}"),
    snooping("{trust: [dhcp1]}"),
    snooping("{circuit_id: '{prt}'}"),
    snooping("{circuit_id: '{host}'}"),
    snooping("{options: [circuit_id]}"),
    snooping("{options: [vss]}"),
    snooping("{options: none, remote_id: acc}"),
    # lease times, user classes, leaking
    lease("lease: always"),
    lease("lease: 8h, shortest: 1d"),
    lease("lease: 8h, longest: 1h"),
    lease("lease: infinite, renew: 8d, rebind: 4d"),
    lease("lease: 8h, quarantine: no"),
    lease("lease: 8h, ping_check: 5"),
    lease("lease: 8h, min: 1h"),
    (NODES, "nodes: {core1: {asks_lease: 1h}}"),
    (NODES, "nodes: {pc1: {asks_lease: soon}}"),
    ("reservations: {pc1: 10.20.10.10}", "reservations: {pc1: {address: 10.20.10.10, lease: 0}}"),
    (GUESTS, f"{GUESTS}    classes: {{boot: {{user_class: iPXE, vendor_class: PXEClient}}}}\n"),
    (GUESTS, f"{GUESTS}    classes: {{boot: {{clients: [pc3]}}}}\n"),
    (GUESTS, f"{GUESTS}    classes: {{boot: {{user_class: iPXE, lease: -1}}}}\n"),
    ("vrfs: {guests: {}}", "vrfs: {guests: {leaks: services}}"),
    ("vrfs: {guests: {}}", "vrfs: {guests: {leaks: guests}}"),
    ("vrfs: {guests: {}}", "vrfs: {guests: {leaks: default}}"),
    ("vrfs: {guests: {}}", "vrfs: {guests: {leaks: {staff: [leaf2]}}, staff: {}}"),
    ("vrfs: {guests: {}}", "vrfs: {guests: {leaks: staff}, staff: {}}"),
    # relay policy
    relay("circuit_id: '{host}:{iface}'"),
    relay("circuit_id: 7"),
    relay("circuit_id: ''"),
    relay("remote_id: '{host}'"),
    relay("circuit-id: '{host}'"),
    relay("trust: maybe"),
    relay("existing: forward"),
    relay("existing: true"),
    relay("helpers: [10.20.10.99]"),
    relay("helpers: [10.9.9.67, 10.9.9.67]"),
    relay("helpers: [dhcp9]"),
    relay("helpers: 10.9.9.67/32"),
    relay("overrides: {leaf1: {source: loopback}}"),
    relay("overrides: {core1: {sorce: loopback}}"),
    relay("overrides: {core1: loopback}"),
    relay("overrides: [core1]"),
    ("options: [circuit-id]}", "options: [circuit-id], circuit_id: '" + "x" * 65 + "'}"),
    # externals
    externals("fw1"),
    externals("{fw1: core1}"),
    externals("{fw1: {attach: core1}}"),
    externals("{fw1: {attach: {core1: 10.8.0.1/30}}}"),
    externals("{fw1: {attach: {core9: {address: 10.8.0.1/30}}}}"),
    externals("{fw1: {attach: {pc1: {address: 10.8.0.1/30}}}}"),
    externals("{fw1: {attach: {core1: {vrf: users, address: 10.8.0.1/30}}}}"),
    externals("{fw1: {attach: {core1: {vrf: guest, address: 10.8.0.1/30}}}}"),
    externals("{fw1: {attach: {core1: {vrf: guests}}}}"),
    externals("{fw1: {attach: {core1: {address: 10.8.0.1}}}}"),
    externals("{fw1: {attach: {core1: {address: 10.8.0.3/30}}}}"),
    externals("{fw1: {attach: {core1: {address: 10.20.10.1/30}}}}"),
    externals("{fw1: {attach: {core1: {address: 10.8.0.1/30, asn: 0}}}}"),
    externals("{fw1: {attach: {core1: {address: 10.8.0.1/30, asn: AS64999}}}}"),
    externals("{fw1: {attach: {core1: {address: 10.8.0.1/30, as: 64999}}}}"),
    externals("{fw1: {attach: {core1: {address: 10.8.0.1/30}}, reaches: [10.20.0.0/16]}}"),
    externals("{fw1: {attach: {core1: {address: 10.8.0.1/30}}, reaches: 10.9.9.9}}"),
    externals("{fw1: {attach: {core1: {address: 10.8.0.1/30}}, reaches: {10.9.9.0/24: {}}}}"),
    externals("{fw1: {attach: {core1: {address: 10.8.0.1/30}}, reach: [10.9.9.0/24]}}"),
    externals("{leaf1: {attach: {core1: {address: 10.8.0.1/30}}}}"),
    externals("{fw1: {attach: {core1: []}}}"),
    ("loopback: 10.255.0.1}}", "loopback: 10.255.0.1}, fw1: {loopback: 10.255.0.9}}"),
    # faults
    faults("loss"),
    faults("[core1-core2]"),
    faults("{core1-core2: 10%}"),
    faults("{core1-core2: {loss: 0.1}}"),
    faults("{core1-core2: {loss: 101%}}"),
    faults("{core1-core2: {packet_loss: 10%}}"),
    faults("{core1-core2: {delay: 20}}"),
    faults("{core1-core2: {delay: 20 minutes}}"),
    faults("{core1-core2: {duplicate: twice}}"),
    faults("{core1-core2: {blackhole: 10.9.9.9}}"),
    faults("{core1-core2: {mtu: jumbo}}"),
    faults("{core1-core2: {mtu: 10}}"),
    faults("{core1-core2: {rp_filter: 1}}"),
    faults("{core1-leaf9: {loss: 10%}}"),
    faults("{core2-leaf1: {loss: 10%}}"),
    faults("{core1-core2: {reply: drop}}"),
    faults("{dhcp9: {reply: drop}}"),
    faults("{dhcp1: {reply: silent}}"),
    faults("{pc1: {rp_filter: strict}}"),
    faults("{core1-core2: {}}"),
    faults("{core1-core2: {loss: 1%}, core2-core1: {loss: 2%}}"),
    # programs
    program("{}"),
    program("./my-client"),
    program("{command: my-own-client}"),
    program("{command: 'sh {port}'}"),
    program("{command: sh, redy: bound}"),
    program("{command: sh, ready: '('}"),
    program("{command: sh, log: client.log}"),
    program("{command: sh, config: client.conf}"),
    program("[]"),
    ("client: dhclient", "client: ./my-client"),
    ("client: dhclient", "client: program"),
    (NODES, "nodes: {acc1: {program: sh}}"),
    (NODES, "nodes: {pc1: {device: udhcpc, program: sh}}"),
    # the fabric
    ("underlay: ospf", "underlay: ospf\noverlay: {control: static, multihoming: true}"),
    ("underlay: ospf", "underlay: ospf\noverlay: {control: evpn, asn: 65000, multihoming: esi}"),
    # ranges in other words
    (RANGE, "range: 10.20.10.50 to 10.20.10.199"),
    (RANGE, "range: 10.20.10.50..10.20.10.199"),
    (RANGE, "range: 10.20.10.64/26"),
    # options in other words
    ("{dns: [10.9.9.9], domain", "{nameserver: 10.9.9.9, domain"),
    ("{dns: [10.9.9.9], domain", "{routers: 10.20.10.254, domain"),
    ("{dns: [10.9.9.9], domain", "{lease-time: 3600, domain"),
    ("{dns: [10.9.9.9], domain", "{relay-agent-information: aa, domain"),
    ("{dns: [10.9.9.9], domain", "{mtu: 20, domain"),
    # devices and gateways
    ("devices: {switch: frr", "devices: {switch: fr"),
    (
        "gateway: {address: 10.20.10.254, protocol: vrrp, nodes: [core1, core2]}",
        "gateway: {address: 10.20.10.254, protocol: switch, nodes: {core1: 10.20.10.2}}",
    ),
    # nobody listed, the same one twice, and more than there are
    ("options: [circuit-id]}", "switches: []}"),
    ("options: [circuit-id]}", "helpers: [10.0.0.2]}"),
    ("options: [circuit-id]}", "helpers: [10.255.0.1]}"),
    (
        "reservations: {pc1: 10.20.10.10}",
        "reservations: {'02:00:00:00:00:01': 10.20.10.10, 0200.0000.0001: 10.20.10.11}",
    ),
    ("playbooks: [acquire]", "expect: {leases: {users: 2 of 2}, no_lease: [pc2]}"),
    # addresses that no host has
    ("options: [circuit-id]}", "helpers: [255.255.255.255]}"),
    ("options: [circuit-id]}", "helpers: [10.9.9.9, 224.0.0.12]}"),
    ("nodes: {core1: {loopback: 10.255.0.1}}", "nodes: {core1: {loopback: 127.0.0.1}}"),
    ("nodes: {core1: {loopback: 10.255.0.1}}", "nodes: {core1: {loopback: 255.255.255.255}}"),
    ("links: [core1-core2,", "links: [{link: core1-core2, prefix: 239.1.1.0/31},"),
    # names that mean something else
    ("[pc1, pc2]", "[pc1, host]"),
    ("[pc1, pc2]", "[pc1, selected-server]"),
    # AS numbers
    ("underlay: ospf", "underlay: {protocol: ebgp, asn: {core1: 65001, leaf1: 65001, core2: 65001}}"),
    # what is reserved where there is no range
    (
        "    prefix: 10.20.20.0/24",
        "    prefix: 10.20.20.0/24\n    pool: {range: none}",
    ),
    # one thing too close to another
    ("nodes: {core1: {loopback: 10.255.0.1}}", "nodes: {core1: {loopback: 10.20.10.60}}"),
    ("servers: [dhcp1, dhcp2], options", "servers: dhcp1;dhcp2, options"),
    ("lease: 8h", "lease:8h"),
    ("domain: example.net", "domain: .example..net"),
    ("dns: [10.9.9.9]", "dns: '10.9.9.9, 10.9.9.8'"),
    ("nodes: {core1: {loopback: 10.255.0.1}}", "nodes: {core1: eos}"),
)
