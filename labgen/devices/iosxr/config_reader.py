"""DHCP relaying in an IOS XR running configuration: profiles under `dhcp ipv4`, given to interfaces and VRFs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labgen.devices.base import ABROAD, IDENTIFIERS
from labgen.devices.blocks import Block, indented
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    RelayReading,
    address,
    with_length,
)
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption

OPTION = ("relay", "information", "option")

TELLING = re.compile(r"(?m)^(!! IOS XR|!RANCID-CONTENT-TYPE: cisco-xr)")
"""Lines that no other system's configurations have."""


@dataclass(frozen=True, slots=True)
class _Profile:
    targets: tuple[ConfiguredTarget, ...]
    options: frozenset[RelayOption]


def read(text: str) -> RelayReading:
    """The VRF of a helper address is the server's; the profile of an interface goes before that of its VRF."""
    root = indented(text)
    interfaces = tuple(_interface(block) for block in root.under("interface"))
    relays: list[ConfiguredRelay] = []
    for block in root.under("dhcp", "ipv4"):
        profiles = {line.words[1]: _profile(line) for line in block.under("profile") if "relay" in line.words}
        relays += _given(block, profiles, {each.name: each.vrf for each in interfaces})
    return RelayReading(interfaces, tuple(relays))


def _interface(block: Block) -> ConfiguredInterface:
    vrf = next((line.words[1] for line in block.under("vrf")), DEFAULT_VRF)
    lines = sorted(block.under("ipv4", "address"), key=lambda line: "secondary" in line.words)
    found = [
        with_length(line.words[2], line.words[3] if line.words[3:] and address(line.words[3]) else "")
        for line in lines
        if len(line.words) > 2
    ]
    return ConfiguredInterface(
        block.text.removeprefix("interface "), vrf, tuple(each for each in found if each), (), block.number
    )


def _profile(block: Block) -> _Profile:
    said = {line.words for line in block.children}
    options = IDENTIFIERS if OPTION in said else frozenset()
    if (*OPTION, "vpn") in said:
        options |= ABROAD
    targets = tuple(target for line in block.under("helper-address") for target in _target(line))
    return _Profile(targets, options)


def _target(line: Block) -> Iterator[ConfiguredTarget]:
    """`helper-address [vrf V] A [giaddr G]`."""
    words = line.rest(1)
    vrf, words = (words[1], words[2:]) if words[:1] == ("vrf",) and len(words) > 2 else (DEFAULT_VRF, words)
    server = address(words[0]) if words else None
    if server is not None:
        giaddr = words[2] if words[1:2] == ("giaddr",) and len(words) > 2 else ""
        yield ConfiguredTarget(server, vrf, giaddr, line.number)


def _given(block: Block, profiles: dict[str, _Profile], vrfs: dict[str, str]) -> Iterator[ConfiguredRelay]:
    """`interface I relay profile P` and `vrf V relay profile P`, on one line or nested."""
    for kind in ("interface", "vrf"):
        for line in block.under(kind):
            name = line.words[1]
            tail = line.rest(2) or tuple(word for child in line.children for word in child.words)
            if tail[:2] == ("relay", "profile") and len(tail) > 2 and tail[2] in profiles:
                profile = profiles[tail[2]]
                interface, vrf = (name, vrfs.get(name, "")) if kind == "interface" else ("", name)
                yield ConfiguredRelay(interface, profile.targets, vrf, "", profile.options, line.number)
