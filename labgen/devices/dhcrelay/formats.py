"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.dhcrelay import log

FORMATS = (log.LOG,)
