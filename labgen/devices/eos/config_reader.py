"""DHCP relaying in an EOS running configuration (EOS manual, "DHCP Relay" and "DHCP Relay Across VRF")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.base import ABROAD, IDENTIFIERS
from labgen.devices.blocks import Block, indented, interfaces
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

INFORMATION = ("ip", "dhcp", "relay", "information", "option")
KNOWN = (
    INFORMATION,
    ("ip", "dhcp", "relay", "always-on"),
    ("ip", "dhcp", "relay", "all-subnets"),
    ("dhcp", "relay"),
)

TELLING = re.compile(
    r"(?m)^(! *device: .*EOS|! *boot system \S*EOS|!RANCID-CONTENT-TYPE: arista|service routing protocols model|transceiver qsfp )"
)
"""Lines that no other system's configurations have."""


def read(text: str) -> RelayReading:
    """EOS puts sub-options 5, 11 and 151 beside 1 and 2 where the server is in another VRF or a source is named."""
    root = indented(text)
    information = any(child.words == INFORMATION for child in root.children)
    blocks = interfaces(root)
    relays = [relay for block in blocks for relay in _relay(block, information)]
    return RelayReading(
        with_borrowed(_interface(block) for block in blocks),
        tuple(relays),
        tuple(_unread(root, blocks)),
        inserts=inserting(root, default=False),
    )


def _interface(block: Block) -> ConfiguredInterface:
    vrf = next((child.words[-1] for child in block.children if child.words[0] == "vrf"), DEFAULT_VRF)
    own = [
        a
        for c in sorted(block.under("ip", "address"), key=lambda line: "secondary" in line.words)
        if "virtual" not in c.words
        for a in _addresses(c.words[2:])
    ]
    shared = [
        a
        for head in (("ip", "address", "virtual"), ("ip", "virtual-router", "address"))
        for child in block.under(*head)
        for a in _addresses(child.words[3:])
    ]
    lender = next((" ".join(c.rest(3)) for c in block.under("ip", "address", "unnumbered")), "")
    return ConfiguredInterface(
        block.text.removeprefix("interface "),
        vrf,
        tuple(own),
        tuple(shared),
        block.number,
        lender,
        any(child.words == ("shutdown",) for child in block.children),
    )


def _addresses(words: tuple[str, ...]) -> Iterator[Interface]:
    found = with_length(words[0]) if words else None
    if found is not None:
        yield found


def _relay(block: Block, information: bool) -> Iterator[ConfiguredRelay]:
    targets = [target for child in block.under("ip", "helper-address") for target in _target(child)]
    if not targets:
        return
    abroad = any(target.vrf or target.source for target in targets)
    options: frozenset[RelayOption] = IDENTIFIERS | (ABROAD if abroad else frozenset())
    interface = _interface(block)
    yield ConfiguredRelay(
        interface.name,
        tuple(targets),
        interface.vrf,
        "",
        options if information else frozenset(),
        block.number,
    )


def _target(line: Block) -> Iterator[ConfiguredTarget]:
    """`ip helper-address A [vrf V] [source-address A | source-interface I]`."""
    server = address(line.words[2]) if len(line.words) > 2 else None
    if server is None:
        return
    said = dict(zip(line.words[3::2], line.words[4::2], strict=False))
    source = said.get("source-interface") or said.get("source-address", "")
    yield ConfiguredTarget(server, said.get("vrf", ""), source, line.number)


def _unread(root: Block, blocks: list[Block]) -> Iterator[tuple[int, str]]:
    for child in root.children:
        if child.words[:3] == ("ip", "dhcp", "relay") and not any(child.words[: len(k)] == k for k in KNOWN):
            yield child.number, child.text
    for block in blocks:
        for line in block.under("ip", "helper-address"):
            if not list(_target(line)):
                yield line.number, line.text
