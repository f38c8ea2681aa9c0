"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.fields import log

FORMATS = (log.LOG,)
