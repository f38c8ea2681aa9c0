"""DHCP relaying in an AOS-CX running configuration (AOS-CX IP Services and VXLAN EVPN guides)."""

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
    with_length,
)
from labgen.devices.snooped import trusted
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption

SOURCE = ("ip", "source-interface", "dhcp_relay", "interface")
SNOOPING = "dhcpv4-snooping"
OPTION = ("dhcp-relay", "option", "82")

TELLING = re.compile(r"(?m)^!(Version ArubaOS-CX|export-password)")
"""Lines that no other system's configurations have."""


def read(text: str) -> RelayReading:
    """Option 82 is for the whole device; the source interface for what is sent in a VRF, the default one unless named."""
    root = indented(text)
    blocks = interfaces(root)
    said = {line.words for line in root.children}
    options: frozenset[RelayOption] = frozenset()
    if any(words[:3] == OPTION for words in said):
        options = IDENTIFIERS | (ABROAD if (*OPTION, "source-interface") in said else frozenset())
    sources = dict(_sources(root))
    relays = tuple(relay for block in blocks for relay in _relay(block, options, sources))
    off = ("no", "dhcp-relay") in said
    vlans = _snooped(root) if (SNOOPING,) in said else {}
    return RelayReading(
        tuple(_interface(block) for block in blocks),
        relays,
        (),
        off,
        tuple(sources.items()),
        inserts=frozenset(int(vlan) for vlan, inserts in vlans.items() if inserts and vlan.isdecimal()),
        snooped=tuple(vlans.items()),
        trusted=trusted(blocks, SNOOPING, "trust"),
    )


def _snooped(root: Block) -> dict[str, bool]:
    """VLANs that are snooped; option 82 is put in unless the device is told not to."""
    inserts = not any(root.under("no", SNOOPING, "option", "82"))
    found = (
        block for block in root.under("vlan") if any(line.words == (SNOOPING,) for line in block.children)
    )
    return {block.words[1]: inserts for block in found}


def _sources(root: Block) -> Iterator[tuple[str, str]]:
    """VRF and interface of `ip source-interface dhcp_relay interface I [vrf V]`."""
    for line in root.under(*SOURCE):
        name, _, vrf = " ".join(line.rest(4)).partition(" vrf ")
        yield vrf or DEFAULT_VRF, name.replace(" ", "")


def _interface(block: Block) -> ConfiguredInterface:
    vrf = next((line.words[2] for line in block.under("vrf", "attach")), DEFAULT_VRF)
    own = [with_length(line.words[2]) for line in block.under("ip", "address") if len(line.words) > 2]
    shared = [with_length(line.words[2]) for line in block.under("active-gateway", "ip")]
    return ConfiguredInterface(
        block.text.removeprefix("interface "),
        vrf,
        tuple(each for each in own if each),
        tuple(each for each in shared if each),
        block.number,
    )


def _relay(
    block: Block, options: frozenset[RelayOption], sources: dict[str, str]
) -> Iterator[ConfiguredRelay]:
    interface = _interface(block)
    targets = tuple(
        target for line in block.under("ip", "helper-address") for target in _target(line, sources)
    )
    if targets:
        source = _gateway(block, interface)
        yield ConfiguredRelay(interface.name, targets, interface.vrf, source, options, block.number)


def _gateway(block: Block, interface: ConfiguredInterface) -> str:
    """Of several addresses giaddr is the one of `ip bootp-gateway`, else the lowest; of one there is nothing to choose."""
    said = next((line.words[2] for line in block.under("ip", "bootp-gateway") if len(line.words) > 2), "")
    several = any("secondary" in line.words for line in block.under("ip", "address"))
    return said or (str(min(each.ip for each in interface.addresses if each.version == 4)) if several else "")


def _target(line: Block, sources: dict[str, str]) -> Iterator[ConfiguredTarget]:
    server = address(line.words[2]) if len(line.words) > 2 else None
    if server is not None:
        vrf = line.words[4] if line.words[3:4] == ("vrf",) and len(line.words) > 4 else ""
        yield ConfiguredTarget(server, vrf, sources.get(vrf, "") if vrf else "", line.number)
