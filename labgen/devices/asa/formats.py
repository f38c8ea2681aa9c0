"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.asa import log

FORMATS = (log.LOG,)
