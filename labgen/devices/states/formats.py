"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.states import show, units

FORMATS = (show.STATES, units.UNITS)
