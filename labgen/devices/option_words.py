"""Options of a plan as devices say them that do not take octets for every code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address

from labgen.ground.labplan import OptionPlan


def addresses(option: OptionPlan) -> tuple[IPv4Address, ...]:
    """The addresses in the octets of an option, four octets each."""
    octets = bytes.fromhex(option.data)
    return tuple(IPv4Address(octets[n : n + 4]) for n in range(0, len(octets), 4))


def text(option: OptionPlan) -> str:
    return bytes.fromhex(option.data).decode("utf-8", "replace")


def hex_of_addresses(texts: Iterable[str]) -> str:
    """Octets, in hexadecimal, of an option that lists addresses."""
    return b"".join(IPv4Address(each).packed for each in texts).hex()


def hex_of_text(value: str) -> str:
    """Octets, in hexadecimal, of an option that is text."""
    return value.encode().hex()


def grouped(option: OptionPlan) -> str:
    """Octets as IOS writes them, in groups of two."""
    return ".".join(option.data[n : n + 4] for n in range(0, len(option.data), 4))


def named(options: Sequence[OptionPlan], names: Mapping[int, tuple[str, bool]]) -> Iterator[tuple[str, str]]:
    """Options by a device's names of their codes, each with one value at a time; `names` says whether a code's values are addresses."""
    for option in options:
        if option.code in names:
            name, listed = names[option.code]
            for value in addresses(option) if listed else (text(option),):
                yield name, str(value)
