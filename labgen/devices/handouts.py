"""The answers of a server to one client, worked out from the server's configuration by the rules of its program.

A module `handouts` beside a device's `device.py` has `read(configuration, client)`, which gives a `Handout` for every pool that the
client may get an address of. Programs without such a module have one answer for all clients of a subnet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from ipaddress import IPv4Address, IPv4Network

from labgen.devices import registry


@dataclass(frozen=True, slots=True)
class AskingClient:
    """A client as its messages show it; empty is what it does not send. `lease` is the time it asks for in seconds, 0 for none."""

    mac: str
    client_id: bytes = b""
    circuit_id: bytes = b""
    vendor_class: bytes = b""
    user_class: bytes = b""
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Handout:
    """A pool's answer: its addresses, first and last of each range, and what comes with them. Times in seconds. Options are by code, those
    of times, mask and router aside: octets in hexadecimal, or the value as it is written."""

    prefix: IPv4Network
    ranges: tuple[tuple[IPv4Address, IPv4Address], ...]
    lease: int
    renew: int
    rebind: int
    router: str
    options: Mapping[int, str]

    def __contains__(self, address: object) -> bool:
        return isinstance(address, IPv4Address) and any(
            first <= address <= last for first, last in self.ranges
        )


HandoutReader = Callable[[str, AskingClient], Iterator[Handout]]


def reader(device: str) -> HandoutReader | None:
    """The function that works out a device's answers; None where all clients of a subnet get the same from it."""
    module = registry.module_beside(device, "handouts")
    if module is None:
        return None
    found: HandoutReader = import_module(module).read
    return found
