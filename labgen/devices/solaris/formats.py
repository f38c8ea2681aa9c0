"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.solaris import log

FORMATS = (log.LOG,)
