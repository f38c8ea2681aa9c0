"""VRFs, bridge domains, tunnels and routing in a configuration of IOS and IOS XE (BGP EVPN VXLAN, OSPF and FHRP configuration guides)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from labgen.devices.blocks import Block, indented, interfaces
from labgen.devices.fabric_config import (
    ConfiguredInstance,
    ConfiguredOspf,
    ConfiguredPeer,
    ConfiguredVrf,
    FabricReading,
)
from labgen.devices.fabric_lines import ospf_port, peers, vrf_of
from labgen.devices.relay_config import ConfiguredVlan, address
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Network

EVPN = ("l2vpn", "evpn")
_FLOODING = (("encapsulation", "vxlan"), ("replication-type", "ingress"))


@dataclass(frozen=True, slots=True)
class _Member:
    """A VNI of the tunnel interface; `vrf` of a transit VNI; `replicates`: to whom EVPN says; `ends` are listed ones."""

    vni: int
    vrf: str
    replicates: bool
    ends: tuple[Address, ...]


def read(text: str) -> FabricReading:
    """The router beside relaying; lines of other features are left alone."""
    root = indented(text)
    blocks = {block.text.removeprefix("interface "): block for block in interfaces(root)}
    tunnel = next((block for name, block in blocks.items() if name.startswith("nve")), Block(0, ()))
    members = list(_members(tunnel))
    return FabricReading(
        vrfs=tuple(_vrfs(root, blocks, tunnel, members)),
        vlans=tuple(_vlans(root, blocks, {each.vni for each in members})),
        instances=tuple(_instances(root, {each.vni for each in members if each.replicates})),
        ospf=tuple(_ospf(root, blocks)),
        peers=tuple(peer for block in root.under("router", "bgp") for peer in _peers(block)),
        routes=frozenset(_routes(root)),
        redistributed=frozenset(_redistributed(root)),
        floods=frozenset((each.vni, end) for each in members for end in each.ends),
        on=frozenset(name for name, block in blocks.items() if block.says("no", "shutdown")),
        routing=frozenset(blocks),
        moving=tuple(_moving(root, blocks)),
        shared_mac=tuple((name, block.after("mac-address")) for name, block in blocks.items()),
        tunnels=tunnel.after("source-interface") if tunnel.says("no", "shutdown") else "",
    )


def _members(tunnel: Block) -> Iterator[_Member]:
    for line in tunnel.under("member", "vni"):
        rest = line.rest(3)
        ends = (address(each.words[1]) for each in line.under("ingress-replication"))
        vrf = rest[1] if rest[:1] == ("vrf",) else ""
        yield _Member(
            int(line.words[2]),
            vrf,
            "ingress-replication" in rest,
            tuple(end for end in ends if end is not None),
        )


def _vrfs(
    root: Block, blocks: dict[str, Block], tunnel: Block, members: list[_Member]
) -> Iterator[ConfiguredVrf]:
    """A transit VNI is a VRF's where the tunnel says so, and a bridge domain with a routed interface of the VRF carries it. EVPN's
    route targets are those of `stitching`, which each VRF with such a VNI needs beside its own, and it is told of a VRF's routes where
    BGP advertises them.
    """
    advertised = {vrf for _, vrf, family in _families(root) if family.says("advertise", *EVPN)}
    for block in root.under("vrf", "definition"):
        name, family = block.words[2], next(iter(block.under("address-family", "ipv4")), None)
        vni = next((each.vni for each in members if each.vrf == name), 0)
        domain = next((d for line, d in _carried(root) if line == ("member", "vni", str(vni))), None)
        port = blocks.get(f"BDI{domain.words[1]}", Block(0, ())) if domain else Block(0, ())
        bound = port.after("vrf", "forwarding") == name and bool(port.after("ip", "unnumbered"))
        up = bound and port.says("no", "shutdown") and tunnel.says("host-reachability", "protocol", "bgp")
        told = not vni or name in advertised
        yield ConfiguredVrf(
            name,
            block.after("rd"),
            _targets(block, "import", family if vni else None),
            _targets(block, "export", family if vni else None) if told else frozenset(),
            vni if up else 0,
            family is not None,
        )


def _carried(root: Block) -> Iterator[tuple[tuple[str, ...], Block]]:
    for domain in root.under("bridge-domain"):
        yield from ((line.words, domain) for line in domain.children)


def _targets(block: Block, direction: str, stitched: Block | None) -> frozenset[str]:
    own = frozenset(line.words[2] for line in block.under("route-target", direction) if len(line.words) == 3)
    if stitched is None:
        return own
    return own & {
        line.words[2]
        for line in stitched.under("route-target", direction)
        if line.words[3:] == ("stitching",)
    }


def _vlans(root: Block, blocks: dict[str, Block], tunneled: set[int]) -> Iterator[ConfiguredVlan]:
    """Bridge domains. A VNI is one's where the tunnel has it, too."""
    for domain in root.under("bridge-domain"):
        untagged, tagged, vni = set[str](), set[str](), 0
        for line in domain.under("member"):
            match line.words[1:]:
                case (port, "service-instance", number):
                    own = blocks.get(port, Block(0, ())).under("service", "instance", number)
                    service = next(own, Block(0, ()))
                    pops = service.says("rewrite", "ingress", "tag", "pop", "1", "symmetric")
                    untagged |= {port} if service.says("encapsulation", "untagged") else set()
                    tagged |= (
                        {port} if pops and service.says("encapsulation", "dot1q", domain.words[1]) else set()
                    )
                case ("vni", number) | ("evpn-instance", _, "vni", number) if int(number) in tunneled:
                    vni = int(number)
        name = f"BDI{domain.words[1]}"
        routed = name if name in blocks and blocks[name].after("ip", "address") else ""
        yield ConfiguredVlan(int(domain.words[1]), frozenset(untagged), frozenset(tagged), vni, routed)


