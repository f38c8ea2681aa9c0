"""Capabilities of the processes of a node (capabilities(7)): what networking takes, and nothing that reaches the machine below it.

In a lab that root started, a node's root is the machine's. Without these limits it could load kernel modules, set the
clock, open files of the host by their handles, or make the read-only view of the host's files writable.
"""

from __future__ import annotations

from enum import IntEnum

from labgen.lab.embedded import syscalls as sc


class Capability(IntEnum):
    """Those a node's processes may keep; numbers of linux/capability.h."""

    CHOWN = 0
    DAC_OVERRIDE = 1
    FOWNER = 3
    FSETID = 4
    KILL = 5
    SETGID = 6
    SETUID = 7
    SETPCAP = 8
    NET_BIND_SERVICE = 10
    NET_BROADCAST = 11
    NET_ADMIN = 12
    NET_RAW = 13
    IPC_LOCK = 14
    SYS_CHROOT = 18
    SYS_ADMIN = 21
    SYS_NICE = 23
    SYS_RESOURCE = 24


NETWORKING = frozenset(Capability) - {Capability.SYS_ADMIN}
"""For daemons that stay in one network namespace, and for shells of nodes that have no other."""

NAMESPACES = frozenset(Capability)
"""For what goes from one network namespace of its node into another (setns(2))."""


def bound(keep: frozenset[Capability]) -> None:
    """Take every other capability from this process's bounding set: no program it executes gets one back."""
    for number in range(sc.last_capability() + 1):
        if number not in keep:
            sc.drop_from_bounding_set(number)
