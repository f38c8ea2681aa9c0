"""A node's control plane as typed facts, from `vtysh ... json` (FRR 8.4 and later)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labgen.devices import observed
from labgen.devices.base import Probe
from labgen.devices.linux import kernel
from labgen.devices.observed import (
    EvpnMac,
    EvpnSession,
    Observed,
    OspfNeighbor,
    Raw,
    RouterMac,
    RoutingNeighbor,
    Vni,
)
from labgen.devices.tables import Tables
from labgen.ground.labplan import NodePlan

_SOCKETS = "/run/frr"
_ASK = (
    'socket(S,1,1,0)&&connect(S,pack("Sa108",1,shift))||exit 1;syswrite S,shift.qq(\\0);'
    "1 while $a!~/\\0\\0\\0.\\z/s&&sysread S,$a,65536,length $a;$a=~s/\\0\\0\\0.\\z//s||exit 1;print $a"
)
"""Asks a daemon at its socket as vtysh does (FRR, lib/vty.c): vtysh takes ten times as long to start as all of them to answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """A command that one daemon of FRR answers in JSON."""

    name: str
    daemon: str
    command: str

    def probe(self, root: str) -> Probe:
        """The probe; where no rights of others are needed and the node has Perl, without vtysh. `root` is put before commands (`sudo `)."""
        usual = f"vtysh -c '{self.command}'"
        if root:
            return Probe(self.name, root + usual)
        socket = f"{_SOCKETS}/{self.daemon}.vty"
        return Probe(
            self.name,
            f"perl -e '{_ASK}' {socket} '{self.command}' 2>/dev/null || {usual}",
        )


OSPF = Question("show-ip-ospf-neighbor", "ospfd", "show ip ospf neighbor json")
ISIS = Question(observed.ISIS_NEIGHBORS, "isisd", "show isis neighbor json")
PEERS = Question(observed.BGP_PEERS, "bgpd", "show bgp ipv4 unicast summary json")
SESSIONS = Question("show-bgp-l2vpn-evpn-summary", "bgpd", "show bgp l2vpn evpn summary json")
VNIS = Question("show-evpn-vni-detail", "zebra", "show evpn vni detail json")
ROUTER_MACS = Question(observed.ROUTER_MACS, "zebra", "show evpn rmac vni all json")
MACS = Question("show-evpn-mac-vni-all", "zebra", "show evpn mac vni all json")


def probes(node: NodePlan, root: str = "") -> tuple[Probe, ...]:
    """Probes of FRR and the kernel that are worth asking on this node. `root` is put before commands that need its rights (`sudo `)."""
    wanted = [OSPF] if node.ospf else []
    wanted += [ISIS] if node.isis else []
    if node.bgp and (node.bgp.apart or not node.bgp.evpn):
        wanted.append(PEERS)
    if node.bgp:
        wanted += [SESSIONS, VNIS, MACS]
        wanted += [ROUTER_MACS] if any(vrf.transit_vni for vrf in node.vrfs) else []
    own = () if root else (kernel.DAEMONS,)
    return (*kernel.probes(node), *own, *(question.probe(root) for question in wanted))


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Facts of a node routed by FRR, the kernel's included. Texts that cannot be read are named in `problems`."""
    tables = Tables(node, raw)
    found = Observed(
        ospf=tables.read(OSPF, _ospf),
        underlay=(*tables.read(ISIS, _isis), *tables.read(PEERS, _peers)),
        sessions=tables.read(SESSIONS, _sessions),
        vnis=tables.read(VNIS, _vnis),
        macs=tables.read(MACS, _macs),
        router_macs=tables.read(ROUTER_MACS, _router_macs),
    )
    return Observed.total([kernel.observe(node, raw), found, Observed(problems=tuple(tables.problems))])


def _json(raw: Raw) -> Any:
    """The JSON document in a text, whatever vtysh printed before it."""
    start = min((at for at in (raw.text.find("{"), raw.text.find("[")) if at >= 0), default=0)
    return json.loads(raw.text[start:])


def _ospf(node: NodePlan, raw: Raw) -> Iterator[OspfNeighbor]:
    for neighbor_id, entries in _json(raw).get("neighbors", {}).items():
        for entry in entries:
            state = str(entry.get("nbrState") or entry["state"]).split("/")[0].lower()
            yield OspfNeighbor(node.name, neighbor_id, str(entry["ifaceName"]).split(":")[0], state, raw.file)


def _isis(node: NodePlan, raw: Raw) -> Iterator[RoutingNeighbor]:
    """Circuits without a neighbor are listed too, by their number alone."""
    for area in _json(raw).get("areas", []):
        for circuit in area.get("circuits", []):
            if circuit.get("adj"):
                state = str(circuit["state"]).lower()
                yield RoutingNeighbor(node.name, str(circuit["interface"]), state, raw.file)


def _peers(node: NodePlan, raw: Raw) -> Iterator[RoutingNeighbor]:
    for peer, entry in _json(raw).get("peers", {}).items():
        yield RoutingNeighbor(node.name, peer, str(entry["state"]).lower(), raw.file)


def _sessions(node: NodePlan, raw: Raw) -> Iterator[EvpnSession]:
    for peer, entry in _json(raw).get("peers", {}).items():
        yield EvpnSession(node.name, peer, str(entry["state"]).lower(), raw.file)


def _vnis(node: NodePlan, raw: Raw) -> Iterator[Vni]:
    """A switch without VNIs answers nothing at all."""
    for entry in _json(raw) if raw.text.strip() else []:
        vteps = entry.get("numRemoteVteps") or entry.get("remoteVteps") or []
        ends = (
            tuple(v if isinstance(v, str) else str(v.get("ip")) for v in vteps)
            if isinstance(vteps, list)
            else ()
        )
        svi = entry.get("sviInterface") or entry.get("sviIntf")
        yield Vni(
            node.name,
            int(entry["vni"]),
            str(entry["type"]).lower(),
            str(entry.get("vrf") or entry.get("tenantVrf")),
            svi,
            ends,
            raw.file,
            str(entry.get("state", "")).lower(),
            str(entry.get("routerMac", "")).lower(),
        )


def _router_macs(node: NodePlan, raw: Raw) -> Iterator[RouterMac]:
    """A switch without transit VNIs answers nothing at all."""
    for vni, table in (_json(raw) if raw.text.strip() else {}).items():
        for mac, entry in table.items():
            if isinstance(entry, dict):
                yield RouterMac(node.name, int(vni), str(entry["vtepIp"]), mac.lower(), raw.file)


def _macs(node: NodePlan, raw: Raw) -> Iterator[EvpnMac]:
    for vni, table in _json(raw).items():
        for mac, entry in table.get("macs", {}).items():
            yield EvpnMac(node.name, int(vni), mac.lower(), entry.get("remoteVtep"), raw.file)
