"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.probes import dhcping, log

FORMATS = (log.LOG, dhcping.LOG)
