"""DHCP relaying in an OS10 running configuration (Dell SmartFabric OS10 User Guide, "DHCP relay agent")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.base import LINK, OVERRIDE
from labgen.devices.blocks import Block, indented
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayReading,
    address,
    with_length,
)
from labgen.devices.snooped import SNOOPING, trusted
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption

RELAY = ("ip", "dhcp-relay")
OPTIONS = {"link-selection": LINK, "server-override": OVERRIDE}

TELLING = re.compile(r"(?m)^(! Version 10\.|!RANCID-CONTENT-TYPE: dell)")
"""Lines that no other system's configurations have."""


def read(text: str) -> RelayReading:
    """Sub-options are for the whole device, the source interface for the clients of a VRF. Snooping is on in every VLAN once it is on at
    all, and puts option 82 in."""
    root = indented(text)
    blocks = list(root.under("interface"))
    options = frozenset(OPTIONS[line.words[2]] for line in root.under(*RELAY) if line.words[2] in OPTIONS)
    sources = {
        block.words[2]: "".join(line.words[3:])
        for block in root.under("ip", "vrf")
        for line in block.under(*RELAY, "source-interface")
    }
    unread = [(line.number, line.text) for line in root.under(*RELAY) if line.words[2] not in OPTIONS]
    relays = tuple(relay for block in blocks for relay in _relay(block, options))
    return RelayReading(
        tuple(_interface(block) for block in blocks),
        relays,
        tuple(unread),
        vrf_sources=tuple(sources.items()),
        snooped=(("*", True),) if any(line.words == SNOOPING for line in root.children) else (),
        spared=frozenset(name.removeprefix("vlan") for name in trusted(blocks, "no", *SNOOPING)),
        trusted=trusted(blocks, *SNOOPING, "trust"),
    )


def _interface(block: Block) -> ConfiguredInterface:
    vrf = next((line.words[-1] for line in block.under("ip", "vrf", "forwarding")), DEFAULT_VRF)
    own = [with_length(line.words[2]) for line in block.under("ip", "address") if len(line.words) > 2]
    shared = [with_length(line.words[3]) for line in block.under("ip", "virtual-router", "address")]
    return ConfiguredInterface(
        block.text.removeprefix("interface "),
        vrf,
        tuple(each for each in own if each),
        tuple(each for each in shared if each),
        block.number,
    )


def _relay(block: Block, options: frozenset[RelayOption]) -> Iterator[ConfiguredRelay]:
    targets = tuple(target for line in block.under("ip", "helper-address") for target in _target(line))
    if targets:
        interface = _interface(block)
        yield ConfiguredRelay(interface.name, targets, interface.vrf, "", options, block.number)


def _target(line: Block) -> Iterator[ConfiguredTarget]:
    server = address(line.words[2]) if len(line.words) > 2 else None
    if server is not None:
        vrf = line.words[4] if line.words[3:4] == ("vrf",) and len(line.words) > 4 else ""
        yield ConfiguredTarget(server, vrf, "", line.number)
