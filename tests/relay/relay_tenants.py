"""Tenants that differ in nothing but their VRF, on a bench, and what must hold between them whatever anybody sends."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from relay_bench import UPLINK, Bench, ToServer, bench, interface

from labgen.dhcp.options import OptionCode
from labgen.dhcp.packet import Packet
from labgen.relay.walk import walk

TENANTS = """
name: sw1
vrfs: {red: {device: red}, blue: {device: blue}}
interfaces:
  - {name: vlan10, vrf: red, circuit_id: same, giaddr: 10.0.0.4, servers: [{address: 10.0.0.2}]}
  - {name: vlan11, vrf: blue, circuit_id: same, giaddr: 10.0.0.4, servers: [{address: 10.0.0.3}]}
  - {name: vlan20, vrf: red, servers: [{address: 10.9.0.2, vrf: red}]}
  - {name: vlan21, vrf: blue, servers: [{address: 10.9.0.2, vrf: blue}]}
  - {name: vlan1, servers: [{address: 10.0.0.2}]}
"""
WIDE = 1 << 17
"""An MTU that no reply needs fragments for: those do not go through what a bench records."""
ADDRESSES = {
    "vlan10": "172.16.0.4/24",
    "vlan11": "172.16.0.4/24",
    "vlan20": "172.20.0.4/24",
    "vlan21": "172.20.0.4/24",
    "vlan1": "172.19.0.1/24",
}
STATE = {
    name: interface(name, address, index=index, mtu=WIDE)
    for index, (name, address) in enumerate(ADDRESSES.items(), start=1)
}
HOMES = {"vlan10": "red", "vlan11": "blue", "vlan20": "red", "vlan21": "blue", "vlan1": "default"}


@dataclass(frozen=True)
class Side:
    """Where a packet comes from: the VRF of the socket, the interface, and the source address."""

    vrf: str
    ifindex: int
    source: str

    def __str__(self) -> str:
        return f"{self.vrf}/{self.ifindex}/{self.source}"

    @classmethod
    def parse(cls, text: str) -> Side:
        vrf, ifindex, source = text.split("/")
        return cls(vrf, int(ifindex), source)


RIGHT = {
    "vlan10": Side("default", UPLINK, "10.0.0.2"),
    "vlan11": Side("default", UPLINK, "10.0.0.3"),
    "vlan20": Side("red", UPLINK, "10.9.0.2"),
    "vlan21": Side("blue", UPLINK, "10.9.0.2"),
    "vlan1": Side("default", UPLINK, "10.0.0.2"),
}
"""Where the replies to an interface come from."""
PLACES = [(vrf, UPLINK) for vrf in ("default", "red", "blue")]
PLACES += [(HOMES[name], STATE[name].index) for name in STATE]
PLACES += [("default", 77), ("red", 2)]
"""The sides of every VRF, its client interfaces, and interfaces that are not of the VRF."""
SOURCES = ["10.0.0.2", "10.0.0.3", "10.9.0.2", "8.8.8.8"]
SIDES = [Side(vrf, ifindex, source) for (vrf, ifindex), source in product(PLACES, SOURCES)]


_TENANT = frozenset(("172.16.0.4", "172.20.0.4"))
_OWN = {"red": _TENANT, "blue": _TENANT, "default": frozenset(("10.0.0.4", "172.19.0.1"))}
"""What is the relay's own in each VRF: a server of that VRF that answers to one of these answers to the relay."""


def tenants_bench(config: str = TENANTS) -> Bench:
    return bench(config, STATE, WIDE)


def check_isolation(relay: Bench, side: Side, data: bytes) -> str:
    """Offer octets from somewhere; assert that they reach nobody they must not reach, and name the outcome."""
    sent = relay.feed(data, side.vrf, side.ifindex, side.source, _destination(data))
    links = relay.forwarder.recipients.links
    servers = relay.forwarder.recipients.servers
    for item in sent:
        if item.pointer in links:
            assert data[:1] == b"\x02"
            name = links[item.pointer].policy.config.name
            assert side == RIGHT[name], f"{name} got a reply from {side}"
        else:
            copy = ToServer(servers[item.pointer].name, Packet.decode(item.data), item.data, item)
            _check_request(side, copy, data)
    return f"{side.vrf} {'relayed' if sent else 'dropped'}"


def _destination(data: bytes) -> str:
    return ".".join(map(str, data[24:28])) if data[:1] == b"\x02" and len(data) >= 28 else "255.255.255.255"


def _check_request(side: Side, copy: ToServer, data: bytes) -> None:
    """A request went to a server of the interface it came in by, and its answer cannot come to another interface."""
    assert data[:1] == b"\x01"
    (name,) = [each for each in STATE if STATE[each].index == side.ifindex and HOMES[each] == side.vrf]
    assert copy.server == f"{RIGHT[name].source}@{RIGHT[name].vrf}"
    asked = Packet.decode(data)
    if int(asked.giaddr):
        assert str(copy.packet.giaddr) not in _OWN[HOMES[name]] | _OWN[RIGHT[name].vrf]
        return
    if not walk(data, 240, len(data))[1] and copy.packet.relay_agent is None:
        # BOOTP: giaddr alone tells the interface.
        assert copy.packet.giaddr in {each.ip for each in STATE[name].addresses}
        return
    if copy.packet.dhcp and asked.option(OptionCode.RELAY_AGENT) is None:
        assert copy.agent.circuit_id == (b"same" if name in ("vlan10", "vlan11") else name.encode())
