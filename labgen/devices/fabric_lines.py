"""Lines of OSPF and BGP that Cisco's systems and those after their model have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labgen.devices.blocks import Block
from labgen.devices.fabric_config import ConfiguredOspf, ConfiguredPeer
from labgen.ground.vocabulary import DEFAULT_VRF

EXTENDED = ("extended", "both")


def vrf_of(process: Block) -> str:
    """The VRF of `router ospf N [vrf V]`."""
    return process.words[4] if process.words[3:4] == ("vrf",) else DEFAULT_VRF


def ospf_port(name: str, block: Block, process: Block) -> ConfiguredOspf:
    """OSPF on an interface of a process."""
    return ConfiguredOspf(
        name,
        vrf_of(process),
        any(line.text.removeprefix("passive-interface ") == name for line in process.children),
        block.says("ip", "ospf", "network", "point-to-point"),
        int(block.after("ip", "ospf", "hello-interval") or 0),
        int(block.after("ip", "ospf", "dead-interval") or 0),
    )


def peers(block: Block, vrf: str, families: Mapping[str, Block]) -> Iterator[ConfiguredPeer]:
    """Sessions of a block with `neighbor A ...` lines; what a family says of a session goes before."""
    for line in block.under("neighbor"):
        name = line.words[1]
        if line.words[2:3] != ("remote-as",):
            continue
        everywhere = [block, *families.values()]
        communities = [each.after("neighbor", name, "send-community").split() for each in everywhere]
        yield ConfiguredPeer(
            name,
            int(line.words[3]),
            vrf,
            frozenset(key for key, family in families.items() if family.says("neighbor", name, "activate")),
            any(word in EXTENDED for words in communities for word in words),
            any(each.says("neighbor", name, "route-reflector-client") for each in everywhere),
            block.after("neighbor", name, "update-source"),
            int(block.after("neighbor", name, "local-as").partition(" ")[0] or 0),
        )
