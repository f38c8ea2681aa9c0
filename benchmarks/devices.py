"""The device tables of docs/devices.md, from what the device modules say.

.venv/bin/python benchmarks/devices.py [--write | --check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from pagetable import PageTable

from labgen.devices import registry
from labgen.devices.base import DeviceFacts, FabricCapability
from labgen.devices.sections import SectionDevice
from labgen.ground import resources
from labgen.ground.errors import SpecError
from labgen.ground.vocabulary import RelayOption, Role
from labgen.plan.build import build
from labgen.spec.load import load

PAGE = Path(__file__).parent.parent / "docs" / "devices.md"
RESULTS = Path(__file__).parent.parent / "tests" / "devices" / "models.json"
MARK = "devices"


def table() -> str:
    return "\n".join([*_main(), "", *_fabric(), "", *_notes(), "", *_scenarios(), "", *_judged()])


def _main() -> Iterator[str]:
    heads = (
        "device", "what it is", "netlab", "containerlab", "relay", "between VRFs", "sub-options", "server", "client",
        "configuration", "evidence",
    )  # fmt: skip
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for name, device in registry.everything().items():
        facts = device.facts
        native = "DHCP section; the rest by netlab" if isinstance(device, SectionDevice) else "native"
        cells = [
            f"`{name}`", facts.title, facts.netlab, facts.containerlab, _relay(facts), _between(facts),
            _options(facts), _server(facts), "yes" if facts.client else "–", native, facts.trust,
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _relay(facts: DeviceFacts) -> str:
    if facts.relay is None:
        return "–"
    kinds = facts.relay.giaddr
    if {"loopback", "port"} <= kinds:
        return "any giaddr"
    return "giaddr of the interface or an uplink" if "port" in kinds else "giaddr of the interface"


def _between(facts: DeviceFacts) -> str:
    return "–" if facts.relay is None else "yes" if facts.relay.inter_vrf else "no"


def _options(facts: DeviceFacts) -> str:
    if facts.relay is None:
        return "–"
    numbers = {RelayOption.LINK_SELECTION: "5", RelayOption.SERVER_ID_OVERRIDE: "11", RelayOption.VSS: "151"}
    found = [number for option, number in numbers.items() if option in facts.relay.options]
    return ", ".join(found) or "neither 5, 11 nor 151"


def _server(facts: DeviceFacts) -> str:
    if facts.server is None:
        return "–"
    reads = "reads 5" if facts.server.link_selection else "does not read 5"
    return f"{reads}, {'answers with 11' if facts.server.honours_override else 'answers with its own identifier'}"


BONDS = {"": "", "moves": "one member at a time", "segment": "Ethernet segment"}


def _bonds(can: FabricCapability) -> str:
    return ", ".join(filter(None, (BONDS[can.bonds], "MLAG" if can.mlag else ""))) or "no"


def _fabric() -> Iterator[str]:
    yield (
        "| switch | VLAN | VXLAN | EVPN | anycast gateway | VRF | trunks | VRRP | HSRP | DHCP snooping | bonds to several switches | "
        "underlays | within bounds |"
    )
    yield "|---" * 13 + "|"
    for name, device in registry.everything().items():
        can = device.facts.fabric
        if Role.SWITCH not in device.facts.roles:
            continue
        bounds = [
            *(["VRFs on stretched VLANs need a transit VNI"] if not can.asymmetric_irb else []),
            *(["no EVPN over eBGP"] if can.evpn and "ebgp" in can.underlays and not can.evpn_ebgp else []),
            *(["no OSPF on stretched VLANs"] if not can.svi_ospf else []),
            *([f"VNIs up to {can.max_vni}"] if can.max_vni < 16777215 else []),
        ]
        flags = [
            can.vlan,
            can.vxlan,
            can.evpn,
            can.anycast,
            can.vrf,
            can.trunk,
            can.vrrp,
            can.hsrp,
            can.snooping is not None,
        ]
        underlays = ", ".join(sorted(can.underlays - {"none"}))
        cells = [*("yes" if flag else "no" for flag in flags), _bonds(can), underlays]
        yield f"| `{name}` | {' | '.join(cells)} | {'; '.join(bounds) or '–'} |"


def _notes() -> Iterator[str]:
    for name, device in registry.everything().items():
        if device.facts.notes:
            yield f"* `{name}`: {'; '.join(device.facts.notes)}."


BEFORE = {
    "anycast-giaddr-fixed": 6, "anycast-giaddr-trap": 8, "evpn-redundant-server": 4, "evpn-relay": 4, "evpn-relay-v2": 6,
    "evpn-symmetric-irb": 0, "leaf-spine": 4, "overlapping-vrfs": 11, "relay": 16, "relay-chain": 0, "relay-uplink": 5,
    "shared-pool-fixed": 11, "shared-pool-trap": 11, "unnumbered-lan": 0, "vrf-relay": 11, "vxlan-redundant-server": 6,
    "vxlan-relay": 6,
}  # fmt: skip
"""Vendors' switches, of 16, that a scenario was built for before capabilities had scopes (f3f534e), counted then."""


def _scenarios() -> Iterator[str]:
    """Which vendors' switches a scenario is built for, the other nodes being open software."""
    vendors = [
        name
        for name, device in registry.everything().items()
        if Role.SWITCH in device.facts.roles and not device.facts.embedded
    ]
    yield f"| scenario | vendors' switches, of {len(vendors)} | of 16 before | which |"
    yield "|---|---|---|---|"
    for file in sorted(resources.topologies().glob("*.yml")):
        able = [f"`{vendor}`" for vendor in vendors if _builds(str(file), vendor)]
        before = BEFORE.get(file.stem, "–")
        yield f"| `{file.stem}` | {len(able)} | {before} | {', '.join(able) or '–'} |"


def _builds(spec: str, switch: str) -> bool:
    try:
        build(load(spec, {"switch": switch}))
    except SpecError:
        return False
    return True


def _judged() -> Iterator[str]:
    """How many lines of a device and role its vendor's public model confirms."""
    yield "| device | role | lines | confirmed by the model | the model |"
    yield "|---|---|---|---|---|"
    for device, result in json.loads(RESULTS.read_text()).items():
        for role, told in sorted(result["lines"].items()):
            confirmed = list(told.values()).count("confirmed")
            yield f"| `{device}` | {role} | {len(told)} | {confirmed} | {result['repository']} {result['release']} |"


if __name__ == "__main__":
    sys.exit(PageTable(PAGE, MARK, table).main((__doc__ or "").splitlines()[0]))
