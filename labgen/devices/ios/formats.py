"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.ios import log, snooping

FORMATS = (log.LOG, snooping.LOG)
