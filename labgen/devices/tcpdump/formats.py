"""Text formats of tcpdump."""

from __future__ import annotations

from labgen.devices.tcpdump.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG,)
