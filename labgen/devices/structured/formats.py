"""Text formats of servers that log JSON lines or logfmt."""

from __future__ import annotations

from labgen.devices.structured.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG,)
