"""DHCP relaying in an IOS XR running configuration: profiles under `dhcp ipv4`, given to interfaces and VRFs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from labgen.devices.base import ABROAD, IDENTIFIERS
from labgen.devices.blocks import Block, indented
from labgen.devices.relay_config import (
    ConfiguredInterface,
    ConfiguredRelay,
    ConfiguredTarget,
    ConfiguredVlan,
    RelayReading,
    address,
    with_length,
)
from labgen.ground.vocabulary import DEFAULT_VRF, Address, RelayOption

OPTION = ("relay", "information", "option")
_DIGITS = re.compile(r"\d+")

TELLING = re.compile(r"(?m)^(!! IOS XR|!RANCID-CONTENT-TYPE: cisco-xr)")
"""Lines that no other system's configurations have."""


@dataclass(frozen=True, slots=True)
class _Profile:
    targets: tuple[ConfiguredTarget, ...]
    options: frozenset[RelayOption]


def read(text: str) -> RelayReading:
    """The VRF of a helper address is the server's; the profile of an interface goes before that of its VRF."""
    root = indented(text)
    interfaces = tuple(_merged(map(_interface, root.under("interface"))))
    relays: list[ConfiguredRelay] = []
    for block in root.under("dhcp", "ipv4"):
        profiles = {line.words[1]: _profile(line) for line in block.under("profile") if "relay" in line.words}
        relays += _given(block, profiles, {each.name: each.vrf for each in interfaces})
    return RelayReading(
        interfaces,
        tuple(relays),
        vlans=tuple(_vlans(root)),
        advertised=frozenset(_advertised(root)),
        moving=tuple(_moving(root)),
        snooped=tuple(_snooped(root)),
        trusted=frozenset(_trusted(root)),
        private=any(_private(block) for block in root.under("dhcp", "ipv4")),
    )


def _private(block: Block) -> bool:
    """True if sub-options for another VRF may be Cisco's own: nothing says that they are those of the RFCs."""
    return any(
        profile.says(*OPTION, "vpn") and not profile.says(*OPTION, "vpn-mode", "rfc")
        for profile in block.under("profile")
    )


def _merged(blocks: Iterable[ConfiguredInterface]) -> Iterable[ConfiguredInterface]:
    """One for each interface, which may have several blocks."""
    found: dict[str, ConfiguredInterface] = {}
    for each in blocks:
        before = found.get(each.name)
        if before is not None:
            vrf = before.vrf if each.vrf == DEFAULT_VRF else each.vrf
            each = replace(before, vrf=vrf, addresses=(*before.addresses, *each.addresses))
        found[each.name] = each
    return found.values()


def _vlans(root: Block) -> Iterator[ConfiguredVlan]:
    """Bridge domains by the tag of their subinterfaces, else by the number of their routed interface."""
    switched = {
        block.words[1]: [line.words[2] for line in block.under("encapsulation", "dot1q")]
        for block in root.under("interface")
        if block.words[2:] == ("l2transport",) or any(block.under("l2transport"))
    }
    popped = {
        block.words[1]
        for block in root.under("interface")
        if block.says("rewrite", "ingress", "tag", "pop", "1", "symmetric")
    }
    for domain in _domains(root):
        ports = [line.words[1] for line in domain.under("interface") if line.words[1] in switched]
        routed = next((line.words[2] for line in domain.under("routed", "interface")), "")
        tags = {tag for port in ports for tag in switched[port]} | set(_DIGITS.findall(routed))
        number = tags.pop() if len(tags) == 1 else next(iter(_DIGITS.findall(domain.words[1])), "0")
        yield ConfiguredVlan(
            int(number),
            frozenset(port for port in ports if not switched[port]),
            frozenset(port.rpartition(".")[0] for port in ports if switched[port] and port in popped),
            routed=routed,
        )


SNOOP = ("dhcp", "ipv4", "snoop", "profile")


def _domains(root: Block) -> Iterator[Block]:
    for group in root.under("l2vpn"):
        for bridges in group.under("bridge", "group"):
            yield from bridges.under("bridge-domain")


def _snoops(root: Block) -> dict[str, Block]:
    """Profiles for snooping, by name."""
    blocks = (line for block in root.under("dhcp", "ipv4") for line in block.under("profile"))
    return {line.words[1]: line for line in blocks if "snoop" in line.words[2:]}


def _snooped(root: Block) -> Iterator[tuple[str, bool]]:
    """VLANs of bridge domains that snoop, each with whether option 82 is put in."""
    profiles = _snoops(root)
    numbers = {domain.number: vlan.number for domain, vlan in zip(_domains(root), _vlans(root), strict=True)}
    for domain in _domains(root):
        for line in domain.under(*SNOOP):
            if line.words[4:] and line.words[4] in profiles:
                inserts = any(profiles[line.words[4]].under(*OPTION))
                yield str(numbers[domain.number]), inserts


def _trusted(root: Block) -> Iterator[str]:
    profiles = _snoops(root)
    for port in (line for domain in _domains(root) for line in domain.under("interface")):
        for line in port.under(*SNOOP):
            if line.words[4:] and line.words[4] in profiles and any(profiles[line.words[4]].under("trusted")):
                yield port.words[1].partition(".")[0]


def _advertised(root: Block) -> Iterator[tuple[str, str]]:
    """Interfaces of OSPF and IS-IS, and those whose network BGP is told."""
    for block in root.under("router", "ospf"):
        vrf = block.words[4] if block.words[3:4] == ("vrf",) else DEFAULT_VRF
        yield from ((line.words[1], vrf) for area in block.under("area") for line in area.under("interface"))
    for block in root.under("router", "isis"):
        yield from ((line.words[1], DEFAULT_VRF) for line in block.under("interface"))
    networks = {
        line.words[1]
        for block in root.under("router", "bgp")
        for family in block.under("address-family", "ipv4", "unicast")
        for line in family.under("network")
    }
    for each in map(_interface, root.under("interface")):
        if any(str(own.network) in networks for own in each.addresses):
            yield each.name, each.vrf


def _moving(root: Block) -> Iterator[tuple[str, Address, int]]:
    for block in root.under("router", "vrrp"):
        for port in block.under("interface"):
            groups = (
                each for family in port.under("address-family", "ipv4") for each in family.under("vrrp")
            )
            for group in groups:
                if (virtual := address(group.after("address"))) is not None:
                    yield port.words[1], virtual, int(group.after("priority") or 100)


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
