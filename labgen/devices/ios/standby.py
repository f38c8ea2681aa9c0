"""HSRP in a running configuration of IOS and IOS XE (`standby`, First Hop Redundancy Protocols Configuration Guide)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from labgen.devices.blocks import Block
from labgen.devices.relay_config import ConfiguredStandby, address


def standby(block: Block) -> Iterator[ConfiguredStandby]:
    """The groups of an interface. Group 0 needs no number, and the version is the interface's."""
    version, groups = 1, defaultdict[int, dict[str, tuple[str, ...]]](dict)
    lines: dict[int, int] = {}
    for line in block.under("standby"):
        words = line.rest(1)
        if words[:1] == ("version",) and words[1:2] == ("2",):
            version = 2
        number, said = (int(words[0]), words[1:]) if words[:1] and words[0].isdecimal() else (0, words)
        if said and said[0] in ("ip", "priority", "preempt", "name") and said[-1] != "secondary":
            groups[number][said[0]] = said[1:]
            lines.setdefault(number, line.number)
    for number, said_of in groups.items():
        told = said_of.get("ip", ())
        priority = said_of.get("priority", ())
        yield ConfiguredStandby(
            interface=block.text.removeprefix("interface "),
            group=number,
            address=address(told[0]) if told else None,
            priority=int(priority[0]) if priority and priority[0].isdecimal() else 100,
            preempts="preempt" in said_of,
            version=version,
            name=" ".join(said_of.get("name", ())),
            line=lines[number],
        )
