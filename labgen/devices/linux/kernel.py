"""The kernel's view of a Linux node as typed facts, from iproute2: addresses, routes, links, VXLAN devices."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from labgen.devices import observed
from labgen.devices.base import Probe
from labgen.devices.observed import (
    HardwareAddress,
    InterfaceAddress,
    Observed,
    Process,
    Raw,
    Route,
    Vni,
)
from labgen.devices.routing_suite import suite
from labgen.devices.tables import Tables
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

ROUTES = Probe(observed.ROUTES, "ip -j -4 route")
_EACH = "for ns in '' $(ls /run/netns 2>/dev/null); do in=${ns:+nsenter --net=/run/netns/$ns};"
"""In the node's own network namespace and in those of its VRFs. `ip -n` would mount /sys, which a container may forbid."""

VXLAN = Probe(
    "vxlan",
    f"{_EACH} $in ip -j -d link show type vxlan; $in bridge -j fdb; done",
)
ADDRESSES = Probe(
    "ip-address",
    f"{_EACH} printf '%s ' ${{ns:-default}}; $in ip -j address; done",
)

LINKS = Probe("ip-link", f"{_EACH} $in ip -j link; done", early=True)


DAEMONS = Probe(
    "daemons",
    f"for f in /run/labgen/*.pid {suite().run}/*.pid; do [ -e $f ] || continue; p=$(cat $f); "
    '[ -n "$p" ] && kill -0 $p 2>/dev/null && s=running || s=stopped; '
    'grep -q "^State:.T" /proc/$p/status 2>/dev/null && s=frozen; echo $s $(basename $f .pid); done',
)

HOST = (LINKS, ADDRESSES, ROUTES)
"""What is worth asking any node."""


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node: its VXLAN devices where no control plane knows better."""
    stretched = node.bgp is None and any(vlan.vni for vlan in node.vlans)
    return (*HOST, VXLAN) if stretched else HOST


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Facts of a Linux node. Texts that cannot be read are named in `problems`."""
    tables = Tables(node, raw)
    found = Observed(
        vnis=tables.read(VXLAN, _static_vnis),
        addresses=tables.read(ADDRESSES, _addresses),
        routes=tables.read(ROUTES, _routes),
        hardware=tables.read(LINKS, _links),
        processes=tables.read(DAEMONS, _processes),
    )
    return Observed.total([found, Observed(problems=tuple(tables.problems))])


def _processes(node: NodePlan, raw: Raw) -> Iterator[Process]:
    """A daemon with two pid files (its own and labgen's) runs where one of them says so."""
    found: dict[str, str] = {}
    for line in raw.text.splitlines():
        state, _, name = line.partition(" ")
        if state not in _STATES:
            raise ValueError(f"no state of a daemon: {line[:80]!r}")
        found[name] = max(found.get(name, state), state, key=_STATES.index)
    for name, state in found.items():
        yield Process(node.name, name, state != "stopped", raw.file, frozen=state == "frozen")


_STATES = ("stopped", "running", "frozen")
"""What a pid file's process can be; the later tells more."""


def _routes(node: NodePlan, raw: Raw) -> Iterator[Route]:
    for entry in json.loads(raw.text):
        prefix = "0.0.0.0/0" if entry["dst"] == "default" else entry["dst"]
        via, port, kind = entry.get("gateway"), str(entry.get("dev", "")), str(entry.get("type", "unicast"))
        length = prefix if "/" in prefix else f"{prefix}/32"
        yield Route(node.name, DEFAULT_VRF, length, raw.file, via, port, kind)


def paths(text: str) -> frozenset[str]:
    """Prefix and next hops, in one text, of every route but the default one, as `ROUTES` prints them; none of what is no JSON."""
    entries = json.loads(text) if text.startswith("[") else []
    return frozenset(
        f"{entry['dst']} {[hop.get('gateway') for hop in entry.get('nexthops', [entry])]}"
        for entry in entries
        if entry["dst"] != "default"
    )


def _addresses(node: NodePlan, raw: Raw) -> Iterator[InterfaceAddress]:
    vrfs = {vrf.name for vrf in node.vrfs}
    for line in raw.text.splitlines():
        name, _, text = line.partition(" ")
        for entry in json.loads(text) if text.strip() else []:
            vrf = entry["master"] if entry.get("master") in vrfs else name
            for address in entry.get("addr_info", []):
                if address.get("family", "inet") != "inet":
                    continue
                yield InterfaceAddress(
                    node.name,
                    str(entry["ifname"]),
                    vrf,
                    f"{address['local']}/{address['prefixlen']}",
                    raw.file,
                    "UP" in entry.get("flags", ["UP"]) and "NO-CARRIER" not in entry.get("flags", ()),
                    str(entry.get("address", "")) if entry.get("link_type") == "ether" else "",
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
