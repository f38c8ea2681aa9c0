"""Plausible mistakes in designs of one's own, and what only looks like one, as (what is there, what they write) by design."""

from __future__ import annotations

from spec_mistakes import Mistake

MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "pxe-phones": (
        ("range: 10.50.2.100-10.50.2.120", "range: 10.50.3.100-10.50.3.120"),
        ("clients: [boot1]", "clients: [boot1, phone1]"),
        ('vendor_class: "PXEClient"', 'vendor_class: "Acme"'),
        ("bootfile: pxelinux.0", "67: pxelinux.0, bootfile: a"),
        ("150: [10.59.0.9, 10.59.0.10]", "150: tftp.example.net"),
        ("ntp: [10.59.0.123]", "ntp: [10.59.0.123, ntp.example.net]"),
        ("ntp: [10.59.0.123]", "router: 10.50.1.1"),
        ("ntp: [10.59.0.123]", "subnet-mask: 255.255.255.0"),
        ("ntp: [10.59.0.123]", "time-offset: +1h"),
    ),
    "retail": (
        ("mode: load-balance, lease: 7d", "lease: 7d"),
        (
            "range: 10.1.10.100-10.1.10.199, mode: load-balance",
            "range: 10.1.10.100-10.1.10.199, mode: hot-standby",
        ),
        ("cam-1: 10.2.30.11, ", ""),
    ),
    "multi-site-campus": (
        ("relay: {servers: [dhcp1, dhcp2], via: core}", "relay: {servers: [dhcp1, dhcp2], via: dhcp1}"),
        ("relay: {servers: [dhcp1, dhcp2], via: core}", "relay: {servers: [dhcp1, dhcp2], via: [core]}"),
        ("relay: {servers: [dhcp1, dhcp2], via: core}", "relay: {servers: [dhcp1, dhcp2], via: b-dist-1}"),
        ("a-dist-1: 10.10.110.2, a-dist-2: 10.10.110.3", "a-dist-1: 10.10.110.2, a-dist-2: 10.10.110.2"),
        ("a-dist-1: 10.10.110.2, a-dist-2: 10.10.110.3", "a-dist-1: 10.10.110.1, a-dist-2: 10.10.110.3"),
        ("{dns: [10.99.0.53], domain: a.example.net}", "{dns: [10.99.0.53], domain: a_example..net}"),
        ("{dns: [10.99.0.53], domain: a.example.net}", "{dns: 10.99.0.53 10.99.0.54}"),
        (
            "lease: 8h}\n    options: {dns: [10.99.0.53], domain: a",
            "lease: 0x10}\n    options: {dns: [10.99.0.53], domain: a",
        ),
        (
            "lease: 8h}\n    options: {dns: [10.99.0.53], domain: a",
            "lease: 1e3}\n    options: {dns: [10.99.0.53], domain: a",
        ),
        (
            "lease: 8h}\n    options: {dns: [10.99.0.53], domain: a",
            "lease: 8h, shortest: 9h}\n    options: {dns: [10.99.0.53], domain: a",
        ),
        (
            "lease: 8h}\n    options: {dns: [10.99.0.53], domain: a",
            "lease: 8h, longest: 1h}\n    options: {dns: [10.99.0.53], domain: a",
        ),
        ("servers: {dhcp1: core, dhcp2: core}", "servers: {dhcp1: core, dhcp2: core, dhcp1: core}"),
        ("servers: {dhcp1: core, dhcp2: core}", "servers: {dhcp1: core; dhcp2: core}"),
        ("servers: {dhcp1: core, dhcp2: core}", "servers: {dhcp1 : core, dhcp2:core}"),
        ("gateway-failure]", "gateway_failure]"),
        ("  - core-a-dist-1\n", "  - core - a-dist-1\n"),
        ("  - core-a-dist-1\n", "  -core-a-dist-1\n"),
        ("  - core-a-dist-1\n", "  - core_a-dist-1\n"),
    ),
    "two-server-vrfs": (
        ('circuit_id: "{host}/{vlan}", ', "circuit_id: {host}/{vlan}, "),
        ("overrides: {leaf3:", "overrides: {leaf4:"),
        ("overrides: {leaf3:", "overrides: {border:"),
        ("overrides: {leaf3: {circuit_id", "overrides: {leaf3: {circuitid"),
        ("        server_vrf: infra\n", "        server_vrf: tenant\n"),
        (
            "split: {old: 10.30.0.50-10.30.0.99, new: 10.30.0.100-10.30.0.199}",
            "split: {old: 10.30.0.50-10.30.0.99}",
        ),
        ("split: {old: 10.30.0.50-10.30.0.99, new: 10.30.0.100-10.30.0.199}", "mode: hot-standby"),
        (
            "{tenant: {transit_vni: true}, infra: {transit_vni: true}}",
            "{tenant: {transit_vni: true}, infra: {}}",
        ),
        ("asn: 65010,", "asn: 65010.1,"),
        ("asn: 65010,", "asn: 65_010,"),
    ),
    "bonded-racks": (
        ("tor2: [h1, h2]", "tor2: [h1, h2, h1]"),
        ("servers: {kea1: {}}", "servers: kea1"),
        ("h1: 10.40.20.11", 'h1: 10.40.20.11, "02:00:00:00:00:0G": 10.40.20.12'),
    ),
    "hotel-ports": (
        ('"circuit-id floor1-eth2": 172.20.1.101', '"circuit-id floor1-eth9": 172.20.1.101'),
        ('"circuit-id floor1-eth2": 172.20.1.101', "circuit-id: {floor1-eth2: 172.20.1.101}"),
        ('"circuit-id floor1-eth2": 172.20.1.101', '"circuit_id floor1-eth2": 172.20.1.101'),
        ('"circuit-id floor1-eth2": 172.20.1.101', '"remote-id hotel": 172.20.1.101'),
        ("pool: {range: none, lease: 2h}", "pool: {range: [], lease: 2h}"),
        ("lease: 7d, options", "lease: 7d, T1: 1d, options"),
        ("snooping: true\n", "snooping: {trust: all}\n"),
        ('remote_id: "hotel"', 'remote_id: ""'),
    ),
    "my-relay": (
        ('"./my-relay.sh {interfaces} {servers}"', "./my-relay.sh {interfaces} {servers}"),
        ('"./my-relay.sh {interfaces} {servers}"', '"./my-relay.sh {interfaces} {server}"'),
        ('"./my-relay.sh {interfaces} {servers}"', '"./my-relay.sh {interfaces} {servers} | tee log"'),
        ("a2: {device: udhcpc}", "a2: {devices: udhcpc}"),
        ("a2: {device: udhcpc}", "a2: udhcpc"),
        ("playbooks: [acquire]", "playbooks: acquire, renew"),
        ("playbooks: [acquire]", "playbooks: [acquire,, release]"),
        ("playbooks: [acquire]", "faults: {edge: {reply: drop}}"),
        ("segments:\n", "segments:\n  <<: *nothing\n"),
        ("segments:\n", "---\nsegments:\n"),
    ),
}

