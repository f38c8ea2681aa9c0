"""Text formats of Dell FTOS."""

from __future__ import annotations

from labgen.devices.ftos.client import CLIENT
from labgen.devices.ftos.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG, CLIENT)
