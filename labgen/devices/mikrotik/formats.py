"""Text formats of RouterOS."""

from __future__ import annotations

from labgen.devices.mikrotik.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG,)
