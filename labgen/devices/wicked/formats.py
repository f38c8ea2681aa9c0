"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.wicked import log

FORMATS = (log.LOG,)
