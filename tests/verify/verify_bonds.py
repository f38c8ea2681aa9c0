"""Stories of a client with a bond to two switches, as `verify_stories` tells those of other clients."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from verify_facts import ACK, Story, Tale
from verify_labs import written

from labgen.dhcp.model import Direction, MessageRole, MessageType
from labgen.ground.labplan import LabPlan

BONDED = """\
name: bonded
switches: [sw1, sw2, sw3]
links: [sw1-sw2, sw1-sw3]
overlay: {control: evpn, asn: 65000, multihoming: true}
segments:
  cv1:
    prefix: 172.16.0.0/24
    gateway: anycast
    attach: {sw1: [cl_a], sw2: [cl_a], sw3: [cl_b]}
    relay: {servers: [srv1]}
servers: {srv1: sw3}
"""
A, SW2 = "172.16.0.50", "10.0.0.4"


@cache
def bonded() -> LabPlan:
    return written(BONDED)


def leased() -> Tale:
    return Tale(bonded()).acquire("cl_a", "srv1", A).wait(1).began().acted()


def known(vtep: str) -> Tale:
    """The third switch has the client's MAC address behind this tunnel end."""
    return leased().knows("sw3", "cl_a", vtep)


def renewed(*switches: str) -> Tale:
    """The client renews, and its request is seen at its port of these switches, in this order."""
    tale = leased()
    tale.renew("cl_a", "srv1", answered=False)
    asked = next(m for m in tale.told if m.type is MessageType.REQUEST and m.ciaddr == A)
    for switch in switches:
        port = next(p for p in bonded().node(switch).interfaces if p.lag)
        tale.now += 0.0001
        seen = replace(
            asked,
            node=switch,
            role=MessageRole.RELAY,
            direction=Direction.RX,
            interface=port.linux,
            time=tale.now,
        )
        tale.told.append(seen)
    return tale.answer(ACK, "srv1", "cl_a", "sw2", yiaddr=A, lease_seconds=12).bound("cl_a", "srv1")


def renewed_with_another_address() -> Tale:
    tale = leased()
    tale.renew("cl_a", "srv1", answered=False)
    return tale.answer(ACK, "srv1", "cl_a", "sw2", yiaddr="172.16.0.77", lease_seconds=12)


def started_anew(held: str = A) -> Tale:
    return leased().acquire("cl_a", "srv1", A, via="sw2").bound("cl_a", "srv1", held)


def held_elsewhere() -> Tale:
    tale = started_anew("172.16.0.77")
    tale.bindings.pop()
    return tale.binding("srv1", "cl_a", "172.16.0.78")


BOND_STORIES = (
    Story("bond.mac", "cl_a:sw3", lambda: known(SW2), lambda: known("10.0.0.3"), "behind 10.0.0.3"),
    Story("bond.other-way", "cl_a", lambda: renewed("sw2"), lambda: renewed("sw1", "sw2"), "came in at sw1"),
    Story("bond.own-way", "cl_a", lambda: renewed("sw1", "sw2"), lambda: renewed("sw2", "sw1"), "came in at sw2"),
    Story("bond.renewal", "cl_a", lambda: renewed("sw2"), renewed_with_another_address, "ACK for 172.16.0.77"),
    Story("bond.witnesses", "cl_a", started_anew, held_elsewhere, "server: 172.16.0.78"),
)  # fmt: skip
