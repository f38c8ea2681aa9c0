"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.labgen_relay import log

FORMATS = (log.LOG,)
