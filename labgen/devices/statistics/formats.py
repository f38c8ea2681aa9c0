"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.statistics import show

FORMATS = (show.SHOW, show.COUNTERS)
