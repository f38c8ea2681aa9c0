"""Clients of a segment without DHCP say nothing, so that no switch is expected to know their MAC addresses."""

from __future__ import annotations

from verify_labs import written

from labgen.verify.checks.subjects import remote_macs

FABRIC = """\
name: fabric
switches: [leaf1, leaf2]
links: [leaf1-leaf2]
overlay: {control: evpn, asn: 65000}
segments:
  users: {prefix: 10.1.1.0/24, gateway: anycast, attach: {leaf1: [pc1], leaf2: [pc2]}, relay: {servers: [dhcp]}}
  web: {prefix: 10.1.2.0/24, gateway: anycast, attach: {leaf1: [w1], leaf2: [w2]}, dhcp: false}
servers: {dhcp: leaf1}
"""


def test_only_clients_that_ask_are_to_be_known_by_other_leaves() -> None:
    assert [(each.client, each.switch) for each in remote_macs(written(FABRIC))] == [
        ("pc1", "leaf2"),
        ("pc2", "leaf1"),
    ]


def test_a_client_that_asks_in_vain_is_to_be_known_too() -> None:
    plan = written(FABRIC + "expect: {no_lease: [w1]}\n")
    assert ("w1", "leaf2") in [(each.client, each.switch) for each in remote_macs(plan)]
    assert ("w2", "leaf1") not in [(each.client, each.switch) for each in remote_macs(plan)]
