"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.lwip import log

FORMATS = (log.LOG,)
