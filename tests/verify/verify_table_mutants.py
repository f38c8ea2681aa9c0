"""Mutants of what nodes tell: leases, whom clients reach, what runs, and the network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from verify_mutants import (
    Mutant,
    RunCopy,
)

from labgen.ground.labplan import LabPlan
from labgen.verify.evidence import RunEvidence

Json = Any


def tables(folder: Path, plan: LabPlan) -> Iterator[Mutant]:
    """Leases as servers and clients tell them; whom clients reach."""
    run = RunEvidence.read(folder)
    probes = {(k.node, k.probe) for k in run.steps[-1].files}
    for node, probe in sorted(probes):
        if probe == "lease4-get-all":
            yield from _bindings(plan, node, folder, run)
        if probe == "reach":
            yield from _reached(node, folder, run)
        if probe == "ip-route" and plan.node(node).client:
            yield Mutant(
                "client: default route",
                node,
                (node,),
                _text(node, probe, '"gateway":"', '"gateway":"203.0.113.'),
            )
            yield Mutant(
                "client: no default route",
                node,
                (node,),
                _json(node, probe, lambda t: [r for r in t if r["dst"] != "default"]),
            )
        if probe == "ip-address" and plan.node(node).client:
            yield Mutant(
                "client: mask", node, (node,), _text(node, probe, '"prefixlen":24', '"prefixlen":16')
            )
            yield Mutant(
                "client: no address", node, (node,), _text(node, probe, '"local":"172.', '"local":"198.')
            )
        if probe == "daemons":
            yield from _daemons(node, folder, run)
        if probe in ("relay-state", "server-state"):
            yield Mutant(
                "daemon stopped", f"{node} {probe}", (node,), _text(node, probe, "running", "stopped")
            )


def _read(folder: Path, run: RunEvidence, node: str, probe: str) -> str:
    kept = next(k for k in run.steps[-1].files if (k.node, k.probe) == (node, probe))
    return (folder / kept.file).read_text()[: kept.octets]


def _bindings(plan: LabPlan, node: str, folder: Path, run: RunEvidence) -> Iterator[Mutant]:
    leases = json.loads(_read(folder, run, node, "lease4-get-all")).get("arguments", {}).get("leases", [])
    others = [n.name for n in plan.nodes if n.server and n.name != node and (n.name, "lease4-get-all") in
              {(k.node, k.probe) for k in run.steps[-1].files}]  # fmt: skip
    macs = {n.interface(n.client.linux).mac: n.name for n in plan.nodes if n.client}
    for number, lease in enumerate(leases):
        client = macs.get(lease["hw-address"], "")
        if not client or lease.get("state") != 0:
            continue

        def missing(table: Json, number: int = number) -> Json:
            table["arguments"]["leases"].pop(number)
            return table

        def moved(table: Json, number: int = number) -> Json:
            table["arguments"]["leases"][number]["ip-address"] = "172.16.0.222"
            return table

        yield Mutant(
            "binding missing", f"{client} on {node}", (client,), _json(node, "lease4-get-all", missing)
        )
        yield Mutant(
            "binding elsewhere", f"{client} on {node}", (client,), _json(node, "lease4-get-all", moved)
        )
        for other in others[:1]:

            def twice(table: Json, lease: Json = lease) -> Json:
                table.setdefault("arguments", {}).setdefault("leases", []).append(
                    {**lease, "ip-address": "172.16.0.221"}
                )
                table["result"] = 0
                return table

            yield Mutant(
                "binding twice", f"{client} on {other}", (client,), _json(other, "lease4-get-all", twice)
            )


def _reached(node: str, folder: Path, run: RunEvidence) -> Iterator[Mutant]:
    for line in _read(folder, run, node, "reach").splitlines():
        word, _, address = line.partition(" ")
        if word == "answered":
            yield Mutant(
                "reach: silent",
                f"{address} from {node}",
                (node,),
                _text(node, "reach", line, f"silent {address}"),
            )
        if word == "silent":
            yield Mutant(
                "reach: leak",
                f"{address} from {node}",
                (node,),
                _text(node, "reach", line, f"answered {address}"),
            )
    yield Mutant(
        "reach: gateway's MAC",
        node,
        (node,),
        _text(node, "reach", '"lladdr":"02:00:ca:fe', '"lladdr":"02:66:ca:fe'),
    )


def _daemons(node: str, folder: Path, run: RunEvidence) -> Iterator[Mutant]:
    for line in _read(folder, run, node, "daemons").splitlines():
        state, _, name = line.partition(" ")
        if state == "running" and name in ("zebra", "ospfd", "bgpd", "kea-dhcp4", "labgen-relay", "dhcpd"):
            yield Mutant(
                "daemon died", f"{name} on {node}", (node,), _text(node, "daemons", line, f"stopped {name}")
            )


def _text(node: str, probe: str, old: str, new: str) -> Callable[[RunCopy], None]:
    return lambda run: run.text(node, probe, lambda text: text.replace(old, new))


def _json(node: str, probe: str, change: Callable[[Json], Json]) -> Callable[[RunCopy], None]:
    return lambda run: run.table(node, probe, change)


def fabric(folder: Path, plan: LabPlan) -> Iterator[Mutant]:
    """What switches and servers tell of the network."""
    run = RunEvidence.read(folder)
    for node, probe in sorted({(k.node, k.probe) for k in run.steps[-1].files}):
        own = plan.node(node)
        named = (node,)
        if probe == "show-ip-ospf-neighbor":
            yield Mutant("OSPF neighbor", node, named, _text(node, probe, "Full", "Init"))
        if probe == "show-bgp-l2vpn-evpn-summary":
            yield Mutant("EVPN session", node, named, _text(node, probe, "Established", "Active"))
        if probe == "show-evpn-vni-detail":
            yield from _vnis(node, plan, probe)
        if probe == "router-macs":
            yield Mutant("router MAC missing", node, named, _json(node, probe, lambda t: {}))
            yield Mutant("router MAC other", node, named, _text(node, probe, '"52:d', '"66:d'))
        if probe == "show-evpn-mac-vni-all":
            yield Mutant("EVPN MAC missing", node, named, _text(node, probe, '"52:dc', '"66:dc'))
        if probe == "vxlan":
            yield Mutant("VTEP missing", node, named, _text(node, probe, '"dst":"10.', '"dst":"11.'))
            yield Mutant("VNI other", node, named, _text(node, probe, '"id":1', '"id":7'))
        if probe == "ip-route" and not own.client:
            yield from _routes(node, plan, probe)
        if probe == "ip-address" and own.relays:
            yield (
                Mutant("anycast gateway down", node, named, _text(node, probe, "UP", "XX"))
                if any(p.anycast for p in own.interfaces)
                else Mutant("gateway address missing", node, named, _svi(node, plan, probe))
            )
            yield Mutant("gateway address missing", node, named, _svi(node, plan, probe))


def _svi(node: str, plan: LabPlan, probe: str) -> Callable[[RunCopy], None]:
    own = plan.node(node)
    relay = own.relays[0]
    port = own.interface(relay.linux)
    address = str(port.address.ip) if port.address else ""
    return _text(node, probe, f'"local":"{address}"', '"local":"198.51.100.9"')


def _vnis(node: str, plan: LabPlan, probe: str) -> Iterator[Mutant]:
    for vlan in plan.node(node).vlans:
        if vlan.vni and len(plan.segment(vlan.segment).switches) > 1:
            yield Mutant(
                "VNI other",
                f"{vlan.vni} on {node}",
                (node,),
                _text(node, probe, str(vlan.vni), str(vlan.vni + 7)),
            )
            if vlan.vrf != "default":
                yield Mutant(
                    "VNI in another VRF",
                    f"{vlan.vni} on {node}",
                    (node,),
                    _text(node, probe, f'"vrf":"{vlan.vrf}"', '"vrf":"wrong"'),
                )
            yield Mutant(
                "SVI of the VNI",
                f"{vlan.vni} on {node}",
                (node,),
                _text(node, probe, f'"sviInterface":"vlan{vlan.id}"', '"sviInterface":"vlan9"'),
            )
            if len(plan.segment(vlan.segment).switches) > 1:
                yield Mutant(
                    "VTEP missing",
                    f"{vlan.vni} on {node}",
                    (node,),
                    _text(node, probe, '"numRemoteVteps":[', '"x":['),
                )
    for vrf in plan.node(node).vrfs:
        if vrf.transit_vni:
            vni = str(vrf.transit_vni)
            yield Mutant(
                "transit VNI missing",
                f"{vni} on {node}",
                (node,),
                _text(node, probe, vni, str(vrf.transit_vni + 7)),
            )
            yield Mutant(
                "transit VNI down",
                f"{vni} on {node}",
                (node,),
                _text(node, probe, '"state":"Up"', '"state":"Down"'),
            )
            yield Mutant(
                "own router MAC",
                f"{vni} on {node}",
                (node,),
                _text(node, probe, '"routerMac":"52', '"routerMac":"66'),
            )


def _routes(node: str, plan: LabPlan, probe: str) -> Iterator[Mutant]:
    own = plan.node(node)
    targets = {
        str(a) for n in plan.nodes if n.name != node
        for r in n.relays for a in (r.giaddr, *(t.address for t in r.targets))
        if r.owner is not None and r.owner.vrf == "default" and not r.owner.shared
    }  # fmt: skip
    if own.server:
        targets = {
            str(r.giaddr) for n in plan.nodes for r in n.relays if any(t.server == node for t in r.targets)
        }
    for address in sorted(targets):
        if not own.server and (not own.ospf or IPv4Address(address) in own.addresses):
            continue

        def hole(table: Json, address: str = address) -> Json:
            return [*table, {"type": "blackhole", "dst": address, "flags": []}]

        def management(table: Json, address: str = address) -> Json:
            return [*table, {"dst": address, "gateway": "192.168.121.1", "dev": "eth0", "flags": []}]

        yield Mutant("blackhole route", f"{address} on {node}", (node,), _json(node, probe, hole))
        yield Mutant(
            "route through management", f"{address} on {node}", (node,), _json(node, probe, management)
        )
    if targets and (own.server or own.ospf):
        yield Mutant(
            "routes missing",
            node,
            (node,),
            _json(node, probe, lambda t: t[-1:] if "eth0" in str(t[-1:]) else []),
        )
