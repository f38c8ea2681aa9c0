"""Texts of this package that `labgen analyze` reads."""

from labgen.devices.pools import figures, result_set

FORMATS = (figures.FIGURES, result_set.RESULT_SET)
