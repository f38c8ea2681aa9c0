"""Specs that ask a server for one thing each; a server that cannot do it refuses the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from devices_specs import planned

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role


def _spec(users: str = "", guests: str = "", vrf: str = "", relay: str = "", asks: str = "") -> str:
    more = f"  guests: {{attach: {{sw: [pc3]}}, relay: {{servers: [dhcp]}}{guests}}}\n" if guests else ""
    return (
        "name: served\nswitches: [sw]\n"
        + ("vrfs: {red: {}}\n" if vrf else "")
        + f"segments:\n  users: {{attach: {{sw: [pc1, pc2]}}{vrf}, relay: {{servers: [dhcp]{relay}}}{users}}}\n"
        + more
        + "servers: {dhcp: sw}\n"
        + asks
    )


_PHONES, _PART = "vendor_class: Cisco", "range: [172.16.0.20-172.16.0.40]"
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
        "a class that has another value": _spec(
            f", options: {{dns: [10.9.9.9], domain: example.net}}, classes: {{phones: {{{_PHONES}, options: {{dns: [10.8.8.8]}}}}, "
            "guests: {user_class: guest, options: {domain: guest.net}}}"
        ),
        "classes with ranges": _spec(
            f", pool: {{range: [172.16.0.100-172.16.0.120]}}, classes: {{phones: {{{_PHONES}, {_PART}, options: {{150: 10.9.9.9}}}}, "
            "guests: {user_class: guest, range: [172.16.0.60-172.16.0.70]}}, reservations: {pc1: 172.16.0.9}"
        ),
        "classes of one name in two segments": _spec(
            f", classes: {{phones: {{{_PHONES}, options: {{150: 10.9.9.9}}}}}}",
            f", options: {{dns: [10.9.9.9]}}, classes: {{phones: {{{_PHONES}, options: {{dns: [10.8.8.8]}}}}}}",
        ),
        "a class with a lease time": _spec(
            f", pool: {{lease: 2h}}, classes: {{phones: {{{_PHONES}, lease: 30m}}}}"
        ),
        "a class and bounds": _spec(
            f", pool: {{lease: 2h, shortest: 1h, longest: 4h}}, classes: {{phones: {{{_PHONES}, lease: 90m}}}}"
        ),
        "kept, with another value": _spec(
            ", options: {dns: [10.9.9.9], domain: example.net}, "
            "reservations: {pc1: {address: 172.16.0.9, options: {dns: [10.7.7.7]}}, "
            '"client-id abc": {address: 172.16.0.10, options: {ntp: [10.1.1.1]}}, '
            '"circuit-id vlan10:1/3": {address: 172.16.0.11, options: {150: 10.9.9.9}}}'
        ),
        "kept, with a lease time": _spec(
            ", pool: {lease: 2h}, reservations: {pc1: {address: 172.16.0.9, lease: 1d}, pc2: 172.16.0.10}"
        ),
        "kept, for members of a class": _spec(
            f", options: {{dns: [10.9.9.9]}}, classes: {{phones: {{{_PHONES}, options: {{dns: [10.8.8.8], 150: 10.9.9.9}}}}}}, "
            "reservations: {pc1: {address: 172.16.0.9, options: {dns: [10.7.7.7]}}, pc2: 172.16.0.10}"
        ),
        "a class, and a secondary subnet": _spec(
            f", secondary: [172.17.0.0/24], classes: {{phones: {{{_PHONES}, {_PART}, options: {{150: 10.9.9.9}}}}}}"
        ),
        "kept by circuit, and a class with a range": _spec(
            f', classes: {{phones: {{{_PHONES}, {_PART}}}}}, reservations: {{"circuit-id vlan10:1/3": 172.16.0.11}}'
        ),
        "lease times of a class and of a client": _spec(
            f", pool: {{lease: 2h}}, classes: {{phones: {{{_PHONES}, lease: 30m}}}}, "
            "reservations: {pc1: {address: 172.16.0.9, lease: 1d}}"
        ),
        "a lease that a client asks for": _spec(
            ", pool: {lease: 2h}", asks="nodes: {pc1: {asks_lease: 1h}}\n"
        ),
    }
)


def servers() -> list[str]:
    """Every server device, in each of its releases."""
    names = [name for name, each in registry.everything().items() if Role.SERVER in each.facts.roles]
    found = (facts for name in names for each in registry.releases(name) if not (facts := each.facts).own)
    return [f"{facts.name}:{facts.release}" if facts.release else facts.name for facts in found]


def plan(server: str, what: str, folder: Path) -> LabPlan:
    """The plan of one spec. SpecError where the server cannot do it."""
    return planned(SPECS[what], folder, {"server": server})


def plans(server: str, folder: Path) -> Iterator[tuple[str, LabPlan]]:
    """Everything that a server can do of what is asked, with its plan."""
    for what in SPECS:
        with suppress(SpecError):
            yield what, plan(server, what, folder)
