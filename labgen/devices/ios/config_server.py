"""Pools of a configuration of IOS and IOS XE: `ip dhcp pool` (IP Addressing: DHCP Configuration Guide, "DHCP Server")."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from labgen.devices.blocks import Block, indented
from labgen.devices.served import Served
from labgen.ground.planned_serving import INFINITE

DAY = 86400
COMMANDS = {"dns-server": 6, "domain-name": 15, "netbios-name-server": 44}
_SECONDS = (DAY, 3600, 60)


def read(text: str) -> Iterator[Served]:
    """Its pools: all hosts of a network but those that are excluded, for VRFs each by its own."""
    root = indented(text)
    if root.says("no", "service", "dhcp"):
        return
    for block in root.under("ip", "dhcp", "pool"):
        words = block.after("network").split()
        if words:
            yield _pool(root, block, IPv4Network("/".join(words[:2])))


def _pool(root: Block, block: Block, prefix: IPv4Network) -> Served:
    found = Served(prefix, router=block.after("default-router").partition(" ")[0])
    words = block.after("lease").split()
    found.lease = (
        sum(int(count) * unit for count, unit in zip(words, _SECONDS, strict=False))
        if words != ["infinite"]
        else INFINITE
    )
    found.lease = found.lease or DAY
    found.options = dict(_options(block))
    left = [(int(prefix[1]), int(prefix[-2]))]
    for first, last in _excluded(root, block.after("vrf")):
        left = [part for span in left for part in _without(span, first, last)]
    found.ranges = [f"{IPv4Address(first)}-{IPv4Address(last)}" for first, last in left]
    return found


def _options(block: Block) -> Iterator[tuple[int, str]]:
    """`option N hex ...`, and the commands that some options have instead."""
    for word, code in COMMANDS.items():
        if value := block.after(word):
            yield code, value.replace(" ", ",")
    for line in block.under("option"):
        if line.words[2:3] == ("hex",):
            yield int(line.words[1]), "".join(line.rest(3)).replace(".", "")


def _excluded(root: Block, vrf: str) -> Iterator[tuple[int, int]]:
    for line in root.under("ip", "dhcp", "excluded-address"):
        words = line.rest(3)
        own, words = (words[1], words[2:]) if words[:1] == ("vrf",) else ("", words)
        if own == vrf:
            yield int(IPv4Address(words[0])), int(IPv4Address(words[-1]))


def _without(span: tuple[int, int], first: int, last: int) -> Iterator[tuple[int, int]]:
    if last < span[0] or first > span[1]:
        yield span
        return
    if span[0] < first:
        yield span[0], first - 1
    if last < span[1]:
        yield last + 1, span[1]
