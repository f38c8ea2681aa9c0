"""Interfaces that a configuration names, and what each of them is there for. Pure: opens nothing."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.relay.config import InterfaceConfig, RelayConfig
from labgen.relay.values import is_pattern
from labgen.relay.vrfs import Space, Vrf


def named_items(config: RelayConfig) -> dict[tuple[str, str], InterfaceConfig]:
    """Client interfaces with names of their own, by VRF and name."""
    return {(item.vrf, item.name): item for item in config.interfaces if not is_pattern(item.name)}


def followers_of(config: RelayConfig) -> dict[tuple[str, str], list[str]]:
    """The client interfaces that borrow an interface's address, or listen on it too, by VRF and interface."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in config.interfaces:
        for name in (*item.listen_also, *([item.unnumbered] if item.unnumbered else [])):
            found.setdefault((item.vrf, name), []).append(item.name)
    return found


def named_places(config: RelayConfig, vrfs: Mapping[str, Vrf]) -> dict[tuple[Space, str], set[Vrf]]:
    """The VRFs in which the configuration names an interface, by namespace and interface."""
    found: dict[tuple[Space, str], set[Vrf]] = {}
    for item in config.interfaces:
        vrf = vrfs[item.vrf]
        for name in (item.name, item.unnumbered, *item.listen_also):
            if name is not None:
                found.setdefault((vrf.space, name), set()).add(vrf)
    return found
