"""Codes of relay agent sub-options: what relays write, what is read, and what dialects are made of."""

from __future__ import annotations

from enum import IntEnum


class SubOptionCode(IntEnum):
    """Sub-options of option 82. 150, and 152 with four octets, are Cisco's private ones."""

    CIRCUIT_ID = 1
    REMOTE_ID = 2
    LINK_SELECTION = 5
    SUBSCRIBER_ID = 6
    VENDOR_SPECIFIC = 9
    FLAGS = 10
    SERVER_ID_OVERRIDE = 11
    RELAY_ID = 12
    RELAY_PORT = 19
    CISCO_LINK_SELECTION = 150
    VSS = 151
    VSS_CONTROL = 152
