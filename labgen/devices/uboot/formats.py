"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.uboot import log

FORMATS = (log.LOG,)
