"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.ios import log

FORMATS = (log.LOG,)
