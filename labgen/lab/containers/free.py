"""Checks that a lab's names and addresses are still free on this machine. They run before anything is started, so that a start never
touches, and a failed one never ends, what somebody else runs."""

from __future__ import annotations

import shlex
import socket
import struct
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from labgen.ground.errors import LabStartError
from labgen.ground.labplan import LabPlan
from labgen.lab.containers.deployed import Deployment, deployments
from labgen.lab.containers.engine import Engine

ROUTES = Path("/proc/net/route")


def require_name(engine: Engine, lab: str, folder: Path) -> None:
    """LabStartError where containers of a containerlab lab of this name exist already."""
    for found in deployments(engine):
        if found.lab == lab:
            raise LabStartError(_taken(found, folder))


def _taken(found: Deployment, folder: Path) -> str:
    state = "runs" if found.running else "exists, stopped,"
    place = shlex.quote(str(found.topology.parent))
    text = f"containerlab lab {found.lab} already {state} from {found.topology}; it was left as it is. "
    if found.topology.parent in (folder, *folder.iterdir()):
        return text + (
            f"Judge it with `labgen verify {shlex.quote(str(folder))}`, or end it with the tool that started it "
            f"(or `labgen down {shlex.quote(str(folder))} --adopted`)"
        )
    return (
        text + f"End it where it was started ({place}), or build this lab under another name: --set name=NAME"
    )


def require_network(engine: Engine, name: str, plan: LabPlan) -> None:
    """LabStartError where the lab's management network is taken: by another Docker network, or by a route of this machine."""
    wanted = plan.nodes[0].mgmt.network
    ids = engine.run("network", "ls", "-q", "--no-trunc").stdout.decode().split()
    bridges: list[IPv4Network] = []
    for network in engine.inspect("network", ids):
        for subnet in _subnets(network):
            bridges.append(subnet)
            if network["Name"] == name and subnet != wanted:
                raise LabStartError(
                    f"Docker network {name} is left over with another subnet ({subnet} instead of {wanted}); "
                    f"remove it: docker network rm {name}"
                )
            if network["Name"] != name and subnet.overlaps(wanted):
                raise LabStartError(_clash(wanted, f"Docker network {network['Name']} ({subnet})"))
    for device, route in _routes():
        if route.overlaps(wanted) and route not in bridges:
            raise LabStartError(_clash(wanted, f"this machine's route to {route} by {device}"))


def _clash(wanted: IPv4Network | IPv6Network, other: str) -> str:
    return (
        f"the lab's management network {wanted} overlaps {other}; nothing was started. "
        "Build the lab with another one: --set addressing.mgmt=PREFIX"
    )


def _subnets(network: dict[str, object]) -> Iterator[IPv4Network]:
    """IPv4 subnets of a network as Docker shows it."""
    ipam = network.get("IPAM")
    for entry in ipam.get("Config") or [] if isinstance(ipam, dict) else []:
        if "." in entry.get("Subnet", ""):
            yield IPv4Network(entry["Subnet"])


def _routes() -> Iterator[tuple[str, IPv4Network]]:
    """Devices and prefixes of this machine's main table, the default route left out."""
    for line in ROUTES.read_text().splitlines()[1:]:
        device, destination, *_, mask = line.split()[:8]
        if int(mask, 16):
            yield device, IPv4Network((_address(destination), _address(mask)))


def _address(text: str) -> str:
    """The kernel prints addresses in the byte order of the machine."""
    return socket.inet_ntoa(struct.pack("=L", int(text, 16)))


def drop_containers(engine: Engine, names: Iterable[str]) -> None:
    """Remove a lab's own containers, where the files are gone that the tool that started it would end it by."""
    engine.run("rm", "-f", "-v", *names)


def drop_network(engine: Engine, name: str) -> None:
    """Remove a lab's own management network; the engine refuses while a container is on it."""
    engine.run("network", "rm", name)
