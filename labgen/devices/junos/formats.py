"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.junos import log

FORMATS = (log.LOG,)
