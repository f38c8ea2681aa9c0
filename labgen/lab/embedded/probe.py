"""`python -m labgen.lab.embedded.probe`, run in a lab's namespaces.

What this kernel can do, as JSON on standard output.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
from collections.abc import Callable

from labgen.devices.routing_suite import suite
from labgen.lab.embedded import netlink
from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.blueprint import File
from labgen.lab.embedded.rootfs import build_root, can_overlay, prepare_state, write_files

DEVICE_KINDS = ("veth", "bridge", "vxlan", "macvlan", "vrf", "vlan", "dummy")


def features() -> dict[str, str]:
    """Feature -> empty where it works, else why not."""
    tests: dict[str, Callable[[], bool]] = {kind: _kind_test(kind) for kind in DEVICE_KINDS}
    tests |= {"netem": lambda: netlink.knows_queue_kind("netem"), "overlayfs": can_overlay, "packet": _packet}
    tests["node files"] = _node_files
    return {name: _reason(test) for name, test in tests.items()}


def _node_files() -> bool:
    """Make a node's file system as a lab does, and write in it, in a process that ends with it."""
    prepare_state()
    read, write = os.pipe()
    if os.fork() == 0:
        os.write(write, _trial_node().encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        reason = stream.read().decode()
    os.wait()
    if reason:
        raise OSError(reason)
    return True


def _trial_node() -> str:
    """The reason why a node cannot be made; empty where nothing is in the way."""
    try:
        sc.unshare(sc.CLONE_NEWNS)
        build_root("trial", ())
        write_files(
            [File("/etc/hostname", b"trial\n"), File(f"{suite().folder}/trial", b""), File("/run/trial", b"")]
        )
    except OSError as error:
        return str(error)
    return ""


def _kind_test(kind: str) -> Callable[[], bool]:
    return lambda: netlink.knows_device_kind(kind)


def _packet() -> bool:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, struct.unpack("H", struct.pack("!H", 3))[0]).close()
    return True


def _reason(test: Callable[[], bool]) -> str:
    try:
        return "" if test() else "not in this kernel"
    except OSError as error:
        return error.strerror or str(error)


if __name__ == "__main__":
    json.dump(features(), sys.stdout)
