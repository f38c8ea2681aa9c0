"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.udhcpc import log

FORMATS = (log.LOG,)
