"""Text formats of Comware."""

from __future__ import annotations

from labgen.devices.comware.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG,)
