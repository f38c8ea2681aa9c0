"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.networkd import log

FORMATS = (log.LOG,)
