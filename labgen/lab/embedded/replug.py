"""Re-plugs a client: the switch's end of its wire goes to another switch of the same segment, and back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from labgen.ground.errors import LabStartError, UsageError
from labgen.lab.embedded.assembly import UnstartedLab
from labgen.lab.embedded.blueprint import VethEnd

MOST_NAME = 15


@dataclass(frozen=True, slots=True)
class Socket:
    """A place for the plug: a bridge of a switch, and what the port is called there."""

    switch: str
    vrf: str
    bridge: str
    port: str


def move(assembly: UnstartedLab, client: str, switch: str) -> None:
    """Plug `client` into `switch`; nothing happens where it is there already. UsageError where it cannot be."""
    sockets = {socket.switch: socket for socket in _sockets(assembly, client)}
    if switch not in sockets:
        places = ", ".join(sockets) or "none"
        raise UsageError(f"{client} cannot be plugged into {switch}; switches of its segment: {places}")
    target = sockets[switch]
    here = next((place for place in sockets.values() if _is_in(assembly, place)), None)
    if here is None:
        raise LabStartError(f"the cable of {client} is nowhere to be found; restart the lab")
    if here == target:
        return
    destination = _namespace(assembly, target)
    _ip(assembly, here, "link", "set", "dev", here.port, "netns", destination, "name", target.port)
    _ip(assembly, target, "link", "set", "dev", target.port, "master", target.bridge, "up")


def _sockets(assembly: UnstartedLab, client: str) -> Iterator[Socket]:
    """The sockets that the client may be plugged into, its own switch's first."""
    home = _plug(assembly, client)
    if home is None or home.bridge is None:
        return
    yield Socket(home.node, home.vrf, home.bridge, home.name)
    for bridge in assembly.blueprint.bridges:
        if bridge.name == home.bridge and bridge.node != home.node:
            yield Socket(bridge.node, bridge.vrf, bridge.name, f"{home.name}-{client}"[:MOST_NAME])


def _plug(assembly: UnstartedLab, client: str) -> VethEnd | None:
    for veth in assembly.blueprint.veths:
        for near, far in ((veth.a, veth.b), (veth.b, veth.a)):
            if near.node == client and far.bridge is not None:
                return far
    return None


def _namespace(assembly: UnstartedLab, place: Socket) -> str:
    fd = assembly.nodes[place.switch].network(place.vrf, assembly.backend)
    return f"/proc/{os.getpid()}/fd/{fd}"


def _is_in(assembly: UnstartedLab, place: Socket) -> bool:
    return _run(assembly, place, "link", "show", "dev", place.port).returncode == 0


def _ip(assembly: UnstartedLab, place: Socket, *arguments: str) -> None:
    done = _run(assembly, place, *arguments)
    if done.returncode != 0:
        raise LabStartError(f"{place.switch}: `ip {' '.join(arguments)}` failed: {done.stderr.strip()}")


def _run(assembly: UnstartedLab, place: Socket, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["nsenter", f"--net={_namespace(assembly, place)}", "ip", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
