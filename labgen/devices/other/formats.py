"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.other import log

FORMATS = (log.LOG,)
