"""DHCP snooping of access switches in configurations: VLANs in whose requests they put option 82.

Such a request has giaddr 0, and a relay takes it only from where it was told to trust (RFC 3046 section 2.1.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labgen.devices.blocks import Block

SNOOPING = ("ip", "dhcp", "snooping")
MAX_VLAN = 4094


def inserting(root: Block, *, default: bool) -> frozenset[int]:
    """VLANs that are snooped with option 82 put in. `default`: the device does so where nothing is said of it."""
    configured = {child.words for child in root.children}
    said = (*SNOOPING, "information", "option") in configured
    if (
        SNOOPING not in configured
        or ("no", *SNOOPING, "information", "option") in configured
        or not (said or default)
    ):
        return frozenset()
    return snooped(root)


def snooped(root: Block) -> frozenset[int]:
    """VLANs that are snooped, where a line of the whole device lists them and snooping is on."""
    if not any(child.words == SNOOPING for child in root.children):
        return frozenset()
    lines = root.under(*SNOOPING, "vlan")
    return frozenset(vlan for line in lines for vlan in listed("".join(line.rest(len(SNOOPING) + 1))))


def trusted(blocks: Iterable[Block], *words: str) -> frozenset[str]:
    """Interfaces whose block has these words."""
    return frozenset(block.text.removeprefix("interface ") for block in blocks if any(block.under(*words)))


def listed(text: str) -> frozenset[int]:
    """`10,20-22` as numbers; what is none is left out."""
    return frozenset(_numbers(text))


def _numbers(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            yield from range(int(first), min(int(last or first), MAX_VLAN) + 1)
