"""VRFs, VLANs, tunnels and routing in an EOS running configuration (EOS manual; "EVPN Configuration", "VXLAN")."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from labgen.devices.blocks import Block, indented, interfaces
from labgen.devices.fabric_config import (
    ConfiguredBond,
    ConfiguredInstance,
    ConfiguredOspf,
    ConfiguredPeer,
    ConfiguredVrf,
    FabricReading,
)
from labgen.devices.fabric_lines import ospf_port, peers, vrf_of
from labgen.devices.relay_config import ConfiguredVlan, address
from labgen.devices.snooped import listed
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Network

TUNNELS = "Vxlan1"


def read(text: str) -> FabricReading:
    """The switch beside relaying; lines of other features are left alone."""
    root = indented(text)
    blocks = {block.text.removeprefix("interface "): block for block in interfaces(root)}
    vxlan = blocks.get(TUNNELS, Block(0, ()))
    speaks = root.says("service", "routing", "protocols", "model", "multi-agent")  # or there is no EVPN
    return FabricReading(
        vrfs=tuple(_vrfs(root, vxlan)),
        vlans=tuple(_vlans(root, blocks, vxlan)),
        instances=tuple(_instances(root)) if speaks else (),
        ospf=tuple(_ospf(root, blocks)),
        peers=tuple(peer for block in root.under("router", "bgp") for peer in _peers(block, speaks)),
        bonds=tuple(_bonds(blocks)),
        routes=frozenset(_routes(root)),
        redistributed=frozenset(_redistributed(root)),
        floods=frozenset(_floods(vxlan)),
        on=frozenset(name for name, block in blocks.items() if not block.says("shutdown")),
        routing=frozenset(_routing(root, blocks)),
        moving=tuple(_moving(blocks)),
        shared_mac=tuple(("", line.words[3]) for line in root.under("ip", "virtual-router", "mac-address")),
        tunnels=vxlan.after("vxlan", "source-interface"),
    )


def _routing(root: Block, blocks: dict[str, Block]) -> Iterator[str]:
    """Ethernet ports and port channels switch until they are told not to; nothing routes until the device does."""
    for name, block in blocks.items():
        switches = name.startswith(("Ethernet", "Port-Channel")) and not block.says("no", "switchport")
        if not switches and root.says("ip", "routing"):
            yield name


def _vrfs(root: Block, vxlan: Block) -> Iterator[ConfiguredVrf]:
    """Of routes that come and go only as EVPN's or VPN-IPv4's, EVPN's targets count."""
    told = {block.words[1]: block for bgp in root.under("router", "bgp") for block in bgp.under("vrf")}
    for block in root.under("vrf", "instance"):
        name = block.words[2]
        own = told.get(name, Block(0, ()))
        yield ConfiguredVrf(
            name,
            own.after("rd") or block.after("rd"),
            frozenset(line.words[3] for line in own.under("route-target", "import", "evpn")),
            frozenset(line.words[3] for line in own.under("route-target", "export", "evpn")),
            next((int(line.words[4]) for line in vxlan.under("vxlan", "vrf", name, "vni")), 0),
            root.says("ip", "routing", "vrf", name),
        )


def _vlans(root: Block, blocks: dict[str, Block], vxlan: Block) -> Iterator[ConfiguredVlan]:
    vnis = {
        line.words[2]: int(line.words[4]) for line in vxlan.under("vxlan", "vlan") if line.words[3] == "vni"
    }
    access, trunks = dict(_access(blocks)), dict(_trunks(blocks))
    for block in root.under("vlan"):
        number = block.words[1]
        name = f"Vlan{number}"
        yield ConfiguredVlan(
            int(number),
            frozenset(port for port, vlan in access.items() if vlan == number),
            frozenset(port for port, vlans in trunks.items() if int(number) in vlans),
            vnis.get(number, 0),
            name if name in blocks and any(blocks[name].under("ip", "address")) else "",
        )


def _access(blocks: dict[str, Block]) -> Iterator[tuple[str, str]]:
    """Ports with their VLAN; a member of a port channel has that of the channel."""
    vlans = {name: block.after("switchport", "access", "vlan") for name, block in blocks.items()}
    for name, block in blocks.items():
        group = next((line.words[1] for line in block.under("channel-group")), "")
        if group:
            yield name, vlans.get(f"Port-Channel{group}", "")
        elif not name.startswith("Port-Channel"):
            yield name, vlans[name]


