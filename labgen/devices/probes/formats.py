"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.probes import log

FORMATS = (log.LOG,)
