"""Words that the spec, the plan and the devices share."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Literal

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface
Network = IPv4Network | IPv6Network

DEFAULT_VRF = "default"


class Role(StrEnum):
    SERVER = "server"
    SWITCH = "switch"
    CLIENT = "client"


class RelayOption(StrEnum):
    """A sub-option that a relay adds to option 82 (RFC 3046 and its sub-option RFCs)."""

    CIRCUIT_ID = "circuit-id"
    REMOTE_ID = "remote-id"
    LINK_SELECTION = "link-selection"
    SERVER_ID_OVERRIDE = "server-id-override"
    VSS = "vss"


class Existing(StrEnum):
    """The treatment of a request that another relay has put option 82 into (RFC 3046 section 2.1.1)."""

    KEEP = "keep"
    APPEND = "append"
    REPLACE = "replace"
    DROP = "drop"


class Reply(StrEnum):
    """The fate of a server's DHCP replies on their way out, where a spec plans a fault."""

    DROP = "drop"
    NAK = "nak"
    WRONG_ROUTER = "wrong-router"
    WRONG_MASK = "wrong-mask"
    WRONG_ADDRESS = "wrong-address"
    WRONG_SERVER_ID = "wrong-server-id"


class Redundancy(StrEnum):
    """The division of a segment's pool among several servers.

    `split`: each its own part; `shared`: all the same, without knowing of each other; the others are pairs that keep one lease
    database: `failover` as the server's software does by default, `hot-standby` where one answers and the other waits,
    `load-balance` where both answer, each its half of the clients.
    """

    SPLIT = "split"
    SHARED = "shared"
    FAILOVER = "failover"
    HOT_STANDBY = "hot-standby"
    LOAD_BALANCE = "load-balance"

    @property
    def paired(self) -> bool:
        """True if the servers know each other's leases."""
        return self not in (Redundancy.SPLIT, Redundancy.SHARED)


LeasePolicy = Literal[
    "class", "own", "bounds", "bounded-timers", "shorter", "infinite", "quarantine", "ping-check", "cache"
]
"""Lease times of classes and of single clients, bounds for what clients ask for, T1 and T2 of
the spec's choice that follow what they get, shorter ones granted to whoever asks, leases without an
end, how long declined addresses are left alone, looking for users of an address before it is offered,
and answering with what is left of a young lease."""
