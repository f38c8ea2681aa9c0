"""Text formats of Windows' DHCP server and client."""

from __future__ import annotations

from labgen.devices.windows import events, ipconfig, log
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (log.LOG, events.LOG, ipconfig.LOG)
