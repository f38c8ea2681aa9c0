"""Text formats of FreeRADIUS."""

from __future__ import annotations

from labgen.devices.freeradius.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG,)
