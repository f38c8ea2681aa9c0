"""Tables of IOS XR.

Layouts: genieparser's and ntc-templates' samples of `show interfaces`, `show ospf neighbor`, `show ipv4 vrf all interface`, `show
route` and `show dhcp vrf X ipv4 ... statistics`. `show dhcp ipv4 client` is unverified: no sample was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.answers import network
from labgen.devices.hardware import MAC, listed
from labgen.devices.observed import (
    DaemonState,
    HardwareAddress,
    InterfaceAddress,
    OspfNeighbor,
    Raw,
    RelayCounter,
    Route,
)
from labgen.dhcp.model import Binding, MessageRole
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

_IP = r"\d+\.\d+\.\d+\.\d+"
_NEIGHBOR = re.compile(rf"\s*({_IP})\s+\d+\s+([\w-]+)/\s*\S+\s+[\d:.\w]+\s+{_IP}\s+(\S.*?)\s*$")
_PORT = re.compile(r"\s*(\S+) is .*, ipv4 protocol is ", re.IGNORECASE)
_LINE = re.compile(r"\s*(\S+) is .*, line protocol is ")
_HARDWARE = re.compile(rf"\s+Hardware is .*, address is ({MAC})\b")
_VRF = re.compile(r"\s+Vrf is (\S+)")
_ADDRESS = re.compile(rf"\s+Internet address is ({_IP}/\d+)")
_TABLE = re.compile(r"\s*VRF:\s+(\S+)")
_ROUTE = re.compile(rf"[A-Za-z][\w* ()>]*\s({_IP}/\d+)\s+(?:is |\[)")
_COUNTER = re.compile(r"\s*([A-Z][A-Z-]+)\s+\|\s+(\d+)\s+\|\s+(\d+)\s+\|\s+(\d+)\s+\|")
_PROCESS = re.compile(r"Process state:\s*(\w+)")
_CLIENT = re.compile(rf"\s*(\S+)\s+({_IP})\s+([A-Z_]+)\b")


def neighbors(node: NodePlan, raw: Raw) -> Iterator[OspfNeighbor]:
    """`show ospf neighbor`."""
    for match in filter(None, map(_NEIGHBOR.match, raw.text.splitlines())):
        port = match[3].replace(" ", "")
        yield OspfNeighbor(node.name, match[1], port, match[2].lower(), raw.file)


def addresses(node: NodePlan, raw: Raw) -> Iterator[InterfaceAddress]:
    """`show ipv4 vrf all interface`: the VRF's line comes before the address's."""
    port, vrf = "", DEFAULT_VRF
    for line in raw.text.splitlines():
        if start := _PORT.match(line):
            port, vrf = start[1], DEFAULT_VRF
        elif named := _VRF.match(line):
            vrf = named[1]
        elif (found := _ADDRESS.match(line)) and port:
            yield InterfaceAddress(node.name, port, vrf, found[1], raw.file)


def hardware(node: NodePlan, raw: Raw, head: re.Pattern[str]) -> Iterator[HardwareAddress]:
    """`show interfaces`: ports and bridge-group virtual interfaces; loopbacks and tunnels have no address."""
    return listed(node, raw, head=head, port=_LINE, mac=_HARDWARE)


def routes(node: NodePlan, raw: Raw) -> Iterator[Route]:
    """`show route` and `show route vrf all`, which heads each table with its VRF."""
    vrf = DEFAULT_VRF
    for line in raw.text.splitlines():
        if start := _TABLE.match(line):
            vrf = start[1]
        elif found := _ROUTE.match(line):
            yield Route(node.name, vrf, network(found[1]), raw.file)


def counters(node: NodePlan, raw: Raw, vrf: str) -> Iterator[RelayCounter]:
    """`show dhcp vrf X ipv4 relay statistics`."""
    for found in filter(None, map(_COUNTER.match, raw.text.splitlines())):
        for name, value in zip(("receive", "transmit", "drop"), found.groups()[1:], strict=True):
            yield RelayCounter(node.name, f"{vrf} {found[1]} {name}", int(value), raw.file)


def process(node: NodePlan, raw: Raw) -> Iterator[DaemonState]:
    """`show processes dhcpd`: one process relays and serves."""
    for found in _PROCESS.finditer(raw.text):
        role = "server" if node.server else "relay"
        yield DaemonState(node.name, role, found[1].lower() == "run", raw.file)


def leases(node: NodePlan, raw: Raw) -> Iterator[Binding]:
    """`show dhcp ipv4 client`: interface (slashes may be underscores), address, state."""
    assert node.client is not None
    port = node.client.interface
    for number, line in enumerate(raw.text.splitlines(), 1):
        found = _CLIENT.match(line)
        if found and found[2] != "0.0.0.0" and found[1].replace("_", "/").lower() == port.lower():
            yield Binding(
                address=found[2],
                node=node.name,
                mac=node.interface(port).mac,
                state=found[3].lower(),
                interface=port,
                role=MessageRole.CLIENT,
                file=raw.file,
                line=number,
                text=line,
            )
