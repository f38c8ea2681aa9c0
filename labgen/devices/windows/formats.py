"""Text formats of Windows' DHCP server."""

from __future__ import annotations

from labgen.devices.windows.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG,)
