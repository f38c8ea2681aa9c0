"""The tables of an IOS XE VTEP: VNIs, remote ends, MACs and BGP sessions of EVPN.

Written from documented outputs (Catalyst 9000 and IOS XE 16 and 17); no device was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from labgen.devices.base import Probe
from labgen.devices.ios.lines import octets
from labgen.devices.observed import EvpnMac, EvpnSession, Observed, Raw, Vni
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

VNIS = Probe("show-nve-vni", "show nve vni")
PEERS = Probe("show-nve-peers", "show nve peers")
MACS = Probe("show-l2vpn-evpn-mac", "show l2vpn evpn mac")
SESSIONS = Probe("show-bgp-l2vpn-evpn-summary", "show bgp l2vpn evpn summary")

_IP = r"\d+\.\d+\.\d+\.\d+"
_VNI = re.compile(r"nve\d+\s+(?P<vni>\d+)\s+\S+\s+Up\s+L(?P<layer>[23])\w*\s+\S+\s+\S+\s+(?P<vrf>\S+)")
_PEER = re.compile(rf"nve\d+\s+(?P<vni>\d+)\s+L2\w*\s+(?P<peer>{_IP})\s+\S+\s+\S+\s+UP\b")
_MAC = re.compile(
    r"(?P<mac>[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})\s+\d+\s+(?P<domain>\d+)\s+[0-9A-F.]+\s+\d+\s+(?P<hop>\S+)"
)
_SESSION = re.compile(rf"(?P<peer>{_IP})\s+4\s+\S+(?:\s+\d+){{5}}\s+\S+\s+(?P<state>\S+)")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking a VTEP; nothing where the node is none."""
    vtep = any(vlan.vni for vlan in node.vlans)
    evpn = (MACS, SESSIONS) if node.bgp else ()
    return (VNIS, PEERS, *evpn) if vtep else evpn[1:]


def observe(node: NodePlan, raw: Mapping[str, Raw], vrfs: Mapping[str, str]) -> Observed:
    """Typed facts; `vrfs` has the VRF of each routed interface."""
    return Observed(
        vnis=tuple(_vnis(node, raw, vrfs)),
        macs=tuple(_macs(node, raw[MACS.name])) if MACS.name in raw else (),
        sessions=tuple(_sessions(node, raw[SESSIONS.name])) if SESSIONS.name in raw else (),
    )


def _vnis(node: NodePlan, raw: Mapping[str, Raw], vrfs: Mapping[str, str]) -> Iterator[Vni]:
    """A VNI that is down is not carried. The VRF of a VLAN's is that of its routed interface."""
    if VNIS.name not in raw:
        return
    peers: dict[int, list[str]] = {}
    lines = raw[PEERS.name].text.splitlines() if PEERS.name in raw else []
    for match in filter(None, map(_PEER.match, lines)):
        peers.setdefault(int(match["vni"]), []).append(match["peer"])
    own = {vlan.vni: vlan for vlan in node.vlans}
    for match in filter(None, map(_VNI.match, raw[VNIS.name].text.splitlines())):
        vni, vlan = int(match["vni"]), own.get(int(match["vni"]))
        svi = f"BDI{vlan.id}" if vlan else None
        routed = svi in {port.name for port in node.interfaces}
        vrf = match["vrf"] if match["layer"] == "3" else vlan.vrf if vlan else DEFAULT_VRF
        if routed and svi:
            vrf = vrfs.get(svi, DEFAULT_VRF)
        yield Vni(
            node.name, vni, f"l{match['layer']}", vrf, svi, tuple(peers.get(vni, ())), raw[VNIS.name].file
        )


def _macs(node: NodePlan, raw: Raw) -> Iterator[EvpnMac]:
    """A next hop that is an address is another VTEP, any other a port of this one."""
    vnis = {vlan.id: vlan.vni for vlan in node.vlans}
    for match in filter(None, map(_MAC.match, raw.text.splitlines())):
        vni, remote = vnis.get(int(match["domain"])), re.fullmatch(_IP, match["hop"])
        if vni:
            yield EvpnMac(node.name, vni, octets(match["mac"]), match["hop"] if remote else None, raw.file)


def _sessions(node: NodePlan, raw: Raw) -> Iterator[EvpnSession]:
    """A number in the last column is the prefixes of an established session."""
    for match in filter(None, map(_SESSION.match, raw.text.splitlines())):
        state = "established" if match["state"].isdecimal() else match["state"].lower()
        yield EvpnSession(node.name, match["peer"], state, raw.file)