def _instances(root: Block, replicated: set[int]) -> Iterator[ConfiguredInstance]:
    """EVPN of VLANs: an instance counts where a bridge domain has it with a VNI whose floods EVPN replicates."""
    used = {
        line.words[2]: int(line.words[4])
        for domain in root.under("bridge-domain")
        for line in domain.under("member", "evpn-instance")
        if line.words[3:4] == ("vni",)
    }
    for block in root.under(*EVPN, "instance"):
        number = block.words[3]
        if used.get(number) in replicated and all(block.says(*each) for each in _FLOODING):
            yield ConfiguredInstance(
                int(number),
                block.after("rd"),
                frozenset(line.words[2] for line in block.under("route-target", "import")),
                frozenset(line.words[2] for line in block.under("route-target", "export")),
            )


def _ospf(root: Block, blocks: dict[str, Block]) -> Iterator[ConfiguredOspf]:
    processes = {block.words[2]: block for block in root.under("router", "ospf")}
    for name, block in blocks.items():
        vrf = block.after("vrf", "forwarding") or DEFAULT_VRF
        for line in block.under("ip", "ospf"):
            process = processes.get(line.words[2])
            if line.words[3:4] == ("area",) and process is not None and vrf_of(process) == vrf:
                yield ospf_port(name, block, process)


def _peers(bgp: Block) -> Iterator[ConfiguredPeer]:
    """Sessions of the default VRF, whose families are elsewhere, and those in the family of a VRF."""
    families = {" ".join(each.words[1:]): each for each in bgp.under("address-family")}
    plain = {
        "evpn" if name == " ".join(EVPN) else name: each
        for name, each in families.items()
        if " vrf " not in name
    }
    yield from peers(bgp, DEFAULT_VRF, plain)
    for name, family in families.items():
        kind, _, vrf = name.partition(" vrf ")
        if vrf:
            yield from peers(family, vrf, {kind: family})


def _routes(root: Block) -> Iterator[tuple[Network, str, str]]:
    for line in root.under("ip", "route"):
        vrf, words = (line.words[3], line.rest(4)) if line.words[2] == "vrf" else (DEFAULT_VRF, line.rest(2))
        yield ip_network(f"{words[0]}/{words[1]}"), vrf, words[2]


def _redistributed(root: Block) -> Iterator[tuple[str, str, str]]:
    for _, vrf, family in _families(root):
        yield from (("bgp", line.words[1], vrf) for line in family.under("redistribute"))
    for process in root.under("router", "ospf"):
        yield from (("ospf", line.words[1], vrf_of(process)) for line in process.under("redistribute"))


def _families(root: Block) -> Iterator[tuple[Block, str, Block]]:
    """BGP, a VRF, and what BGP is told of its IPv4 routes."""
    for bgp in root.under("router", "bgp"):
        for family in bgp.under("address-family", "ipv4"):
            yield bgp, family.words[3] if family.words[2:3] == ("vrf",) else DEFAULT_VRF, family


def _moving(root: Block, blocks: dict[str, Block]) -> Iterator[tuple[str, Address, int]]:
    """Groups of VRRP version 3, which has to be turned on."""
    for name, block in blocks.items() if root.says("fhrp", "version", "vrrp", "v3") else ():
        for group in block.under("vrrp"):
            virtual = address(group.after("address").removesuffix(" primary"))
            if virtual is not None and group.words[2:] == ("address-family", "ipv4"):
                yield name, virtual, int(group.after("priority") or 100)
