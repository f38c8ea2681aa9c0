"""What FRR and the kernel say about a Linux node's control plane, as typed facts.

Read from `vtysh ... json` (FRR 8.4 and later) and `ip -j` (iproute2).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from labgen.devices.base import Probe
from labgen.devices.observed import (
    EvpnMac,
    EvpnSession,
    HardwareAddress,
    InterfaceAddress,
    Observed,
    OspfNeighbor,
    Raw,
    Route,
    Vni,
)
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

T = TypeVar("T")

OSPF = Probe("show-ip-ospf-neighbor", "vtysh -c 'show ip ospf neighbor json'")
SESSIONS = Probe("show-bgp-l2vpn-evpn-summary", "vtysh -c 'show bgp l2vpn evpn summary json'")
VNIS = Probe("show-evpn-vni-detail", "vtysh -c 'show evpn vni detail json'")
MACS = Probe("show-evpn-mac-vni-all", "vtysh -c 'show evpn mac vni all json'")
ROUTES = Probe("ip-route", "ip -j -4 route")
VXLAN = Probe(
    "vxlan",
    "for ns in '' $(ls /run/netns 2>/dev/null); do ip ${ns:+-n $ns} -j -d link show type vxlan; bridge ${ns:+-n $ns} -j fdb; done",
)
ADDRESSES = Probe(
    "ip-address",
    "printf 'default '; ip -j -4 address; for ns in $(ls /run/netns 2>/dev/null); do printf '%s ' $ns; ip -n $ns -j -4 address; done",
)

LINKS = Probe(
    "ip-link", "for ns in '' $(ls /run/netns 2>/dev/null); do ip ${ns:+-n $ns} -j link; done", early=True
)


def probes(node: NodePlan, root: str = "") -> tuple[Probe, ...]:
    """What is worth asking this node. `root` is put before commands that need its rights (`sudo `)."""
    wanted = [LINKS, ADDRESSES, ROUTES]
    if node.ospf:
        wanted.append(OSPF)
    if node.bgp:
        wanted += [SESSIONS, VNIS, MACS]
    elif any(vlan.vni for vlan in node.vlans):
        wanted.append(VXLAN)
    return tuple(replace(p, text=root + p.text) if p.text.startswith("vtysh ") else p for p in wanted)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Facts of a Linux node. Texts that cannot be read are named in `problems`."""
    problems: list[str] = []

    def read(probe: Probe, parse: Callable[[NodePlan, Raw], Iterator[T]]) -> tuple[T, ...]:
        if probe.name not in raw:
            return ()
        try:
            return tuple(parse(node, raw[probe.name]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(f"{node.name}: {probe.name} cannot be read: {error}")
            return ()

    vnis = read(VNIS, _vnis) + read(VXLAN, _static_vnis)
    return Observed(
        ospf=read(OSPF, _ospf),
        sessions=read(SESSIONS, _sessions),
        vnis=vnis,
        macs=read(MACS, _macs),
        addresses=read(ADDRESSES, _addresses),
        routes=read(ROUTES, _routes),
        hardware=read(LINKS, _links),
        problems=tuple(problems),
    )


def _json(raw: Raw) -> Any:
    """The JSON document in a text, whatever vtysh printed before it."""
    start = min((at for at in (raw.text.find("{"), raw.text.find("[")) if at >= 0), default=0)
    return json.loads(raw.text[start:])


def _ospf(node: NodePlan, raw: Raw) -> Iterator[OspfNeighbor]:
    for neighbor_id, entries in _json(raw).get("neighbors", {}).items():
        for entry in entries:
            state = str(entry.get("nbrState") or entry["state"]).split("/")[0].lower()
            yield OspfNeighbor(node.name, neighbor_id, str(entry["ifaceName"]).split(":")[0], state, raw.file)


def _sessions(node: NodePlan, raw: Raw) -> Iterator[EvpnSession]:
    for peer, entry in _json(raw).get("peers", {}).items():
        yield EvpnSession(node.name, peer, str(entry["state"]).lower(), raw.file)


def _vnis(node: NodePlan, raw: Raw) -> Iterator[Vni]:
    for entry in _json(raw):
        vteps = entry.get("numRemoteVteps") or entry.get("remoteVteps") or []
        ends = (
            tuple(v if isinstance(v, str) else str(v.get("ip")) for v in vteps)
            if isinstance(vteps, list)
            else ()
        )
        svi = entry.get("sviInterface")
        yield Vni(
            node.name,
            int(entry["vni"]),
            str(entry["type"]).lower(),
            str(entry.get("vrf") or entry.get("tenantVrf")),
            svi,
            ends,
            raw.file,
        )


def _macs(node: NodePlan, raw: Raw) -> Iterator[EvpnMac]:
    for vni, table in _json(raw).items():
        for mac, entry in table.get("macs", {}).items():
            yield EvpnMac(node.name, int(vni), mac.lower(), entry.get("remoteVtep"), raw.file)


def _routes(node: NodePlan, raw: Raw) -> Iterator[Route]:
    for entry in _json(raw):
        prefix = "0.0.0.0/0" if entry["dst"] == "default" else entry["dst"]
        yield Route(node.name, DEFAULT_VRF, prefix if "/" in prefix else f"{prefix}/32", raw.file)


def _addresses(node: NodePlan, raw: Raw) -> Iterator[InterfaceAddress]:
    vrfs = {vrf.name for vrf in node.vrfs}
    for line in raw.text.splitlines():
        name, _, text = line.partition(" ")
        for entry in json.loads(text) if text.strip() else []:
            vrf = entry["master"] if entry.get("master") in vrfs else name
            for address in entry.get("addr_info", []):
                yield InterfaceAddress(
                    node.name,
                    str(entry["ifname"]),
                    vrf,
                    f"{address['local']}/{address['prefixlen']}",
                    raw.file,
                )


def _links(node: NodePlan, raw: Raw) -> Iterator[HardwareAddress]:
    for document in _documents(raw.text):
        for entry in document:
            if entry.get("link_type") == "ether":
                yield HardwareAddress(node.name, str(entry["ifname"]), str(entry["address"]), raw.file)


def _static_vnis(node: NodePlan, raw: Raw) -> Iterator[Vni]:
    """VNIs with static flooding: the VXLAN device's own, and the zero MAC entries of the forwarding database (bridge(8))."""
    flood: dict[str, list[str]] = {}
    devices: dict[str, int] = {}
    for document in _documents(raw.text):
        for entry in document:
            if "linkinfo" in entry:
                devices[str(entry["ifname"])] = int(entry["linkinfo"]["info_data"]["id"])
            elif entry.get("mac") == "00:00:00:00:00:00" and "dst" in entry:
                flood.setdefault(str(entry["ifname"]), []).append(str(entry["dst"]))
    for name, vni in devices.items():
        vlan = next((v for v in node.vlans if f"vxlan{v.id}" == name), None)
        yield Vni(
            node.name,
            vni,
            "l2",
            vlan.vrf if vlan else DEFAULT_VRF,
            None,
            tuple(flood.get(name, ())),
            raw.file,
        )


def _documents(text: str) -> Iterator[list[dict[str, Any]]]:
    """JSON documents that follow each other."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        document, at = decoder.raw_decode(text, at)
        yield document
