"""DHCP relaying in an NX-OS running configuration (Nexus 9000 Security and VXLAN configuration guides)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.base import ABROAD, IDENTIFIERS
from labgen.devices.blocks import Block, indented, interfaces
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredStandby,
    ConfiguredTarget,
    RelayReading,
    address,
    with_borrowed,
    with_length,
)
from labgen.devices.snooped import SNOOPING, inserting, snooped, trusted
from labgen.ground.vocabulary import DEFAULT_VRF, Interface, RelayOption

RELAY = ("ip", "dhcp", "relay")
SHARED = ("fabric", "forwarding", "mode", "anycast-gateway")
KNOWN = ("address", "information", "source-interface", "sub-option", "subnet-broadcast")

TELLING = re.compile(
    r"(?m)^(!Command: show running-config|version \d+\.\d+\(\d|feature \S+$|vdc \S+ id|!RANCID-CONTENT-TYPE: cisco-nx)"
)
"""Lines that no other system's configurations have."""


def read(text: str) -> RelayReading:
    """The relay works where `feature dhcp` is on, and `no ip dhcp relay` was not said."""
    root = indented(text)
    blocks = interfaces(root)
    said = {child.words for child in root.children}
    off = ("feature", "dhcp") not in said or ("no", *RELAY) in said
    options = _options(said)
    relays = tuple(relay for block in blocks for relay in _relay(root, block, options))
    return RelayReading(
        with_borrowed(_interface(block) for block in blocks),
        relays,
        tuple(_unread([root, *blocks])),
        off,
        inserts=inserting(root, default=False),
        standby=tuple(each for block in blocks for each in _standby(block)),
        snooped=tuple((str(vlan), vlan in inserting(root, default=False)) for vlan in sorted(snooped(root))),
        trusted=trusted(blocks, *SNOOPING, "trust"),
        sharing=frozenset(_sharing(root, blocks)),
        anycast_mac=root.after("fabric", "forwarding", "anycast-gateway-mac"),
    )


def _sharing(root: Block, blocks: list[Block]) -> Iterator[str]:
    """Interfaces whose address is an anycast gateway's, which is a feature of its own."""
    if root.says("feature", "fabric", "forwarding"):
        yield from (block.text.removeprefix("interface ") for block in blocks if block.says(*SHARED))


def _options(said: set[tuple[str, ...]]) -> frozenset[RelayOption]:
    """Option 82 is for the whole device; `vpn` adds sub-options 5, 11 and 151."""
    if (*RELAY, "information", "option") not in said:
        return frozenset()
    return IDENTIFIERS | (ABROAD if (*RELAY, "information", "option", "vpn") in said else frozenset())


def _interface(block: Block) -> ConfiguredInterface:
    vrf = next((line.words[2] for line in block.under("vrf", "member") if len(line.words) > 2), DEFAULT_VRF)
    found = tuple(_addresses(block))
    anycast = block.says(*SHARED)
    name = block.text.removeprefix("interface ")
    lender = next(("".join(line.rest(2)) for line in block.under("ip", "unnumbered")), "")
    down = any(line.words == ("shutdown",) for line in block.children)
    own, shared = ((), found) if anycast else (found, ())
    return ConfiguredInterface(name, vrf, own, shared, block.number, lender, down)


def _standby(block: Block) -> Iterator[ConfiguredStandby]:
    """Groups of HSRP: `hsrp G`, and what stands under it; the version is the interface's."""
    version = 2 if any(line.words == ("hsrp", "version", "2") for line in block.children) else 1
    for group in block.under("hsrp"):
        if not group.words[1:] or not group.words[1].isdecimal() or group.words[2:3] == ("ipv6",):
            continue
        told = [address(line.words[1]) for line in group.under("ip") if len(line.words) == 2]
        priority = [line.words[1] for line in group.under("priority") if line.words[1:]]
        yield ConfiguredStandby(
            interface=block.text.removeprefix("interface "),
            group=int(group.words[1]),
            address=told[0] if told else None,
            priority=int(priority[0]) if priority and priority[0].isdecimal() else 100,
            preempts=any(group.under("preempt")),
            version=version,
            line=group.number,
        )


def _addresses(block: Block) -> Iterator[Interface]:
    for line in sorted(block.under("ip", "address"), key=lambda line: "secondary" in line.words):
        mask = line.words[3] if len(line.words) > 3 and address(line.words[3]) else ""
        found = with_length(line.words[2], mask) if len(line.words) > 2 else None
        if found is not None:
            yield found


def _relay(root: Block, block: Block, options: frozenset[RelayOption]) -> Iterator[ConfiguredRelay]:
    targets = tuple(target for line in block.under(*RELAY, "address") for target in _target(line))
    if targets:
        sources = [*block.under(*RELAY, "source-interface"), *root.under(*RELAY, "source-interface")]
        source = "".join(sources[0].words[4:]) if sources else ""
        interface = _interface(block)
        yield ConfiguredRelay(interface.name, targets, interface.vrf, source, options, block.number)


def _target(line: Block) -> Iterator[ConfiguredTarget]:
    """`ip dhcp relay address A [use-vrf V]`."""
    server = address(line.words[4]) if len(line.words) > 4 else None
    if server is not None:
        vrf = line.words[6] if line.words[5:6] == ("use-vrf",) and len(line.words) > 6 else ""
        yield ConfiguredTarget(server, vrf, "", line.number)


def _unread(blocks: list[Block]) -> Iterator[tuple[int, str]]:
    for block in blocks:
        for line in block.under(*RELAY):
            known = line.words == RELAY or line.words[3] in KNOWN
            if not known or (line.words[3:4] == ("address",) and not list(_target(line))):
                yield line.number, line.text
