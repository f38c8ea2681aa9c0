"""DHCP relaying in a running configuration of IOS and IOS XE (IP Addressing: DHCP Configuration Guide)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.base import ABROAD, IDENTIFIERS, LINK, OVERRIDE
from labgen.devices.blocks import Block, indented, interfaces
from labgen.devices.ios.standby import standby
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayReading,
    address,
    with_borrowed,
    with_length,
)
from labgen.devices.snooped import inserting
from labgen.ground.vocabulary import DEFAULT_VRF, Interface, RelayOption

RELAY = ("ip", "dhcp", "relay")
OPTION = (*RELAY, "information", "option")
OFF = (
    ("no", "service", "dhcp"),
    *(("no", "ip", "forward-protocol", "udp", port) for port in ("bootps", "67")),
    ("no", "ip", "forward-protocol", "udp"),
)
"""What turns off that helper addresses work for DHCP."""
SUBOPTION = ("ip", "dhcp", "compatibility", "suboption")
"""`link-selection standard` is sub-option 5 of RFC 3527, without it Cisco's 150; `server-override standard` 11 and Cisco's 152."""
KNOWN = ("information", "source-interface", "bootp", "prefer", "forward", "subscriber-id")

TELLING = re.compile(
    r"(?m)^(Building configuration|Current configuration *:|version 1[2567]\.\d+$|boot-start-marker|service timestamps )"
)
"""Lines that no other system's configurations have."""


def read(text: str) -> RelayReading:
    """`option vpn` sends sub-options 5, 11 and 151 for interfaces in a VRF, `server-override` 5 and 11 for any."""
    root = indented(text)
    blocks = interfaces(root)
    relays = tuple(relay for block in blocks for relay in _relay(root, block))
    off = any(child.words in OFF for child in root.children)
    return RelayReading(
        with_borrowed(_interface(block) for block in blocks),
        relays,
        tuple(_unread([root, *blocks])),
        off,
        inserts=inserting(root, default=True),
        standby=tuple(each for block in blocks for each in standby(block)),
        private=not all(
            root.says(*SUBOPTION, each, "standard") for each in ("link-selection", "server-override")
        ),
    )


def _interface(block: Block) -> ConfiguredInterface:
    vrf = block.after("vrf", "forwarding") or block.after("ip", "vrf", "forwarding") or DEFAULT_VRF
    return ConfiguredInterface(
        block.text.removeprefix("interface "),
        vrf,
        tuple(_addresses(block)),
        (),
        block.number,
        block.after("ip", "unnumbered"),
        block.says("shutdown"),
    )


def _addresses(block: Block) -> Iterator[Interface]:
    lines = sorted(block.under("ip", "address"), key=lambda line: "secondary" in line.words)
    for line in lines:
        found = with_length(*line.words[2:4]) if len(line.words) > 3 else None
        if found is not None:
            yield found


def _relay(root: Block, block: Block) -> Iterator[ConfiguredRelay]:
    targets = tuple(target for line in block.under("ip", "helper-address") for target in _target(line))
    if targets:
        interface = _interface(block)
        source = (
            block.after(*RELAY, "source-interface")
            or root.after("ip", "dhcp-relay", "source-interface")
            or root.after(*RELAY, "source-interface")
        )
        trusts = root.says(*RELAY, "information", "trust-all")
        trusts = trusts or block.says(*RELAY, "information", "trusted")
        yield ConfiguredRelay(
            interface.name, targets, interface.vrf, source, _options(root, block), block.number, trusts
        )


def _options(root: Block, block: Block) -> frozenset[RelayOption]:
    found: frozenset[RelayOption] = frozenset()
    inserts = root.says(*OPTION) or block.says(*RELAY, "information", "option-insert")
    if inserts and not block.says(*RELAY, "information", "option-insert", "none"):
        found |= IDENTIFIERS
    vpn = root.says(*OPTION, "vpn") or block.says(*OPTION, "vpn-id")
    in_vrf = _interface(block).vrf != DEFAULT_VRF
    if vpn and in_vrf and not block.says(*OPTION, "vpn-id", "none"):
        found |= ABROAD
    override = root.says("ip", "dhcp-relay", "information", "option", "server-override")
    override = override or root.says(*OPTION, "server-id-override")
    if override or block.says(*OPTION, "server-id-override"):
        found |= {LINK, OVERRIDE}
    return found


def _target(line: Block) -> Iterator[ConfiguredTarget]:
    """`ip helper-address [global | vrf V] A [redundancy GROUP]`."""
    words = line.rest(2)
    vrf = DEFAULT_VRF if words[:1] == ("global",) else words[1] if words[:1] == ("vrf",) and words[1:] else ""
    rest = words[1:] if words[:1] == ("global",) else words[2:] if vrf else words
    server = address(rest[0]) if rest and rest[1:2] in ((), ("redundancy",)) else None
    if server is not None:
        yield ConfiguredTarget(server, vrf, "", line.number, group=" ".join(rest[2:]))


def _unread(blocks: list[Block]) -> Iterator[tuple[int, str]]:
    for block in blocks:
        for line in block.under(*RELAY):
            if len(line.words) < 4 or line.words[3] not in KNOWN:
                yield line.number, line.text
        for line in block.under("ip", "helper-address"):
            if not list(_target(line)):
                yield line.number, line.text
