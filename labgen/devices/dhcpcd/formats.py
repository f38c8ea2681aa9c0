"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.dhcpcd import log

FORMATS = (log.LOG,)