VARIANTS: dict[str, tuple[Mistake, ...]] = {
    "pxe-phones": (
        (
            "secondary: {prefix: 10.50.2.0/24, gateway: 10.50.2.254, range",
            "secondary: {prefix: 10.50.2.0/24, gateway: 10.50.2.15, range",
        ),
        ("range: 10.50.2.100-10.50.2.120", "range: 10.50.2.15-10.50.2.120"),
    ),
    "multi-site-campus": (
        ("a-dist-1: 10.10.110.2, a-dist-2: 10.10.110.3", "a-dist-1: 10.10.110.60, a-dist-2: 10.10.110.3"),
        ("vlan: 210", "vlan: 110"),
        ("{dns: [10.99.0.53], domain: a.example.net}", "{dns: [10.99.0.53], domain: no}"),
        ("gateway-failure]", "bond-failure]"),
    ),
    "two-server-vrfs": (
        ("asn: 65010,", 'asn: "65010",'),
        ("{new: {addresses: {services: 10.31.0.10}}}", "{new: {addresses: {services: 10.31.0.1}}}"),
        ("{new: {addresses: {services: 10.31.0.10}}}", "{new: {loopback: 10.31.0.10}}"),
        ("    dhcp: false\n", ""),
    ),
    "bonded-racks": (
        ("bridge: [tor1, tor2]\n    attach: {tor1: [h1", "bridge: [tor1]\n    attach: {tor1: [h1"),
        ("tor2: [kea1]", "r1: [kea1]"),
        ("servers: {kea1: {}}", "servers: {kea1: }"),
        ("h1: 10.40.20.11", "h1: 10.40.20.11, 02:00:00:00:00:01: 10.40.20.12"),
    ),
    "hotel-ports": (("trust: true}\n    pool: {range: none", "existing: keep}\n    pool: {range: none"),),
    "my-relay": (
        ("playbooks: [acquire]", "expect: {no_lease: a1}\nplaybooks: [acquire]"),
        ("playbooks: [acquire]", "faults: {edge-core: {loss: 10 %}}"),
    ),
}
"""What looks odd, and is taken."""
