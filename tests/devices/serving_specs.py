"""Specs that ask a server for one thing each; a server that cannot do it refuses the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from devices_specs import planned

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role


def _spec(users: str = "", guests: str = "", vrf: str = "", relay: str = "") -> str:
    more = f"  guests: {{attach: {{sw: [pc3]}}, relay: {{servers: [dhcp]}}{guests}}}\n" if guests else ""
    return (
        "name: served\nswitches: [sw]\n"
        + ("vrfs: {red: {}}\n" if vrf else "")
        + f"segments:\n  users: {{attach: {{sw: [pc1, pc2]}}{vrf}, relay: {{servers: [dhcp]{relay}}}{users}}}\n"
        + more
        + "servers: {dhcp: sw}\n"
    )


_MANY = "dns: [10.9.9.9, 10.9.9.10], domain: example.net, ntp: [10.1.1.1], tftp-server: tftp.example.com, bootfile: pxe.0"
SPECS: Mapping[str, str] = MappingProxyType(
    {
        "plain": _spec(),
        "two segments": _spec(guests=", pool: {lease: 3h}"),
        "a lease time": _spec(", pool: {lease: 2h}"),
        "a lease without an end": _spec(", pool: {lease: infinite}"),
        "T1 and T2": _spec(", pool: {lease: 2h, renew: 20m, rebind: 1h}"),
        "bounds of what clients ask for": _spec(", pool: {lease: 2h, shortest: 1h, longest: 4h}"),
        "ranges": _spec(", pool: {range: [172.16.0.20-172.16.0.40, 172.16.0.60-172.16.0.70]}"),
        "kept by MAC address": _spec(", reservations: {pc1: 172.16.0.9, pc2: 172.16.0.11}"),
        "kept by identifiers": _spec(
            ', reservations: {"client-id abc": 172.16.0.9, "circuit-id vlan10:1/3": 172.16.0.11}'
        ),
        "kept, with options": _spec(
            ", reservations: {pc1: {address: 172.16.0.9, options: {dns: [10.7.7.7]}}}"
        ),
        "DNS servers": _spec(", options: {dns: [10.9.9.9, 10.9.9.10]}"),
        "DNS and domain": _spec(", options: {dns: [10.9.9.9], domain: example.net}"),
        "named options": _spec(f", options: {{{_MANY}}}"),
        "options by code": _spec(f", options: {{{_MANY}, 150: 10.9.9.9}}", ", options: {dns: [10.8.8.8]}"),
        "no router": _spec(", gateway: none"),
        "a VRF": _spec(
            vrf=", vrf: red", relay=", server_vrf: default, source: loopback, options: [link-selection]"
        ),
        "a secondary subnet": _spec(", secondary: [172.17.0.0/24]"),
        "a class": _spec(
            ", classes: {phones: {vendor_class: Cisco, clients: [pc1], options: {150: 10.9.9.9}}}"
        ),
    }
)


def servers() -> list[str]:
    """Every server device, in each of its releases."""
    names = [name for name, each in registry.everything().items() if Role.SERVER in each.facts.roles]
    found = (facts for name in names for each in registry.releases(name) if not (facts := each.facts).own)
    return [f"{facts.name}:{facts.release}" if facts.release else facts.name for facts in found]


def plans(server: str, folder: Path) -> Iterator[tuple[str, LabPlan]]:
    """What a server can do, with what is asked."""
    for what, text in SPECS.items():
        try:
            yield what, planned(text, folder, {"server": server})
        except SpecError:
            continue
