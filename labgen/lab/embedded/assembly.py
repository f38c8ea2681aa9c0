"""Builds nodes, network and captures from a Blueprint: the part of a lab's start that needs no event loop."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

from labgen.ground.errors import LabStartError
from labgen.lab.embedded import impairment, netlink
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.blueprint import MAIN, Blueprint, Impairment, VrfBackend, bond_ports, impaired_ports
from labgen.lab.embedded.builder import NetworkBuilder
from labgen.lab.embedded.capture import Capture, TapSocket, only_interfaces, open_tap, start_capture
from labgen.lab.embedded.limits import kept_octets
from labgen.lab.embedded.nodes import Home, NodeHandle, fork_node, ready_node
from labgen.lab.embedded.rootfs import STATE, prepare_state

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class UnstartedLab:
    """A lab whose daemons have not been started."""

    blueprint: Blueprint
    backend: VrfBackend
    home: Home
    nodes: dict[str, NodeHandle]
    capture: Capture


def assemble(blueprint: Blueprint, report: Report) -> UnstartedLab:
    """Make nodes and network, captures running. Raises LabStartError."""
    try:
        prepare_state()
        home = Home.current()
        _refuse_chroot(home)
        backend = _vrf_backend(home)
        refuse_vrrp(blueprint, backend)
        builder = NetworkBuilder(blueprint, backend)
        nascent = [fork_node(node, blueprint.visible, backend, home) for node in blueprint.nodes]
        nodes = [ready_node(each, backend) for each in nascent]
        taps = _open_taps(nodes, home)
        report("namespaces")
        indexes = builder.build(nodes)
        impairment.start(_cables(blueprint), _bonded(blueprint))
        capture = start_capture(STATE / "captures", _aim(taps, indexes), kept_octets())
    except OSError as error:
        raise LabStartError(
            f"the lab's namespaces could not be made: {error}; `labgen doctor` says why"
        ) from error
    report("network")
    return UnstartedLab(blueprint, backend, home, {node.node.name: node for node in nodes}, capture)


def _cables(blueprint: Blueprint) -> tuple[impairment.Cable, ...]:
    return tuple(
        impairment.Cable(impaired_ports(number), veth.impairment)
        for number, veth in enumerate(blueprint.veths)
        if veth.impairment is not None
    )


def _bonded(blueprint: Blueprint) -> tuple[impairment.BondCables, ...]:
    found = []
    for number, bond in enumerate(blueprint.bonds):
        port, members = bond_ports(number, len(bond.members))
        wrong = (member.impairment or Impairment() for member in bond.members)
        cables = (impairment.Cable((port, name), each) for name, each in zip(members, wrong, strict=True))
        found.append(impairment.BondCables(port, tuple(cables)))
    return tuple(found)


def _refuse_chroot(home: Home) -> None:
    """Entering a mount namespace leads to its real root, which a chroot is not."""
    state = STATE.stat()
    sc.setns(home.mnt, sc.CLONE_NEWNS)
    if not STATE.is_dir() or not os.path.samestat(state, STATE.stat()):
        raise LabStartError("labs cannot run inside a chroot; use a container, or the system itself")


def refuse_vrrp(blueprint: Blueprint, backend: VrfBackend) -> None:
    """LabStartError where VRRP is to run in a VRF that is a namespace: FRR's vrrpd opens all its sockets in the first one, so that
    both switches would be master. Gateways that VRRP turns on and off are those which are no node's `own`."""
    inside = next((each for each in blueprint.anycasts if not each.own and each.vrf != MAIN), None)
    if backend == "netns" and inside is not None:
        raise LabStartError(
            f"{inside.node}: {inside.address} is a gateway by VRRP in VRF {inside.vrf}, for which the daemon needs `vrf` devices, and this "
            "kernel has none; run it in a kernel of its own (`--kernel uml`), try `sudo modprobe vrf`, "
            "or use `gateway: anycast` or the VRF `default`"
        )


def _vrf_backend(home: Home) -> VrfBackend:
    sc.unshare(sc.CLONE_NEWNET)
    try:
        return "kernel" if netlink.knows_device_kind("vrf") else "netns"
    finally:
        sc.setns(home.net, sc.CLONE_NEWNET)


def _open_taps(nodes: list[NodeHandle], home: Home) -> list[tuple[NodeHandle, str, socket.socket]]:
    """A tap per namespace, before it has any interface, so that no first packet is missed."""
    taps = []
    for node in nodes:
        for vrf, fd in node.networks.items():
            with sc.inside(fd, home.net, sc.CLONE_NEWNET):
                taps.append((node, vrf, open_tap()))
    return taps


def _aim(
    taps: list[tuple[NodeHandle, str, socket.socket]], indexes: dict[tuple[str, str], dict[str, int]]
) -> list[TapSocket]:
    """Point each tap at the data interfaces of its namespace."""
    aimed = []
    for node, vrf, sock in taps:
        here = indexes[node.node.name, vrf]
        names = frozenset(name for name in node.node.taps if name in here)
        only_interfaces(sock, [here[name] for name in sorted(names)])
        aimed.append(TapSocket(node.node.name, sock, names))
    return aimed


def end() -> None:
    """End the lab: the kernel takes every process, mount and interface with its init."""
    os._exit(0)
