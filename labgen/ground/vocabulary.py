"""Words that the spec, the plan and the devices share."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface
Network = IPv4Network | IPv6Network

DEFAULT_VRF = "default"


class Role(StrEnum):
    SERVER = "server"
    SWITCH = "switch"
    CLIENT = "client"


class RelayOption(StrEnum):
    """What a relay adds to option 82 (RFC 3046 and its sub-option RFCs)."""

    CIRCUIT_ID = "circuit-id"
    REMOTE_ID = "remote-id"
    LINK_SELECTION = "link-selection"
    SERVER_ID_OVERRIDE = "server-id-override"
    VSS = "vss"
