"""Text formats of Android."""

from __future__ import annotations

from labgen.devices.android.log import LOG
from labgen.dhcp.logs import LogFormat

FORMATS: tuple[LogFormat, ...] = (LOG,)
