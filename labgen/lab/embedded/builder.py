"""The child of the supervisor that builds the network, started early as pyroute2 takes a while to load."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import NoReturn

from labgen.ground.errors import LabStartError
from labgen.lab.embedded.blueprint import LAB, MAIN, Blueprint, VrfBackend
from labgen.lab.embedded.child_errors import sentence
from labgen.lab.embedded.needs import lacking
from labgen.lab.embedded.nodes import VRF_FOLDER, NodeHandle

_SIZE = 1 << 22


class NetworkBuilder:
    """Fork with `Builder(...)`, hand over the nodes with `build` once they exist."""

    def __init__(self, blueprint: Blueprint, backend: VrfBackend) -> None:
        self._ours, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            self._ours.close()
            _work(blueprint, backend, theirs)
        theirs.close()

    def build(self, nodes: Sequence[NodeHandle]) -> dict[tuple[str, str], dict[str, int]]:
        """Build the network; interface indexes by node and VRF. Raises LabStartError."""
        self._ours.sendall(json.dumps({node.node.name: node.init for node in nodes}).encode() + b"\n")
        with self._ours.makefile("rb") as stream:
            answer = stream.read()
        self._ours.close()
        os.waitpid(self._pid, 0)
        report = json.loads(answer or b'{"error": "the builder died"}')
        if "error" in report:
            raise LabStartError(f"the lab's network could not be built: {report['error']}")
        return {(node, vrf): indexes for node, vrf, indexes in report["indexes"]}


def _work(blueprint: Blueprint, backend: VrfBackend, channel: socket.socket) -> NoReturn:
    try:
        answer: dict[str, object] = {"indexes": _build(blueprint, backend, channel)}
    except Exception as error:  # noqa: BLE001  the boundary of a forked process: everything becomes the report
        answer = {"error": lacking(blueprint) or sentence(error)}
    try:
        channel.sendall(json.dumps(answer).encode())
    finally:
        os._exit(0)


def _have_parts_alone(package: str) -> None:
    """Let modules of a package be imported without its own, which in pyroute2 imports two hundred more: databases, tools.

    Only in a process that needs nothing else of it, and ends soon.
    """
    found = PathFinder.find_spec(package)
    if package not in sys.modules and found is not None and found.submodule_search_locations is not None:
        bare = ModuleType(package)
        bare.__path__ = list(found.submodule_search_locations)
        sys.modules[package] = bare


def _have_whole(package: str) -> None:
    """Let a package be imported anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


def _build(
    blueprint: Blueprint, backend: VrfBackend, channel: socket.socket
) -> list[tuple[str, str, dict[str, int]]]:
    _have_parts_alone("pyroute2")
    try:
        import_module("pyroute2.iproute.linux")
    except ImportError:  # of a release whose parts need the whole
        _have_whole("pyroute2")
    from labgen.lab.embedded.network import build_network  # loads pyroute2, while the nodes are made

    with channel.makefile("rb") as stream:
        inits: dict[str, int] = json.loads(stream.readline())
    places = {(LAB, MAIN): os.open("/proc/self/ns/net", os.O_RDONLY)}
    for node in blueprint.nodes:
        proc = f"/proc/{inits[node.name]}"
        places[node.name, MAIN] = os.open(f"{proc}/ns/net", os.O_RDONLY)
        if backend == "netns":
            for vrf in node.vrfs:
                places[node.name, vrf.name] = os.open(f"{proc}/root{VRF_FOLDER}/{vrf.name}", os.O_RDONLY)
    indexes = build_network(blueprint, backend, places)
    return [(node, vrf, found) for (node, vrf), found in indexes.items()]
