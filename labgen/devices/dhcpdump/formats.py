"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.dhcpdump import log

FORMATS = (log.LOG,)
