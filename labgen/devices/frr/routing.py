"""Routing of a Linux node by FRR: used by switches, and by servers that speak OSPF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from labgen.devices.base import Artifact, Daemon, Ready
from labgen.ground.labplan import LabPlan, NodePlan, VrfPlan
from labgen.ground.planned_externals import HandoverPlan
from labgen.ground.templating import render
from labgen.ground.vocabulary import DEFAULT_VRF

CONFIG = "/etc/frr/frr.conf"
VTYSH = "service integrated-vtysh-config\nusername root nopassword\n"
"""Nobody but the node's root gets at the daemons' sockets; PAM, asked for its account, refuses it at times in a user namespace."""
STATE = ("/run/frr", "/var/tmp/frr", "/var/log/frr")


def artifacts(plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
    """The integrated configuration, and what FRR's start scripts need beside it."""
    if not _routed(node):
        return
    base = f"config/{node.name}/etc/frr"
    yield Artifact(f"{base}/frr.conf", frr_conf(plan, node))
    yield Artifact(f"{base}/vtysh.conf", VTYSH)
    yield Artifact(f"{base}/daemons", _daemons_file(tuple(_protocols(node))))


@cache
def _daemons_file(protocols: tuple[str, ...]) -> str:
    return render("frr/daemons.j2", protocols=protocols)


def _protocols(node: NodePlan) -> Iterator[str]:
    """FRR's daemons beside zebra that a node needs."""
    if node.ospf:
        yield "ospfd"
    if node.isis:
        yield "isisd"
    if node.bgp or any(each.asn for each in node.handovers):
        yield "bgpd"
    if any(port.vrrp for port in node.interfaces):
        yield "vrrpd"


def _routed(node: NodePlan) -> bool:
    return any(True for _ in _protocols(node))


def frr_conf(plan: LabPlan, node: NodePlan) -> str:
    """frr.conf: OSPF on the underlay, BGP EVPN, VRFs with their transit VNI."""
    return render(
        "frr/frr.conf.j2",
        node=node,
        fast=plan.timers.profile == "fast",
        ospf_ports=[
            port for port in node.interfaces if port.ospf and port.vrf == DEFAULT_VRF and port.address
        ],
        evpn=plan.overlay is not None and plan.overlay.control == "evpn",
        isis_ports=[port for port in node.interfaces if port.vrf == DEFAULT_VRF and port.address]
        if node.isis
        else [],
        vrrp_ports=[port for port in node.interfaces if port.vrrp],
        evpn_vtep=any(vlan.vni for vlan in node.vlans) or any(vrf.transit_vni for vrf in node.vrfs),
        transit_vrfs=[vrf for vrf in node.vrfs if vrf.transit_vni],
        vrf_bgp=list(_vrf_bgp(node)),
        ospf_takes=list(_ospf_takes(node)),
        vnis=[vlan for vlan in node.vlans if vlan.vni],
    )


class VrfBgp(NamedTuple):
    """A BGP instance beside the fabric's: of a VRF, or of the global table (`vrf` None) for external routers alone."""

    asn: int
    vrf: VrfPlan | None
    peers: tuple[HandoverPlan, ...]
    static: bool
    evpn: bool


def _vrf_bgp(node: NodePlan) -> Iterator[VrfBgp]:
    for vrf in (None, *node.vrfs):
        name = vrf.name if vrf else DEFAULT_VRF
        own = [each for each in node.handovers if each.vrf == name]
        peers = tuple(each for each in own if each.asn)
        evpn = bool(vrf and vrf.transit_vni and node.bgp and node.bgp.evpn)
        if peers or evpn:
            asn = node.bgp.asn if node.bgp else peers[0].local_asn
            static = any(each.asn is None for each in own) or any(name in each.vrfs for each in node.leaks)
            yield VrfBgp(asn, vrf, peers, static, evpn)


def _ospf_takes(node: NodePlan) -> Iterator[str]:
    """Lines by which OSPF announces external routers in the global table."""
    own = [each for each in node.handovers if each.vrf == DEFAULT_VRF]
    if any(each.asn for each in own):
        yield "bgp"
    if any(each.asn is None for each in own):
        yield "kernel"


def daemons(plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
    """zebra first, then the protocol daemons, then the integrated configuration for all of them."""
    if not _routed(node):
        return ()
    found = [_daemon("zebra", "/run/frr/zserv.api", 0)]
    found += [_daemon(name, f"/run/frr/{name}.vty", 1) for name in _protocols(node)]
    again = (announce_again(node, vrf) for vrf in node.vrfs if vrf.transit_vni and node.bgp)
    return (*found, CONFIGURE, *again)


def announce_again(node: NodePlan, vrf: VrfPlan) -> Daemon:
    """Have bgpd announce a VRF's routes to zebra again, next hops and router MACs with them: it does so whenever a table-map is taken
    away, and there is none.
    """
    assert node.bgp is not None
    inside = f"-c 'configure terminal' -c 'router bgp {node.bgp.asn} vrf {vrf.name}' -c 'address-family ipv4 unicast'"
    return Daemon(
        name=f"announce-{vrf.name}",
        argv=("/bin/sh", "-c", f"vtysh {inside} -c 'no table-map none'"),
        ready=Ready("exit"),
        log=f"/var/log/frr/announce-{vrf.name}.out",
        stage=3,
        autostart=False,
        repairs=vrf.name,
    )


# vtysh gives each daemon its own part of frr.conf; read by the daemons themselves, the `vni` of BGP's EVPN section would
# become a layer 3 VNI of the default VRF in zebra.
CONFIGURE = Daemon(
    name="frr-config",
    argv=("vtysh", "-b"),
    ready=Ready("exit"),
    log="/var/log/frr/vtysh.out",
    stage=2,
)


def _daemon(name: str, socket: str, stage: int) -> Daemon:
    return Daemon(
        name=name,
        argv=(f"/usr/lib/frr/{name}", "--log", f"file:/var/log/frr/{name}.log"),
        ready=Ready("exists", socket),
        log=f"/var/log/frr/{name}.out",
        stage=stage,
        netns_vrf_argv=("-n",) if name == "zebra" else (),
        directories=STATE,
        user="frr",
        namespaces=True,
        keeps_pid=f"/run/frr/{name}.pid",
    )
