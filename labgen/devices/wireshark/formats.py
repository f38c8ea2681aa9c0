"""Text formats of Wireshark and tshark."""

from __future__ import annotations

from labgen.devices.wireshark.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG,)
