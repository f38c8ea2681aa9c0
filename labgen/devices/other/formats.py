"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.other import anything, log

FORMATS = (log.LOG, anything.TEXT)