def _trunks(blocks: dict[str, Block]) -> Iterator[tuple[str, frozenset[int]]]:
    for name, block in blocks.items():
        if block.says("switchport", "mode", "trunk"):
            yield name, listed(block.after("switchport", "trunk", "allowed", "vlan"))


def _bonds(blocks: dict[str, Block]) -> Iterator[ConfiguredBond]:
    for name, block in blocks.items():
        for line in block.under("channel-group"):
            bond = blocks.get(f"Port-Channel{line.words[1]}", Block(0, ()))
            for segment in bond.under("evpn", "ethernet-segment"):
                if line.words[2:] == ("mode", "active"):
                    yield ConfiguredBond(
                        name,
                        segment.after("identifier"),
                        segment.after("route-target", "import"),
                        bond.after("lacp", "system-id"),
                    )


def _floods(vxlan: Block) -> Iterator[tuple[int, Address]]:
    vnis = {
        line.words[2]: int(line.words[4]) for line in vxlan.under("vxlan", "vlan") if line.words[3] == "vni"
    }
    for line in vxlan.under("vxlan", "vlan"):
        if line.words[3:5] == ("flood", "vtep"):
            ends = (address(each) for each in line.rest(5))
            yield from ((vnis.get(line.words[2], 0), end) for end in ends if end is not None)


def _instances(root: Block) -> Iterator[ConfiguredInstance]:
    """EVPN of VLANs; without `redistribute learned` nothing is told of what is on their ports."""
    for bgp in root.under("router", "bgp"):
        for block in bgp.under("vlan"):
            if block.says("redistribute", "learned"):
                yield ConfiguredInstance(
                    int(block.words[1]),
                    block.after("rd"),
                    frozenset(line.words[2] for line in block.under("route-target", "import")),
                    frozenset(line.words[2] for line in block.under("route-target", "export")),
                )


def _ospf(root: Block, blocks: dict[str, Block]) -> Iterator[ConfiguredOspf]:
    """OSPF runs on an interface where a process of the interface's VRF is there."""
    processes = {vrf_of(block): block for block in root.under("router", "ospf")}
    for name, block in blocks.items():
        process = processes.get(block.after("vrf") or DEFAULT_VRF)
        if process is not None and block.after("ip", "ospf", "area"):
            yield ospf_port(name, block, process)


def _peers(bgp: Block, speaks: bool) -> Iterator[ConfiguredPeer]:
    """Sessions of the default VRF and of the others."""
    for vrf, block in _by_vrf(bgp):
        families = {each.words[1]: each for each in block.under("address-family")}
        yield from peers(
            block, vrf, {name: each for name, each in families.items() if speaks or name != "evpn"}
        )


def _by_vrf(bgp: Block) -> Iterator[tuple[str, Block]]:
    yield DEFAULT_VRF, bgp
    yield from ((each.words[1], each) for each in bgp.under("vrf"))


def _routes(root: Block) -> Iterator[tuple[Network, str, str]]:
    for line in root.under("ip", "route"):
        vrf, words = (line.words[3], line.rest(4)) if line.words[2] == "vrf" else (DEFAULT_VRF, line.rest(2))
        yield ip_network(words[0]), vrf, words[1]


def _redistributed(root: Block) -> Iterator[tuple[str, str, str]]:
    for bgp in root.under("router", "bgp"):
        for vrf, block in _by_vrf(bgp):
            yield from (("bgp", line.words[1], vrf) for line in block.under("redistribute"))
    for process in root.under("router", "ospf"):
        yield from (("ospf", line.words[1], vrf_of(process)) for line in process.under("redistribute"))


def _moving(blocks: dict[str, Block]) -> Iterator[tuple[str, Address, int]]:
    """VRRP version 3: without the word it is version 2, which does not speak to it."""
    for name, block in blocks.items():
        for line in block.under("vrrp"):
            group, virtual = line.words[1], address(line.words[3]) if line.words[2] == "ipv4" else None
            if virtual is not None and block.says("vrrp", group, "ipv4", "version", "3"):
                yield name, virtual, int(block.after("vrrp", group, "priority-level") or 100)
