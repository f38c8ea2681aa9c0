"""`python -m labgen.lab.embedded.probe`, run in a lab's namespaces.

What this kernel can do, as JSON on standard output.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
from collections.abc import Callable

from labgen.lab.embedded import netlink
from labgen.lab.embedded.rootfs import can_overlay

DEVICE_KINDS = ("veth", "bridge", "vxlan", "macvlan", "vrf", "vlan", "dummy")


def features() -> dict[str, str]:
    """Feature -> empty where it works, else why not."""
    tests: dict[str, Callable[[], bool]] = {kind: _kind_test(kind) for kind in DEVICE_KINDS}
    tests |= {"netem": lambda: netlink.knows_queue_kind("netem"), "overlayfs": can_overlay, "packet": _packet}
    return {name: _reason(test) for name, test in tests.items()}


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
