"""Text formats of FortiOS."""

from __future__ import annotations

from labgen.devices.fortios.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG,)
