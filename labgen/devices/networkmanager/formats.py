"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.networkmanager import log

FORMATS = (log.LOG,)
